"""What the tests of the cornu command share."""

import hashlib
import os
import signal
import struct
import subprocess
import tempfile
import unittest

COMMAND = os.environ["CORNU_COMMAND"]
DIGITS = os.path.join(os.environ.get("CORNU_SOURCE_DIR", "."), "share", "digits.npz")


def cornu(*words, **options):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=240, **{"env": environment(), **options})


def npy(dtype, shape, data):
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def heed_interrupts():
    """A test that runs in a shell's background inherits that SIGINT is ignored, and so would the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def environment(**changes):
    """The tests' own environment without what would change the command's output, or open a browser."""
    changing = ("CORNU_PROGRESS", "NO_COLOR", "CORNU_VIEW_METRICS", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CORNU_VERBOSE") and key not in changing}
    return {**kept, **changes}


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def refused(self, result, status, *parts):
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, "")
        for part in parts:
            self.assertIn(part, result.stderr)
        self.assertTrue(result.stderr.startswith("cornu"), result.stderr)

    def train(self, *words):
        return cornu("fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", *words)

    def digest(self, name):
        with open(self.path(name), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def lines(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read().splitlines()
