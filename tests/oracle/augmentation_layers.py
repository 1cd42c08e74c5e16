"""Keras 3's image preprocessing layers with given parameters: transform_images of each.

values/augmentation_layers.json: `cases`: name, input, class_name, config (what get_config says), values (the parameters by the names that Cornu gives them). values/augmentation_layers.npz: `input.<name>` and `<case>`.
Where Keras computes something else than it documents (saturation beyond 1 with a value_range of 0 to 255, the seam of fill_mode "wrap"), there is no case.
"""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

HEIGHT, WIDTH = 7, 9


def picture(channels):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    planes = [128 + 90 * np.sin(0.5 * (c + 1) * x + c) * np.cos(0.4 * y - c) + 30 * ((x + y * (c + 1)) % 5 < 2) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.float32)


INPUTS = {"rgb": picture(3), "gray": picture(1), "unit": (picture(3) / 255).astype(np.float32), "whole": np.floor(picture(3)), "flat": np.full((HEIGHT, WIDTH, 3), 77, np.float32)}
INPUTS["planes"] = np.ascontiguousarray(np.transpose(INPUTS["rgb"], (2, 0, 1)))
index, arrays = [], {f"input.{name}": value for name, value in INPUTS.items()}


def keep(layer, transformation, values, source="rgb"):
    name = f"case{len(index)}"
    images = tf.constant(INPUTS[source][None])
    arrays[name] = np.asarray(layer.transform_images(images, transformation, training=True))[0].astype(np.float32)
    index.append({"name": name, "input": source, "class_name": type(layer).__name__, "config": layer.get_config(), "values": {key: float(value) for key, value in values.items()}})


def column(value):
    return tf.constant([[value]], tf.float32)


def single(value, dtype=tf.float32):
    return tf.reshape(tf.constant([value], dtype), (1, 1, 1, 1))


def place_cases():
    for mode, values in (("horizontal", {"flip_horizontal": 1}), ("vertical", {"flip_vertical": 1}), ("horizontal_and_vertical", {"flip_horizontal": 1, "flip_vertical": 1})):
        keep(layers.RandomFlip(mode), {"flips": single(True, tf.bool)}, values)
    keep(layers.RandomFlip("horizontal", data_format="channels_first"), {"flips": single(True, tf.bool)}, {"flip_horizontal": 1}, "planes")

    def rotate(angle, source="rgb", **options):
        layer = layers.RandomRotation(0.3, **options)
        zeros, ones = tf.zeros([1]), tf.ones([1])
        matrix = layer._compute_affine_matrix(0.5, 0.5, tf.constant([angle], tf.float32), zeros, zeros, ones, zeros, zeros, HEIGHT, WIDTH)
        keep(layer, {"rotation_matrix": matrix}, {"angle": angle}, source)

    def zoom(height, width, **options):
        keep(layers.RandomZoom(0.5, 0.4, **options), {"height_zoom": column(height), "width_zoom": column(width)}, {"height_zoom": height, "width_zoom": width})

    def translate(height, width, **options):
        keep(layers.RandomTranslation((-0.2, 0.3), 0.4, **options), {"translations": tf.constant([[width, height]], tf.float32)}, {"height_translate": height, "width_translate": width})

    def shear(x, y, **options):
        keep(layers.RandomShear(0.5, 0.5, **options), {"shear_factor": tf.constant([[x, y]], tf.float32)}, {"shear_x": x, "shear_y": y})

    for fill in ({}, {"fill_mode": "nearest"}, {"fill_mode": "constant", "fill_value": 40.0}):
        rotate(17.3, **fill)
        rotate(-101.7, **fill)
        zoom(0.7, 1.35, **fill)
        zoom(1.6, 0.55, **fill)
        translate(1.3, -2.6, **fill)
        shear(0.37, -0.21, **fill)
    rotate(33.3, interpolation="nearest")
    rotate(71.0, interpolation="nearest", fill_mode="constant", fill_value=9.0)
    rotate(-20.0, source="planes", data_format="channels_first")
    rotate(25.0, source="gray")
    zoom(1.43, 1.43, interpolation="nearest")
    translate(-2.0, 3.0, fill_mode="wrap")


place_cases()
common.save_json("augmentation_layers", {"source": common.versions(), "cases": index})
common.save_arrays("augmentation_layers", arrays)
