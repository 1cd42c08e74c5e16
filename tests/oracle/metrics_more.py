"""Options of metrics that `metrics.py` leaves as they are, over three updates, with and without sample weights."""

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

    def binary(size):
        y = random.integers(0, 2, size=(size, 1))
        return y, np.clip(0.35 * y + random.uniform(0, 0.7, size=(size, 1)), 0, 1), random.uniform(0, 2, size=size)

    def multi_binary(size):
        y = random.integers(0, 2, size=(size, 3))
        p = np.clip(0.35 * y + random.uniform(0, 0.7, size=(size, 3)), 0, 1)
        p[0] = [0.0, 0.5, 1.0]
        return y, p, random.uniform(0, 2, size=size)

    def logits(size):
        y = random.integers(0, 2, size=(size, 1))
        return y, y + random.normal(size=(size, 1)), random.uniform(0, 2, size=size)

    def one_hot(size):
        label = random.integers(0, 5, size=size)
        return np.eye(5)[label], softmax(random.normal(size=(size, 5)) + np.eye(5)[label]), random.uniform(0, 2, size=size)

    def sorted_ids(size):
        label = random.integers(0, 5, size=size)
        return label, np.stack([random.permutation(5) for _ in range(size)]), random.uniform(0, 2, size=size)

    def ignored(size):
        label = random.integers(-1, 4, size=(size, 3))
        return label, softmax(random.normal(size=(size, 3, 4))), random.uniform(0, 2, size=(size, 3))

    def scores(size):
        return random.integers(0, 3, size=(size, 4)), random.uniform(size=(size, 4, 3)), np.ones((size, 4))

    def label_maps(size):
        y = random.integers(0, 4, size=(size, 5))
        return y, np.where(random.uniform(size=(size, 5)) < 0.4, 1, y), np.ones((size, 5))

    def real(size):
        y = random.normal(size=(size, 3, 4))
        return y, y + 0.5 * random.normal(size=(size, 3, 4)), random.uniform(0, 2, size=(size, 4))

    kinds = dict(locals())
    kinds.pop("random")
    return {kind: [tuple(common.as_stored(np.asarray(a, "float32")) for a in make(size)) for size in SIZES] for kind, make in kinds.items()}


# the weights are all 1 there, or have another shape
NO_WEIGHTS = {"scores", "label_maps"}


def cases():
    for method in ("interpolation", "minoring", "majoring"):
        yield "AUC", {"curve": "PRGAIN", "summation_method": method}, "binary"
    yield "AUC", {"curve": "PRGAIN", "multi_label": True, "num_thresholds": 30}, "multi_binary"
    for curve in ("ROC", "PR", "PRGAIN"):
        yield "AUC", {"curve": curve, "thresholds": [0.2, 0.5, 0.8]}, "binary"
        yield "AUC", {"curve": curve, "multi_label": True, "label_weights": [0.5, 2.0, 1.0]}, "multi_binary"
    yield "AUC", {"label_weights": [0.5, 2.0, 1.0]}, "multi_binary"
    yield "AUC", {"from_logits": True}, "logits"
    for name in ("TruePositives", "FalseNegatives"):
        yield name, {"thresholds": [0.0, 0.5, 1.0]}, "multi_binary"
    for name in ("Precision", "Recall"):
        yield name, {"thresholds": 0.3}, "binary"
        yield name, {"thresholds": [0.0, 0.5]}, "multi_binary"
        yield name, {"top_k": 2, "class_id": 1}, "one_hot"
        yield name, {"top_k": 3, "thresholds": [0.1, 0.3]}, "one_hot"
    yield "SensitivityAtSpecificity", {"specificity": 0.4, "num_thresholds": 50, "class_id": 1}, "multi_binary"
    yield "SpecificityAtSensitivity", {"sensitivity": 0.9, "num_thresholds": 20}, "multi_binary"
    yield "PrecisionAtRecall", {"recall": 0.9, "num_thresholds": 1}, "binary"
    yield "RecallAtPrecision", {"precision": 0.4, "class_id": 2}, "multi_binary"
    for k in (1, 3):
        yield "SparseTopKCategoricalAccuracy", {"k": k, "from_sorted_ids": True}, "sorted_ids"
    yield "SparseCategoricalCrossentropy", {"ignore_class": -1}, "ignored"
    yield "BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "logits"
    yield "CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "one_hot"
    yield "CosineSimilarity", {"axis": 1}, "real"
    for average in (None, "macro"):
        yield "F1Score", {"average": average, "threshold": 0.3}, "multi_binary"
        yield "FBetaScore", {"average": average, "beta": 0.5}, "one_hot"
    yield "MeanIoU", {"num_classes": 4, "ignore_class": 0}, "label_maps"
    yield "MeanIoU", {"num_classes": 3, "sparse_y_pred": False}, "scores"
    yield "IoU", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False}, "scores"
    yield "OneHotIoU", {"num_classes": 5, "target_class_ids": [0, 4], "ignore_class": 1}, "one_hot"
    yield "OneHotMeanIoU", {"num_classes": 5, "ignore_class": 2}, "one_hot"
    yield "BinaryIoU", {"target_class_ids": [1], "threshold": 0.7}, "multi_binary"
    yield "PearsonCorrelation", {"axis": 1}, "real"


def main():
    data = make_data(np.random.default_rng(43))
    arrays = {}
    for kind, updates in data.items():
        for i, (y_true, y_pred, weights) in enumerate(updates):
            arrays.update({f"{kind}.true{i}": y_true, f"{kind}.pred{i}": y_pred, f"{kind}.weight{i}": weights})
    index = {"source": common.versions(), "updates": len(SIZES), "cases": []}
    for name, config, kind in cases():
        for weighted in (False, True):
            if weighted and (kind in NO_WEIGHTS or "IoU" in name):
                continue
            if kind == "ignored" and not weighted:
                continue  # Keras counts what is ignored as a loss of 0, unless there are weights
            metric = getattr(keras.metrics, name)(**config)
            results = []
            for y_true, y_pred, weights in data[kind]:
                metric.update_state(y_true, y_pred, sample_weight=weights if weighted else None)
                results.append(np.asarray(metric.result()))
            key = f"case{len(index['cases'])}"
            arrays[key + ".result"] = np.stack(results)
            index["cases"].append({"name": key, "class_name": name, "config": config, "data": kind, "weighted": weighted})
    common.save_arrays("metrics_more", arrays)
    common.save_json("metrics_more", index)


main()
