#!/usr/bin/env python3
"""Every program in examples/ runs, needs nothing but what is in the tree, and learns what it says it learns."""
import os
import re
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("CORNU_BINARY_DIR", os.path.join(ROOT, "build", "release"))
DIGITS = os.path.join(ROOT, "share", "digits.npz")

# name: arguments, the line that says how well it went, and the least that it may say
EXAMPLES = {
    "augment": ((DIGITS, "--epochs", "3"), r"test accuracy: (\S+)", 0.7),
    "custom": ((), r"errors below 0\.1: (\S+) %", 90),
    "digits": ((DIGITS, "--epochs", "1", "--pictures", "."), r"test accuracy: (\S+)", 0.5),
    "fit_arrays": ((DIGITS,), r"test accuracy: (\S+)", 0.85),
    "fit_stream": ((), r"accuracy on waves never seen: (\S+)", 0.9),
    "flow_from_directory": (("digits", "--from", DIGITS, "--epochs", "4", "--workers", "2"), r"validation accuracy: (\S+)", 0.8),
    "generate_arrays_from_file": ((DIGITS,), r"accuracy on lines never trained on: (\S+)", 0.8),
    "larger_than_memory": ((), r"foretold: (\S+) %", 95),
    "missing_values": ((DIGITS,), r"accuracy on rows never trained on: (\S+)", 0.8),
    "image_dataset": (("digits", "--size", "8", "--epochs", "6", "--workers", "2"), r"validation accuracy: (\S+)", 0.7),
    "own_loop": ((DIGITS,), r"epoch 15: .*test accuracy: (\S+)", 0.8),
    "segmentation": (("shapes",), r"area of both over area of either: (\S+)", 0.6),
    "three_ways": ((), r"mean absolute error (\S+)", 0),
    "two_inputs": ((), r"farther: accuracy (\S+)", 0.9),
}


class Examples(unittest.TestCase):
    def run_example(self, name, *arguments, folder=None):
        return subprocess.run([os.path.join(BUILD, "examples", name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=240, cwd=folder)

    def learns(self, name, before=None):
        arguments, line, least = EXAMPLES[name]
        with tempfile.TemporaryDirectory() as folder:
            if before:
                self.run_example(*before, folder=folder)
            result = self.run_example(name, *arguments, folder=folder)
            made = os.listdir(folder)
        self.assertEqual(result.returncode, 0, result.stdout)
        found = re.findall(line, result.stdout)
        self.assertTrue(found, result.stdout)
        self.assertGreaterEqual(float(found[-1]), least, result.stdout)
        return result.stdout, made

    def test_each_one_is_known_here(self):
        sources = {name[:-2] for name in os.listdir(os.path.join(ROOT, "examples")) if name.endswith(".c")}
        self.assertEqual(set(EXAMPLES), sources)

    def test_what_is_no_number_is_refused(self):
        wrong = {"augment": ("--epochs", "--workers"), "digits": ("--epochs", "--seed"), "flow_from_directory": ("--size", "--epochs", "--workers"),
                 "image_dataset": ("--size", "--epochs", "--workers"), "segmentation": ("--epochs", "--workers")}
        for name, options in wrong.items():
            for option in options:
                for value in ("abc", "3x", "-1", "", "99999999999"):
                    with self.subTest(name=name, option=option, value=value), tempfile.TemporaryDirectory() as folder:
                        result = self.run_example(name, "digits", option, value, folder=folder)
                        self.assertEqual(result.returncode, 2, result.stdout)
                        self.assertIn(f"Usage: {name}", result.stdout)

    def test_augment(self):
        self.learns("augment")

    def test_custom(self):
        self.learns("custom")

    def test_digits_and_its_pictures(self):
        self.assertEqual({name.split(".")[1] for name in self.learns("digits")[1]}, {"png"})

    def test_fit_arrays(self):
        self.assertRegex(self.learns("fit_arrays")[0], r"the first test picture is a [0-9], by [0-9]+ %")

    def test_fit_stream(self):
        self.learns("fit_stream")

    def test_flow_from_directory_on_pictures_that_it_writes(self):
        said = self.learns("flow_from_directory")[0]
        self.assertIn("of 10 classes: 0 1 2 3 4 5 6 7 8 9\n", said)
        self.assertIn("1442 pictures to train with, 355 held out", said)

    def test_generate_arrays_from_file(self):
        self.assertEqual(sorted(self.learns("generate_arrays_from_file")[1]), ["digits.csv", "digits_test.csv"])

    def test_larger_than_memory(self):
        output, made = self.learns("larger_than_memory")
        self.assertIn("at most 320000 are read", output)
        self.assertEqual(len(made), 8)

    def test_missing_values(self):
        self.assertEqual(sorted(self.learns("missing_values")[1]), ["test.csv", "train.csv"])

    def test_image_dataset_on_the_pictures_of_flow_from_directory(self):
        said = self.learns("image_dataset", before=("flow_from_directory", "digits", "--from", DIGITS, "--epochs", "1"))[0]
        self.assertIn("1438 files for training, 359 for validation, of 10 classes", said)

    def test_own_loop_trains_again_on_some_batches(self):
        again = re.findall(r"trained again on (\d+) batches", self.learns("own_loop")[0])
        self.assertEqual(len(again), 15)
        self.assertGreater(sum(map(int, again)), 0)

    def test_segmentation_on_pictures_that_it_writes(self):
        self.assertEqual(self.learns("segmentation")[1], ["shapes"])

    def test_three_ways_end_in_the_same_weights(self):
        digests = re.findall(r"^(?:fit|fit_generator|train_on_batch) +([0-9a-f]{64})$", self.learns("three_ways")[0], re.M)
        self.assertEqual(len(digests), 3)
        self.assertEqual(len(set(digests)), 1)

    def test_two_inputs(self):
        self.learns("two_inputs")

    def test_a_file_that_is_not_there_is_said(self):
        for name in ("augment", "digits", "fit_arrays", "flow_from_directory", "generate_arrays_from_file", "image_dataset", "missing_values", "own_loop"):
            result = self.run_example(name, "nowhere.npz")
            self.assertEqual(result.returncode, 1, name)
            self.assertIn("nowhere.npz", result.stdout, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
