"""The command with whole models: what was saved trains on with the same bits, and is evaluated as it was compiled."""
import unittest

from command_case import DIGITS, CommandCase, cornu


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

    def test_a_file_that_is_no_model_is_refused_by_name(self):
        path = self.write("broken.keras", "no archive")
        self.refused(cornu("evaluate", "--model", path, "--data", DIGITS), 1, "broken.keras")


if __name__ == "__main__":
    unittest.main()
