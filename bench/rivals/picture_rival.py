"""Other libraries that turn, shift, shear, zoom and flip pictures, out of memory or out of a folder of JPEG files.

    picture_rival.py --library NAME (--case CASE | --server) [--threads T] [--seconds S] [--folder PATH]

augment32, augment224: batches of 32 float pictures out of bytes in memory. folder: files are decoded, resized to 224 x 224 and changed in the same way.
decode: files in memory are decoded and nothing else. Every library does it the way its own guide shows, or faster where a user would easily find that: what
was tried and left out is in README.md. Ranges are those of bench_pictures.c; edges are repeated where the library can, else black.
Answers have pictures_per_second by the clock and per_processor_second, of this process and its workers, which other work on the machine disturbs less.
"""

import concurrent.futures
import functools
import multiprocessing
import os
import pathlib
import time

import cases

CASES = {"augment32": 32, "augment224": 224, "folder": 224, "decode": 0}
BATCH = 32
PICTURES = 512
DEGREES, SHIFT, SHEAR, ZOOM = 30, 0.1, 10, 0.2


def add_options(parser):
    parser.add_argument("--library", required=True, choices=list(LIBRARIES))
    parser.add_argument("--folder", help="a folder of JPEG files, in a sub-folder for each class")


def processor_seconds():
    """Of this process and its living children, in which a DataLoader works."""
    ticks = 0
    for process in [os.getpid(), *(child.pid for child in multiprocessing.active_children())]:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            ticks += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def rates(turn, seconds):
    """turn() makes some pictures and returns how many."""
    begin, processor, made = time.perf_counter(), processor_seconds(), 0
    while time.perf_counter() - begin < seconds:
        made += turn()
    spent = max(processor_seconds() - processor, 1e-2)
    return {"pictures_per_second": made / (time.perf_counter() - begin), "per_processor_second": made / spent}


@functools.lru_cache
def pictures(size):
    """A smooth picture with some noise, as photographs are: that of bench_pictures.c."""
    import numpy as np

    i = np.arange(PICTURES * size * size * 3, dtype=np.int64)
    smooth = (i // 3 % size + i // 3 // size % size) * 100 // size
    return (smooth + (i * 2654435761 >> 13) % 64).astype(np.uint8).reshape(PICTURES, size, size, 3)


def files():
    """(path, class number) of all files in the folder."""
    folder = pathlib.Path(given.folder)
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return [(str(path), number) for number, each in enumerate(classes) for path in sorted(each.rglob("*")) if path.suffix.lower() in (".jpg", ".jpeg")]


def batches_by_threads(get, count):
    """get(i) makes batch i of `count` and returns how many pictures that is; made by as many threads as there are cores."""
    if given.threads == 1:
        return lambda: sum(get(i) for i in range(count))
    pool = concurrent.futures.ThreadPoolExecutor(given.threads)
    return lambda: sum(pool.map(get, range(count)))


def decoding(decode):
    contents = [pathlib.Path(path).read_bytes() for path, _ in files()]

    def turn():
        for content in contents:
            decode(content)
        return len(contents)

    return turn


# --- keras-preprocessing ---


def keras_preprocessing(name):
    from keras_preprocessing.image import ImageDataGenerator

    if name == "decode":
        raise LookupError("it decodes by Pillow")
    generator = ImageDataGenerator(rotation_range=DEGREES, width_shift_range=SHIFT, height_shift_range=SHIFT, shear_range=SHEAR, zoom_range=ZOOM, horizontal_flip=True)
    if name == "folder":
        batches = generator.flow_from_directory(given.folder, target_size=(224, 224), batch_size=BATCH, interpolation="bilinear", class_mode="sparse")
    else:
        batches = generator.flow(pictures(CASES[name]), batch_size=BATCH)

    def get(i):
        batch = batches[i]
        return len(batch[0] if isinstance(batch, tuple) else batch)

    return batches_by_threads(get, min(len(batches), 4 if name == "augment224" else len(batches)))


# --- Keras 3's layers in tf.data ---


def tensorflow():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    return tf


def endless(dataset):
    """turn() of a tf.data pipeline that goes on for ever."""
    tf = tensorflow()
    options = tf.data.Options()
    options.threading.private_threadpool_size = given.threads
    steps = iter(dataset.with_options(options).prefetch(tf.data.AUTOTUNE))

    def turn():
        batch = next(steps)
        return len(batch[0] if isinstance(batch, tuple) else batch)

    for _ in range(8):
        turn()
    return turn


def keras_layers(name):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tf = tensorflow()
    import keras

    layers = keras.layers
    augment = keras.Sequential(
        [
            layers.RandomRotation(DEGREES / 360, fill_mode="nearest"),
            layers.RandomTranslation(SHIFT, SHIFT, fill_mode="nearest"),
            layers.RandomShear(x_factor=SHEAR / 57.3, fill_mode="nearest"),
            layers.RandomZoom((-ZOOM, ZOOM), (-ZOOM, ZOOM), fill_mode="nearest"),
            layers.RandomFlip("horizontal"),
        ]
    )
    if name == "decode":
        raise LookupError("measured as TensorFlow")
    if name == "folder":
        data = keras.utils.image_dataset_from_directory(given.folder, image_size=(224, 224), batch_size=BATCH, verbose=0)
        return endless(data.map(lambda x, y: (augment(x, training=True), y), num_parallel_calls=tf.data.AUTOTUNE).repeat())
    data = tf.data.Dataset.from_tensor_slices(pictures(CASES[name])).repeat().batch(BATCH, drop_remainder=True)
    return endless(data.map(lambda x: augment(tf.cast(x, tf.float32), training=True), num_parallel_calls=tf.data.AUTOTUNE))


# --- TensorFlow by hand: one projective map for all changes ---


def random_maps(tf, size):
    """(BATCH, 8): the maps of TensorFlow's ImageProjectiveTransform, from places of the result to places of the picture."""

    def uniform(limit):
        return tf.random.uniform([BATCH], -limit, limit)

    theta, shear = uniform(DEGREES / 57.3), uniform(SHEAR / 57.3)
    zx, zy, tx, ty = 1 + uniform(ZOOM), 1 + uniform(ZOOM), uniform(SHIFT * size), uniform(SHIFT * size)
    flip = tf.where(tf.random.uniform([BATCH]) < 0.5, -1.0, 1.0)
    c, s = tf.cos(theta), tf.sin(theta)
    a00, a01 = c * zx * flip, (-c * tf.sin(shear) - s * tf.cos(shear)) * zy
    a10, a11 = s * zx * flip, (-s * tf.sin(shear) + c * tf.cos(shear)) * zy
    middle = (size - 1) / 2
    b0, b1 = middle - (a00 + a01) * middle + tx, middle - (a10 + a11) * middle + ty
    return tf.stack([a00, a01, b0, a10, a11, b1, tf.zeros([BATCH]), tf.zeros([BATCH])], axis=1)


def tensorflow_by_hand(name):
    tf = tensorflow()

    def augment(x):
        size = x.shape[1]
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.cast(x, tf.float32), transforms=random_maps(tf, size), output_shape=[size, size], fill_value=0.0, interpolation="BILINEAR", fill_mode="NEAREST"
        )

    def load(path, label):
        picture = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(picture, (224, 224)), label

    if name == "decode":
        decode = tf.io.decode_jpeg
        return decoding(lambda content: decode(content, channels=3))
    if name == "folder":
        paths, labels = zip(*files())
        data = tf.data.Dataset.from_tensor_slices((list(paths), list(labels))).shuffle(len(paths)).repeat()
        data = data.map(load, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH, drop_remainder=True)
        return endless(data.map(lambda x, y: (augment(x), y), num_parallel_calls=tf.data.AUTOTUNE))
    data = tf.data.Dataset.from_tensor_slices(pictures(CASES[name])).repeat().batch(BATCH, drop_remainder=True)
    return endless(data.map(augment, num_parallel_calls=tf.data.AUTOTUNE))


