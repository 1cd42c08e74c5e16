"""Small pictures in every kind of file that Cornu decodes, and what Pillow makes of them.

The pictures are made here, from formulas; the files go to tests/image/fixtures, the pixels that Keras's load_img would give for each color_mode
(Image.open, convert where the mode differs) to values/images.npz as "<file>.grayscale"
and "<file>.rgba", or "<file>.rgb" where every alpha is 255 (the colours are the same in both modes). What Pillow cannot write (16-bit colour and interlaced PNG,
run-length encoded and masked BMP, frames smaller than a GIF's canvas, tiled TIFF) is put together by hand or by tifffile.

Needs Pillow, numpy and tifffile, no Keras.
"""

import io
import os
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image

import common

FIXTURES = os.environ.get("CORNU_ORACLE_FIXTURES") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "image", "fixtures")
HEIGHT, WIDTH = 13, 19
rng = np.random.RandomState(7)


def smooth(channels, height=HEIGHT, width=WIDTH):
    """Waves of several lengths and a little noise: something for every filter and predictor to do."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [127.5 + 100 * np.sin(0.31 * (c + 1) * x + 0.2 * y + c) * np.cos(0.17 * y * (c + 1) - c) + rng.uniform(-20, 20, (height, width)) for c in range(channels)]
    pixels = np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def deep(channels, height=HEIGHT, width=WIDTH):
    high = smooth(channels, height, width).astype(np.uint16)
    return (high * 256 + rng.randint(0, 256, high.shape)).astype(np.uint16)


def write(name, content):
    with open(os.path.join(FIXTURES, name), "wb") as file:
        file.write(content)


def by_pillow(name, pixels, mode=None, **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    if mode:
        image = image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, **options)
    write(name, buffer.getvalue())


# --- PNG by hand ---

def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_rows(samples, depth, number):
    """Rows of a (height, width, channels) array, each with a filter (a different one each time)."""
    height, width, channels = samples.shape
    pixel = max(1, channels * depth // 8)
    before = None
    out = b""
    for y in range(height):
        if depth == 16:
            row = samples[y].astype(">u2").tobytes()
        elif depth == 8:
            row = samples[y].astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in samples[y].ravel())
            bits += "0" * (-len(bits) % 8)
            row = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        previous = before or bytes(len(row))
        kind = (number + y) % 5
        left = bytes(pixel) + row[:-pixel] if len(row) > pixel else bytes(len(row))
        corner = bytes(pixel) + previous[:-pixel] if len(row) > pixel else bytes(len(row))

        def predict(a, b, c):
            if kind == 4:
                p = a + b - c
                return min((a, b, c), key=lambda v: abs(p - v))
            return (0, a, b, (a + b) // 2)[kind]

        out += bytes([kind]) + bytes((v - predict(a, b, c)) & 255 for v, a, b, c in zip(row, left, previous, corner))
        before = row
    return out


def png(samples, depth, kind, interlaced=False, chunks=()):
    samples = samples[..., None] if samples.ndim == 2 else samples
    height, width, _ = samples.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in passes]
    data = b"".join(png_rows(part, depth, i) for i, part in enumerate(parts) if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(png_chunk(k, d) for k, d in chunks) + png_chunk(b"IDAT", zlib.compress(data, 9)) + png_chunk(b"IEND", b"")


def write_pngs():
    palette = (b"PLTE", rng.randint(0, 256, 768).astype(np.uint8).tobytes())
    for depth in (1, 2, 4, 8, 16):
        gray = deep(1) >> (16 - depth)
        for interlaced in (False, True):
            end = "_interlaced" if interlaced else ""
            write(f"gray{depth}{end}.png", png(gray, depth, 0, interlaced))
            if depth <= 8:
                colors = (b"PLTE", palette[1][:3 << depth])
                write(f"palette{depth}{end}.png", png(gray, depth, 3, interlaced, [colors]))
        if depth in (8, 16):
            shift = 16 - depth
            write(f"gray_alpha{depth}.png", png(deep(2) >> shift, depth, 4))
            write(f"rgb{depth}.png", png(deep(3) >> shift, depth, 2))
            write(f"rgba{depth}_interlaced.png", png(deep(4) >> shift, depth, 6, True))
    write("palette8_alpha.png", png(deep(1) >> 8, 8, 3, chunks=[palette, (b"tRNS", rng.randint(0, 256, 256).astype(np.uint8).tobytes())]))
    write("palette4_short.png", png(deep(1) >> 12, 4, 3, chunks=[(b"PLTE", palette[1][:48]), (b"tRNS", b"\0\x80\x40")]))
    gray, rgb = deep(1) >> 8, deep(3) >> 8
    write("gray8_key.png", png(gray, 8, 0, chunks=[(b"tRNS", struct.pack(">H", int(gray[3, 4])))]))
    write("rgb8_key.png", png(rgb, 8, 2, chunks=[(b"tRNS", struct.pack(">HHH", *map(int, rgb[5, 6])))]))
    write("one_pixel.png", png(rgb[:1, :1], 8, 2))
    write("tall.png", png(rgb[:, :1], 8, 2, True))


# --- JPEG ---

def write_jpegs():
    pixels = smooth(3, 29, 37)
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        by_pillow(f"rgb_{name}.jpg", pixels, format="JPEG", quality=90, subsampling=sampling)
        by_pillow(f"rgb_{name}_progressive.jpg", pixels, format="JPEG", quality=80, subsampling=sampling, progressive=True)
    by_pillow("rgb_restart.jpg", pixels, format="JPEG", quality=75, restart_marker_rows=1)
    by_pillow("rgb_colors.jpg", pixels, format="JPEG", quality=90, keep_rgb=True)
    by_pillow("gray.jpg", smooth(1, 29, 37), format="JPEG", quality=90)
    by_pillow("gray_progressive.jpg", smooth(1, 29, 37), format="JPEG", quality=90, progressive=True)
    by_pillow("cmyk.jpg", Image.fromarray(smooth(4, 21, 30), "CMYK"), format="JPEG", quality=90)
    by_pillow("one_pixel.jpg", pixels[:1, :1], format="JPEG", quality=90)
    upright = smooth(3, 8, 12)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        by_pillow(f"orientation{orientation}.jpg", upright, format="JPEG", quality=95, exif=exif)


# --- BMP ---

def bmp(pixel_bytes, width, height, bits, compression=0, palette=b"", masks=b"", header=40, colors=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(pixel_bytes), 2835, 2835, colors, 0) + (masks + bytes(header - 40 - len(masks)) if header > 40 else masks)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixel_bytes), 0, 0, start) + info + palette + pixel_bytes


def padded(rows):
    return b"".join(bytes(row) + bytes(-len(bytes(row)) % 4) for row in rows)


def write_bmps():
    rgb = smooth(3)
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        by_pillow(f"{mode.lower() if mode != '1' else 'bilevel'}.bmp", smooth(4) if mode == "RGBA" else rgb, None if mode == "RGBA" else mode, format="BMP")
    index = smooth(1) >> 4
    colors = rng.randint(0, 256, (16, 4)).astype(np.uint8)
    nibbles = [bytes((int(a) << 4 | int(b)) for a, b in zip(row[0::2], list(row[1::2]) + [0])) for row in index]
    write("palette4.bmp", bmp(padded(nibbles[::-1]), WIDTH, HEIGHT, 4, palette=colors.tobytes()))
    write("top_down.bmp", bmp(padded(rgb[..., ::-1].reshape(HEIGHT, -1)), WIDTH, -HEIGHT, 24))
    write("os2.bmp", bmp(padded(index[::-1] * 16), WIDTH, HEIGHT, 8, header=12, palette=rng.randint(0, 256, 768).astype(np.uint8).tobytes()))
    words = rng.randint(0, 65536, (HEIGHT, WIDTH)).astype("<u2")
    write("rgb555.bmp", bmp(padded(r.tobytes() for r in words), WIDTH, HEIGHT, 16))
    write("rgb565.bmp", bmp(padded(r.tobytes() for r in words), WIDTH, HEIGHT, 16, 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    longs = rng.randint(0, 256, (HEIGHT, WIDTH, 4)).astype(np.uint8)
    write("rgbx32.bmp", bmp(longs.tobytes(), WIDTH, HEIGHT, 32))
    write("masks32.bmp", bmp(longs.tobytes(), WIDTH, HEIGHT, 32, 3, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=108))
    # runs of each kind: repeated, literal (odd length, padded), a move, ends of rows, the end
    rle8 = b"\x05\x07\x00\x03\x01\x02\x03\x00\x04\x09\x00\x00" + b"\x13\x0c\x00\x00" + b"\x02\x05\x00\x02\x03\x01\x04\x06\x00\x00" + b"\x00\x04\x01\x02\x03\x04\x00\x00" + b"\x00\x01"
    palette8 = rng.randint(0, 256, (256, 4)).astype(np.uint8).tobytes()
    write("rle8.bmp", bmp(rle8, 19, 5, 8, 1, palette=palette8))
    rle4 = b"\x05\x7a\x00\x05\x12\x34\x50\x00\x04\x9b\x00\x00" + b"\x13\x0c\x00\x00" + b"\x02\x05\x00\x02\x03\x01\x04\x61\x00\x00" + b"\x00\x01"
    write("rle4.bmp", bmp(rle4, 19, 4, 4, 2, palette=colors.tobytes()))


# --- GIF, PPM, TIFF, WebP ---

def write_gifs():
    image = Image.fromarray(smooth(3)).quantize(32)
    by_pillow("plain.gif", image, format="GIF", interlace=0)
    by_pillow("interlaced.gif", image, format="GIF", interlace=1)
    by_pillow("transparent.gif", image, format="GIF", interlace=0, transparency=3)
    by_pillow("gray.gif", smooth(1), format="GIF")
    by_pillow("animated.gif", image, format="GIF", save_all=True, append_images=[image.rotate(180), image.rotate(90)], duration=40)
    for name in ("plain", "transparent"):
        buffer = io.BytesIO()
        image.save(buffer, format="GIF", interlace=0, **({"transparency": 3} if name == "transparent" else {}))
        content = bytearray(buffer.getvalue())
        content[6:10] = struct.pack("<HH", WIDTH + 5, HEIGHT + 4)
        frame = content.index(b"," + struct.pack("<HHHH", 0, 0, WIDTH, HEIGHT), 13)
        content[frame + 1:frame + 5] = struct.pack("<HH", 2, 3)
        write(f"{name}_in_canvas.gif", bytes(content))
        content[6:10] = struct.pack("<HH", 4, 4)
        write(f"{name}_beyond_canvas.gif", bytes(content))


def write_ppms():
    gray, rgb = smooth(1), smooth(3)
    size = b"%d %d" % (WIDTH, HEIGHT)
    bits = gray > 127
    write("p1.pbm", b"P1\n# a comment\n" + size + b"\n" + b"\n".join(bytes(48 + b for b in row) for row in bits) + b"\n")
    write("p4.pbm", b"P4\n" + size + b"\n" + np.packbits(bits, axis=1).tobytes())

    def text(values):
        return b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in values) + b"\n"

    for most in (255, 15, 100, 1000, 65535):
        levels = {1: np.minimum(np.round(gray / 255 * most), most).astype(np.uint32), 3: np.minimum(np.round(rgb / 255 * most), most).astype(np.uint32)}
        kind = ">u2" if most > 255 else np.uint8
        for channels, plain, binary, end in ((1, b"P2", b"P5", "pgm"), (3, b"P3", b"P6", "ppm")):
            write(f"{plain.decode().lower()}_{most}.{end}", plain + b" " + size + b" # sizes\n%d\n" % most + text(levels[channels]))
            write(f"{binary.decode().lower()}_{most}.{end}", binary + b"\n" + size + b"\n%d\n" % most + levels[channels].astype(kind).tobytes())


def write_tiffs():
    rgb, rgba = smooth(3), smooth(4)
    images = {"bilevel": Image.fromarray(rgb).convert("1"), "gray": Image.fromarray(smooth(1)), "palette": Image.fromarray(rgb).quantize(40), "rgb": Image.fromarray(rgb), "rgba": Image.fromarray(rgba),
              "cmyk": Image.fromarray(rgba, "CMYK"), "gray16": Image.fromarray(deep(1)), "float": Image.fromarray(rng.uniform(-20, 300, (HEIGHT, WIDTH)).astype(np.float32))}
    for name, image in images.items():
        by_pillow(f"{name}.tif", image, format="TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        for name in ("gray", "rgb", "palette", "gray16"):
            by_pillow(f"{name}_{compression}.tif", images[name], format="TIFF", compression=compression)
    by_pillow("bilevel_group4.tif", images["bilevel"], format="TIFF", compression="group4")
    by_pillow("rgb_jpeg.tif", images["rgb"], format="TIFF", compression="jpeg", quality=90)
    by_pillow("turned.tif", images["rgb"], format="TIFF", compression="tiff_lzw", tiffinfo={274: 6})
    large = smooth(3, 40, 50)
    for name, pixels, options in (("tiled", large, dict(tile=(16, 16))), ("planes", large[:20], dict(planarconfig="separate")), ("tiled_planes", large, dict(tile=(16, 32), planarconfig="separate")),
                                  ("big_endian16", deep(1), dict(byteorder=">")), ("big", smooth(3), dict(bigtiff=True)), ("rgb16", deep(3), {}), ("rgba16", deep(4), dict(extrasamples=["unassalpha"])),
                                  ("multiplied", np.minimum(rgba, rgba[..., 3:]), dict(extrasamples=["assocalpha"])), ("white_is_zero", smooth(1), dict(photometric="miniswhite"))):
        # tifffile turns tuples of small last axes into RGB by itself only where told.
        photometric = options.pop("photometric", "rgb" if pixels.ndim == 3 else "minisblack")
        byteorder, bigtiff = options.pop("byteorder", "<"), options.pop("bigtiff", False)
        if options.get("planarconfig") == "separate":
            pixels = np.moveaxis(pixels, -1, 0)
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer, bigtiff=bigtiff, byteorder=byteorder) as writer:
            writer.write(pixels, photometric=photometric, metadata=None, software="", **options)
        write(f"{name}.tif", buffer.getvalue())


def write_webps():
    rgb, rgba = smooth(3), smooth(4)
    by_pillow("lossy.webp", rgb, format="WEBP", quality=80)
    by_pillow("lossless.webp", rgb, format="WEBP", lossless=True)
    by_pillow("alpha.webp", rgba, format="WEBP", quality=80)
    by_pillow("alpha_lossless.webp", rgba, format="WEBP", lossless=True, exact=True)
    by_pillow("animated.webp", rgb, format="WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(smooth(3))], duration=50)


def load(path, color_mode):
    """As keras.utils.load_img and img_to_array, up to the conversion to float; but a big-endian file of 16 bits stays what a little-endian one is."""
    with Image.open(path) as image:
        image.load()
        if color_mode == "grayscale":
            return np.asarray(image if image.mode in ("L", "I;16", "I;16B", "I") else image.convert("L"))
        return np.asarray(image.convert({"rgb": "RGB", "rgba": "RGBA"}[color_mode]))


os.makedirs(FIXTURES, exist_ok=True)
for old in os.listdir(FIXTURES):
    os.remove(os.path.join(FIXTURES, old))
for make in (write_pngs, write_jpegs, write_bmps, write_gifs, write_ppms, write_tiffs, write_webps):
    make()
arrays = {}
for name in sorted(os.listdir(FIXTURES)):
    gray, rgb, rgba = (load(os.path.join(FIXTURES, name), mode) for mode in ("grayscale", "rgb", "rgba"))
    arrays[f"{name}.grayscale"] = gray if gray.dtype == np.uint8 else gray.astype(np.uint16)
    assert np.array_equal(rgb, rgba[..., :3]), name
    opaque = (rgba[..., 3] == 255).all()
    arrays[f"{name}.rgb" if opaque else f"{name}.rgba"] = rgb if opaque else rgba
common.save_arrays("images", arrays)
