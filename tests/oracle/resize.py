"""Pictures in other sizes, by Pillow's Image.resize.

values/resize.json: `cases` (name, source, filter, height, width, box or null; keep: whether the box is the one of Keras's keep_aspect_ratio);
values/resize.npz: `source.<name>` and `<case>`. Needs Pillow before version 13, and
numpy, no Keras: Pillow 13 makes the pass across the rows first in some sizes, which all versions before it, and so Keras's users' pictures, never did.
"""

import numpy as np
from PIL import Image, __version__

import common

rng = np.random.RandomState(11)
HEIGHT, WIDTH = 23, 29
FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def source(channels, kind=np.uint8):
    """Waves, sharp edges and noise, up to both ends of the range."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    planes = [128 + 150 * np.sin(0.4 * (c + 1) * x) * np.cos(0.3 * y + c) + 60 * ((x + y * (c + 1)) % 7 < 3) + rng.uniform(-25, 25, (HEIGHT, WIDTH)) for c in range(channels)]
    pixels = np.clip(np.stack(planes, -1), 0, 255)
    pixels = pixels[..., 0] if channels == 1 else pixels
    return (pixels * (257 if kind == np.uint16 else 1)).astype(kind)


SOURCES = {"gray": source(1), "rgb": source(3), "rgba": source(4), "gray_alpha": source(2), "gray16": source(1, np.uint16), "float": source(1, np.float32)}
MODES = {"gray_alpha": "LA"}


def middle_box(height, width):
    """Keras's (load_img's keep_aspect_ratio)."""
    crop_height, crop_width = min(HEIGHT, WIDTH * height // width), min(WIDTH, HEIGHT * width // height)
    top, left = (HEIGHT - crop_height) // 2, (WIDTH - crop_width) // 2
    return [left, top, left + crop_width, top + crop_height]


def cases():
    for name in FILTERS:
        for height, width in ((7, 9), (30, 37), (23, 12), (40, 29), (1, 1), (5, 60), (46, 3)):
            yield "rgb", name, height, width, None, False
        for kind in SOURCES:
            if kind != "rgb":
                yield kind, name, 7, 9, None, False
                yield kind, name, 15, 37, None, False
        yield "rgb", name, 10, 11, [2.5, 3.25, 20.75, 19], False
        yield "rgb", name, 12, 12, middle_box(12, 12), True
        yield "rgba", name, 6, 18, middle_box(6, 18), True


index, arrays = [], {f"source.{name}": pixels for name, pixels in SOURCES.items()}
for number, (kind, name, height, width, box, keep) in enumerate(cases()):
    image = Image.fromarray(SOURCES[kind], MODES.get(kind))
    arrays[f"case{number}"] = np.asarray(image.resize((width, height), getattr(Image.Resampling, name.upper()), box=box))
    index.append({"name": f"case{number}", "source": kind, "filter": name, "height": height, "width": width, "box": box, "keep": keep})
common.save_json("resize", {"source": f"Pillow {__version__}", "cases": index})
common.save_arrays("resize", arrays)
