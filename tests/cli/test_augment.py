#!/usr/bin/env python3
"""cornu augment: a sheet of pictures as they are and as they are changed."""

import os
import re
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
    def test_steps_are_shown_with_what_they_drew(self):
        result = cornu("augment", "--data", DIGITS, "--pictures", "3", "--samples", "2", "--steps", "random_rotation((0.1, 0.1)), rand_augment(num_ops=1), random_crop(6, 7), mix_up", "--output", self.path("steps.svg"))
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("steps.svg"), encoding="utf-8") as file:
            said = file.read()
        for words in ("Rotation", "36", "RandAugment", "Crop", "MixUp"):
            self.assertIn(words, said)

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
        self.assertEqual(few[0], more[0])
        self.assertEqual(more[1] - few[1], 2 * 3 * 14)

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
