"""What flow_from_directory and flow_from_dataframe of keras-preprocessing 1.1.2 give for a small folder of pictures.

values/flow_from_files.npz: `<case>.<batch>.x`, `.y` (`.y0`, `.y1` for several outputs), `.w`, two epochs asked for one batch after another. values/flow_from_files.json: per case `filenames`,
`classes`, `class_names`. The test writes the same pictures (`paint`) again. Needs keras-preprocessing 1.1.2, numpy 1.23.5, scipy 1.10.1, pandas 1.5.3 and Pillow 9.5.0 (requirements_flow.txt), no Keras. Pillow 13 resizes rows first in some sizes, which none before it did.
"""

import os
import tempfile
import warnings

import numpy as np
import pandas
from keras_preprocessing.image import ImageDataGenerator
from PIL import Image

import common

COUNTS = {"ant": 3, "bee": 5, "cow": 4}
AUGMENTATION = dict(rotation_range=30, width_shift_range=0.1, height_shift_range=0.2, shear_range=10, zoom_range=[0.8, 1.2], channel_shift_range=20, horizontal_flip=True, rescale=1 / 255)
TABLE = {"filename": ["bee/0.png", "ant/1.png", "cow/2.png", "gone.png", "bee/3.png", "ant/0.png", "cow/0.png", "bee/1.png", "notes.txt", "cow/3.png"],
         "class": ["b", "a", "c", "a", "b", "a", "c", "b", "c", "c"], "two": ["yes", "no", "yes", "no", "no", "yes", "no", "no", "yes", "yes"],
         "many": [["x", "y"], ["y"], ["z", "x"], ["x"], ["z"], ["x", "y", "z"], ["y"], ["x"], ["y"], ["z"]],
         "age": [1.5, 2.0, -3.0, 4.0, 5.25, 6.0, 7.0, 8.5, 9.0, 10.0], "height": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0],
         "weight": [0.5, 1.0, 2.0, 0.25, 1.5, 1.0, 3.0, 0.75, 1.0, 2.5]}


def paint(number):
    """Picture `number`, of 5 to 8 rows and 6 to 8 columns."""
    rows, columns, channels = np.meshgrid(np.arange(5 + number % 4), np.arange(6 + number % 3), np.arange(3), indexing="ij")
    return ((rows * 37 + columns * 11 + channels * 71 + number * 53) % 256).astype(np.uint8)


def keep(arrays, facts, name, iterator, kind):
    for batch in range(2 * len(iterator)):
        got = next(iterator)
        parts = got if isinstance(got, tuple) else (got,)
        for part, value in zip("xyw", parts):
            if isinstance(value, list):
                for i, output in enumerate(value):
                    arrays[f"{name}.{batch}.{part}{i}"] = output.astype(np.float32)
            else:
                arrays[f"{name}.{batch}.{part}"] = np.asarray(value, np.float32)
    fact = {"filenames": list(iterator.filenames), "batches": len(iterator)}
    if hasattr(iterator, "class_indices"):
        fact["class_names"] = sorted(iterator.class_indices, key=iterator.class_indices.get)
        if kind == "directory" or not isinstance(iterator.classes[0], list):
            fact["classes"] = [int(c) for c in iterator.classes]
    facts[name] = fact


def main():
    arrays, facts = {}, {"counts": COUNTS, "table": TABLE}
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        number = 0
        for name, count in COUNTS.items():
            os.mkdir(os.path.join(folder, name))
            for i in range(count):
                Image.fromarray(paint(number)).save(os.path.join(folder, name, f"{i}.png"))
                number += 1
        open(os.path.join(folder, "notes.txt"), "w").close()

        def directory(name, generator=None, **options):
            iterator = ImageDataGenerator(**(generator or {})).flow_from_directory(folder, target_size=(6, 7), batch_size=5, **options)
            keep(arrays, facts, name, iterator, "directory")

        directory("plain", seed=42)
        directory("augmented", AUGMENTATION, seed=42, interpolation="bilinear", class_mode="sparse", color_mode="grayscale")
        directory("binary", class_mode="binary", classes=["cow", "ant"], shuffle=False, interpolation="bicubic")
        directory("input", dict(data_format="channels_first"), class_mode="input", color_mode="rgba", seed=3)
        directory("none", class_mode=None, seed=4, interpolation="lanczos")
        for subset in ("training", "validation"):
            directory(subset, dict(validation_split=0.3), subset=subset, seed=5, class_mode="sparse")

        frame = pandas.DataFrame(TABLE)

        def table(name, generator=None, **options):
            iterator = ImageDataGenerator(**(generator or {})).flow_from_dataframe(frame, folder, target_size=(6, 7), batch_size=3, **options)
            keep(arrays, facts, name, iterator, "table")

        table("table.categorical", AUGMENTATION, seed=6, weight_col="weight")
        table("table.sparse", seed=7, class_mode="sparse", classes=["a", "c"])
        table("table.binary", seed=8, class_mode="binary", y_col="two")
        table("table.many", seed=9, y_col="many")
        table("table.some", seed=9, y_col="many", classes=["x", "z"])
        table("table.raw", seed=10, class_mode="raw", y_col="age", weight_col="weight")
        table("table.columns", seed=11, class_mode="raw", y_col=["age", "height"])
        table("table.outputs", seed=12, class_mode="multi_output", y_col=["age", "height"])
        table("table.input", seed=13, class_mode="input")
        table("table.none", seed=14, class_mode=None)
        for subset in ("training", "validation"):
            table("table." + subset, dict(validation_split=0.4), subset=subset, seed=15)
    common.save_arrays("flow_from_files", arrays)
    common.save_json("flow_from_files", facts)


if __name__ == "__main__":
    main()
