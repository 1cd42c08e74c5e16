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


def color_cases():
    for source, options in (("rgb", {}), ("unit", {"value_range": (0, 1)})):
        width = 1 if options else 255
        for delta in (-0.3, 0.62):
            keep(layers.RandomBrightness(0.7, **options), {"rgb_delta": single(delta * width)}, {"rgb_delta": delta * width}, source)
        for factor in (0.4, 1.7):
            keep(layers.RandomContrast(0.7, **options), {"contrast_factor": single(factor)}, {"contrast_factor": factor}, source)
        for factor in ((0.0, 0.35, 0.9) if width == 255 else (0.0, 0.35, 2.5)):
            keep(layers.RandomSaturation((0.1, 0.4), **options), {"factor": tf.constant([factor], tf.float32)}, {"factor": factor}, source)
        for factor in (0.31, -0.45):
            keep(layers.RandomHue(0.9, **options), {"factor": tf.constant([factor], tf.float32)}, {"factor": factor}, source)
        for factor in (0.25, 1.0):
            keep(layers.RandomColorDegeneration(0.5, **options), {"factor": single(factor)}, {"factor": factor}, source)
        for factor in (0.0, 0.2, 0.9):
            keep(layers.RandomSharpness(0.8, **options), {"factor": tf.constant([factor], tf.float32)}, {"factor": factor}, source)
        for shift in (3, 6):
            keep(layers.RandomPosterization((1, 8), **options), {"shift_factor": tf.constant([shift], tf.uint8)}, {"shift_factor": shift}, source)
        keep(layers.RandomInvert(**options), {"apply_inversion": tf.constant([True])}, {"apply_inversion": 1}, source)
        for addition, threshold in ((0.0, 0.0), (30.0, 140.0)):
            keep(layers.Solarization(0.3, (0.1, 0.6), **options), {"additions": single(addition), "thresholds": single(threshold)}, {"additions": addition, "thresholds": threshold}, source)
        keep(layers.AutoContrast(**options), None, {}, source)
        for bins in (256, 16):
            keep(layers.Equalization(bins=bins, **options), None, {}, source)
        blur = layers.RandomGaussianBlur(kernel_size=5, sigma=(0.2, 1.0), **options)
        keep(blur, {"should_apply_blur": tf.constant([True]), "blur_factor": tf.constant([0.9, 0.4])}, {"should_apply_blur": 1, "blur_factor_x": 0.9, "blur_factor_y": 0.4}, source)
        erasing = layers.RandomErasing(fill_value=30.0 if width == 255 else 0.4, **options)
        corners = (1.7, 6.2, 2.0, 5.4)
        masks = erasing._generate_batch_mask((1, HEIGHT, WIDTH, 3), [tf.constant([c]) for c in corners])
        keep(erasing, {"apply_erasing": tf.constant([True]), "batch_masks": masks, "fill_value": erasing._get_fill_value(INPUTS[source][None], (1, HEIGHT, WIDTH, 3), 1)},
             dict(zip(("apply_erasing", "x0", "x1", "y0", "y1"), (1, *corners))), source)
    keep(layers.AutoContrast(), None, {}, "flat")
    keep(layers.Equalization(), None, {}, "flat")
    keep(layers.Equalization(), None, {}, "whole")
    keep(layers.RandomSharpness(0.8), {"factor": tf.constant([0.7])}, {"factor": 0.7}, "gray")
    keep(layers.RandomGrayscale(), single(True, tf.bool), {"should_apply": 1})
    keep(layers.RandomGrayscale(data_format="channels_first"), single(True, tf.bool), {"should_apply": 1}, "planes")


def size_cases():
    keep(layers.RandomCrop(4, 5), (2, 1), {"h_start": 2, "w_start": 1})
    for size in ((4, 5), (5, 6), (3, 20), (9, 9)):
        keep(layers.CenterCrop(*size), None, {})
    for options in ({}, {"interpolation": "bicubic"}, {"interpolation": "nearest"}, {"interpolation": "area"}, {"interpolation": "lanczos3", "antialias": True}, {"antialias": True},
                    {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 50.0}):
        for size in ((4, 5), (11, 7)):
            keep(layers.Resizing(*size, **options), None, {})
    keep(layers.Resizing(5, 5, data_format="channels_first"), None, {}, "planes")


