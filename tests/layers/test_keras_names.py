#!/usr/bin/env python3
"""docs/keras.md says of every public name of Keras 3 and Keras 2.3 (tests/oracle/names.py) whether Cornu has it."""
import json
import os
import re
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def plain(name):
    """"GlorotUniform" and "glorot_uniform" are one name."""
    return name.replace("_", "").lower()


class Names(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        with open(os.path.join(ROOT, "tests", "oracle", "values", "names.json"), encoding="utf-8") as file:
            self.names = json.load(file)
        with open(os.path.join(ROOT, "docs", "keras.md"), encoding="utf-8") as file:
            self.words = {plain(word) for word in re.findall(r"[A-Za-z_][A-Za-z_0-9]*", file.read())}

    def missing(self, keras):
        return [f"{kind}: {name}" for kind, names in self.names[keras].items() for name in names if plain(name) not in self.words]

    def test_names_of_keras_3(self):
        self.assertEqual(self.missing("keras_3"), [])

    def test_names_of_keras_2(self):
        self.assertEqual(self.missing("keras_2"), [])

    def test_arguments_of_classes(self):
        words = self.words
        absent = [f"{name}({argument})" for kind in self.names["keras_3"] if kind != "callbacks" for name, arguments in self.names["options"][kind].items()
                  for argument in arguments if plain(argument) not in words and argument != "dtype"]
        self.assertEqual(absent, [])


if __name__ == "__main__":
    unittest.main()
