#!/usr/bin/env python3
"""cornu augment: a sheet of pictures as they are and as they are changed."""

import os
import re
import shutil
import struct
import unittest

from command_case import DIGITS, CommandCase, cornu, npy

PICTURE = os.path.join(os.environ.get("CORNU_SOURCE_DIR", "."), "tests", "image", "fixtures", "rgb_444.jpg")


def size_of_png(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n", head
    return struct.unpack(">II", head[16:24])


class Augment(CommandCase):
    def captions(self, *words):
        """What stands under the pictures of a sheet, a line for each."""
        result = cornu("augment", *words, "--output", self.path("words.svg"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with open(self.path("words.svg"), encoding="utf-8") as file:
            said = re.search("<desc>(.*?)</desc>", file.read(), re.DOTALL)[1]
        self.assertNotIn("\u2026", said)
        return said.split("\n")

    def test_steps_are_shown_with_what_they_drew(self):
        lines = self.captions("--data", DIGITS, "--pictures", "3", "--samples", "2", "--steps",
                              "random_rotation((0.1, 0.1)), rand_augment(num_ops=1), random_crop(6, 7), mix_up, random_flip(horizontal)")
        for line in ("Rotation", "  angle 36\u00b0", "RandAugment", "Crop", "MixUp"):
            self.assertEqual(lines.count(line), 6, lines)
        self.assertEqual(sum(bool(re.fullmatch(r"  1\. [A-Z]\w+", line)) for line in lines), 6, lines)
        self.assertEqual(sum(bool(re.fullmatch(r"  partner picture [012]", line)) for line in lines), 6, lines)
        self.assertEqual(sum(bool(re.fullmatch(r"  mix weight [\d.e-]+", line)) for line in lines), 6, lines)
        self.assertEqual(sum(bool(re.fullmatch(r"  horizontal (yes|no)", line)) for line in lines), 6, lines)
        self.assertFalse([line for line in lines if "vertical" in line], "a flip that cannot be")

    def test_every_value_of_every_step_has_its_name_on_its_line(self):
        steps = ("random_flip, random_rotation(0.1), random_zoom(0.2), random_translation(0.1, 0.1), random_shear(0.2), random_perspective(factor=1),"
                 "random_elastic_transform(factor=1), random_crop(8, 7), random_brightness(0.2), random_contrast(0.3), random_saturation(0.6),"
                 "random_hue(0.1), random_color_degeneration(0.5), random_sharpness(0.7), random_posterization((4, 8)), random_invert(factor=1),"
                 "random_grayscale(1), random_color_jitter(brightness_factor=0.1, hue_factor=0.05), random_gaussian_blur(factor=1),"
                 "random_erasing(factor=(1, 1)), solarization(0.1, 0.9), auto_contrast, equalization, cut_mix, rand_augment, aug_mix, center_crop(6, 6)")
        lines = self.captions("--images", f"{PICTURE},{PICTURE}", "--samples", "3", "--steps", steps)
        number, name = r"-?\d[\d.e+-]*\u00b0?", r"[a-z][a-z0-9]*( [a-z0-9]+)*"
        for line in lines:
            self.assertRegex(line, rf"^( *{name} {number}|  +(horizontal|vertical) (yes|no)|[A-Z]\w+( yes| no)?| +\d\. [A-Z]\w+|"
                                   r" +no operation|  partner rgb_444\.jpg|rgb_444\.jpg|)$")
        words = "\n".join(lines)
        for value in ("height zoom", "width translate", "shear x", "end x2", "end y4", "distortion factor", "h start", "rgb delta", "contrast factor",
                      "hue factor", "blur factor x", "x0", "y1", "additions", "shift factor", "weight sample", "weight 3"):
            self.assertIn(f"\n  {value} ", words)
        for never in ("shear y", "end x1", "saturation factor"):
            self.assertNotIn(f"\n  {never} ", words)

    def test_only_what_was_asked_for_is_shown(self):
        lines = self.captions("--data", DIGITS, "--pictures", "1", "--samples", "3", "--rotation-range", "20")
        self.assertEqual(lines[0], "picture 0")
        self.assertTrue(all(re.fullmatch("rotation -?[0-9.]+\u00b0", line) for line in lines[1:4]), lines)
        self.assertEqual(lines[4:], [""])
        lines = self.captions("--data", DIGITS, "--pictures", "1", "--samples", "1", "--shear-range", "30", "--horizontal-flip", "--vertical-flip",
                              "--zoom-range", "0.3", "--channel-shift-range", "4", "--brightness-range", "0.5,2", "--height-shift-range", "3")
        names = [line.rsplit(" ", 1)[0] for line in lines[1:-1]]
        self.assertEqual(names, ["height shift", "shear", "height zoom", "width zoom", "channel shift", "horizontal flip", "vertical flip", "brightness"])
        self.assertEqual(self.captions("--data", DIGITS, "--pictures", "1", "--samples", "1"), ["picture 0", "as it is", ""])

    def folder_of(self, *names):
        for name in names:
            os.makedirs(os.path.dirname(self.path(f"photos/{name}")), exist_ok=True)
            shutil.copy(PICTURE, self.path(f"photos/{name}"))
        return self.path("photos")

    def test_a_folder_of_pictures(self):
        folder = self.folder_of("cats/b.jpg", "cats/a.JPEG", "dogs/old/c.jpg", "dogs/d.jpg", "dogs/.d.jpg", "dogs/notes.txt")
        lines = self.captions("--data", folder, "--samples", "1")
        self.assertEqual(lines, ["cats/a.JPEG", "as it is", "cats/b.jpg", "as it is", "dogs/d.jpg", "as it is", "dogs/old/c.jpg", "as it is", ""])
        lines = self.captions("--data", folder, "--pictures", "2", "--samples", "1")
        self.assertEqual(lines[::2], ["cats/a.JPEG", "dogs/d.jpg", ""])  # a share of each class

    def test_a_folder_without_classes(self):
        folder = self.folder_of("2.jpg", "1.jpg")
        webp = os.path.join(os.path.dirname(PICTURE), "lossy.webp")
        shutil.copy(webp, os.path.join(folder, "3.webp"))
        self.assertEqual(self.captions("--data", folder + "/", "--samples", "1")[::2], ["1.jpg", "2.jpg", "3.webp", ""])

    def test_a_folder_that_has_none_or_a_bad_one_is_refused(self):
        self.refused(cornu("augment", "--data", self.path("none")), 1, "none': No such file")
        os.mkdir(self.path("empty"))
        self.refused(cornu("augment", "--data", self.path("empty")), 1, "no picture in", "empty'")
        folder = self.folder_of("1.jpg")
        self.refused(cornu("augment", "--data", folder, "--target", "x"), 2, "--target does not go with a folder")
        with open(os.path.join(folder, "0.png"), "w", encoding="utf-8") as file:
            file.write("no picture")
        self.refused(cornu("augment", "--data", folder), 1, "0.png")

    def test_files_of_one_name_keep_their_folders(self):
        folder = self.folder_of("cats/1.jpg", "dogs/1.jpg", "dogs/2.jpg")
        files = [f"{folder}/{name}" for name in ("cats/1.jpg", "dogs/1.jpg", "dogs/2.jpg")]
        lines = self.captions("--images", ",".join(files), "--samples", "1")
        originals = "".join(lines).split("as it is")
        self.assertEqual(originals, [*files[:2], "2.jpg", ""])

    def test_wrong_steps_are_refused(self):
        self.refused(cornu("augment", "--data", DIGITS, "--steps", "random_rotation(9)"), 1, "factor: wanted a number or two from -1 to 1")

    def test_help(self):
        result = cornu("augment", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--rotation-range", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def draw(self, name, *words):
        result = cornu("augment", "--data", DIGITS, "--pictures", "2", "--samples", "3", "--output", self.path(name), *words)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{self.path(name)}: 2 pictures, 3 samples of each\n")
        return size_of_png(self.path(name))

    def test_a_row_for_each_picture_and_a_line_for_each_kind_of_change(self):
        few = self.draw("few.png", "--rotation-range", "20")
        more = self.draw("more.png", "--rotation-range", "20", "--zoom-range", "0.8,1.2", "--width-shift-range", "0.1", "--brightness-range", "0.5,1.5")
        self.assertEqual(few[0], 4 * 110 + 14)
        pictures_grew = (more[0] - few[0]) // 4  # to the widest words
        self.assertLess(pictures_grew, 40)
        self.assertEqual(more[1] - few[1], 2 * (4 * 14 + pictures_grew))

    def test_one_seed_one_sheet(self):
        words = ("--rotation-range", "40", "--vertical-flip", "--fill-mode", "reflect", "--interpolation-order", "3")
        self.draw("a.png", *words)
        self.draw("b.png", *words)
        self.draw("c.png", *words, "--seed", "1")
        self.draw("d.png", *words, "--rng-compat", "numpy")
        digests = [self.digest(f"{name}.png") for name in "abcd"]
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(len(set(digests)), 3)

    def test_the_sheet_may_be_an_svg_file(self):
        result = cornu("augment", "--data", DIGITS, "--pictures", "1", "--samples", "2", "--height-shift-range", "3", "--output", self.path("s.svg"))
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("s.svg"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"<svg ")

    def test_picture_files(self):
        result = cornu("augment", "--images", f"{PICTURE},{PICTURE}", "--samples", "1", "--horizontal-flip", "--output", self.path("files.png"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(re.search(r"2 pictures, 1 samples", result.stdout))

    def test_what_cannot_be_is_said(self):
        self.refused(cornu("augment"), 2, "wanted pictures")
        self.refused(cornu("augment", "--images", PICTURE, "--data", DIGITS), 2, "exclude each other")
        self.refused(cornu("augment", "--data", DIGITS, "--zoom-range", "wide"), 2, "--zoom-range", "'wide'")
        self.refused(cornu("augment", "--data", DIGITS, "--zoom-range", "1,2,3"), 2, "'1,2,3'")
        self.refused(cornu("augment", "--data", DIGITS, "--brightness-range", "0.5"), 1, "wanted a pair")
        self.refused(cornu("augment", "--data", DIGITS, "--fill-mode", "neareast"), 1, 'did you mean "nearest"')
        self.refused(cornu("augment", "--data", DIGITS, "--output", self.path("sheet.bmp")), 1, "sheet.bmp")
        self.refused(cornu("augment", "--images", self.path("no.jpg")), 1, "no.jpg")
        with open(self.path("flat.npy"), "wb") as file:
            file.write(npy("<f4", (2, 2), b"\0" * 16))
        self.refused(cornu("augment", "--x", self.path("flat.npy")), 1, "the data are no pictures")


if __name__ == "__main__":
    unittest.main(verbosity=2)
