"""The cornu command as a shell user meets it: what it prints, where, and its exit status."""

import json
import os
import re
import signal
import struct
import subprocess
import time
import unittest
import zipfile

from command_case import COMMAND, DIGITS, CommandCase, cornu, heed_interrupts, npy


class Command(CommandCase):
    # --- the way in ---

    def test_help_and_version_go_to_standard_output(self):
        self.assertIn("Usage: cornu COMMAND", cornu("--help").stdout)
        self.assertRegex(cornu("--version").stdout, r"^cornu \d+\.\d+\.\d+\n$")
        for command in (None, "fit", "evaluate", "predict", "summary"):
            result = cornu(*filter(None, [command]), "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn(f"Usage: cornu {command or 'COMMAND'}", result.stdout)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

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
        self.refused(cornu("fit", "--model", "cn", "--data", DIGITS), 2, "did you mean 'cnn'")

    def test_wrong_values_say_what_is_wanted(self):
        self.refused(cornu("fit", "--epochs", "many"), 2, "--epochs wants a whole number", "'many'")
        self.refused(cornu("fit", "--epochs", "0"), 2, "at least 1")
        self.refused(cornu("fit", "--epochs"), 2, "wants a value")
        self.refused(cornu("fit", "--learning-rate", "fast"), 2, "wants a number")
        self.refused(cornu("fit", "--learning-rate", "0"), 2, "greater than 0", "'0'")
        self.refused(cornu("fit", "--scale", "-255"), 2, "greater than 0", "'-255'")
        self.refused(cornu("fit", "surplus"), 2, "'surplus' is no option")

    def test_options_that_would_do_nothing_are_refused(self):
        self.refused(self.train("--target", "3"), 1, "--target", "digits.npz")
        self.refused(cornu("fit", "--model", "mlp", "--x", DIGITS, "--target", "3"), 2, "--target", "digits.npz")
        self.refused(cornu("summary", "--model", "m.json", "--scale", "255"), 2, "--scale")
        self.refused(self.train("--x", DIGITS), 2, "exclude each other")
        self.refused(self.train("--workers", "1", "--validation-split", "0.5"), 2, "--validation-split")

    def test_missing_things_are_named(self):
        for command in ("fit", "evaluate", "predict"):
            self.refused(cornu(command, "--model", "mlp"), 2, "--data FILE", "--help")
            self.refused(cornu(command, "--data", DIGITS), 2, "--model", "--help")
        self.refused(cornu("summary"), 2, "--model", "--help")
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

        result = cornu("predict", "--model", files["model.json"], "--weights", files["weights.npz"], "--data", DIGITS, "--classes", "--output", files["classes.npy"])
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        with open(files["classes.npy"], "rb") as file:
            self.assertEqual(list(struct.unpack("<1797q", file.read()[128:])), classes)

        result = cornu("summary", "--model", "mlp", "--data", DIGITS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("(None, 8, 8)", result.stdout)

        result = cornu("summary", "--model", files["model.json"], "--weights", files["weights.npz"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Total params", result.stdout)

    def test_a_model_without_weights_is_told_of(self):
        files = {name: self.path(name) for name in ("model.json", "model.keras", "weights.npz")}
        for name in ("model.json", "model.keras"):
            self.train("--epochs", "1", "--save-model", files[name], "--save-weights", files["weights.npz"])
        for command in ("evaluate", "predict"):
            for given, told in ((["model.json"], True), (["model.json", "--weights", files["weights.npz"]], False), (["model.keras"], False)):
                result = cornu(command, "--model", files[given[0]], *given[1:], "--data", DIGITS)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual("never trained" in result.stderr, told, (command, given, result.stderr))

    def test_a_checkpoint_named_keras_is_a_whole_model(self):
        path = self.path("{epoch}.keras")
        self.train("--epochs", "2", "--checkpoint", path)
        result = cornu("evaluate", "--model", self.path("2.keras"), "--data", DIGITS, "--verbose", "0")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

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

    def test_quotes_in_tables_may_be_characters_like_others(self):
        table = self.write("q.tsv", 'a\tb\n1\t"x"y\n2\tz"\n3\t"x"y\n4\tz"\n')
        words = ("--model", "linear", "--data", table, "--target", "b", "--verbose", "0")
        self.refused(cornu("fit", *words), 1, "line 2, column 2: text behind a closing quote", "--no-quotes")
        fitted = cornu("fit", *words, "--no-quotes", "--validation-data", table, "--class-weight", 'z":2', "--save-model", self.path("q.keras"))
        self.assertEqual((fitted.returncode, fitted.stderr), (0, ""))
        for command in ("evaluate", "predict"):
            told = cornu(command, "--model", self.path("q.keras"), "--data", table, "--target", "b", "--no-quotes")
            self.assertEqual(told.returncode, 0, told.stderr)
        x = self.write("x.csv", '1,2\n')
        self.assertEqual(cornu("augment", "--x", x, "--no-quotes").returncode, 1)
        self.refused(cornu("fit", "--model", "mlp", "--data", DIGITS, "--no-quotes"), 1, "--no-quotes is for a table")

    def test_text_classes_that_differ_between_tables_are_refused(self):
        whole = self.write("whole.csv", "a,b,kind\n" + "1,2,low\n3,4,mid\n5,6,top\n" * 20)
        part = self.write("part.csv", "a,b,kind\n" + "1,2,low\n5,6,top\n" * 20)
        words = ["fit", "--model", "linear", "--data", whole, "--target", "kind", "--verbose", "0"]
        self.refused(cornu(*words, "--validation-data", part), 1, "low, mid, top", "low, top")
        files = ["--model", self.path("m.json"), "--weights", self.path("w.npz")]
        result = cornu(*words, "--validation-data", whole, "--save-model", files[1], "--save-weights", files[3])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(cornu("evaluate", *files, "--data", whole, "--target", "kind").returncode, 0)
        self.refused(cornu("evaluate", *files, "--data", part, "--target", "kind"), 1, "2 classes", "3 apart")

    def test_each_output_gets_the_loss_that_fits_its_targets(self):
        def layer(kind, name, config, source):
            shape = {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "dtype": "float32", "keras_history": [source, 0, 0]}}
            nodes = [{"args": [shape], "kwargs": {}}] if source else []
            return {"module": "keras.layers", "class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}

        layers = [layer("InputLayer", "point", {"batch_shape": [None, 2], "dtype": "float32"}, None),
                  layer("Dense", "size", {"units": 1, "activation": "linear"}, "point"),
                  layer("Dense", "kind", {"units": 3, "activation": "softmax"}, "point")]
        model = {"module": "keras", "class_name": "Functional",
                 "config": {"name": "two", "layers": layers, "input_layers": ["point", 0, 0], "output_layers": [["size", 0, 0], ["kind", 0, 0]]}}
        path = self.write("two.json", json.dumps(model))
        data = self.path("data.npz")
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("point.npy", npy("<f4", (6, 2), bytes(48)))
            archive.writestr("size.npy", npy("<f4", (6, 1), bytes(24)))
            archive.writestr("kind.npy", npy("|u1", (6,), bytes([0, 1, 2, 0, 1, 2])))
        result = cornu("evaluate", "--model", path, "--data", data, "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        names = [line.split(":")[0] for line in result.stdout.splitlines()]
        self.assertEqual(names, ["loss", "size_loss", "kind_loss", "kind_accuracy"])
        self.refused(cornu("predict", "--model", path, "--data", data), 1, "2 outputs", "--output FILE.npz")
        report = self.path("report")
        self.refused(cornu("evaluate", "--model", path, "--data", data, "--report", report), 1, "--report is for a model with one output; this one has 2")
        self.assertFalse(os.path.exists(report))

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
        for name, shape, data in (("x.npy", (4, 8, 8), bytes(256)), ("y.npy", (4,), bytes([1, 2, 10, 3]))):
            with open(self.path(name), "wb") as file:
                file.write(npy("|u1", shape, data))
        result = cornu("fit", "--model", self.path("m.json"), "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--verbose", "0")
        self.refused(result, 1, "10", "0 to 9")

    def test_a_place_that_cannot_be_written_is_found_out_before_the_training(self):
        for option, name, reason in (("--save-weights", "no/such/w.npz", "No such file"), ("--save-model", "no/such/m.json", "No such file"),
                                     ("--history", "no/such/h.csv", "No such file")):
            self.refused(self.train("--epochs", "1000000", option, self.path(name)), 1, option, name, reason)
        self.refused(self.train("--epochs", "1000000", "--plot", self.path("p.jpg")), 2, "p.jpg", ".png, .svg or .pdf")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_what_cannot_be_saved_does_not_cost_the_rest(self):
        gone = self.path("folder")
        os.mkdir(gone)
        process = subprocess.Popen([COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--epochs", "1000000", "--verbose", "2",
                                    "--save-weights", os.path.join(gone, "w.npz"), "--save-model", self.path("m.json"), "--history", self.path("h.csv")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
        process.stdout.readline()  # training has begun
        os.rmdir(gone)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertIn("w.npz", messages)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["h.csv", "m.json"])

    def test_a_full_disk_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full here")
        self.assertEqual(self.train("--verbose", "0", "--save-model", self.path("m.json"), "--save-weights", self.path("w.npz")).returncode, 0)
        for words in (["--help"], ["fit", "--help"], ["summary", "--model", self.path("m.json")],
                      ["predict", "--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240, check=False)
            self.assertEqual(result.returncode, 1, words)
            self.assertIn("cannot write to standard output", result.stderr)

    def test_a_pipe_as_data_is_refused_at_once(self):
        os.mkfifo(self.path("table.csv"))
        self.refused(cornu("fit", "--model", "mlp", "--data", self.path("table.csv"), "--target", "-1"), 1, "table.csv", "pipe")

    def test_a_signal_that_is_ignored_stays_ignored(self):
        process = subprocess.Popen([COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--epochs", "1000000", "--verbose", "2"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.stdout.readline()  # training has begun
        process.send_signal(signal.SIGINT)
        for _ in range(4):
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, messages)

    def test_interrupt_saves_and_exits_as_shells_expect(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            path = self.path("weights.npz")
            process = subprocess.Popen([COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--epochs", "1000000", "--verbose", "0",
                                        "--save-weights", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
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
