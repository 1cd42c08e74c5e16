#!/usr/bin/env python3
"""cornu plot-model: a picture of a model's layers."""

import struct
import unittest

from command_case import DIGITS, CommandCase, cornu


def size_of_png(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n", head
    return struct.unpack(">II", head[16:24])


class PlotModel(CommandCase):
    def draw(self, name, *words):
        result = cornu("plot-model", "--model", "cnn", "--data", DIGITS, "--output", self.path(name), *words)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        return self.path(name)

    def test_help(self):
        result = cornu("plot-model", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--expand-nested", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        self.assertIn("plot-model", cornu("--help").stdout)

    def test_shapes_and_names_are_shown_unless_refused(self):
        full = size_of_png(self.draw("full.png"))
        bare = size_of_png(self.draw("bare.png", "--no-show-shapes", "--no-show-layer-names"))
        self.assertGreater(full[0], bare[0])
        self.assertGreater(full[1], bare[1])
        more = size_of_png(self.draw("more.png", "--show-layer-activations", "--show-dtype", "--show-trainable"))
        self.assertGreater(more[1], full[1])

    def test_direction_resolution_and_kinds(self):
        along = size_of_png(self.draw("along.png", "--rankdir", "LR", "--dpi", "96"))
        self.assertGreater(along[0], 4 * along[1])
        with open(self.draw("m.svg", "--dark", "--title", "Digits"), encoding="utf-8") as file:
            self.assertIn("<svg ", file.read())
        with open(self.draw("m.pdf"), "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")

    def test_a_saved_model(self):
        self.assertEqual(self.train("--epochs", "1", "--save-model", self.path("m.json")).returncode, 0)
        result = cornu("plot-model", "--model", self.path("m.json"), "--output", self.path("saved.png"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertGreater(size_of_png(self.path("saved.png"))[1], 200)

    def test_what_cannot_be_is_said(self):
        self.refused(cornu("plot-model"), 2, "no model")
        self.refused(cornu("plot-model", "--model", "cnn"), 1, "give --data")
        self.refused(cornu("plot-model", "--model", "cnn", "--data", DIGITS, "--rankdir", "UP"), 2, "TB|BT|LR|RL")
        self.refused(cornu("plot-model", "--model", "cnn", "--data", DIGITS, "--light", "--dark"), 2, "exclude each other")
        self.refused(cornu("plot-model", "--model", "cnn", "--data", DIGITS, "--show-shape"), 2, "did you mean --show-shapes?")
        self.refused(cornu("plot-model", "--model", "cnn", "--data", DIGITS, "--output", self.path("m.gv")), 1, "m.gv", ".svg")
        self.refused(cornu("plot-model", "--model", self.path("none.keras")), 1, "none.keras")


if __name__ == "__main__":
    unittest.main(verbosity=2)
