#!/usr/bin/env python3
"""Runs one test program, passes its output through, and counts its cases.

The program is a cmocka executable or a Python unittest file run with -v. CTest sees exit status 0 (passed), 77 (every case
was skipped) or 1. Because a skipped case inside a passed program, and the reason why it was skipped, would not show in
CTest's own summary, the counts are also written to RESULTS/<name>.txt, which script/test adds up.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys

CMOCKA_CASE = re.compile(r"^\[ +(RUN|OK|FAILED|SKIPPED) +\] (.+)$")
CMOCKA_END = re.compile(r"^\[=+\] \d+ test\(s\) run\.$")
UNITTEST_CASE = re.compile(r"^(.*) \.\.\. (ok|FAIL|ERROR|skipped (.*))$")
UNITTEST_NAME = re.compile(r"^(test\w*) \(.*\)( \.\.\. .*)?$")
UNITTEST_END = re.compile(r"^()(ok|FAIL|ERROR)$")  # of a case that printed something


class Tally:
    """The cases seen so far in the output of one program."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []  # (case, reason)
        self.running = None
        self.said = []  # what the running case printed
        self.summary_reached = False

    def read_line(self, line):
        case = CMOCKA_CASE.match(line)
        if CMOCKA_END.match(line):
            self.summary_reached = True
        elif case and not self.summary_reached:
            self._cmocka(case.group(1), case.group(2))
        elif UNITTEST_CASE.match(line):
            self._unittest(UNITTEST_CASE.match(line))
        elif UNITTEST_NAME.match(line):
            self.running = UNITTEST_NAME.match(line).group(1)
        elif self.running and UNITTEST_END.match(line):
            self._unittest(UNITTEST_END.match(line))
        elif line.strip():
            self.said.append(line.strip())
        if line.startswith("[==========] Running "):
            self.summary_reached = False

    def _cmocka(self, word, name):
        if word == "RUN":
            self.running, self.said = name, []
            return
        if word == "OK":
            self.passed += 1
        elif word == "FAILED":
            self.failed.append(name)
        else:
            self.skipped.append((name, " ".join(self.said) or "no reason given"))
        self.running = None

    def _unittest(self, case):
        name = self.running or case.group(1).split(" ")[0]
        if case.group(2) == "ok":
            self.passed += 1
        elif case.group(2) in ("FAIL", "ERROR"):
            self.failed.append(name)
        else:
            self.skipped.append((name, case.group(3).strip("'\"")))
        self.running = None

    def close(self, status):
        """Turns an exit status that the cases do not explain into a failed case."""
        if status < 0:
            killed_by = signal.Signals(-status).name
            self.failed.append(f"{self.running or 'the program'}: killed by {killed_by}")
        elif status > 0 and not self.failed:
            self.failed.append(f"{self.running or 'the program'}: exit status {status}")
        elif status == 0 and self.running:
            self.failed.append(f"{self.running}: the program ended inside this case")
        elif status == 0 and not (self.passed or self.failed or self.skipped):
            self.failed.append("the program: ran no test case")

    def lines(self):
        yield f"cases: {self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"
        for name in self.failed:
            yield f"failed: {name}"
        for name, reason in self.skipped:
            yield f"skipped: {name}: {reason}"


def fixed_addresses_prefix():
    """The thread sanitizer of gcc 12 dies where the kernel spreads addresses widely; setarch -R turns that off for it."""
    setarch = shutil.which("setarch")
    if setarch and subprocess.run([setarch, "-R", "true"], stderr=subprocess.DEVNULL).returncode == 0:
        return [setarch, "-R"]
    return []


def write_result(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))


def main():
    parser = argparse.ArgumentParser(description="Run one test program and count its cases.")
    parser.add_argument("--results", required=True, help="folder for the counts")
    parser.add_argument("--name", required=True, help="room/subject")
    parser.add_argument("--fixed-addresses", action="store_true", help="without address space randomization, where allowed")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    result = os.path.join(options.results, options.name.replace("/", ".") + ".txt")
    write_result(result, ["cases: 0 passed, 1 failed, 0 skipped", "failed: did not finish (time limit?)"])
    command = (fixed_addresses_prefix() if options.fixed_addresses else []) + options.command

    tally = Tally()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace") as process:
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            tally.read_line(line.rstrip("\n"))
    tally.close(process.returncode)
    write_result(result, tally.lines())
    print("\n".join(tally.lines()))
    if tally.failed:
        return 1
    return 0 if tally.passed else 77


if __name__ == "__main__":
    sys.exit(main())
