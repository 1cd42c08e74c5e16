#!/usr/bin/env python3
"""What Keras's text_dataset_from_directory makes of a folder: values/text_folder.json.

The folder: files <class>/<number>.txt for 5 of "b", 4 of "a" and 3 of "c", each with its own path as text; a file that is no .txt; a folder in a class.
Each case: the arguments, and the (text, label) pairs: in order without shuffle, sorted with it, as Keras shuffles again.
"""
import copy
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common

common.choose_backend("tensorflow")
import keras

CASES = [{}, {"shuffle": False}, {"shuffle": False, "max_length": 3}, {"shuffle": False, "label_mode": "categorical"}, {"shuffle": False, "label_mode": None},
         {"shuffle": False, "labels": None, "label_mode": None}, {"shuffle": False, "class_names": ["c", "b", "a"]}, {"seed": 7, "validation_split": 0.25, "subset": "training"},
         {"seed": 7, "validation_split": 0.25, "subset": "validation"}, {"shuffle": False, "validation_split": 0.4, "subset": "validation"},
         {"shuffle": False, "labels": [5, 2, 2, 9, 5, 2, 2, 9, 5, 2, 2, 9]}, {"shuffle": False, "labels": [0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0], "label_mode": "categorical"},
         {"seed": 7, "validation_split": 0.25, "subset": "validation", "labels": [0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0], "label_mode": "binary"}]


def make_folder(root):
    for name, count in (("b", 5), ("a", 4), ("c", 3)):
        (root / name / "more").mkdir(parents=True)
        for number in range(count):
            path = root / name / ("more" if number == 1 else ".") / f"{number}.txt"
            path.write_text(path.relative_to(root).as_posix())
    (root / "a" / "notes.md").write_text("no text")


def pairs_of(dataset, labelled):
    for element in dataset.as_numpy_iterator():
        text, label = element if labelled else (element, None)
        yield [text.decode(), None if label is None else label.tolist()]


def main():
    cases = []
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        make_folder(root)
        for case in CASES:
            dataset = keras.utils.text_dataset_from_directory(root, batch_size=None, verbose=False, **copy.deepcopy(case))  # Keras shuffles a list of labels in place
            pairs = list(pairs_of(dataset, case.get("label_mode", "int") is not None))
            cases.append({"arguments": case, "pairs": pairs if case.get("shuffle") is False else sorted(pairs, key=str)})
    path = pathlib.Path(common.VALUES) / "text_folder.json"
    path.write_text(json.dumps({"source": common.versions(), "cases": cases}, indent=1) + "\n")


main()
