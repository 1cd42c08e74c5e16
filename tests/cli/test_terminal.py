"""The cornu command on a terminal, in a pipe, and interrupted: Ctrl-C, Ctrl-Z, readers that go away."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from command_case import COMMAND, DIGITS, CommandCase, environment, heed_interrupts, npy

LINE = "\u2501"
ENDLESS = ["--epochs", "1000000"]


class Terminal:
    """A program on a pseudo-terminal of its own, which sends it signals when Ctrl-C is typed."""

    def __init__(self, *words, columns=100, **variables):
        self.text = ""
        try:
            self.master, slave = pty.openpty()
        except OSError as error:
            raise unittest.SkipTest(f"no pseudo-terminal can be opened here: {error}")
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

        def make_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for number in (signal.SIGINT, signal.SIGTSTP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)

        given = {"TERM": "xterm", "LC_ALL": "C.UTF-8", **variables}
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, preexec_fn=make_terminal, env=environment(**given))
        os.close(slave)

    def read_until(self, pattern, seconds=60):
        """Reads on until the text has `pattern`, or to the end where it is None. The text so far."""
        until = time.monotonic() + seconds
        while pattern is None or not re.search(pattern, self.text):
            ready = select.select([self.master], [], [], max(0, until - time.monotonic()))[0]
            if not ready:
                raise AssertionError(f"no {pattern!r} within {seconds} s in {self.text!r}")
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the other side was closed
                piece = b""
            if not piece:
                if pattern is None:
                    break
                raise AssertionError(f"it ended without {pattern!r}: {self.text!r}")
            self.text += piece.decode("utf-8", "replace")
        return self.text

    def type(self, characters):
        os.write(self.master, characters.encode())

    def finish(self):
        """The exit status."""
        self.read_until(None)
        return self.process.wait(timeout=60)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


def drawings(text):
    """What was drawn over each other, without escapes and what blanks the rest of a line."""
    return [re.sub("\x08|\x1b\\[[0-9;]*m", "", line).rstrip() for line in re.split("[\r\n]+", text)]


class OnATerminal(CommandCase):
    def open(self, *words, **options):
        terminal = Terminal(COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", *words, **options)
        self.addCleanup(terminal.close)
        return terminal

    # --- looks ---

    def test_the_bar_of_keras_3_where_utf8_is_shown(self):
        terminal = self.open("--epochs", "2")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("\x1b[1m57/57\x1b[0m \x1b[32m" + LINE * 20, terminal.text)
        self.assertEqual(terminal.text.count("\n"), 4)
        self.assertIn("Epoch 1/2\r\n\r\x1b[1m 1/57", terminal.text)

    def test_other_terminals_get_the_bar_of_keras_2(self):
        for variables in ({"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "C"}, {"CORNU_PROGRESS": "keras2"}):
            terminal = self.open(**variables)
            self.assertEqual(terminal.finish(), 0)
            self.assertIn("57/57 [" + "=" * 30 + "] - ", terminal.text)
            self.assertNotIn(LINE, terminal.text)
            self.assertNotIn("\x1b", terminal.text)

    def test_no_color_and_a_dumb_terminal(self):
        terminal = self.open(NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn(LINE, terminal.text)
        self.assertNotIn("\x1b", terminal.text)
        terminal = self.open("--epochs", "2", TERM="dumb")
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual(len(terminal.text.splitlines()), 4)
        self.assertNotIn("\x08", terminal.text)

    def test_a_decimal_comma_changes_nothing(self):
        terminal = self.open("--progress", "line", LC_ALL="de_DE.UTF-8")
        self.assertEqual(terminal.finish(), 0)
        self.assertRegex(terminal.text, r"loss: \d+\.\d{4}")

    def test_no_line_is_wider_than_the_terminal(self):
        for columns in (20, 40, 79):
            for look in ("keras2", "keras3"):
                terminal = self.open("--epochs", "3", "--validation-split", "0.2", "--progress", look, columns=columns)
                self.assertEqual(terminal.finish(), 0)
                for line in drawings(terminal.text):
                    one_value = re.fullmatch(r" - \w+: \S+", line)  # behind the last step, in a line of its own
                    self.assertTrue(one_value or len(line) < columns, (columns, look, line))
                self.assertEqual(len(re.findall(r" - val_loss: \d+\.\d{4}", terminal.text)), 3)
                self.assertGreaterEqual(terminal.text.count("\n"), 6)

    def test_a_window_that_is_made_narrower(self):
        terminal = self.open(*ENDLESS, "--batch-size", "1", columns=100)
        terminal.read_until("accuracy: ")
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        terminal.text = ""
        terminal.read_until("(?s)(/1797.*){8}")
        self.assertLess(len(drawings(terminal.text)[-2]), 40)
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130)

    def test_evaluation_and_prediction_have_bars(self):
        self.assertEqual(self.train("--verbose", "0", "--save-model", self.path("m.json"), "--save-weights", self.path("w.npz")).returncode, 0)
        words = ["--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS]
        for command in (["evaluate"], ["predict", "--output", self.path("o.npy"), "--verbose", "1"], ["predict", "--output", self.path("o.npy")]):
            terminal = Terminal(COMMAND, *command, *words)
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.finish(), 0)
            silent = command[0] == "predict" and "--verbose" not in command
            self.assertEqual("57/57" in terminal.text, not silent, terminal.text)
            self.assertEqual("accuracy" in terminal.text, command[0] == "evaluate")

    def test_a_failure_and_a_warning_begin_a_line(self):
        table = self.write("t.csv", "\n".join(f"{i / 640},{1e30 if i > 300 else 0},{i}" for i in range(640)) + "\n")
        terminal = Terminal(COMMAND, "fit", "--model", "linear", "--data", table, "--target", "-1", "--optimizer", "sgd", "--no-shuffle")
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.finish(), 0)
        self.assertRegex(terminal.text, r"step - loss: [^\n]*\r\ncornu: warning: the loss became")

    # --- Ctrl-C, Ctrl-Z ---

    def test_ctrl_c_finishes_the_batch_and_saves(self):
        terminal = self.open(*ENDLESS, "--save-weights", self.path("w.npz"))
        terminal.read_until("57/57")
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130)
        self.assertIn("\r\ncornu: stopping after this batch; once more to stop at once\r\n", terminal.text)
        self.assertTrue(terminal.text.endswith("\n"))
        self.assertTrue(os.path.exists(self.path("w.npz")))

    def test_a_second_ctrl_c_exits_at_once(self):
        rows, size = 256, 96  # one batch of seconds
        for name, shape, data in (("x.npy", (rows, size, size), bytes(rows * size * size)), ("y.npy", (rows,), bytes([0, 1] * (rows // 2)))):
            with open(self.path(name), "wb") as file:
                file.write(npy("|u1", shape, data))
        terminal = Terminal(COMMAND, "fit", "--model", "cnn", "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--batch-size", str(rows), *ENDLESS,
                            "--threads", "1", "--save-weights", self.path("w.npz"))
        self.addCleanup(terminal.close)
        terminal.read_until("Epoch 1/")
        time.sleep(0.3)  # into the batch
        terminal.type("\x03")
        terminal.read_until("once more to stop at once")
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130)
        self.assertFalse(os.path.exists(self.path("w.npz")))

    def test_ctrl_z_and_on_again(self):
        shell = Terminal("bash", "--norc", "-i", PS1="$ ")
        self.addCleanup(shell.close)
        words = [COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", *ENDLESS, "--save-weights", self.path("w.npz")]
        shell.type(" ".join(words) + "\n")
        shell.read_until("57/57")
        shell.type("\x1a")
        shell.read_until("Stopped")
        shell.text = ""
        shell.type("fg\n")
        shell.read_until(r"Epoch \d+/1000000\r\n(?s:.*)57/57(?s:.*)accuracy: [\d.]+ *\r\n")
        shell.type("\x03")
        shell.read_until(r"once more to stop at once(?s:.*)\$ ")
        shell.text = ""
        shell.type("echo status $?\nexit\n")
        shell.finish()
        self.assertIn("status 130\r\n", shell.text)
        self.assertTrue(os.path.exists(self.path("w.npz")))


class InAPipe(CommandCase):
    def start(self, *words, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment(), **options}
        return subprocess.Popen([COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", *words], **options)

    def test_a_reader_that_goes_away_ends_a_training_which_is_saved(self):
        process = self.start(*ENDLESS, "--save-weights", self.path("w.npz"), "--verbose", "2")
        process.stdout.readline()
        process.stdout.close()
        messages = process.stderr.read()
        self.assertEqual(process.wait(timeout=60), 128 + signal.SIGPIPE, messages)
        self.assertEqual(messages, "cornu: nobody reads standard output any more: stopping after this batch\n")
        process.stderr.close()
        self.assertTrue(os.path.exists(self.path("w.npz")))

    def test_head(self):
        line = subprocess.run(["bash", "-c", '"$0" fit --model mlp --data "$1" --scale 16 --threads 1 --epochs 1000000 --progress json 2>/dev/null | head -1; echo ${PIPESTATUS[0]}',
                               COMMAND, DIGITS], capture_output=True, text=True, timeout=120, env=environment()).stdout
        event, status = line.splitlines()
        self.assertEqual(json.loads(event)["event"], "train_begin")
        self.assertEqual(status, "141")

    def test_evaluation_ends_quietly_when_its_reader_does(self):
        self.assertEqual(self.train("--verbose", "0", "--save-model", self.path("m.json"), "--save-weights", self.path("w.npz")).returncode, 0)
        words = [COMMAND, "predict", "--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        process.stdout.close()
        messages = process.stderr.read()
        process.stderr.close()
        self.assertEqual((process.wait(timeout=60), messages), (-signal.SIGPIPE, b""))

    def test_a_closed_standard_output_is_no_file_of_ours(self):
        result = subprocess.run(["bash", "-c", '"$0" fit --model mlp --data "$1" --scale 16 --threads 1 --csv-log "$2" --save-weights "$3" >&-', COMMAND, DIGITS,
                                 self.path("log.csv"), self.path("w.npz")], capture_output=True, text=True, timeout=120, env=environment())
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.lines("log.csv")[0][:6], "epoch,")
        self.assertEqual(len(self.lines("log.csv")), 2)

    # --- going on ---

    def test_an_interrupted_training_goes_on_when_it_is_started_again(self):
        words = ["--epochs", "12", "--progress", "json", "--early-stopping", "monitor=loss,patience=100", "--validation-split", "0.1"]
        self.assertEqual(self.train(*words, "--save-weights", self.path("whole.npz")).returncode, 0)
        runs = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(*words, "--save-weights", self.path("w.npz"), "--backup", self.path("backup"), preexec_fn=heed_interrupts)
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "epoch_end" and event["epoch"] >= 3 * runs + 2:
                    process.send_signal(number)
                    break
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 128 + number)
            self.assertTrue(os.listdir(self.path("backup")))
            runs += 1
        result = self.train(*words, "--save-weights", self.path("w.npz"), "--backup", self.path("backup"))
        self.assertEqual(result.returncode, 0, result.stderr)
        first = next(json.loads(line) for line in result.stdout.splitlines() if "epoch_begin" in line)
        self.assertGreaterEqual(first["epoch"], 5)
        self.assertEqual(self.digest("w.npz"), self.digest("whole.npz"))
        self.assertEqual(os.listdir(self.path("backup")) if os.path.exists(self.path("backup")) else [], [])

    def test_a_killed_training_goes_on_in_mid_epoch(self):
        words = ["--epochs", "3", "--batch-size", "1", "--progress", "json"]
        self.assertEqual(self.train(*words, "--save-weights", self.path("whole.npz")).returncode, 0)
        words += ["--save-weights", self.path("w.npz"), "--backup", self.path("backup") + ",save_freq=100"]
        for _ in range(3):
            process = self.start(*words)
            until = time.monotonic() + 60
            while not (os.path.exists(self.path("backup/latest.npz")) or process.poll() is not None) and time.monotonic() < until:
                time.sleep(0.001)
            process.kill()
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, -signal.SIGKILL)
        result = self.train(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.digest("w.npz"), self.digest("whole.npz"))
        events = [json.loads(line) for line in result.stdout.splitlines()]
        begins = [event["epoch"] for event in events if event["event"] == "epoch_begin"]
        steps = [event["step"] for event in events if event["event"] == "batch" and event["epoch"] == begins[0]]
        self.assertTrue(begins[0] > 0 or steps[0] > 100, events[:3])

    def test_a_hang_up_is_a_request_to_stop(self):
        process = self.start(*ENDLESS, "--save-weights", self.path("w.npz"), "--verbose", "2", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGHUP)
        self.assertTrue(os.path.exists(self.path("w.npz")))


if __name__ == "__main__":
    unittest.main()
