"""Metrics of Keras 3 over three updates, with and without sample weights: the result after each update."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402

SIZES = [8, 8, 3]


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def make_data(random):
    """kind -> list of (y_true, y_pred, weights), one per update."""
    data = {}

    def add(kind, make):
        data[kind] = [make(size) for size in SIZES]

    def classes(size):
        label = random.integers(0, 6, size=size)
        probabilities = softmax(random.normal(size=(size, 6)) + 1.5 * np.eye(6)[label] * random.integers(0, 2, size=(size, 1)))
        probabilities[0] = [0.3, 0.3, 0.1, 0.1, 0.1, 0.1]  # a tie: the first maximum wins
        return label, probabilities

    def sparse(size):
        label, probabilities = classes(size)
        return label.astype("int32"), probabilities, random.uniform(0, 2, size=size)

    def sparse_column(size):
        label, probabilities, weights = sparse(size)
        return label[:, None], probabilities, weights

    def one_hot(size):
        label, probabilities = classes(size)
        return np.eye(6)[label], probabilities, random.uniform(0, 2, size=size)

    def binary(size):
        y = random.integers(0, 2, size=(size, 1))
        p = np.clip(0.35 * y + random.uniform(0, 0.7, size=(size, 1)), 0, 1)
        p[0] = 0.5
        return y.astype("float32"), p, random.uniform(0, 2, size=size)

    def multi_binary(size):
        y = random.integers(0, 2, size=(size, 4))
        return y.astype("float32"), np.clip(0.35 * y + random.uniform(0, 0.7, size=(size, 4)), 0, 1), random.uniform(0, 2, size=size)

    def equal(size):
        y = random.integers(0, 3, size=(size, 2))
        return y.astype("float32"), np.where(random.uniform(size=(size, 2)) < 0.3, 1, y), random.uniform(0, 2, size=size)

    def sequence(size):
        label = random.integers(0, 6, size=(size, 4))
        weights = (np.arange(4)[None, :] < random.integers(1, 5, size=(size, 1))) * random.uniform(0.5, 2, size=(size, 4))
        return label.astype("int32"), softmax(random.normal(size=(size, 4, 6)) + np.eye(6)[label]), weights

    def real(size):
        y = random.normal(size=(size, 3))
        return y, y + 0.5 * random.normal(size=(size, 3)), random.uniform(0, 2, size=size)

    def positive(size):
        y = random.uniform(0.1, 3, size=(size, 3))
        return y, y * random.uniform(0.5, 1.5, size=(size, 3)), random.uniform(0, 2, size=size)

    def signs(size):
        y = np.sign(random.normal(size=(size, 3)))
        return y, y * 0.4 + random.normal(size=(size, 3)), random.uniform(0, 2, size=size)

    def label_maps(size):
        y = random.integers(0, 3, size=(size, 5))
        return y.astype("int32"), np.where(random.uniform(size=(size, 5)) < 0.3, 1, y).astype("int32"), random.uniform(0, 2, size=(size, 5))

    for kind, make in list(locals().items()):
        if callable(make) and kind not in ("add", "classes"):
            add(kind, make)
    return {kind: [tuple(common.as_stored(array) for array in update) for update in updates] for kind, updates in data.items()}


def cases():
    """(class, config, kind of data)"""
    yield "Accuracy", {}, "equal"
    yield "BinaryAccuracy", {}, "binary"
    yield "BinaryAccuracy", {"threshold": 0.3}, "binary"
    yield "BinaryAccuracy", {}, "multi_binary"
    yield "CategoricalAccuracy", {}, "one_hot"
    yield "SparseCategoricalAccuracy", {}, "sparse"
    yield "SparseCategoricalAccuracy", {}, "sparse_column"
    yield "SparseCategoricalAccuracy", {}, "sequence"
    for k in (5, 2, 1):
        yield "TopKCategoricalAccuracy", {"k": k}, "one_hot"
        yield "SparseTopKCategoricalAccuracy", {"k": k}, "sparse"
    yield "SparseTopKCategoricalAccuracy", {"k": 2}, "sequence"
    for name in ("MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCoshError", "CosineSimilarity"):
        yield name, {}, "real"
    for name in ("MeanSquaredLogarithmicError", "Poisson"):
        yield name, {}, "positive"
    for name in ("Hinge", "SquaredHinge"):
        yield name, {}, "signs"
    yield "CategoricalHinge", {}, "one_hot"
    yield "KLDivergence", {}, "one_hot"
    for config in ({}, {"label_smoothing": 0.1}):
        yield "BinaryCrossentropy", config, "multi_binary"
        yield "CategoricalCrossentropy", config, "one_hot"
    yield "BinaryCrossentropy", {"from_logits": True}, "multi_binary"
    yield "SparseCategoricalCrossentropy", {}, "sparse"
    yield "SparseCategoricalCrossentropy", {}, "sequence"
    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
        yield name, {}, "binary"
        yield name, {"thresholds": [0.2, 0.5, 0.8]}, "binary"
    for name in ("Precision", "Recall"):
        yield name, {}, "binary"
        yield name, {"thresholds": [0.2, 0.5, 0.8]}, "multi_binary"
        yield name, {"top_k": 2}, "one_hot"
        yield name, {"class_id": 1}, "multi_binary"
    for config in (
        {},
        {"num_thresholds": 20},
        {"curve": "PR"},
        {"curve": "PR", "summation_method": "minoring"},
        {"curve": "PR", "summation_method": "majoring"},
        {"summation_method": "minoring"},
        {"summation_method": "majoring"},
    ):
        yield "AUC", config, "binary"
    yield "AUC", {"multi_label": True, "num_labels": 4}, "multi_binary"
    yield "SensitivityAtSpecificity", {"specificity": 0.6}, "binary"
    yield "SpecificityAtSensitivity", {"sensitivity": 0.6}, "binary"
    yield "PrecisionAtRecall", {"recall": 0.6}, "binary"
    yield "RecallAtPrecision", {"precision": 0.6}, "binary"
    for average in (None, "micro", "macro", "weighted"):
        yield "F1Score", {"average": average}, "one_hot"
        yield "FBetaScore", {"average": average, "beta": 2.0, "threshold": 0.4}, "multi_binary"
    yield "MeanIoU", {"num_classes": 3}, "label_maps"
    yield "IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, "label_maps"
    yield "BinaryIoU", {"threshold": 0.4}, "multi_binary"
    yield "OneHotMeanIoU", {"num_classes": 6}, "one_hot"
    yield "OneHotIoU", {"num_classes": 6, "target_class_ids": [1, 3]}, "one_hot"
    for aggregation in (None, "uniform_average", "variance_weighted_average"):
        yield "R2Score", {"class_aggregation": aggregation}, "real"
    yield "PearsonCorrelation", {}, "real"
    yield "ConcordanceCorrelation", {}, "real"


# Keras counts these in integers: a weight of 0.7 would be cut to 0
NO_WEIGHTS = {"MeanIoU", "IoU", "BinaryIoU", "OneHotMeanIoU", "OneHotIoU"}


def main():
    data = make_data(np.random.default_rng(13))
    arrays = {}
    for kind, updates in data.items():
        for i, (y_true, y_pred, weights) in enumerate(updates):
            arrays.update({f"{kind}.true{i}": y_true, f"{kind}.pred{i}": y_pred, f"{kind}.weight{i}": weights})
    index = {"source": common.versions(), "updates": len(SIZES), "cases": []}
    number = 0
    for name, config, kind in cases():
        for weighted in (False, True):
            if weighted and name in NO_WEIGHTS:
                continue
            metric = getattr(keras.metrics, name)(**config)
            results = []
            for y_true, y_pred, weights in data[kind]:
                metric.update_state(y_true, y_pred, sample_weight=weights if weighted else None)
                results.append(np.asarray(metric.result()))
            key = f"case{number}"
            number += 1
            arrays[key + ".result"] = np.stack(results)
            index["cases"].append({"name": key, "class_name": name, "config": config, "data": kind, "weighted": weighted, "metric_name": metric.name})
    common.save_arrays("metrics", arrays)
    common.save_json("metrics", index)


main()
