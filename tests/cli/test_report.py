#!/usr/bin/env python3
"""cornu evaluate --report: the confusion matrix, scores by class, the worst mistakes."""

import csv
import os
import struct
import unittest

from command_case import DIGITS, CommandCase, cornu, npy


class Report(CommandCase):
    def setUp(self):
        super().setUp()
        result = self.train("--epochs", "1", "--save-model", self.path("m.json"), "--save-weights", self.path("w.npz"))
        self.assertEqual(result.returncode, 0, result.stderr)

    def evaluate(self, *words):
        return cornu("evaluate", "--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS, "--verbose", "0", *words)

    def test_a_folder_holds_the_matrix_the_table_and_the_mistakes(self):
        result = self.evaluate("--report", self.path("report"), "--mistakes", "12")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(sorted(os.listdir(self.path("report"))), ["classes.txt", "confusion.png", "mistakes.csv", "mistakes.png"])
        with open(self.path("report/classes.txt"), encoding="utf-8") as file:
            table = file.read()
        self.assertIn(table, result.stdout)
        rows = [line.split() for line in table.splitlines()[1:11]]
        self.assertEqual([row[0] for row in rows], [str(k) for k in range(10)])
        self.assertEqual(sum(int(row[4]) for row in rows), 1797)
        with open(self.path("report/mistakes.csv"), encoding="utf-8", newline="") as file:
            mistakes = list(csv.DictReader(file))
        self.assertEqual(len(mistakes), 12)
        losses = [float(row["loss"]) for row in mistakes]
        self.assertEqual(losses, sorted(losses, reverse=True))
        self.assertTrue(all(row["true"] != row["predicted"] for row in mistakes))

    def test_recall_of_all_classes_together_is_the_accuracy(self):
        result = self.evaluate("--report", self.path("report"))
        accuracy = float(next(line for line in result.stdout.splitlines() if line.startswith("accuracy")).split()[1])
        with open(self.path("report/classes.txt"), encoding="utf-8") as file:
            rows = [line.split() for line in file.read().splitlines()[1:11]]
        right = sum(float(row[2]) * int(row[4]) for row in rows)
        self.assertAlmostEqual(right / 1797, accuracy, delta=2e-4)

    def test_names_and_themes(self):
        names = "zero,one,two,three,four,five,six,seven,eight,nine"
        result = self.evaluate("--report", self.path("dark"), "--class-names", names, "--dark")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("\nseven ", result.stdout)
        self.evaluate("--report", self.path("light"))
        self.assertNotEqual(self.digest("dark/confusion.png"), self.digest("light/confusion.png"))
        self.refused_after_results(self.evaluate("--report", self.path("r"), "--class-names", "one,two"), "gives 2 names")

    def refused_after_results(self, result, *parts):
        self.assertEqual(result.returncode, 1, result.stderr)
        for part in parts:
            self.assertIn(part, result.stderr)

    def test_a_pictures_name_is_the_matrix_alone(self):
        for name, begin in (("c.svg", b"<?xml"), ("c.pdf", b"%PDF-"), ("c.png", b"\x89PNG")):
            self.assertEqual(self.evaluate("--report", self.path(name)).returncode, 0)
            with open(self.path(name), "rb") as file:
                self.assertTrue(file.read(5).startswith(begin))

    def test_numbers_have_a_scatter_and_a_sentence(self):
        values = [0.25 * k for k in range(40)]
        for name, factor in (("x.npy", 1), ("y.npy", 2)):
            with open(self.path(name), "wb") as file:
                file.write(npy("<f4", (40, 1), struct.pack("<40f", *(factor * v for v in values))))
        words = ("--model", "linear", "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--verbose", "0")
        result = cornu("evaluate", *words, "--report", self.path("numbers"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("There is no confusion matrix, as the targets are numbers", result.stdout)
        self.assertEqual(os.listdir(self.path("numbers")), ["predictions.png"])

    def test_two_classes_with_one_output(self):
        with open(self.path("x.npy"), "wb") as file:
            file.write(npy("<f4", (6, 1), struct.pack("<6f", -3, -2, -1, 1, 2, 3)))
        with open(self.path("y.npy"), "wb") as file:
            file.write(npy("<i4", (6,), struct.pack("<6i", 0, 0, 0, 1, 1, 1)))
        words = ("--model", "linear", "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--verbose", "0")
        result = cornu("evaluate", *words, "--report", self.path("two"), "--class-names", "no,yes")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"\nno .* 3\nyes .* 3\n")
        self.assertEqual(sorted(os.listdir(self.path("two"))), ["classes.txt", "confusion.png", "mistakes.csv"])

    def test_json_progress_keeps_standard_output_for_itself(self):
        result = cornu("evaluate", "--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS, "--progress", "json", "--report", self.path("j"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("precision", result.stdout)
        self.assertTrue(os.path.exists(self.path("j/classes.txt")))

    def test_what_cannot_be_is_said(self):
        self.refused(self.evaluate("--dark"), 2, "give --report")
        self.refused_after_results(self.evaluate("--report", self.path("m.json")), "m.json")
        self.refused_after_results(self.evaluate("--report", self.path("none/c.png")), "none")


if __name__ == "__main__":
    unittest.main(verbosity=2)
