#!/usr/bin/env python3
"""The manual has a page for every subcommand, with each of its options, and no tool that reads such pages complains."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from command_case import cornu
from test_completion import options, subcommands


def plain(roff):
    """The text without what is roff's."""
    return re.sub(r"\\f[BIR]", "", roff).replace("\\-", "-")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = os.path.join(folder.name, "share", "man1")
        result = cornu("manual", "--folder", cls.folder)
        assert result.returncode == 0, result.stderr
        cls.pages = {name: os.path.join(cls.folder, name) for name in os.listdir(cls.folder)}

    def text(self, name):
        with open(self.pages[name], encoding="utf-8") as file:
            return file.read()

    def test_one_for_each_subcommand(self):
        self.assertEqual(set(self.pages), {"cornu.1"} | {f"cornu-{name}.1" for name in subcommands()})
        for name in subcommands():
            self.assertEqual(self.text(f"cornu-{name}.1"), cornu("manual", name).stdout)
            self.assertIn(f"cornu-{name}(1)", plain(self.text("cornu.1")))
        self.assertEqual(self.text("cornu.1"), cornu("manual").stdout)

    def test_every_option(self):
        for name in subcommands():
            page = plain(self.text(f"cornu-{name}.1"))
            self.assertEqual(set(re.findall(r"^\.TP\n(--[a-z0-9-]+)", page, re.MULTILINE)), set(options(name)), name)

    def test_an_option_has_its_value_and_description(self):
        page = plain(self.text("cornu-fit.1"))
        self.assertIn(".TP\n--batch-size N\nsamples per update [32]\n", page)
        self.assertIn(".TP\n--shuffle [false|true|batch], --no-shuffle\n", page)

    def check(self, *command, allowed=r"$^"):
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        for page in self.pages.values():
            result = subprocess.run([*command, page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                                    env={**os.environ, "LC_ALL": "C.UTF-8"})
            said = [line for line in result.stdout.splitlines() if not re.search(allowed, line)]
            self.assertEqual(said, [])

    def test_groff_has_nothing_to_say(self):
        self.check("groff", "-man", "-ww", "-Tutf8", "-z")

    def test_mandoc_finds_no_fault(self):
        self.check("mandoc", "-T", "lint", allowed="missing date|STYLE: input text line longer")

    def test_man_shows_an_option_with_its_dashes(self):
        if not shutil.which("man"):
            self.skipTest("man is not installed")
        shown = subprocess.run(["man", "--warnings", "-l", self.pages["cornu-fit.1"]], capture_output=True, text=True,
                               timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"})
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertRegex(shown.stdout, r"(?m)^ +--batch-size N\n +samples per update \[32\]$")


class Refused(unittest.TestCase):
    def test_what_is_no_command(self):
        result = cornu("manual", "fti")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("there is no command 'fti'; did you mean 'fit'?", result.stderr)

    def test_a_folder_that_cannot_be(self):
        result = cornu("manual", "--folder", "/dev/null/pages")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("/dev/null", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
