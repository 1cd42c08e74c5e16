"""The cornu command as a shell user meets it: what it prints, where, and its exit status."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

COMMAND = os.environ["CORNU_COMMAND"]
DIGITS = os.path.join(os.environ.get("CORNU_SOURCE_DIR", "."), "share", "digits.npz")


def cornu(*words, **options):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORNU_VERBOSE")}
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=240, env=environment, **options)


class Command(unittest.TestCase):
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
        return cornu("fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", *words)

    # --- the way in ---

    def test_help_and_version_go_to_standard_output(self):
        self.assertIn("Usage: cornu COMMAND", cornu("--help").stdout)
        self.assertRegex(cornu("--version").stdout, r"^cornu \d+\.\d+\.\d+\n$")
        for command in ("fit", "evaluate", "predict", "summary"):
            result = cornu(command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn(f"Usage: cornu {command}", result.stdout)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 112)

    def test_no_command_is_a_usage_error(self):
        result = cornu()
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("Usage:", result.stderr)

    def test_wrong_names_get_the_nearest_right_one(self):
        self.refused(cornu("fitt"), 2, "unknown command 'fitt'", "did you mean 'fit'")
        self.refused(cornu("fit", "--epoch", "3"), 2, "unknown option --epoch", "did you mean --epochs")
        self.refused(self.train("--optimizer", "adm"), 1, "adm", "adam")
        self.refused(self.train("--loss", "mean_squared_eror"), 1, "mean_squared_error")
        self.refused(self.train("--metrics", "acuracy"), 1, "acuracy", "accuracy")
        self.refused(cornu("fit", "--model", "cn", "--data", DIGITS), 1, "did you mean 'cnn'")

    def test_wrong_values_say_what_is_wanted(self):
        self.refused(cornu("fit", "--epochs", "many"), 2, "--epochs wants a whole number", "'many'")
        self.refused(cornu("fit", "--epochs", "0"), 2, "at least 1")
        self.refused(cornu("fit", "--epochs"), 2, "wants a value")
        self.refused(cornu("fit", "--learning-rate", "fast"), 2, "wants a number")
        self.refused(cornu("fit", "surplus"), 2, "'surplus' is no option")

    def test_missing_things_are_named(self):
        self.refused(cornu("fit", "--model", "mlp"), 1, "--data FILE")
        self.refused(cornu("fit", "--data", DIGITS), 1, "--model")
        missing = self.path("no.npz")
        self.refused(cornu("fit", "--model", "mlp", "--data", missing), 1, missing, "No such file")
        self.refused(cornu("fit", "--model", self.path("no.json"), "--data", DIGITS), 1, "no.json")

    # --- the main job ---

    def test_fit_save_evaluate_predict(self):
        files = {name: self.path(name) for name in ("weights.npz", "model.json", "history.csv", "curves.png", "classes.npy")}
        result = self.train("--epochs", "4", "--validation-split", "0.2", "--save-weights", files["weights.npz"], "--save-model",
                            files["model.json"], "--history", files["history.csv"], "--plot", files["curves.png"], "--verbose", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(re.findall(r"^Epoch \d/4$", result.stdout, re.M)), 4, result.stdout)
        with open(files["history.csv"], encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(len(lines), 5)
        self.assertEqual(lines[0].split(",")[0], "epoch")
        self.assertIn("val_accuracy", lines[0])
        with open(files["curves.png"], "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")

        result = cornu("evaluate", "--model", files["model.json"], "--weights", files["weights.npz"], "--data", DIGITS, "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        accuracy = float(re.search(r"^accuracy: (0\.\d+)$", result.stdout, re.M).group(1))
        self.assertGreater(accuracy, 0.8)

        result = cornu("predict", "--model", files["model.json"], "--weights", files["weights.npz"], "--data", DIGITS, "--classes")
        self.assertEqual(result.returncode, 0, result.stderr)
        classes = [int(line) for line in result.stdout.split()]
        self.assertEqual(len(classes), 1797)
        self.assertEqual(set(classes), set(range(10)))

        result = cornu("predict", "--model", files["model.json"], "--weights", files["weights.npz"], "--data", DIGITS, "--output", files["classes.npy"])
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertEqual(os.path.getsize(files["classes.npy"]), 128 + 4 * 10 * 1797)

        result = cornu("summary", "--model", files["model.json"], "--weights", files["weights.npz"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Total params", result.stdout)

    def test_one_seed_one_result_also_through_the_queue(self):
        sums = set()
        for words in (["--workers", "0"], ["--workers", "2", "--max-queue-size", "3"], []):
            path = self.path("weights.npz")
            result = self.train("--seed", "3", "--no-shuffle", "--verbose", "0", "--save-weights", path, *words)
            self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
            with open(path, "rb") as file:
                sums.add(file.read())
        self.assertEqual(len(sums), 1)

    def test_training_goes_on_from_saved_weights(self):
        path = self.path("weights.npz")
        self.assertEqual(self.train("--epochs", "3", "--save-weights", path, "--verbose", "0").returncode, 0)
        first = self.train("--verbose", "2").stdout
        later = self.train("--verbose", "2", "--weights", path).stdout
        loss = lambda text: float(re.search(r"loss: ([\d.e-]+)", text).group(1))
        self.assertLess(loss(later), loss(first))

    def test_tables(self):
        rows = "\n".join(f"{i % 7},{i % 5},{'high' if i % 7 > 3 else 'low'}" for i in range(200))
        path = self.write("table.csv", "a,b,c\n" + rows + "\n")
        result = cornu("fit", "--model", "linear", "--data", path, "--target", "c", "--epochs", "60", "--verbose", "0", "--save-model",
                       self.path("m.json"), "--save-weights", self.path("w.npz"))
        self.assertEqual(result.returncode, 0, result.stderr)
        result = cornu("evaluate", "--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", path, "--target", "c", "--verbose", "0")
        self.assertIn("accuracy: ", result.stdout, result.stderr)

    # --- what goes wrong ---

    def test_data_that_do_not_fit_the_model(self):
        self.assertEqual(self.train("--verbose", "0", "--save-model", self.path("m.json")).returncode, 0)
        table = self.write("t.csv", "1,2,0\n3,4,1\n")
        result = cornu("fit", "--model", self.path("m.json"), "--data", table, "--target", "-1", "--classes")
        self.refused(result, 1, "(None, 8, 8)", "(2, 2)")

    def test_a_truncated_file(self):
        with open(DIGITS, "rb") as file:
            half = file.read()[:20000]
        with open(self.path("half.npz"), "wb") as file:
            file.write(half)
        self.refused(cornu("fit", "--model", "mlp", "--data", self.path("half.npz")), 1, "half.npz")

    def test_labels_out_of_range(self):
        self.assertEqual(self.train("--verbose", "0", "--save-model", self.path("m.json")).returncode, 0)
        import struct

        header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }"
        images = header.replace(b"(%d,)", b"(4, 8, 8)").ljust(117) + b"\n"
        labels = (header % 4).ljust(117) + b"\n"
        for name, head, body in (("x.npy", images, bytes(256)), ("y.npy", labels, bytes([1, 2, 10, 3]))):
            with open(self.path(name), "wb") as file:
                file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + body)
        result = cornu("fit", "--model", self.path("m.json"), "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--verbose", "0")
        self.refused(result, 1, "10", "0 to 9")

    def test_a_place_that_cannot_be_written(self):
        result = self.train("--verbose", "0", "--save-weights", self.path("no/such/w.npz"))
        self.refused(result, 1, "no/such/w.npz")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_interrupt_saves_and_exits_as_shells_expect(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            path = self.path("weights.npz")
            process = subprocess.Popen([COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--epochs", "1000000", "--verbose", "0",
                                        "--save-weights", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(1.5)
            process.send_signal(number)
            _, messages = process.communicate(timeout=60)
            self.assertEqual(process.returncode, status, messages)
            self.assertIn("stopping after this batch", messages)
            self.assertTrue(os.path.exists(path))
            os.remove(path)

    def test_a_reader_that_goes_away_does_not_crash_it(self):
        process = subprocess.Popen([COMMAND, "predict", "--help"], stdout=subprocess.PIPE)
        process.stdout.close()
        self.assertIn(process.wait(timeout=60), (0, 1, -signal.SIGPIPE))

    def test_a_pipe_gets_one_line_per_epoch(self):
        lines = self.train("--epochs", "2", "--verbose", "1").stdout.splitlines()
        self.assertEqual(len([line for line in lines if "loss:" in line]), 2, lines)
        self.assertNotIn("\r", "".join(lines))


if __name__ == "__main__":
    unittest.main()