# --- PyTorch's DataLoader, with torchvision's or albumentations' transforms ---


class Items:
    """A data set for a DataLoader: what `make` makes of each item."""

    def __init__(self, items, make):
        self.items, self.make = items, make

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.make(self.items[i])


def loaded(items, make):
    """turn() of a DataLoader over one epoch: in this process on one core, else with as many workers as cores."""
    import torch

    torch.set_num_threads(1)
    workers = given.threads if given.threads > 1 else 0
    loader = torch.utils.data.DataLoader(
        Items(items, make), batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0, multiprocessing_context="fork" if workers else None
    )

    def turn():
        return sum(len(batch[0] if isinstance(batch, (list, tuple)) else batch) for batch in loader)

    turn()
    return turn


def torchvision(name, floats=False, pillow=False):
    import torch
    import torchvision.io as io
    from torchvision.transforms import v2

    linear = v2.InterpolationMode.BILINEAR
    parts = [
        v2.RandomAffine(DEGREES, (SHIFT, SHIFT), (1 - ZOOM, 1 + ZOOM), SHEAR, interpolation=linear),
        v2.RandomHorizontalFlip(),
    ]
    cast = v2.ToDtype(torch.float32, scale=True)
    parts = [cast, *parts] if floats else [*parts, *([v2.PILToTensor()] if pillow else []), cast]
    if name == "decode":
        if floats or pillow:
            raise LookupError("measured as torchvision, bytes")
        return decoding(lambda content: io.decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8), mode=io.ImageReadMode.RGB))
    if name == "folder":
        change = v2.Compose([v2.Resize((224, 224), interpolation=linear, antialias=True), *parts])
        if pillow:
            from PIL import Image

            return loaded(files(), lambda item: (change(Image.open(item[0]).convert("RGB")), item[1]))
        return loaded(files(), lambda item: (change(io.decode_jpeg(io.read_file(item[0]), mode=io.ImageReadMode.RGB)), item[1]))
    if pillow:
        raise LookupError("for files only")
    change = v2.Compose(parts)
    return loaded(torch.from_numpy(pictures(CASES[name])).permute(0, 3, 1, 2)[: 128 if name == "augment224" else PICTURES], change)


