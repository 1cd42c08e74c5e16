"""Programs that measure: each lives through the whole measurement in a process of its own and answers case names with lines of JSON."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RIVALS = os.environ.get("CORNU_RIVALS") or os.path.join(ROOT, "build", "rivals")
PROGRAMS = os.environ.get("CORNU_BENCH") or os.path.join(ROOT, "build", "release", "bench")
SLOWEST_ANSWER = 400  # seconds; PyTorch compiles a ResNet for a minute


class Program:
    """One measuring process that answers case names with lines of JSON."""

    def __init__(self, key, title, command, needs=()):
        self.key, self.title, self.command, self.needs = key, title, command, needs
        self.process = None
        self.missing = None  # why it cannot run

    def start(self, threads, seconds):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*self.command, "--server", "--threads", str(threads), "--seconds", str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,
            preexec_fn=lambda: keep_to_cores(threads),
        )

    def measure(self, case):
        """The answer as a dict; one with "error" if there is none."""
        os.killpg(self.process.pid, signal.SIGCONT)
        try:
            self.process.stdin.write((case + "\n").encode())
            self.process.stdin.flush()
            line = self.read_line()
        except (BrokenPipeError, TimeoutError) as error:
            self.stop()
            return {"error": str(error) if isinstance(error, TimeoutError) else self.last_words()}
        if not line:
            self.stop()
            return {"error": self.last_words()}
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            return json.loads(line)
        except ValueError:
            return {"error": f"answered {line[:80]!r}"}

    def read_line(self):
        limit = time.monotonic() + SLOWEST_ANSWER
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, limit - time.monotonic())):
                    raise TimeoutError(f"no answer in {SLOWEST_ANSWER} seconds")
                piece = os.read(self.process.stdout.fileno(), 65536)
                if not piece:
                    return b""
                line += piece
        return line

    def last_words(self):
        self.errors.seek(0)
        lines = [line for line in self.errors.read().decode(errors="replace").splitlines() if line.strip()]
        return "ended" + (": " + lines[-1].strip()[:200] if lines else "")

    def stop(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            try:
                end.close()
            except BrokenPipeError:  # a case name that it never read
                pass
        self.process = None


def keep_to_cores(threads):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def built(name):
    """The path of one of Cornu's own benchmark programs, or None."""
    for candidate in (f"bench_{name}", name):
        path = os.path.join(PROGRAMS, candidate)
        if os.access(path, os.X_OK):
            return path
    return None


def installed(python, names):
    """Which of these modules the interpreter finds."""
    if not os.access(python, os.X_OK):
        return set()
    question = f"import importlib.util as u; print(*[n for n in {names!r} if u.find_spec(n)])"
    return set(subprocess.run([python, "-c", question], capture_output=True, text=True, check=False).stdout.split())


def find_missing(programs, python):
    """Sets `missing` of the programs whose modules are not there."""
    have = installed(python, sorted({name for program in programs for name in program.needs}))
    for program in programs:
        lacking = [name for name in program.needs if name not in have]
        if lacking:
            program.missing = f"{' and '.join(lacking)} not installed in {os.path.relpath(RIVALS)} (script/setup --bench installs it)"


def say(options, text):
    if not options.quiet:
        print(text, file=sys.stderr, flush=True)
