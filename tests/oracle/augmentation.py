"""Values of scipy.ndimage and of keras-preprocessing 1.1.2 for image augmentation.

This script wants an environment of its own, with the packages of requirements_augmentation.txt: keras-preprocessing
ended before the numpy and scipy that today's Keras needs. It uses neither Keras nor a backend.
"""

import warnings

import numpy as np
import scipy
from common import save_arrays, save_json
from keras_preprocessing.image import ImageDataGenerator, apply_affine_transform
from scipy import ndimage

warnings.simplefilter("ignore")
MODES = ["constant", "nearest", "reflect", "wrap"]
arrays, facts = {}, {"numpy": np.__version__, "scipy": scipy.__version__, "keras_preprocessing": "1.1.2"}


def pictures():
    """Non-square pictures of 1, 2, 3 and 4 channels with the values of bytes: smooth waves and noise."""
    random = np.random.RandomState(1)
    for height, width, channels in ((13, 9, 1), (7, 12, 2), (9, 14, 3), (11, 8, 4)):
        rows, columns = np.mgrid[0:height, 0:width]
        waves = 127 + 90 * np.sin(rows / 2.1)[..., None] * np.cos(columns / 2.7)[..., None]
        picture = waves + random.uniform(-37, 37, (height, width, channels))
        yield np.clip(picture, 0, 255).astype(np.uint8)


def random_parameters(random):
    return {"theta": random.uniform(-180, 180), "tx": random.uniform(-6, 6), "ty": random.uniform(-6, 6),
            "shear": random.uniform(-40, 40), "zx": random.uniform(0.5, 1.8), "zy": random.uniform(0.5, 1.8)}


def exact_map(p, height, width):
    """The matrix and offset about the true centre."""
    t, s = np.deg2rad(p["theta"]), np.deg2rad(p["shear"])
    matrix = (np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
              @ np.array([[1, 0, p["tx"]], [0, 1, p["ty"]], [0, 0, 1]])
              @ np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
              @ np.diag([p["zx"], p["zy"], 1]))
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    return matrix[:2, :2], matrix[:2, 2] + centre - matrix[:2, :2] @ centre


def kp112_map(p, height, width):
    a, b = exact_map(p, height, width)
    ones = np.ones(2)
    return a, b + ones - a @ ones


def away_from_boundaries(a, b, height, width):
    """Whether no coordinate is where rounding could decide which pixel is taken."""
    rows, columns = np.mgrid[0:height, 0:width]
    for axis, size in ((0, height), (1, width)):
        at = a[axis, 0] * rows + a[axis, 1] * columns + b[axis]
        for period in (size, size - 1, 0.5):
            if np.min(np.abs(at / period - np.round(at / period))) * period < 1e-5:
                return False
    return True


def parameters_away_from_boundaries(random, make_map, height, width):
    while True:
        p = random_parameters(random)
        if away_from_boundaries(*make_map(p, height, width), height, width):
            return p


def by_scipy(picture, p, mode, order, cval):
    a, b = exact_map(p, *picture.shape[:2])
    channels = [ndimage.affine_transform(picture[..., c].astype(np.float32), a, b, order=order, mode=mode, cval=cval)
                for c in range(picture.shape[2])]
    return np.stack(channels, axis=-1)


def affine():
    """Each order and mode on two pictures by scipy, and on one by keras-preprocessing, with its centre."""
    random = np.random.RandomState(2)
    cases = []
    all_pictures = list(pictures())
    for number, picture in enumerate(all_pictures):
        arrays[f"picture.{number}"] = picture
    for order in range(6):
        for mode_number, mode in enumerate(MODES + ["grid-wrap"]):
            for repeat in range(3):
                number = (order + mode_number + repeat) % len(all_pictures)
                picture = all_pictures[number]
                by_keras = repeat == 2 and mode in MODES
                make_map = kp112_map if by_keras else exact_map
                p = parameters_away_from_boundaries(random, make_map, *picture.shape[:2])
                if by_keras:
                    result = apply_affine_transform(picture.astype(np.float32), **p, row_axis=0, col_axis=1,
                                                    channel_axis=2, fill_mode=mode, cval=17., order=order)
                else:
                    result = by_scipy(picture, p, mode, order, 17.)
                case = len(cases)
                cases.append({"picture": number, "mode": mode, "order": order, "kp112": by_keras})
                arrays[f"affine.{case}.parameters"] = [p[key] for key in ("theta", "tx", "ty", "shear", "zx", "zy")]
                arrays[f"affine.{case}.result"] = result
    facts["affine"] = cases


def as_doubles(value):
    """float64 kept as such: a parameter must come back to the last bit."""
    return [float(v).hex() for v in value]


if __name__ == "__main__":
    affine()
    for key in list(arrays):
        if key.endswith(".parameters"):
            facts.setdefault("parameters", {})[key] = as_doubles(arrays.pop(key))
    save_arrays("augmentation", arrays)
    save_json("augmentation", facts)
