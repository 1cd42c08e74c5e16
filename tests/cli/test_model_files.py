"""The command with whole models: what was saved trains on with the same bits, and is evaluated as it was compiled."""
import json
import shutil
import struct
import unittest
import zipfile

from command_case import DIGITS, CommandCase, cornu, npy


def layer(class_name, **config):
    return {"class_name": class_name, "config": config}


def sequential(*layers):
    return json.dumps(layer("Sequential", name="by_hand", layers=[layer("InputLayer", batch_shape=[None, 8, 8], name="input"), *layers]))


class ModelFiles(CommandCase):
    def test_a_training_that_goes_on_from_a_file_has_the_same_bits(self):
        whole = self.train("--epochs", "2", "--save-weights", self.path("whole.npz"), "--verbose", "0")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        for ending in ("keras", "h5"):
            model, weights = self.path("model." + ending), self.path(ending + ".npz")
            self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
            rest = cornu("fit", "--model", model, "--data", DIGITS, "--threads", "1", "--initial-epoch", "1", "--epochs", "2", "--save-weights", weights, "--verbose", "0")
            self.assertEqual(rest.returncode, 0, rest.stderr)
            self.assertEqual(self.digest("whole.npz"), self.digest(ending + ".npz"), ending)

    def test_options_have_the_last_word_over_what_a_model_was_compiled_with(self):
        model = self.path("model.keras")
        self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
        as_saved = cornu("evaluate", "--model", model, "--data", DIGITS, "--verbose", "0")
        self.assertIn("accuracy:", as_saved.stdout)
        other = cornu("evaluate", "--model", model, "--data", DIGITS, "--verbose", "0", "--metrics", "sparse_top_k_categorical_accuracy")
        self.assertIn("sparse_top_k_categorical_accuracy:", other.stdout)
        self.assertNotIn("\naccuracy:", other.stdout)

    def test_contents_decide_what_a_file_is(self):
        for ending in ("keras", "h5"):
            model, renamed = self.path("model." + ending), self.path(ending + ".bin")
            self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
            shutil.copy(model, renamed)
            whole, same = (cornu("summary", "--model", path) for path in (model, renamed))
            self.assertEqual((same.returncode, same.stdout, same.stderr), (0, whole.stdout, ""))
        self.refused(cornu("summary", "--model", self.path("absent.bin")), 1, "absent.bin")

    def rewritten(self, name, change):
        """A copy of a .keras file whose config.json `change` has changed."""
        with zipfile.ZipFile(self.path("model.keras")) as old, zipfile.ZipFile(self.path(name), "w") as new:
            for member in old.namelist():
                content = old.read(member)
                if member == "config.json":
                    config = json.loads(content)
                    change(config)
                    content = json.dumps(config).encode()
                new.writestr(member, content)
        return self.path(name)

    def made_for_logits(self, name="logits.keras"):
        """A trained model whose outputs are logits, compiled as Keras saves that."""

        def change(config):
            config["config"]["layers"][-1]["config"]["activation"] = "linear"
            settings = {"name": "sparse_categorical_crossentropy", "reduction": "sum_over_batch_size", "from_logits": True, "ignore_class": None}
            config["compile_config"]["loss"] = {"module": "keras.losses", "class_name": "SparseCategoricalCrossentropy", "config": settings, "registered_name": None}

        self.assertEqual(self.train("--epochs", "1", "--save-model", self.path("model.keras"), "--verbose", "0").returncode, 0)
        return self.rewritten(name, change)

    def test_what_no_option_says_stays_as_the_file_has_it(self):
        model = self.made_for_logits()
        loss = self.evaluated(model)[0].splitlines()[0]
        self.assertLess(float(loss.removeprefix("loss: ")), 3)
        for words, replaced in ((("--metrics", "sparse_top_k_categorical_accuracy"), "accuracy"), (("--metrics", "accuracy"), None)):
            shown, warned = self.evaluated(model, *words)
            self.assertEqual(shown.splitlines()[0], loss)
            self.assertIn("\n" + words[1] + ":", shown)
            self.assertEqual("--metrics" in warned, replaced is not None, warned)
            self.assertIn(replaced or "", warned)
        shown, warned = self.evaluated(model, "--loss", "sparse_categorical_crossentropy")
        self.assertNotEqual(shown.splitlines()[0], loss)
        self.assertIn("\naccuracy:", shown)
        for part in ("--loss sparse_categorical_crossentropy", "logits.keras", "sparse_categorical_crossentropy with from_logits"):
            self.assertIn(part, warned)

    def go_on(self, model, *words):
        """The epoch's loss, the digest of the weights, and what was warned of, of a training that goes on."""
        result = cornu("fit", "--model", model, "--data", DIGITS, "--threads", "1", "--initial-epoch", "1", "--epochs", "2", "--verbose", "0",
                       "--history", self.path("h.csv"), "--save-weights", self.path("on.npz"), *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        names, values = (line.split(",") for line in self.lines("h.csv"))
        return float(values[names.index("loss")]), self.digest("on.npz"), result.stderr

    def test_the_optimizers_memory_is_kept_unless_an_optimizer_is_given(self):
        for model in (self.made_for_logits(), self.path("model.h5")):
            if model.endswith(".h5"):
                self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
            plain_loss, plain, silent = self.go_on(model)
            self.assertEqual(silent, "")
            loss, measured, warned = self.go_on(model, "--metrics", "sparse_top_k_categorical_accuracy")
            self.assertEqual((loss, measured), (plain_loss, plain))
            self.assertIn("--metrics", warned)
            loss, digest, warned = self.go_on(model, "--optimizer", "sgd", "--learning-rate", "1e-9")
            self.assertNotEqual(digest, plain)
            self.assertLess(loss, 3)
            for part in ("--optimizer sgd", "Adam", "begins anew"):
                self.assertIn(part, warned)
            _, anew, _ = self.go_on(model, "--optimizer", "adam")
            self.assertNotEqual(anew, plain)

    def test_a_wrong_name_ends_a_command_that_changes_what_a_file_says(self):
        model = self.made_for_logits()
        for words in (("--metrics", "acuracy"), ("--loss", "mean_squared_eror")):
            self.refused(cornu("evaluate", "--model", model, "--data", DIGITS, *words), 1, words[1], "did you mean")

    def test_messages_name_options_where_an_option_helps(self):
        weights = self.path("a.weights.h5")
        self.assertEqual(self.train("--epochs", "1", "--save-weights", weights, "--verbose", "0").returncode, 0)
        self.refused(cornu("evaluate", "--model", weights, "--data", DIGITS), 1, "holds weights and no model", "--weights beside --model")
        self.refused(cornu("plot", weights), 1, "no history", "whole model (.keras, .h5)")

    def test_a_file_that_is_no_model_is_refused_by_name(self):
        path = self.write("broken.keras", "no archive")
        self.refused(cornu("evaluate", "--model", path, "--data", DIGITS), 1, "broken.keras")

    def evaluated(self, model, *words):
        """The line of results, and what was warned of."""
        result = cornu("evaluate", "--model", model, "--data", DIGITS, "--verbose", "0", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout, result.stderr

    def test_a_division_that_the_model_holds_is_not_done_twice(self):
        model = self.path("model.keras")
        self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
        plain, silent = self.evaluated(model)
        self.assertEqual(silent, "")
        same, warned = self.evaluated(model, "--scale", "16")
        self.assertEqual(same, plain)
        for part in ("--scale 16", "divides its inputs by 16 itself", "'rescaling'", "leave --scale out"):
            self.assertIn(part, warned)
        predicted = [cornu("predict", "--model", model, "--data", DIGITS, *words).stdout for words in ((), ("--scale", "16"))]
        self.assertEqual(predicted[0], predicted[1])
        go_on = ("fit", "--model", model, "--data", DIGITS, "--threads", "1", "--epochs", "1", "--verbose", "0", "--validation-data", DIGITS)
        for name, words in (("plain.npz", ()), ("scaled.npz", ("--scale", "16"))):
            result = cornu(*go_on, *words, "--save-weights", self.path(name))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count("itself"), len(words) // 2, result.stderr)
        self.assertEqual(self.digest("plain.npz"), self.digest("scaled.npz"))

    def test_a_file_remembers_what_the_inputs_were_divided_by(self):
        model = self.write("plain.json", sequential(layer("Flatten", name="flat"), layer("Dense", name="dense", units=10, activation="softmax")))
        for number, option in enumerate((("--scale", "16"), ("--rescale", "0.0625"))):
            trained = self.path(f"{number}.keras")
            result = cornu("fit", "--model", model, "--data", DIGITS, *option, "--validation-data", DIGITS, "--threads", "1", "--save-model", trained, "--verbose", "0")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            plain, silent = self.evaluated(trained)
            self.assertEqual(silent, "")
            same, told = self.evaluated(trained, "--scale", "16")
            self.assertEqual(same, plain)
            self.assertIn("--scale 16 need not be given", told)
            other, told = self.evaluated(trained, "--scale", "1")
            self.assertNotEqual(other, plain)
            self.assertIn("trained on inputs divided by 16", told)
        self.assertEqual(self.digest("0.keras"), self.digest("1.keras"))

    def test_inputs_that_seem_to_be_divided_already_are_warned_of(self):
        model, trained = self.write("plain.json", sequential(layer("Flatten", name="flat"), layer("Dense", name="dense", units=10))), self.path("m.keras")
        result = cornu("fit", "--model", model, "--data", DIGITS, "--scale", "16", "--save-model", trained, "--verbose", "0")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with open(self.path("x.npy"), "wb") as file:
            file.write(npy("<f4", (2, 8, 8), struct.pack("<128f", *(k / 127 for k in range(128)))))
        for words, told in (((), "--scale 1"), (("--scale", "1"), "trained on inputs divided by 16")):
            result = cornu("predict", "--model", trained, "--x", self.path("x.npy"), *words)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertIn(told, result.stderr)

    def test_another_scale_than_the_models_own_is_applied_and_warned_of(self):
        model = self.path("model.keras")
        self.assertEqual(self.train("--epochs", "1", "--save-model", model, "--verbose", "0").returncode, 0)
        plain, _ = self.evaluated(model)
        other, warned = self.evaluated(model, "--scale", "4")
        self.assertNotEqual(other, plain)
        for part in ("--scale 4", "by 16 itself", "'rescaling'"):
            self.assertIn(part, warned)

    def test_what_stands_before_a_rescaling_does_not_hide_it(self):
        behind = [layer("Flatten", name="flat"), layer("Dense", name="dense", units=10, activation="softmax")]
        rescaling = layer("Rescaling", name="centre", scale=0.125, offset=-1.0)
        nested = layer("Sequential", name="inner", layers=[layer("InputLayer", batch_shape=[None, 64], name="x"), rescaling])
        for number, (first, held) in enumerate((([], False), ([rescaling], True), ([layer("Reshape", name="r", target_shape=[64]), rescaling], True),
                                                ([layer("Reshape", name="r", target_shape=[64]), nested], True),
                                                ([layer("Rescaling", name="nothing", scale=1.0), rescaling], True),
                                                ([layer("Rescaling", name="nothing", scale=1.0)], False),
                                                ([layer("Activation", name="a", activation="relu"), rescaling], False))):
            model = self.write(f"{number}.json", sequential(*first, *behind))
            with self.subTest(first):
                plain, _ = self.evaluated(model)
                scaled, warned = self.evaluated(model, "--scale", "8")
                self.assertEqual("'centre'" in warned, held, warned)
                self.assertEqual("itself" in warned, held, warned)
                self.assertEqual(scaled == plain, held)

    def test_a_model_without_input_shape_is_looked_at_too(self):
        text = json.dumps(layer("Sequential", name="open", layers=[layer("Rescaling", name="centre", scale=0.125), layer("Flatten", name="flat"), layer("Dense", name="d", units=10)]))
        _, warned = self.evaluated(self.write("open.json", text), "--scale", "8")
        self.assertIn("by 8 itself", warned)


if __name__ == "__main__":
    unittest.main()
