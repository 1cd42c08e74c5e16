#!/usr/bin/env python3
"""Rules for every file in the repository: C is formatted by .clang-format, nothing names the machine it was written on."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# The formatter's output changes from version to version; this is the one that the project is formatted with (Debian 12's).
CLANG_FORMAT_VERSION = "14."

# Folders of one particular machine. Put together from pieces, or this file would name them.
MACHINE_PATH = re.compile(rb"(?:^|[^A-Za-z0-9_.])/(?:" + rb"|".join([rb"work", rb"farm", rb"root", rb"home/\w+",
                                                                    rb"tmp/bash_" + rb"jobs"]) + rb")/")


def tracked_files(*patterns):
    # safe.directory: a container often runs as another user than the owner of the checkout.
    command = ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--", *patterns]
    listing = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    names = listing.stdout.decode().split("\0")[:-1]
    return [name for name in names if os.path.isfile(os.path.join(ROOT, name))]


def unformatted(paths):
    """The formatter's complaints about these files, with the project's style."""
    command = ["clang-format", "--dry-run", "-Werror", f"--style=file:{os.path.join(ROOT, '.clang-format')}", *paths]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True).stderr


@unittest.skipUnless(shutil.which("git") and tracked_files(), "this is not a git checkout, or git is not installed")
class TrackedFiles(unittest.TestCase):
    def test_no_file_names_a_path_of_one_machine(self):
        found = []
        for name in tracked_files():
            with open(os.path.join(ROOT, name), "rb") as file:
                content = file.read()
            if b"\0" not in content:
                found += [f"{name}:{number}" for number, line in enumerate(content.splitlines(), 1)
                          if MACHINE_PATH.search(line)]
        self.assertEqual([], found)

    def test_a_path_of_one_machine_is_caught(self):
        self.assertTrue(MACHINE_PATH.search(b'open("/wo' + b'rk/data.npz")'))
        self.assertFalse(MACHINE_PATH.search(b"frame/wo" + b"rk/data.npz"))

    def test_c_files_are_formatted(self):
        if not shutil.which("clang-format"):
            self.skipTest("clang-format is not installed")
        version = subprocess.run(["clang-format", "--version"], stdout=subprocess.PIPE, text=True).stdout
        if f"version {CLANG_FORMAT_VERSION}" not in version:
            self.skipTest(f"the project is formatted with clang-format {CLANG_FORMAT_VERSION}x, this is {version.strip()}")
        with tempfile.TemporaryDirectory() as folder:
            bad = os.path.join(folder, "bad.c")
            with open(bad, "w", encoding="utf-8") as file:
                file.write("int f( void ){return 1;}\n")
            self.assertIn("clang-format-violations", unformatted([bad]))
        self.assertEqual("", unformatted(tracked_files("*.c", "*.h")), "run: clang-format -i $(git ls-files '*.c' '*.h')")


if __name__ == "__main__":
    unittest.main(verbosity=2)
