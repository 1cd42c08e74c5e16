#!/usr/bin/env python3
"""Measures ImageDataGenerator's transforms beside keras-preprocessing and OpenCV, one thread each, and prints one table.

    python3 bench/augment.py --python build/augment-rivals/bin/python [--rounds 5] [--seconds 2]

The interpreter is one of an environment with what bench/rivals/augmentation_rival.py wants. Rounds of the programs are interleaved; rates are pictures per second of
processor time, so that other work on the machine counts as little as it can, and medians of the rounds with the lowest and the highest.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(os.environ.get("CORNU_BENCH") or os.path.join(ROOT, "build", "release", "bench"), "bench_augment")
RIVAL = os.path.join(ROOT, "bench", "rivals", "augmentation_rival.py")


def lines_of(command):
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def one_round(options, size, rates):
    for kind, more in (("bytes", []), ("floats", ["--float"])):
        line, = lines_of([PROGRAM, "--size", str(size), "--seconds", str(options.seconds), *more])
        rates.setdefault(f"Cornu, {kind}", []).append(line["transform"])
        rates.setdefault(f"Cornu, {kind}, as batches of flow", []).append(line["flow"])
    for line in lines_of([options.python, RIVAL, "--size", str(size), "--seconds", str(options.seconds)]):
        if "missing" in line:
            print(f"{line['library']} is left out: {line['missing']}", file=sys.stderr)
        else:
            rates.setdefault(line["library"], []).append(line["pictures_per_second"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the other libraries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    for size in (32, 224):
        rates = {}
        for _ in range(options.rounds):
            one_round(options, size, rates)
        base = statistics.median(rates.get("keras-preprocessing", [float("nan")]))
        print(f"\n| {size} x {size} x 3 | pictures/s | lowest .. highest | times keras-preprocessing |\n|---|---|---|---|")
        for name, values in rates.items():
            middle = statistics.median(values)
            print(f"| {name} | {middle:,.0f} | {min(values):,.0f} .. {max(values):,.0f} | {middle / base:.1f} |")


if __name__ == "__main__":
    main()
