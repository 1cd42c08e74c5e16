#!/usr/bin/env python3
"""Measures how many JPEG files a second one thread decodes and resizes, beside Pillow in the same run.

    images.py FOLDER [--seconds S] [--rounds R]

Runs bench_images (build/release/bench) and the same stages by Pillow in turn, and prints one table: medians of the rounds, in images a second of the
thread's processor time, so that other work on the machine counts little. Needs Pillow; both work on
bytes in memory, all JPEG files below the folder, resized to 224 x 224.
"""
import argparse
import io
import json
import os
import pathlib
import statistics
import subprocess
import time

from PIL import Image, __version__

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.environ.get("CORNU_BENCH") or os.path.join(ROOT, "build", "release", "bench")
SIZE = (224, 224)


def decode(content):
    image = Image.open(io.BytesIO(content))
    return image.convert("RGB") if image.mode != "RGB" else image.load() and image


def rate(function, items, seconds):
    rates = []
    begin = last = time.thread_time()
    while len(rates) < 3 or last - begin < seconds:
        for item in items:
            function(item)
        now = time.thread_time()
        rates.append(len(items) / (now - last))
        last = now
    return statistics.median(rates)


def by_pillow(folder, seconds):
    files = [path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*")) if path.suffix.lower() in (".jpg", ".jpeg")]
    pictures = [decode(content) for content in files]
    filters = Image.Resampling
    return {
        "decode": rate(decode, files, seconds),
        "resize nearest": rate(lambda image: image.resize(SIZE, filters.NEAREST), pictures, seconds),
        "resize bilinear": rate(lambda image: image.resize(SIZE, filters.BILINEAR), pictures, seconds),
        "resize lanczos": rate(lambda image: image.resize(SIZE, filters.LANCZOS), pictures, seconds),
        "decode and resize bilinear": rate(lambda content: decode(content).resize(SIZE, filters.BILINEAR), files, seconds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=3, help="for each stage in each round (3)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cornu, pillow = [], []
    for _ in range(options.rounds):
        program = [os.path.join(PROGRAMS, "bench_images"), options.folder, str(options.seconds)]
        cornu.append(json.loads(subprocess.check_output(program, text=True)))
        pillow.append(by_pillow(options.folder, options.seconds))
    print(f"| images/s, one thread, {cornu[0]['images']} files | Cornu | Pillow {__version__} |\n| --- | --- | --- |")
    for stage in cornu[0]:
        if stage != "images":
            ours = statistics.median(run[stage] for run in cornu)
            theirs = f"{statistics.median(run[stage] for run in pillow):,.0f}" if stage in pillow[0] else ""
            print(f"| {stage} | {ours:,.0f} | {theirs} |")


if __name__ == "__main__":
    main()