def bend_cases():
    corners = np.array([[0, 0], [WIDTH - 1, 0], [0, HEIGHT - 1], [WIDTH - 1, HEIGHT - 1]], np.float32)
    for seed, options in ((1, {}), (2, {"fill_value": 90.0}), (3, {"interpolation": "nearest"})):
        ends = corners * (1 + np.random.RandomState(seed).uniform(-0.4, 0.4, (4, 2))).astype(np.float32)
        values = {"apply_perspective": 1}
        for i, (x, y) in enumerate(ends):
            values[f"end_x{i + 1}"], values[f"end_y{i + 1}"] = x, y
        keep(layers.RandomPerspective(**options), {"apply_perspective": tf.constant([True]), "start_points": tf.constant(corners[None]), "end_points": tf.constant(ends[None])}, values)


def elastic_values():
    """RandomElasticTransform with the noise given: `elastic.noise` (across and down, as Keras draws them) and what becomes of the picture."""
    noise = np.random.RandomState(5).normal(size=(2, 21, 30)).astype(np.float32)
    picture = (np.indices((21, 30)).sum(0)[..., None] * np.array([5.0, 2.0, 1.0])).astype(np.float32)
    arrays["elastic.noise"], arrays["elastic.input"] = noise, picture
    real = tf.random.stateless_normal
    for name, options in (("nearest", {"fill_mode": "nearest"}), ("constant", {"fill_mode": "constant", "fill_value": 20.0})):
        given = iter(noise)
        tf.random.stateless_normal = lambda shape, **_: tf.constant(next(given)[None])
        layer = layers.RandomElasticTransform(**options)
        arrays[f"elastic.{name}"] = np.asarray(layer.transform_images(tf.constant(picture[None]), {"apply_transform": tf.constant([True]), "distortion_factor": tf.constant(0.95), "seed": 1}))[0]
    tf.random.stateless_normal = real


def mix_values():
    """MixUp and CutMix of a batch: `mix.<layer>.images` and `.labels` for `mix.input`, one-hot labels and the parameters in the json file."""
    batch = np.stack([INPUTS["rgb"], INPUTS["rgb"][::-1], 255 - INPUTS["rgb"]]).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)
    order = [2, 0, 1]
    arrays["mix.input"] = batch
    weights = tf.constant([0.8, 0.35, 0.5])
    layer = layers.MixUp()
    transformation = {"mix_weight": weights, "permutation_order": tf.constant(order)}
    arrays["mix.MixUp.images"] = np.asarray(layer.transform_images(tf.constant(batch), transformation))
    arrays["mix.MixUp.labels"] = np.asarray(layer.transform_labels(tf.constant(labels), transformation))
    corners = [[1.2, 0.0, 3.9], [5.5, 9.0, 8.0], [0.0, 2.3, 1.0], [4.0, 6.9, 6.1]]
    layer = layers.CutMix()
    masks, share = layer._generate_batch_mask((3, HEIGHT, WIDTH, 3), [tf.constant(c) for c in corners])
    transformation = {"permutation_order": tf.constant(order), "batch_masks": masks, "mix_weight": share}
    arrays["mix.CutMix.images"] = np.asarray(layer.transform_images(tf.constant(batch), transformation))
    arrays["mix.CutMix.labels"] = np.asarray(layer.transform_labels(tf.constant(labels), transformation))
    return {"partners": order, "weights": [0.8, 0.35, 0.5], "corners": corners, "shares": [float(s) for s in np.ravel(share)]}


place_cases()
color_cases()
size_cases()
bend_cases()
elastic_values()
mixes = mix_values()
common.save_json("augmentation_layers", {"source": common.versions(), "mixes": mixes, "cases": index})
common.save_arrays("augmentation_layers", arrays)
