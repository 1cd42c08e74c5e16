"""What Keras 3's image_dataset_from_directory gives for a small folder of pictures with folders below its classes.

values/image_dataset.json: `files` (the files, in the order of their numbers for `paint`), per case `class_names`, `files` (below the folder, in the dataset's order) and `labels`. values/image_dataset.npz: `<case>.<batch>.x` and `.y`
of the cases that are not shuffled. The test writes the same pictures (`paint`, as in flow_from_files.py) again.
"""

import os
import tempfile

import numpy as np

import common

common.choose_backend("tensorflow")

import tensorflow as tf  # noqa: E402
from keras.utils import image_dataset_from_directory  # noqa: E402

FILES = ["bee/0.png", "ant/1.png", "ant/0.png", "bee/b/2.PNG", "bee/a/1.png", "bee/a-b/3.png", "ant/far/away/2.bmp", "cow/0.gif", "cow/x.png", "bee/10.png", "bee/9.png", "ant/Z.png", "cow/é.png", "cow/deep/1.png"]


def paint(number):
    rows, columns, channels = np.meshgrid(np.arange(5 + number % 4), np.arange(6 + number % 3), np.arange(3), indexing="ij")
    return ((rows * 37 + columns * 11 + channels * 71 + number * 53) % 256).astype(np.uint8)


def write(path, number):
    """A PNG file, whatever its name: both tell the kind by the first bytes."""
    tf.io.write_file(path, tf.io.encode_png(paint(number)))


def main():
    arrays, facts = {}, {"files": FILES}
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(FILES):
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write(path, number)
        for other in (".hidden", "empty"):
            os.mkdir(os.path.join(folder, other))
        write(os.path.join(folder, ".hidden", "0.png"), 3)
        open(os.path.join(folder, "ant", "notes.txt"), "w").close()

        def keep(name, pixels=True, **options):
            dataset = image_dataset_from_directory(folder, image_size=(6, 7), batch_size=5, verbose=False, **options)
            facts[name] = {"class_names": dataset.class_names, "paths": [os.path.relpath(path, folder) for path in dataset.file_paths]}
            for batch, got in enumerate(dataset):
                if not pixels:
                    break
                x, y = got if isinstance(got, tuple) else (got, None)
                arrays[f"{name}.{batch}.x"] = x.numpy().astype(np.float32)  # "nearest" keeps the bytes of files
                if y is not None:
                    arrays[f"{name}.{batch}.y"] = y.numpy()

        keep("plain", shuffle=False)
        keep("categorical", shuffle=False, label_mode="categorical", interpolation="bicubic", crop_to_aspect_ratio=True)
        keep("binary", shuffle=False, label_mode="binary", class_names=["cow", "ant"], pad_to_aspect_ratio=True)
        keep("shuffled", False, seed=7)
        for subset in ("training", "validation"):
            keep(subset, False, seed=3, validation_split=0.3, subset=subset)
            keep(subset + "_in_order", False, shuffle=False, validation_split=0.3, subset=subset)
        os.unlink(os.path.join(folder, ".hidden", "0.png"))  # Cornu passes over hidden folders everywhere
        keep("area", shuffle=False, label_mode=None, interpolation="area", color_mode="rgba", data_format="channels_first")
        keep("whole", shuffle=False, labels=None, interpolation="nearest")
        keep("given", shuffle=False, labels=[5, 2, 2, 9, 5, 2, 2, 9, 5, 2, 2, 9, 5, 2])
    facts["source"] = common.versions()
    common.save_json("image_dataset", facts)
    common.save_arrays("image_dataset", arrays)


if __name__ == "__main__":
    main()
