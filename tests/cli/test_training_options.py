"""What cornu fit, evaluate and predict make of Keras's arguments and callbacks."""

import csv
import http.server
import json
import os
import re
import struct
import threading
import unittest
import urllib.parse

from command_case import DIGITS, CommandCase, cornu, environment, npy


class TrainingOptions(CommandCase):
    def rows(self, name):
        """A table with a header as a list of dictionaries."""
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def trained(self, *words):
        """The digest of the weights, and the result, of a training that is to succeed."""
        result = self.train("--verbose", "0", "--save-weights", self.path("w.npz"), *words)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        return self.digest("w.npz"), result

    # --- Keras 1 ---

    def test_names_of_keras_1_are_taken_with_a_warning(self):
        old, result = self.trained("--nb-epoch", "2", "--nb_worker", "1", "--max-q-size", "3")
        for line in ("nb_epoch is what Keras 1 called --epochs", "nb_worker is what Keras 1 called --workers", "max_q_size is what Keras 1 called --max-queue-size"):
            self.assertIn(f"cornu: warning: {line}\n", result.stderr)
        new, result = self.trained("--epochs", "2", "--workers", "1", "--max-queue-size", "3")
        self.assertEqual(result.stderr, "")
        self.assertEqual(old, new)

    def test_samples_become_steps(self):
        old, result = self.trained("--samples-per-epoch", "1000", "--batch-size", "64")
        self.assertIn("--steps-per-epoch is now 15: 1000 samples divided by the batch size, 64, rounded down", result.stderr)
        self.assertEqual(old, self.trained("--steps-per-epoch", "15", "--batch-size", "64")[0])
        result = self.train("--nb-val-samples", "2", "--validation-split", "0.5", "--verbose", "2")
        self.assertIn("nb_val_samples, which counted samples in Keras 1, is taken as --validation-steps: as batches", result.stderr)
        self.refused(self.train("--samples-per-epoch", "20"), 2, "--samples-per-epoch is 20, less than one batch of 32 samples")

    def test_old_and_new_name_together_are_an_error(self):
        for words in (["--nb-epoch", "2", "--epochs", "2"], ["--epochs", "2", "--nb_epoch=2"]):
            self.assertIn("they are the same argument", self.train(*words).stderr)
            self.assertEqual(self.train(*words).returncode, 2)
        self.refused(self.train("--samples-per-epoch", "64", "--steps-per-epoch", "2"), 2, "they are the same argument")

    def test_evaluation_and_prediction_know_them_too(self):
        self.trained("--save-model", self.path("m.json"))
        model = ["--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS]
        result = cornu("evaluate", *model, "--val-samples", "2", "--verbose", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("2/2 - ", result.stdout)
        self.assertIn("val_samples, which counted samples in Keras 1, is taken as --steps", result.stderr)
        result = cornu("predict", *model, "--val-samples", "2", "--classes", "--nb-worker", "1")
        self.assertEqual(len(result.stdout.split()), 64, result.stderr)

    # --- arguments of fit ---

    def test_class_weights_are_sample_weights(self):
        with open(self.path("y.npy"), "wb") as file:
            file.write(npy("|u1", (60,), bytes([0, 1, 2] * 20)))
        with open(self.path("x.npy"), "wb") as file:
            file.write(npy("<f4", (60, 2), struct.pack("<120f", *[i % 7 / 7 for i in range(120)])))
        with open(self.path("weight.npy"), "wb") as file:
            file.write(npy("<f8", (60,), struct.pack("<60d", *[0.5, 1, 3] * 20)))
        words = ["--model", "linear", "--x", self.path("x.npy"), "--y", self.path("y.npy"), "--verbose", "0", "--epochs", "3", "--save-weights", self.path("w.npz")]
        digests = []
        for weights in (["--class-weight", "0:0.5,2:3"], ["--class-weight", "2:3", "--class-weight", "0:0.5"],
                        ["--sample-weight", self.path("weight.npy")], []):
            self.assertEqual(cornu("fit", *words, *weights).returncode, 0)
            digests.append(self.digest("w.npz"))
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(digests[0], digests[2])
        self.assertNotEqual(digests[0], digests[3])
        queued = []
        for weights in (["--class-weight", "0:0.5,2:3"], ["--sample-weight", self.path("weight.npy")]):
            self.assertEqual(cornu("fit", *words, *weights, "--workers", "1").returncode, 0)
            queued.append(self.digest("w.npz"))
        self.assertEqual(queued[0], queued[1])
        self.refused(cornu("fit", *words, "--class-weight", "0"), 2, "--class-weight wants CLASS:WEIGHT", "'0'")
        self.refused(cornu("fit", *words, "--class-weight", "0:-1"), 2, "at least 0")
        self.refused(cornu("fit", *words, "--class-weight", "low:1"), 1, "'low' is no class number")
        self.refused(cornu("fit", *words, "--class-weight", "0:1", "--class-weight-strict"), 1, "class")

    def test_classes_of_a_table_are_weighted_by_name(self):
        table = self.write("t.csv", "a,b,kind\n" + "1,2,low:er\n3,4,mid\n5,6,top\n" * 20)
        words = ["--model", "linear", "--data", table, "--target", "kind", "--verbose", "0", "--save-weights", self.path("w.npz")]
        digests = []
        for weights in ("low:er:5,top:2", "0:5,2:2"):
            result = cornu("fit", *words, "--class-weight", weights)
            self.assertEqual(result.returncode, 0, result.stderr)
            digests.append(self.digest("w.npz"))
        self.assertEqual(digests[0], digests[1])
        self.refused(cornu("fit", *words, "--class-weight", "high:1"), 1, "'high' is no class number, and the table has no class of this name")

    def test_validation_after_listed_epochs(self):
        for given, validated in (("2", [False, True, False, True]), ("1,4", [True, False, False, True]), ("[1,4]", [True, False, False, True])):
            result = self.train("--epochs", "4", "--validation-split", "0.2", "--validation-freq", given, "--verbose", "0", "--history", self.path("h.csv"))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual([row["val_loss"] != "NA" for row in self.rows("h.csv")], validated)
        self.refused(self.train("--validation-freq", "0"), 2, "--validation-freq", "at least 1")
        self.refused(self.train("--validation-freq", "1,often"), 2, "--validation-freq")

    def test_the_order_of_the_data(self):
        orders = {name: self.trained(*words)[0] for name, words in
                  (("true", []), ("bare", ["--shuffle"]), ("false", ["--shuffle", "false"]), ("no", ["--no-shuffle"]), ("batch", ["--shuffle=batch"]))}
        self.assertEqual(orders["true"], orders["bare"])
        self.assertEqual(orders["false"], orders["no"])
        self.assertEqual(len(set(orders.values())), 3)
        self.refused(self.train("--shuffle", "rows"), 2, "--shuffle wants one of false|true|batch, got 'rows'")

    def test_worker_processes_give_the_same_weights(self):
        words = ["--workers", "2", "--use-multiprocessing", "--verbose", "0", "--save-weights", self.path("w.npz")]
        result = self.train(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        processes = self.digest("w.npz")
        self.assertEqual(processes, self.trained("--workers", "3")[0])

    def test_whole_models_are_files_of_keras(self):
        for name in ("m.keras", "m.h5"):
            self.trained("--save-model", self.path("m.json"), "--save-model", self.path(name), "--epochs", "3")
            self.trained("--save-model", self.path("m.json"), "--epochs", "3")
            outputs = []
            for model in (["--model", self.path(name)], ["--model", self.path("m.json"), "--weights", self.path("w.npz")]):
                result = cornu("predict", *model, "--data", DIGITS, "--classes")
                self.assertEqual(result.returncode, 0, result.stderr)
                outputs.append(result.stdout)
            self.assertEqual(outputs[0], outputs[1])
            self.assertEqual(cornu("evaluate", "--model", self.path(name), "--data", DIGITS, "--verbose", "0").stdout[:6], "loss: ")
            result = cornu("fit", "--model", self.path(name), "--data", DIGITS, "--verbose", "0")
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_name_that_cannot_be_written_is_found_before_anything_is_read(self):
        missing = ["fit", "--model", "mlp", "--data", self.path("no.npz")]
        models, weights = "a model goes to a file whose name ends in .keras, .h5, .hdf5, or .json", "weights go to a file whose name ends in .npz, .weights.h5, .h5 or .hdf5"
        for option, name, *parts in (("--save-model", "a.weights.h5", models, "--save-weights a.weights.h5"),
                                     ("--save-model", "a.npz", models, "--save-weights a.npz"),
                                     ("--save-model", "a.kera", models, "did you mean .keras?"),
                                     ("--save-model", "a.jsn", models, "did you mean .json?"),
                                     ("--save-model", "a.txt", models),
                                     ("--save-model", "folder.keras/a", models),
                                     ("--save-weights", "a.keras", weights, "--save-model a.keras"),
                                     ("--save-weights", "a.json", weights, "--save-model a.json"),
                                     ("--save-weights", "a.npy", weights, "did you mean .npz?"),
                                     ("--save-weights", "a.weight.h", weights, "did you mean .h5?"),
                                     ("--save-weights", "a", weights),
                                     ("--checkpoint", "{epoch}.kera", "did you mean .keras?"),
                                     ("--checkpoint", "a.txt,period=2", "a checkpoint goes to a file whose name ends in .keras, .h5", "got 'a.txt'"),
                                     ("--checkpoint", "a.json", "a checkpoint goes to a file")):
            with self.subTest(f"{option} {name}"):
                self.refused(cornu(*missing, option, name), 2, option, *parts)

    # --- callbacks ---

    def test_early_stopping(self):
        result = self.train("--epochs", "50", "--early-stopping", "monitor=loss,min_delta=100,patience=2,verbose=1", "--verbose", "2", "--history", self.path("h.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.rows("h.csv")), 3)
        self.assertIn("Epoch 3: early stopping", result.stdout)
        result = self.train("--epochs", "50", "--validation-split", "0.2", "--verbose", "0", "--early-stopping", "--history", self.path("h.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(len(self.rows("h.csv")), 50)
        self.refused(self.train("--early-stopping", "--verbose", "0"), 1, "val_loss", "'loss', 'accuracy'")

    def test_settings_are_checked_before_anything_is_read(self):
        missing = ["fit", "--model", "mlp", "--data", self.path("no.npz")]
        self.refused(cornu(*missing, "--early-stopping", "patient=3"), 2, "--early-stopping: early_stopping has no argument \"patient\"; did you mean \"patience\"?")
        self.refused(cornu(*missing, "--early-stopping", "patience=long"), 2, "patience is \"long\", and must be a whole number of at least 0")
        self.refused(cornu(*missing, "--early-stopping", "3"), 2, "--early-stopping wants NAME=VALUE", "'3'")
        self.refused(cornu(*missing, "--early-stopping", "patience=1,patience=2"), 2, "given twice")
        self.refused(cornu(*missing, "--reduce-lr-on-plateau", "factor=2"), 2, "--reduce-lr-on-plateau", "less than 1")
        self.refused(cornu(*missing, "--checkpoint", ",period=2"), 2, "--checkpoint: there is no name before")
        self.refused(cornu(*missing, "--save-best-only"), 2, "--save-best-only is for --checkpoint")
        self.refused(cornu(*missing, "--monitor", "loss"), 2, "--monitor is for")
        self.refused(cornu(*missing, "--learning-rate-schedule", "0.1"), 2, "--learning-rate-schedule wants EPOCH:RATE", "'0.1'")
        self.refused(cornu(*missing, "--learning-rate-schedule", "0:0.1", "--reduce-lr-on-plateau"), 2, "exclude each other")

    def test_learning_rates(self):
        result = self.train("--epochs", "5", "--verbose", "0", "--learning-rate-schedule", "2:0.5,0:0.25,4:0.125", "--csv-log", self.path("log.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([float(row["learning_rate"]) for row in self.rows("log.csv")], [0.25, 0.25, 0.5, 0.5, 0.125])
        result = self.train("--epochs", "4", "--verbose", "0", "--learning-rate", "1", "--optimizer", "sgd", "--monitor", "loss",
                            "--reduce-lr-on-plateau", "min_delta=1000, patience=1, factor=0.5", "--csv-log", self.path("log.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([float(row["learning_rate"]) for row in self.rows("log.csv")], [1, 1, 0.5, 0.25])

    def test_checkpoints(self):
        result = self.train("--epochs", "3", "--verbose", "0", "--checkpoint", self.path("deep/w.{epoch:02d}-{loss:.1f}.npz"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([name[:5] for name in sorted(os.listdir(self.path("deep")))], ["w.01-", "w.02-", "w.03-"])
        result = self.train("--epochs", "3", "--verbose", "0", "--checkpoint", self.path("best/{epoch}.npz") + ",mode=max", "--save-best-only", "--monitor", "loss")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(os.listdir(self.path("best")), ["1.npz"])
        result = self.train("--epochs", "2", "--verbose", "0", "--checkpoint", self.path("a,b.npz"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(os.path.exists(self.path("a,b.npz")))

    def test_a_checkpoint_is_the_whole_model_unless_its_name_is_one_of_weights(self):
        names = ("a.keras", "a.h5", "a,b.h5", "a.hdf5")
        for name in names:
            result = self.train("--epochs", "2", "--verbose", "0", "--checkpoint", self.path(name) + ",verbose=0")
            self.assertEqual(result.returncode, 0, result.stderr)
            plotted = cornu("plot", self.path(name), "--output", self.path("p.svg"))
            self.assertEqual(plotted.returncode, 0, plotted.stderr)
            evaluated = cornu("evaluate", "--model", self.path(name), "--data", DIGITS, "--verbose", "0")
            self.assertEqual((evaluated.returncode, evaluated.stderr), (0, ""))
        for name in ("w.npz", "w.weights.h5", "w.h5,save_weights_only=true"):
            result = self.train("--epochs", "2", "--verbose", "0", "--checkpoint", self.path(name))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertNotEqual(cornu("plot", self.path(name.split(",")[0]), "--output", self.path("p.svg")).returncode, 0)
        self.assertTrue(os.path.exists(self.path("w.h5")))

    def test_logs_for_others(self):
        words = ["--epochs", "2", "--verbose", "0", "--csv-log", self.path("log.csv") + ",separator=,,append=true", "--tensorboard", self.path("logs") + ",write_graph=false"]
        self.assertEqual(self.train(*words).returncode, 0)
        self.assertEqual(self.train(*words).returncode, 0)
        self.assertEqual([row["epoch"] for row in self.rows("log.csv")], ["0", "1", "0", "1"])
        self.assertTrue(any(".tfevents." in name for name in os.listdir(self.path("logs/train"))))

    def test_a_server_gets_each_epoch(self):
        came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                came.append((self.path, json.loads(form["data"][0])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            result = self.train("--epochs", "2", "--verbose", "0", "--remote-monitor", f"http://127.0.0.1:{server.server_port},path=/here")
            server.shutdown()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([(path, values["epoch"]) for path, values in came], [("/here", 0), ("/here", 1)])

    def test_a_loss_that_is_no_number_ends_training(self):
        table = self.write("t.csv", "\n".join(f"{i},1e30,{i}" for i in range(64)) + "\n")
        result = cornu("fit", "--model", "linear", "--data", table, "--target", "-1", "--optimizer", "sgd", "--epochs", "50", "--terminate-on-nan", "--verbose", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Invalid loss, terminating training", result.stdout)
        self.assertEqual(len(re.findall("^Epoch ", result.stdout, re.M)), 1)
        self.assertIn("cornu: warning: the loss became", result.stderr)

    # --- for programs ---

    def events(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_a_training_as_json(self):
        events = self.events(self.train("--epochs", "2", "--validation-split", "0.2", "--progress", "json"))
        self.assertEqual([event["event"] for event in events if event["event"] != "batch"],
                         ["train_begin", "epoch_begin", "epoch_end", "epoch_begin", "epoch_end", "train_end"])
        ends = [event for event in events if event["event"] == "epoch_end"]
        self.assertEqual([end["epoch"] for end in ends], [0, 1])
        self.assertEqual(set(ends[0]["values"]), {"loss", "accuracy", "val_loss", "val_accuracy"})
        self.assertEqual((ends[0]["step"], ends[0]["steps"]), (45, 45))
        batches = [event for event in events if event["event"] == "batch"]
        self.assertEqual(batches[0]["step"], 1)
        self.assertEqual((events[-1]["epochs_run"], events[-1]["stopped"]), (2, False))

    def test_warnings_and_what_is_not_finite_are_json_too(self):
        table = self.write("t.csv", "\n".join(f"{i},1e30,{i}" for i in range(64)) + "\n")
        result = cornu("fit", "--model", "linear", "--data", table, "--target", "-1", "--optimizer", "sgd", "--epochs", "2", "--progress", "json", "--terminate-on-nan")
        events = self.events(result)
        self.assertEqual(result.stderr, "")
        self.assertIn("the loss became", next(event["message"] for event in events if event["event"] == "warning"))
        self.assertIn("Invalid loss", next(event["message"] for event in events if event["event"] == "message"))
        end = next(event for event in events if event["event"] == "epoch_end")
        self.assertIsNone(end["values"]["loss"])
        self.assertTrue(events[-1]["stopped"])

    def test_evaluation_and_prediction_as_json(self):
        self.trained("--save-model", self.path("m.json"))
        model = ["--model", self.path("m.json"), "--weights", self.path("w.npz"), "--data", DIGITS, "--progress", "json"]
        events = self.events(cornu("evaluate", *model))
        self.assertEqual([events[0]["event"], events[-1]["event"]], ["evaluate_begin", "evaluate_end"])
        self.assertEqual(set(events[-1]["values"]), {"loss", "accuracy"})
        events = self.events(cornu("predict", *model, "--output", self.path("o.npy")))
        self.assertEqual([events[0]["event"], events[-1]["event"]], ["predict_begin", "predict_end"])
        self.refused(cornu("predict", *model), 2, "--output FILE")
        self.refused(self.train("--progress", "json", "--summary"), 2, "--summary")

    def test_looks(self):
        self.assertRegex(self.train("--progress", "line").stdout, r"^57/57 - \d+s - \d+[mu]?s/step - accuracy: |^57/57 - \d+s - \d+[mu]?s/step - loss: ")
        self.assertRegex(self.train("--progress", "keras2").stdout, r"^57/57 \[={30}\] - ")
        self.assertIn("\u2501" * 20, self.train("--progress", "keras3").stdout)
        self.assertEqual(self.train("--progress", "none").stdout, "")
        self.refused(self.train("--progress", "none", "--verbose", "1"), 2, "--verbose and --progress")
        self.refused(self.train("--progress", "bars"), 2, "--progress wants one of bar|keras2|keras3|line|json|none, got 'bars'")
        self.refused(self.train("--verbose", "3"), 2, "--verbose wants one of 0|1|2")
        for variable, words in (("CORNU_PROGRESS", "auto, keras2, keras3 or json"), ("CORNU_VERBOSE", "0, 1 or 2")):
            self.refused(cornu("fit", "--model", "mlp", "--data", DIGITS, env=environment(**{variable: "x"})), 2, f"{variable} is \"x\", and must be {words}")


if __name__ == "__main__":
    unittest.main()
