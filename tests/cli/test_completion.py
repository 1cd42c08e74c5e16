#!/usr/bin/env python3
"""The shells complete every subcommand, option and value that the command has."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from command_case import DIGITS, cornu


def subcommands():
    listed = cornu("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def options(subcommand):
    """Those that --help explains; not Keras 1's names, which it only lists."""
    return re.findall(r"^  (--[a-z0-9-]+)", cornu(subcommand, "--help").stdout.split("\nKeras 1's names")[0], re.MULTILINE)


def script(shell):
    result = cornu("completion", shell)
    assert result.returncode == 0, result.stderr
    return result.stdout


def unless_cleared(subcommand, words):
    """Without the --no-name of options, but with options whose own name begins so."""
    return {word for word in words if not word.startswith("--no-") or word in options(subcommand)}


class Folder(unittest.TestCase):
    """A folder to complete in, with the scripts in its subfolder."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in ("scripts", "models"):
            os.mkdir(os.path.join(self.folder.name, name))
        for name in ("model.json", "my data.npz"):
            with open(os.path.join(self.folder.name, name), "w", encoding="utf-8"):
                pass

    def write(self, shell):
        path = os.path.join(self.folder.name, "scripts", "_cornu")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script(shell))
        return path


class Bash(Folder):
    def complete(self, *words):
        """What bash offers when the last of these words is being typed."""
        line = " ".join(f"'{word}'" for word in ("cornu", *words))
        program = (f"source '{self.write('bash')}'\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words)}\n"
                   "_cornu\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        result = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, timeout=60,
                                cwd=self.folder.name)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split("\n")[:-1] if result.stdout != "\n" else []

    def test_every_subcommand(self):
        self.assertEqual(self.complete(""), subcommands() + ["--help", "--version"])
        self.assertEqual(self.complete("f"), ["fit"])

    def test_every_option_of_every_subcommand(self):
        for subcommand in subcommands():
            self.assertEqual(unless_cleared(subcommand, self.complete(subcommand, "--")),
                             set(options(subcommand)), subcommand)

    def test_an_option_that_is_begun(self):
        self.assertEqual(self.complete("fit", "--bac"), ["--backup"])
        self.assertEqual(self.complete("fit", "--ba"), ["--bad-files", "--bad-files-at-most", "--batch-size", "--backup"])
        self.assertEqual(self.complete("fit", "--no-sh"), ["--no-shuffle"])

    def test_names_of_optimizers_losses_and_metrics(self):
        self.assertEqual(self.complete("fit", "--optimizer", "ada"), ["adagrad", "adadelta", "adam", "adamw", "adamax", "adafactor"])
        self.assertEqual(self.complete("evaluate", "--loss", "sparse"), ["sparse_categorical_crossentropy"])
        self.assertIn("mean_squared_error", self.complete("fit", "--loss", ""))
        self.assertEqual(self.complete("fit", "--metrics", "accuracy,prec"), ["accuracy,precision"])

    def test_no_name_is_offered_that_the_command_does_not_take(self):
        """The data do not go with most of the losses: it is enough that the name is not what is wrong."""
        offered = [(option, name) for option in ("--optimizer", "--loss", "--metrics") for name in self.complete("fit", option, "")]
        self.assertGreater(len(offered), 50)
        for option, name in offered:
            said = cornu("fit", "--model", "linear", "--data", DIGITS, "--steps-per-epoch", "1", "--verbose", "0", option, name).stderr
            self.assertRegex(said, r"^$|shape|axes|as many targets as predictions", f"{option} {name}")

    def test_a_value_behind_an_equals_sign(self):
        self.assertEqual(self.complete("fit", "--optimizer", "=", "rms"), ["rmsprop"])
        self.assertIn("sgd", self.complete("fit", "--optimizer", "="))

    def test_words_that_may_be_left_out(self):
        self.assertEqual(self.complete("fit", "--shuffle", ""), ["false", "true", "batch"])
        self.assertEqual(self.complete("fit", "--shuffle", "--epo"), ["--epochs"])

    def test_files_and_folders(self):
        self.assertEqual(self.complete("fit", "--data", "my"), ["my data.npz"])
        self.assertEqual(sorted(self.complete("fit", "--model", "m")), ["mlp", "model.json", "models", "my data.npz"])
        self.assertEqual(self.complete("fit", "--tensorboard", "m"), ["models"])

    def test_a_number_is_not_guessed(self):
        self.assertEqual(self.complete("fit", "--epochs", ""), [])

    def test_an_operand(self):
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.complete("completion", "f"), ["fish"])


class Fish(Folder):
    def setUp(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        super().setUp()

    def complete(self, line):
        program = f"source '{self.write('fish')}'; complete -C '{line}'"
        result = subprocess.run(["fish", "--no-config", "-c", program], capture_output=True, text=True, timeout=60,
                                cwd=self.folder.name, env={**os.environ, "HOME": self.folder.name})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [entry.split("\t")[0].rstrip("=") for entry in result.stdout.splitlines()]

    def test_every_subcommand_and_option(self):
        self.assertEqual(set(self.complete("cornu ")), set(subcommands()))
        for subcommand in subcommands():
            self.assertEqual(unless_cleared(subcommand, self.complete(f"cornu {subcommand} --")),
                             set(options(subcommand)), subcommand)

    def test_values(self):
        self.assertEqual(self.complete("cornu fit --optimizer rms"), ["rmsprop"])
        self.assertEqual(self.complete("cornu completion z"), ["zsh"])
        self.assertEqual(set(self.complete("cornu fit --model mo")), {"model.json", "models/"})
        self.assertIn("accuracy,precision", self.complete("cornu fit --metrics accuracy,prec"))


class Zsh(Folder):
    def setUp(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        super().setUp()

    def typed(self, line, wanted):
        """Types the line and a tab at an interactive zsh until `wanted` is to be seen; what was seen."""
        path = self.write("zsh")
        try:
            child, terminal = pty.fork()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal can be opened here: {error}")
        if child == 0:
            os.chdir(self.folder.name)
            os.environ.update(HOME=self.folder.name, TERM="dumb", PS1="> ", COLUMNS="200")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        seen, typed, end = "", 0, time.monotonic() + 60
        setup = f"fpath=({os.path.dirname(path)} $fpath); autoload -U compinit; compinit -u -D; stty -echo; print rea''dy\n"
        os.write(terminal, setup.encode())
        while time.monotonic() < end and not (typed and wanted in seen[typed:]):
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(terminal, 65536).decode(errors="replace")
                except OSError:
                    break
            elif not typed and "ready" in seen:
                typed = len(seen)
                os.write(terminal, (line + "\t").encode())
        os.close(terminal)
        os.waitpid(child, 0)
        return seen[typed:]

    def test_every_subcommand_and_option_is_in_the_script(self):
        text = script("zsh")
        for subcommand in subcommands():
            self.assertIn(f"            '{subcommand}:", text)
            part = text.split(f"        {subcommand})\n")[1].split(";;")[0]
            self.assertEqual(unless_cleared(subcommand, re.findall(r"'\*?(--[a-z0-9-]+)[=\[]", part)),
                             set(options(subcommand)), subcommand)

    def test_a_subcommand_an_option_and_a_value_are_completed(self):
        for line, wanted in (("cornu summ", "summary"), ("cornu fit --tensorb", "--tensorboard"),
                             ("cornu fit --optimizer rms", "rmsprop"), ("cornu completion z", "zsh"),
                             ("cornu fit --data my", "data.npz"), ("cornu fit --model ml", "mlp"),
                             ("cornu fit --metrics=accuracy,concord", "concordance_correlation")):
            self.assertIn(wanted, self.typed(line, wanted), line)


class Refused(unittest.TestCase):
    def test_no_shell_and_an_unknown_one(self):
        for words, part in (((), "which shell?"), (("tcsh",), "SHELL wants one of bash|zsh|fish, got 'tcsh'"),
                            (("bash", "zsh"), "'zsh' is one word too many"), (("-x",), "'-x' is no option")):
            result = cornu("completion", *words)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(part, result.stderr)

    def test_behind_two_dashes_all_words_are_operands(self):
        self.assertEqual(cornu("completion", "--", "bash").returncode, 0)
        self.assertIn("SHELL wants one of", cornu("completion", "--", "--help").stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
