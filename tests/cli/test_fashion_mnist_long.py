"""A network that Keras 3.6 trained, by the command alone: its accuracy on Fashion-MNIST's 10,000 test images was computed independently of Cornu."""
import os
import pathlib
import unittest

from command_case import CommandCase, cornu

ROOT = pathlib.Path(os.environ.get("CORNU_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("CORNU_SHARED_DATA", ROOT.parent / "shared" / "data"))
MODEL, IMAGES = SHARED / "keras_models" / "fashion_mnist_cnn_k360.keras", SHARED / "fashion-mnist"


def images(part):
    return ["--x", str(IMAGES / f"{part}-images-idx3-ubyte.gz"), "--y", str(IMAGES / f"{part}-labels-idx1-ubyte.gz"), "--scale", "255"]


@unittest.skipUnless(MODEL.exists() and IMAGES.exists(), "the model and Fashion-MNIST are not here")
class FashionMnist(CommandCase):
    def accuracy(self, model):
        result = cornu("evaluate", "--model", str(model), *images("t10k"), "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        return float(result.stdout.split("accuracy:")[1].split()[0])

    def test_it_scores_what_it_does_in_keras_and_trains_on(self):
        self.assertEqual(self.accuracy(MODEL), 0.9095)
        further = self.path("further.keras")
        result = cornu("fit", "--model", str(MODEL), *images("train"), "--epochs", "1", "--steps-per-epoch", "150", "--save-model", further, "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(self.accuracy(further), 0.905)  # it is at the end of its training: nothing is lost


if __name__ == "__main__":
    unittest.main()
