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


def far_outside():
    """Places farther outside than the edge pixels that scipy adds for "nearest"."""
    picture = arrays["picture.2"]
    a, b = np.array([[2.5, 0.75], [-0.5, 3.25]]), np.array([-19.3, -22.6])
    for order in range(2, 6):
        channels = [ndimage.affine_transform(picture[..., c].astype(np.float32), a, b, order=order, mode="nearest") for c in range(3)]
        arrays[f"far_outside.{order}"] = np.stack(channels, axis=-1)


def as_texts(values):
    """Doubles to the last bit."""
    return [float(v).hex() for v in values]


def numpy_random():
    """RandomState itself."""
    cases = []
    for seed in (0, 1, 42, 1337, 2**32 - 1):
        random = np.random.RandomState(seed)
        doubles = as_texts(random.random_sample(1000)[[0, 1, 2, 998, 999]])
        cases.append({"seed": seed, "doubles": doubles, "uniform": as_texts([random.uniform(-3.7, 11.2)]),
                      "choices": [int(random.choice(n)) for n in (1, 2, 3, 10, 1000)],
                      "permutation": random.permutation(20).tolist()})
    facts["numpy_random"] = cases


# Arguments of ImageDataGenerator; the C test has the same ones under these names.
GENERATORS = {
    "everything": dict(rotation_range=30, width_shift_range=0.1, height_shift_range=0.2, shear_range=10, zoom_range=[0.8, 1.2],
                       channel_shift_range=20, horizontal_flip=True, vertical_flip=True, brightness_range=(0.5, 1.5)),
    "nothing": {},
    "integers": dict(width_shift_range=3, height_shift_range=1, zoom_range=0.3),
    "lists": dict(width_shift_range=[-5, 0, 5], height_shift_range=[0.1, 0.2, -0.3], vertical_flip=True),
    "pixels": dict(width_shift_range=4.5, height_shift_range=1.0, zoom_range=[1.1, 0.9], shear_range=0.3),
}
KEYS = ("theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal", "flip_vertical", "channel_shift_intensity", "brightness")


def random_transforms():
    """Seeded, and three that follow without a seed."""
    cases = []
    for name, arguments in GENERATORS.items():
        generator = ImageDataGenerator(**arguments)
        for seed in (0, 1, 2, 3, 123):
            draws = [generator.get_random_transform((32, 48, 3), seed)]
            draws += [generator.get_random_transform((32, 48, 3)) for _ in range(2)]
            cases.append({"generator": name, "seed": seed,
                          "draws": [["none" if d[key] is None else float(d[key]).hex() for key in KEYS] for d in draws]})
    facts["random_transforms"] = cases


def colors():
    """Brightness and channel shift of each picture."""
    generator = ImageDataGenerator()
    for number, picture in enumerate(pictures()):
        shifted = generator.apply_transform(picture.astype(np.float32), {"channel_shift_intensity": 17.25})
        arrays[f"channel_shift.{number}"] = shifted
        if picture.shape[2] == 2:
            continue
        for factor in (0.0, 0.4, 1.0, 1.7):
            brighter = generator.apply_transform(picture.astype(np.float32), {"brightness": factor})
            arrays[f"brightness.{number}.{factor}"] = brighter.astype(np.uint8)


def some_pictures(count, height, width, channels, seed=5):
    random = np.random.RandomState(seed)
    return np.clip(random.normal(120, 50, (count, height, width, channels)).cumsum(axis=1) / 2 % 256, 0, 255).astype(np.uint8)


def flows():
    """Two epochs, asked for one batch after another."""
    x = some_pictures(10, 8, 6, 3)
    y = np.arange(10)
    arrays["flow.x"] = x
    arguments = dict(GENERATORS["everything"], fill_mode="nearest", rescale=1 / 255)
    del arguments["brightness_range"]
    for shuffle in (True, False):
        generator = ImageDataGenerator(**arguments)
        iterator = generator.flow(x, y, batch_size=4, shuffle=shuffle, seed=42, sample_weight=y * 0.5)
        for batch in range(6):
            got = next(iterator)
            for part, value in zip("xyw", got):
                arrays[f"flow.{'shuffled' if shuffle else 'ordered'}.{batch}.{part}"] = value
    generator = ImageDataGenerator(rotation_range=90, zoom_range=0.2, fill_mode="reflect", data_format="channels_first",
                                   validation_split=0.3, samplewise_std_normalization=True, interpolation_order=3)
    iterator = generator.flow(x.transpose(0, 3, 1, 2), batch_size=5, seed=7, subset="training")
    for batch in range(4):
        arrays[f"flow.channels_first.{batch}.x"] = next(iterator)


def statistics():
    x = some_pictures(20, 4, 3, 3, seed=9)
    arrays["fit.x"] = x
    for name, options in {"plain": {}, "augmented": dict(augment=True, rounds=3, seed=11)}.items():
        generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True, rescale=1 / 64,
                                       rotation_range=40, fill_mode="nearest")
        generator.fit(x.astype(np.float64), **options)
        arrays[f"fit.{name}.mean"] = generator.mean
        arrays[f"fit.{name}.std"] = generator.std
        arrays[f"fit.{name}.standardized"] = generator.standardize(x[0].astype(np.float32))
    generator = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True)
    arrays["fit.samplewise"] = generator.standardize(x[1].astype(np.float32))
    for name, many in {"few": x, "many": some_pictures(100, 4, 3, 3, seed=10)}.items():
        generator = ImageDataGenerator(zca_whitening=True, zca_epsilon=1e-2, dtype="float64")
        generator.fit(many / 255.0)
        arrays[f"zca.{name}.x"] = many
        arrays[f"zca.{name}.whitened"] = generator.standardize(many[0] / 255.0)


if __name__ == "__main__":
    affine()
    numpy_random()
    random_transforms()
    colors()
    flows()
    statistics()
    far_outside()
    facts["parameters"] = {key: as_texts(arrays.pop(key)) for key in list(arrays) if key.endswith(".parameters")}
    save_arrays("augmentation", arrays)
    save_json("augmentation", facts)
