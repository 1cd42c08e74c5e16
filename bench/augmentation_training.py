#!/usr/bin/env python3
"""What augmentation is worth: trains on cats and dogs and on CIFAR-10 with and without it, and writes logs, curves and a table.

    python3 bench/augmentation_training.py OUTPUT [--cats-and-dogs FOLDER] [--cifar10 FOLDER or .tar.gz] [--seeds 0,1,2] [--jobs 1]

OUTPUT gets a CSV log of each training (named task-plain-seed.csv and task-augmented-seed.csv), the curves of each task, light and dark, and results.md. Trainings whose logs are whole
already are not repeated. Each runs on one thread, so that its bits do not depend on the machine's number of processors: 2.5 s an epoch on one core for cats and dogs, 3 s for CIFAR-10, thus less
than half an hour for all twelve. docs/augmentation.md says where the pictures come from and what came out.
"""

import argparse
import concurrent.futures
import csv
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
PROGRAM = os.path.join(os.environ.get("CORNU_BENCH") or os.path.join(BUILD, "bench"), "bench_augmentation_training")
COMMAND = os.environ.get("CORNU_COMMAND") or os.path.join(BUILD, "cornu")
EPOCHS = {"cats_and_dogs": 60, "cifar10": 30}
TITLES = {"cats_and_dogs": "Cats and dogs: 400 photographs to train with", "cifar10": "CIFAR-10: 10,000 pictures to train with"}
KINDS = ("plain", "augmented")


def read_log(path):
    """The epochs of a log, each a dictionary of numbers; none where there is no log."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def log_path(options, task, kind, seed):
    return os.path.join(options.output, f"{task}-{kind}-{seed}.csv")


def train(options, task, folder, kind, seed):
    log = log_path(options, task, kind, seed)
    epochs = options.epochs or EPOCHS[task]
    if len(read_log(log)) >= epochs:
        return
    words = ["--task", task, "--folder", folder, "--log", log, "--seed", str(seed), "--epochs", str(epochs), "--threads", "1"]
    subprocess.run([PROGRAM, *words, *(["--augment"] if kind == "augmented" else [])], stdout=subprocess.DEVNULL, check=True)
    print(f"{task}, {kind}, seed {seed}: {read_log(log)[-1]['val_accuracy']:.3f} at the end", file=sys.stderr)


def train_all(options, task, folder):
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(train, options, task, folder, kind, seed) for seed in options.seeds for kind in KINDS]
        for run in runs:
            run.result()


def draw(options, task):
    logs = [log_path(options, task, kind, seed) for kind in KINDS for seed in options.seeds]
    names = [kind for kind in KINDS for _ in options.seeds]
    for ending, look in (("", "--light"), ("_dark", "--dark")):
        subprocess.run([COMMAND, "plot", *logs, "--names", ",".join(names), "--metrics", "loss,accuracy", "--title", TITLES[task],
                        "--output", os.path.join(options.output, f"{task}{ending}.png"), "--width", "1000", "--height", "420", look], check=True)


def mean_and_range(values, form="{:.3f}"):
    return f"{form.format(statistics.mean(values))} ({form.format(min(values))} .. {form.format(max(values))})"


def table(options, task):
    """Means over the seeds, and the lowest and the highest."""
    lines = ["| | without | with |", "|---|---|---|"]
    runs = {kind: [read_log(log_path(options, task, kind, seed)) for seed in options.seeds] for kind in KINDS}
    rows = (
        ("validation accuracy, last epoch", lambda run: run[-1]["val_accuracy"]),
        ("mean of the last 10 epochs", lambda run: statistics.mean(epoch["val_accuracy"] for epoch in run[-10:])),
        ("of its best epoch", lambda run: max(epoch["val_accuracy"] for epoch in run)),
        ("validation loss, last epoch", lambda run: run[-1]["val_loss"]),
        ("lowest", lambda run: min(epoch["val_loss"] for epoch in run)),
        ("training accuracy, last epoch", lambda run: run[-1]["accuracy"]),
    )
    for name, value in rows:
        lines.append(f"| {name} | " + " | ".join(mean_and_range([value(run) for run in runs[kind]]) for kind in KINDS) + " |")
    best = [statistics.mean(1 + min(range(len(run)), key=lambda epoch: run[epoch]["val_loss"]) for run in runs[kind]) for kind in KINDS]
    lines.append("| epoch of the lowest validation loss | " + " | ".join(f"{epoch:.0f}" for epoch in best) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", help="folder for logs, curves and the table")
    parser.add_argument("--cats-and-dogs", help="folder with train/ and validation/")
    parser.add_argument("--cifar10", help="folder with train/ and test/, or a .tar.gz file of such a folder")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="of all trainings; left out: 60 and 30")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, a thread each (1)")
    options = parser.parse_args()
    tasks = {task: folder for task, folder in (("cats_and_dogs", options.cats_and_dogs), ("cifar10", options.cifar10)) if folder}
    if not tasks:
        parser.error("give --cats-and-dogs FOLDER, --cifar10 FOLDER, or both")
    os.makedirs(options.output, exist_ok=True)
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for task, folder in tasks.items():
            if os.path.isfile(folder):
                subprocess.run(["tar", "-xf", folder, "-C", scratch], check=True)
                folder = os.path.join(scratch, os.listdir(scratch)[0])
            train_all(options, task, folder)
            draw(options, task)
            results.append(table(options, task))
    with open(os.path.join(options.output, "results.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(results))
    print("\n".join(results))


if __name__ == "__main__":
    main()