def albumentations(name, floats=False):
    import albumentations as A
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    affine = A.Affine(
        rotate=(-DEGREES, DEGREES), shear=(-SHEAR, SHEAR), scale=(1 - ZOOM, 1 + ZOOM), translate_percent=(-SHIFT, SHIFT), interpolation=cv2.INTER_LINEAR, border_mode=cv2.BORDER_REPLICATE, p=1
    )
    parts = [affine, A.HorizontalFlip(p=0.5)]

    def done(change, picture):
        picture = picture.astype(np.float32) if floats else picture
        return change(image=picture)["image"].astype(np.float32)

    if name == "decode":
        raise LookupError("measured as OpenCV")
    if name == "folder":
        change = A.Compose([A.Resize(224, 224), *parts])
        return loaded(files(), lambda item: (done(change, cv2.cvtColor(cv2.imread(item[0]), cv2.COLOR_BGR2RGB)), item[1]))
    change = A.Compose(parts)
    return loaded(pictures(CASES[name]), lambda picture: done(change, picture))


# --- OpenCV alone: one matrix for all changes ---


def opencv(name, floats=False):
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    random = np.random.default_rng(1)

    def change(picture, to):
        size = picture.shape[0]
        theta, shear, tx, ty, zx, zy, flip = random.uniform(-1, 1, 7)
        theta, shear, zx, zy = np.deg2rad(DEGREES) * theta, np.deg2rad(SHEAR) * shear, 1 + ZOOM * zx, 1 + ZOOM * zy
        c, s = np.cos(theta), np.sin(theta)
        zx = zx if flip < 0 else -zx
        a00, a01 = c * zx, (-c * np.sin(shear) - s * np.cos(shear)) * zy
        a10, a11 = s * zx, (-s * np.sin(shear) + c * np.cos(shear)) * zy
        middle = (size - 1) / 2
        matrix = np.array([[a00, a01, middle - (a00 + a01) * middle + SHIFT * size * tx], [a10, a11, middle - (a10 + a11) * middle + SHIFT * size * ty]])
        picture = picture.astype(np.float32) if floats else picture
        to[:] = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)

    if name == "decode":
        if floats:
            raise LookupError("measured as OpenCV, bytes")
        return decoding(lambda content: cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR))
    if name == "folder":
        items = files()

        def load(item):
            return cv2.resize(cv2.cvtColor(cv2.imread(item[0]), cv2.COLOR_BGR2RGB), (224, 224), interpolation=cv2.INTER_LINEAR)

    else:
        items = pictures(CASES[name])

        def load(item):
            return item

    def get(i):
        part = items[i * BATCH : (i + 1) * BATCH]
        batch = np.empty((len(part), CASES[name], CASES[name], 3), np.float32)
        for item, to in zip(part, batch):
            change(load(item), to)
        return len(part)

    return batches_by_threads(get, -(-len(items) // BATCH))


# --- Pillow: only decoding ---


def pillow(name):
    import io

    from PIL import Image

    if name != "decode":
        raise LookupError("measured in decoding only")
    return decoding(lambda content: Image.open(io.BytesIO(content)).convert("RGB"))


# Name on the command line: (title, module that has the version, how a case is made ready).
LIBRARIES = {
    "keras-preprocessing": ("keras-preprocessing", "keras_preprocessing", keras_preprocessing),
    "keras-layers": ("Keras layers, tf.data", "keras", keras_layers),
    "tensorflow": ("tf.data by hand, one map", "tensorflow", tensorflow_by_hand),
    "torchvision": ("torchvision v2, bytes", "torchvision", torchvision),
    "torchvision-floats": ("torchvision v2, floats", "torchvision", functools.partial(torchvision, floats=True)),
    "torchvision-pillow": ("torchvision v2, Pillow", "torchvision", functools.partial(torchvision, pillow=True)),
    "albumentations": ("albumentations, bytes", "albumentations", albumentations),
    "albumentations-floats": ("albumentations, floats", "albumentations", functools.partial(albumentations, floats=True)),
    "opencv": ("OpenCV, bytes, one map", "cv2", opencv),
    "opencv-floats": ("OpenCV, floats, one map", "cv2", functools.partial(opencv, floats=True)),
    "pillow": ("Pillow", "PIL", pillow),
}


def prepare(name):
    turn = LIBRARIES[given.library][2](name)
    turn()
    return lambda seconds: rates(turn, seconds)


given = cases.arguments(__doc__, add_options, CASES)
cases.keep_to_cores(given.threads)
for variable, value in {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "NO_ALBUMENTATIONS_UPDATE": "1"}.items():
    os.environ.setdefault(variable, value)
title, module, _ = LIBRARIES[given.library]
version = __import__(module).__version__
cases.serve(given, title, version, prepare)
