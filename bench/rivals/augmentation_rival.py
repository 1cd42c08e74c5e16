"""How many pictures a second other libraries turn, shift, shear, zoom and flip on one thread, in seconds of processor time.

Wants keras-preprocessing==1.1.2, numpy<1.24, scipy and opencv-python-headless (any of the libraries may be missing). Prints one line of JSON for
each library: --size N, --seconds S. keras-preprocessing does what ImageDataGenerator.random_transform does. OpenCV gets the same map as one matrix
in one call with linear interpolation and repeated edges, on bytes (its fastest, 5 bits of fraction) and on floats.
"""

import argparse
import json
import time

import numpy as np

PICTURES = 64


def pictures(size):
    return (np.arange(PICTURES * size * size * 3, dtype=np.uint64) * 2654435761 >> 13).astype(np.uint8).reshape(PICTURES, size, size, 3)


def measure(step, seconds):
    """The best tenth of a run, in pictures per second of this process's time."""
    best, done, number = 0, 0, 0
    end, start = time.process_time() + seconds, time.process_time()
    while time.process_time() < end:
        step(number % PICTURES)
        number += 1
        done += 1
        elapsed = time.process_time() - start
        if elapsed > seconds / 10:
            best, done, start = max(best, done / elapsed), 0, time.process_time()
    return best


def keras_preprocessing(x):
    import scipy.ndimage  # noqa: F401
    from keras_preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(rotation_range=30, width_shift_range=0.1, height_shift_range=0.1, shear_range=10, zoom_range=0.2,
                                   horizontal_flip=True)
    floats = x.astype(np.float32)
    return lambda i: generator.random_transform(floats[i])


def opencv(x, dtype):
    import cv2

    cv2.setNumThreads(1)
    x = x.astype(dtype)
    height, width = x.shape[1:3]
    random = np.random.default_rng(1)

    def step(i):
        theta, shear = np.deg2rad(random.uniform(-30, 30)), np.deg2rad(random.uniform(-10, 10))
        tx, ty = random.uniform(-0.1, 0.1, 2) * (width, height)
        zx, zy = random.uniform(0.8, 1.2, 2)
        c, s = np.cos(theta), np.sin(theta)
        a = np.array([[c, -s], [s, c]]) @ np.array([[1, -np.sin(shear)], [0, np.cos(shear)]]) @ np.diag([zx, zy])
        if random.uniform() < 0.5:
            a[:, 0] = -a[:, 0]
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        matrix = np.column_stack([a, centre - a @ centre + (tx, ty)])
        return cv2.warpAffine(x[i], matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    x = pictures(options.size)
    makers = {"keras-preprocessing": keras_preprocessing, "OpenCV, bytes": lambda x: opencv(x, np.uint8),
              "OpenCV, floats": lambda x: opencv(x, np.float32)}
    for name, make in makers.items():
        try:
            step = make(x)
        except ImportError as error:
            print(json.dumps({"library": name, "missing": str(error)}))
            continue
        print(json.dumps({"library": name, "size": options.size, "pictures_per_second": round(measure(step, options.seconds), 1)}))


if __name__ == "__main__":
    main()
