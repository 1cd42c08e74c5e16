"""What Keras 3's legacy ImageDataGenerator does otherwise than keras-preprocessing 1.1.2: rows and columns exchanged, brightness, whitening.

Its inputs are those of augmentation.py, read from its values.
"""

import os
import warnings

from common import VALUES, choose_backend, save_arrays

choose_backend("tensorflow")
warnings.simplefilter("ignore")

import keras  # noqa: E402,F401
import numpy as np  # noqa: E402
from keras.src.legacy.preprocessing.image import ImageDataGenerator  # noqa: E402

given = np.load(os.path.join(VALUES, "augmentation.npz"))
arrays = {}


def flow():
    generator = ImageDataGenerator(rotation_range=30, width_shift_range=0.1, height_shift_range=0.2, shear_range=10,
                                   zoom_range=[0.8, 1.2], horizontal_flip=True, fill_mode="nearest")
    iterator = generator.flow(given["flow.x"], batch_size=4, seed=42)
    for batch in range(6):
        arrays[f"flow.{batch}.x"] = np.asarray(next(iterator), np.float32)


def colors():
    generator = ImageDataGenerator()
    for number in (0, 2, 3):
        picture = given[f"picture.{number}"].astype(np.float32)
        for factor in (0.0, 0.4, 1.0, 1.7):
            arrays[f"brightness.{number}.{factor}"] = generator.apply_transform(picture, {"brightness": factor})
        arrays[f"brightness.{number}.outside"] = generator.apply_transform(picture * 2 - 100, {"brightness": 0.6})


def whitening():
    for name in ("few", "many"):
        x = given[f"zca.{name}.x"] / 255.0
        generator = ImageDataGenerator(zca_whitening=True, zca_epsilon=1e-2, dtype="float64")
        generator.fit(x)
        arrays[f"zca.{name}.whitened"] = generator.standardize(x[0].copy())


if __name__ == "__main__":
    flow()
    colors()
    whitening()
    save_arrays("augmentation_keras3", arrays)
