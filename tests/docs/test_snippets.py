#!/usr/bin/env python3
"""The C in docs/training.md is cut out of the examples, which the tests run, and files that docs/architecture.md names are there: they cannot rot."""
import glob
import os
import re
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def words(text):
    """Without how the lines are broken, which a page and a program do differently."""
    return " ".join(text.split())


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class Snippets(unittest.TestCase):
    def test_each_piece_of_c_stands_in_the_example_that_it_names(self):
        pieces = re.findall(r"(?:<!-- (\S+) -->\n)?```c\n(.*?)```", read("docs", "training.md"), re.S)
        self.assertGreater(len(pieces), 5)
        for source, piece in pieces:
            self.assertTrue(source, f"which example is this from?\n{piece}")
            self.assertTrue(words(piece) in words(read(source)), f"not in {source}:\n{piece}")

    def test_every_example_is_told_of_somewhere(self):
        told = read("README.md") + read("docs", "training.md")
        for name in os.listdir(os.path.join(ROOT, "examples")):
            if name.endswith(".c"):
                self.assertIn(f"examples/{name})", told)

    def test_every_file_that_the_map_of_the_house_names_is_there(self):
        names = re.findall(r"`((?:src|include|tests)/[\w/.*]+)`", read("docs", "architecture.md"))
        self.assertGreater(len(names), 40)
        self.assertEqual([name for name in names if not glob.glob(os.path.join(ROOT, name))], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
