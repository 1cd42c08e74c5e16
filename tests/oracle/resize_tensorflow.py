"""Pictures in other sizes, by tf.image.resize: what Keras's image_dataset_from_directory, Resizing and smart_resize do.

values/resize_tensorflow.json: `cases` (name, source, method, antialias, height, width); values/resize_tensorflow.npz: `source.gray`, `source.rgb`, `source.row...` (uint8), `<case>` (float32).
"""

import numpy as np

import common

common.choose_backend("tensorflow")

import tensorflow as tf  # noqa: E402

rng = np.random.RandomState(12)
HEIGHT, WIDTH = 17, 23
METHODS = ["nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]


def source(channels):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    planes = [128 + 150 * np.sin(0.4 * (c + 1) * x) * np.cos(0.3 * y + c) + 60 * ((x + y * (c + 1)) % 7 < 3) + rng.uniform(-25, 25, (HEIGHT, WIDTH)) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


SOURCES = {"gray": source(1), "rgb": source(3)}
index, arrays = [], {f"source.{name}": pixels for name, pixels in SOURCES.items()}
for method in METHODS:
    for antialias in (False, True):
        if antialias and method in ("nearest", "area"):
            continue  # changes nothing there
        for kind, height, width in (("rgb", 8, 9), ("gray", 25, 29), ("gray", 5, 40), ("gray", 17, 4)):
            name = f"case{len(index)}"
            arrays[name] = tf.image.resize(SOURCES[kind], (height, width), method=method, antialias=antialias).numpy().astype(np.float32)
            index.append({"name": name, "source": kind, "method": method, "antialias": antialias, "height": height, "width": width})
# A Gaussian is cut off at a distance where it is not 0: sizes for which pixels lie right there, and float32 decides.
for inputs, outputs in ((52, 23), (58, 71), (22, 7), (37, 24), (77, 26), (12, 74)):
    SOURCES[f"row{inputs}"] = arrays[f"source.row{inputs}"] = rng.randint(0, 256, (1, inputs, 1)).astype(np.uint8)
    for antialias in (False, True):
        name = f"case{len(index)}"
        arrays[name] = tf.image.resize(SOURCES[f"row{inputs}"], (1, outputs), method="gaussian", antialias=antialias).numpy().astype(np.float32)
        index.append({"name": name, "source": f"row{inputs}", "method": "gaussian", "antialias": antialias, "height": 1, "width": outputs})
common.save_json("resize_tensorflow", {"source": f"TensorFlow {tf.__version__}", "cases": index})
common.save_arrays("resize_tensorflow", arrays)
