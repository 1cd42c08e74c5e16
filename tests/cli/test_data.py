#!/usr/bin/env python3
"""cornu data: what a source holds, and which of its files cannot be read."""

import json
import os
import shutil
import struct
import subprocess
import unittest

from command_case import COMMAND, DIGITS, CommandCase, cornu, environment, npy
from test_terminal import Terminal

FIXTURES = os.path.join(os.environ.get("CORNU_SOURCE_DIR", "."), "tests", "image", "fixtures")


class Data(CommandCase):
    def add(self, name, fixture="rgb_444.jpg", size=None):
        """A copy of a committed picture, or the beginning of it."""
        path = os.path.join(self.path("photos"), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(os.path.join(FIXTURES, fixture), path)
        if size is not None:
            os.truncate(path, size)
        return path

    def photos(self):
        self.add("cat/1.jpg")
        self.add("cat/2.png", "palette8_alpha.png")
        self.add("dog/1.jpg")
        return self.path("photos")

    def test_help(self):
        result = cornu("data", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--headers", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_what_a_folder_of_pictures_holds(self):
        result = cornu("data", self.photos() + "/")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], self.path("photos") + ": 3 pictures in 2 classes")
        self.assertIn("  files    2 JPEG, 1 PNG", lines)
        self.assertIn("  colours  2 RGB, 1 RGBA", lines)
        self.assertTrue(any(line.startswith("  height   13 to ") for line in lines), lines)
        self.assertIn("         2 cat", lines)
        self.assertIn("         1 dog", lines)
        self.assertEqual(len(lines), 8)

    def test_json_has_the_same_and_all_classes(self):
        self.photos()
        for number in range(25):
            os.mkdir(os.path.join(self.path("photos"), f"more{number:02}"))
        self.add("more00/bad.jpg", size=0)
        self.add("more00/.hidden.jpg")
        found = json.loads(cornu("data", "--json", self.path("photos")).stdout)
        self.assertEqual((found["kind"], found["samples"]), ("pictures", 4))
        self.assertEqual([one["name"] for one in found["classes"]], ["cat", "dog"] + [f"more{n:02}" for n in range(25)])
        self.assertEqual([one["samples"] for one in found["classes"]][:4], [2, 1, 1, 0])
        self.assertEqual(found["files"], {"JPEG": 2, "PNG": 1})
        self.assertEqual(found["height"]["min"], 13)
        self.assertEqual(found["hidden"], 1)
        self.assertEqual([one["file"] for one in found["bad"]], ["more00/bad.jpg"])
        text = cornu("data", self.path("photos")).stdout
        self.assertIn("and 7 more (--json has all)", text)
        self.assertIn("note: class 'more24' has no pictures", text)
        self.assertIn("1 of 4 files cannot be read", text)

    def test_verify_names_each_bad_file_and_fails(self):
        folder = self.photos()
        result = cornu("data", "verify", folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.endswith("none of 3 files is bad\n"), result.stdout)
        for number in range(8):
            self.add(f"dog/cut{number}.jpg", size=os.path.getsize(os.path.join(FIXTURES, "rgb_444.jpg")) - 20)
        self.add("dog/named.png")
        one = cornu("data", "verify", folder, "--jobs", "1")
        self.assertEqual(one.returncode, 1)
        self.assertEqual(one.stdout.count("bad: "), 8)
        self.assertIn("dog/cut7.jpg' is a damaged JPEG file: it ends too early", one.stdout)
        self.assertIn("dog/named.png' is a JPEG file, whatever its name says", one.stdout)
        self.assertTrue(one.stdout.endswith("8 of 12 files cannot be read\n"), one.stdout)
        self.assertEqual(cornu("data", "verify", folder, "--jobs", "4").stdout, one.stdout)
        headers = cornu("data", "verify", "--headers", folder)
        self.assertEqual(headers.returncode, 0)
        self.assertIn("none of 12 files is bad, by their headers", headers.stdout)

    def test_names_are_shown_as_they_are_and_control_characters_are_not_sent(self):
        self.add("Käfer/蜂.jpg", size=0)
        self.add("Käfer/\x1b[31m.jpg", size=0)
        result = cornu("data", "verify", self.path("photos"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("Käfer/蜂.jpg' is empty", result.stdout)
        self.assertIn("Käfer/\\x1b[31m.jpg' is empty", result.stdout)

    def test_a_folder_of_folders_of_classes_gets_a_hint(self):
        self.add("train/cat/1.jpg")
        self.add("train/dog/1.jpg")
        self.assertIn(f"Then name '{self.path('photos')}/train'", cornu("data", self.path("photos")).stdout)

    def array(self, name, dtype, shape, *values):
        code = {"f8": "d", "i4": "i"}[dtype]
        with open(self.path(name), "wb") as file:
            file.write(npy("<" + dtype, shape, struct.pack(f"<{len(values)}{code}", *values)))
        return self.path(name)

    def test_values_of_arrays(self):
        path = self.array("x.npy", "f8", (3, 2), 1.5, -2.0, float("nan"), 4.0, 0.0, float("nan"))
        result = cornu("data", path)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{path}: 3 samples of 1 field\n  x: float64 (2,), -2 to 4, mean 0.875, 2 missing\n")
        field, = json.loads(cornu("data", "--json", path).stdout)["fields"]
        self.assertEqual(field, {"name": "x", "dtype": "float64", "shape": [2], "missing": 2, "min": -2, "max": 4, "mean": 0.875})
        self.assertEqual(cornu("data", "--headers", path).stdout.splitlines()[1], "  x: float64 (2,)")
        self.assertIn("none of 3 samples is bad", cornu("data", "verify", path).stdout)

    def test_class_numbers_are_counted(self):
        path = self.array("y.npy", "i4", (8,), 0, 2, 2, 0, 0, 0, 2, 2)
        self.assertEqual(cornu("data", path).stdout.splitlines()[1:], ["  x: int32, 0 to 2, mean 1", "           4 0", "           4 2"])
        field, = json.loads(cornu("data", "--json", path).stdout)["fields"]
        self.assertEqual(field["values"], [{"value": 0, "samples": 4}, {"value": 2, "samples": 4}])
        numbers = self.array("n.npy", "i4", (4,), 7, -1, 12, 5000)
        self.assertEqual(cornu("data", numbers).stdout.splitlines()[1:], ["  x: int32, -1 to 5000, mean 1254.5"])
        table = self.write("t.csv", "age,kind\n" + "1,cat\n2,dog\n" * 3)
        _, field = json.loads(cornu("data", "--json", table).stdout)["fields"]
        self.assertEqual(field["classes"], [{"name": "cat", "samples": 3}, {"name": "dog", "samples": 3}])

    def test_missing_values_of_tables(self):
        path = self.write("t.csv", "age,kind\n1.5,cat\n,dog\n3.5,\n2.5,cat\n,cat\n")
        result = cornu("data", path)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("  age: float32, 1.5 to 3.5, mean 2.5, 2 missing", result.stdout)
        self.assertIn("           3 cat", result.stdout)
        self.refused(cornu("data", "verify", path), 1, "line 3", "age")

    def test_quotes_may_be_characters_like_others(self):
        table = self.write("said.tsv", 'ham\tas he said: yes\nspam\t"free" to all\nham\t"\n')
        self.refused(cornu("data", table), 1, "line 2, column 2: text behind a closing quote", "--no-quotes")
        self.refused(cornu("data", "--no-quotes", table), 1, "holds texts alone", "cornu data: --header, --no-header")
        for words, count in ((("--no-header",), 3), (("--header",), 2), (("--header", "true"), 2)):
            result = cornu("data", table, "--no-quotes", *words)
            self.assertEqual((result.returncode, result.stderr), (0, ""), words)
            self.assertIn(f"{count} samples", result.stdout)
        self.assertEqual(cornu("data", "verify", table, "--no-quotes", "--no-header").returncode, 0)
        self.refused(cornu("data", "--no-quotes", self.photos()), 1, "--no-quotes and --header are for tables")
        self.refused(cornu("data", "--no-header", DIGITS), 1, "--no-quotes and --header are for tables")

    def test_a_folder_of_texts(self):
        for name, text in (("good/1.txt", "Well done."), ("good/2.txt", "Fine"), ("bad/1.txt", "Oh dear")):
            os.makedirs(os.path.dirname(self.path("texts/" + name)), exist_ok=True)
            self.write("texts/" + name, text)
        found = json.loads(cornu("data", "--json", self.path("texts")).stdout)
        self.assertEqual((found["kind"], found["samples"]), ("samples", 3))
        classes, = (field["classes"] for field in found["fields"] if "classes" in field)
        self.assertEqual(classes, [{"name": "bad", "samples": 1}, {"name": "good", "samples": 2}])
        self.assertIn("4 to 10 of them", cornu("data", self.path("texts")).stdout)

    def profile(self, *words):
        result = cornu("data", "--profile", "--seconds", "0.2", *words)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_a_profile_says_where_the_time_goes(self):
        words = (self.photos(), "--target-size", "16,24", "--batch-size", "2", "--workers", "2", "--rotation-range", "20")
        text = self.profile(*words)
        self.assertIn(": batches of 2, 2 workers, ", text.splitlines()[0])
        for part in ("decoding", "reading", "all together", "bound by ", "a step that takes "):
            self.assertIn(part, text)
        found = json.loads(self.profile("--json", *words))
        self.assertEqual((found["workers"], found["batch_size"]), (2, 2))
        self.assertGreater(found["samples_per_second"], 0)
        self.assertGreaterEqual(found["samples"], 2)
        self.assertGreater(found["stages"]["decoding"], 0)
        self.assertLessEqual(sum(found["stages"].values()), 2.5 * found["seconds"])
        self.assertTrue(0 <= found["waited"] <= 1)
        self.assertIn(found["bound_by"], [*found["stages"], "the disk", "a processor"])

    def test_a_profile_of_arrays(self):
        path = self.array("x.npy", "f8", (6, 2), *range(12))
        found = json.loads(self.profile("--json", path, "--batch-size", "4"))
        self.assertGreaterEqual(found["samples"], 4)
        self.assertEqual(found["workers"], 1)
        self.assertIn("bound by", self.profile(path))

    def test_a_profile_of_texts(self):
        for number in range(5):
            os.makedirs(self.path(f"texts/{number % 2}"), exist_ok=True)
            self.write(f"texts/{number % 2}/{number}.txt", "word " * (number + 1))
        found = json.loads(self.profile("--json", self.path("texts"), "--batch-size", "2", "--workers", "2"))
        self.assertGreaterEqual(found["samples"], 5)
        self.assertEqual(found["bound_by"] in (*found["stages"], "the disk", "a processor"), True)
        self.assertGreater(found["stages"]["reading"], 0)
        self.assertIn("samples differ in size: they are read, and not put together", self.profile(self.path("texts")))
        os.mkdir(self.path("none"))
        self.refused(cornu("data", "--profile", self.path("none")), 1, "has no sub-folder")

    def on_a_terminal(self, columns, *words):
        """What stands on a terminal of so many columns, and the exit status."""
        terminal = Terminal(COMMAND, "data", *words, columns=columns)
        self.addCleanup(terminal.close)
        status = terminal.finish()
        return terminal.text.replace("\r\n", "\n"), status

    def test_no_line_is_wider_than_the_terminal_unless_a_word_is(self):
        folder = self.photos()
        self.add("dog/of another kind.txt")
        self.add("dog/.hidden.jpg")
        self.add("dog/a bad one.jpg", size=300)
        self.add("a class that has a rather long name, with many words in it/1.jpg")
        os.mkdir(self.path("photos/empty"))
        table = self.write("table with a long name.csv", "the height of a tree,kind\n" + "1.5,oak\n,beech tree\n" * 4)
        for columns in (20, 40, 60, 100):
            for words in ((folder,), ("verify", folder), ("--profile", "--seconds", "0.1", "--target-size", "16", folder), (table,), ("--headers", table)):
                text, _ = self.on_a_terminal(columns, *words)
                last = [line.split("\r")[-1].replace("\x1b[K", "") for line in text.split("\n") if not line.startswith("cornu: warning")]
                for line in last:
                    self.assertTrue(len(line) <= columns or " " not in line.strip(), (columns, words, line))
                if "--profile" not in words:
                    whole = cornu("data", *words).stdout
                    self.assertEqual(" ".join(last).split(), whole.split())
                for piece in text.split("\r"):
                    self.assertFalse(" of " in piece and piece.rstrip().endswith("files") and len(piece) >= columns, (columns, piece))

    def test_what_cannot_be_profiled_is_said(self):
        self.refused(cornu("data", "verify", "a", "--profile"), 2, "exclude each other")
        self.refused(cornu("data", "--profile", "a", "--target-size", "16,"), 2, "--target-size", "'16,'")
        self.refused(cornu("data", "--profile", "a", "--target-size", "0"), 2, "--target-size", "'0'")
        self.refused(cornu("data", "--profile", "a", "--zoom-range", "wide"), 2, "--zoom-range")
        self.refused(cornu("data", "--profile", self.path("none")), 1, "none")
        self.refused(cornu("data", "--profile", self.photos(), "--interpolation", "cubic"), 1, "cubic")

    def test_what_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([COMMAND, "data", self.photos()], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), timeout=60, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot write to standard output", result.stderr)

    def test_what_cannot_be_is_said(self):
        self.refused(cornu("data"), 2, "which data?")
        self.refused(cornu("data", "verify"), 2, "verify which folder?")
        self.refused(cornu("data", "a", "b"), 2, "'b' is one word too many")
        self.refused(cornu("data", "a", "--jobs", "0"), 2, "--jobs")
        self.refused(cornu("data", "a", "--job", "1"), 2, "did you mean --jobs?")
        self.refused(cornu("data", self.path("none")), 1, "none", "No such file")
        self.refused(cornu("data", "verify", self.path("none")), 1, "none", "No such file")
        self.refused(cornu("data", self.write("notes.md", "no data")), 1, "notes.md", "no known kind")


if __name__ == "__main__":
    unittest.main(verbosity=2)
