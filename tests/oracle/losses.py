"""Every loss of Keras 3 with its options, reductions and sample weights: value, and gradient of the summed value."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

WEIGHTS = ["none", "sample"]


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def make_data(random):
    """Named arrays: targets and predictions of the kinds that losses take."""
    label = np.array([0, 3, 2, 1, 3, 0, 2])
    logits = random.normal(scale=2.0, size=(7, 4))
    logits[5] = [30.0, -30.0, 0.0, 5.0]
    probabilities = softmax(logits)
    probabilities[4] = [0.0, 0.0, 0.0, 1.0]
    probabilities[6] = [1.0, 0.0, 0.0, 0.0]
    probabilities[3] = [0.2, 0.9, 0.4, 0.3]  # does not sum to one
    binary = random.uniform(0.02, 0.98, size=(7, 4))
    binary[0, :2], binary[1, 1:3] = [0.0, 1.0], [1.0, 0.0]
    sequence_logits = random.normal(size=(3, 4, 5))
    data = {
        "real_true": random.normal(size=(7, 4)),
        "real_pred": random.normal(size=(7, 4)) * 2.0,
        "column_true": random.normal(size=(7, 1)),
        "column_pred": random.normal(size=(7, 1)),
        "positive_true": random.uniform(0.0, 3.0, size=(7, 4)),
        "positive_pred": random.uniform(0.1, 3.0, size=(7, 4)),
        "sign_true": np.sign(random.normal(size=(7, 4))),
        "bits_true": random.integers(0, 2, size=(7, 4)),
        "binary_pred": binary,
        "binary_logits": random.normal(scale=3.0, size=(7, 4)),
        "label": label,
        "label_column": label[:, None],
        "label_ignored": np.array([0, -1, 2, 1, -1, 0, 2]),
        "one_hot": np.eye(4)[label],
        "soft_target": softmax(random.normal(size=(7, 4))),
        "class_probabilities": probabilities,
        "class_logits": logits,
        "sequence_label": random.integers(0, 5, size=(3, 4)),
        "sequence_logits": sequence_logits,
        "sequence_probabilities": softmax(sequence_logits),
        "sequence_one_hot": np.eye(5)[random.integers(0, 5, size=(3, 4))],
        "image_true": random.integers(0, 2, size=(2, 4, 4, 3)),
        "image_pred": random.uniform(0.0, 1.0, size=(2, 4, 4, 3)),
        "ctc_label": np.array([[1, 2, 2, 0], [3, 1, 0, 0]]),
        "ctc_logits": random.normal(size=(2, 8, 5)),
        "sample_weight": np.array([0.5, 2.0, 0.0, 1.0, 1.5, 0.25, 3.0]),
        "sequence_weight": np.array([[1, 1, 0, 0], [1, 0.5, 2, 0], [0, 0, 0, 1.0]]),
    }
    return {key: value.astype("int32" if "label" in key else "float32") for key, value in data.items()}


def cases():
    """(class, config, target, prediction, weights)"""
    real = [
        ("MeanSquaredError", {}),
        ("MeanAbsoluteError", {}),
        ("MeanAbsolutePercentageError", {}),
        ("LogCosh", {}),
        ("Huber", {}),
        ("Huber", {"delta": 0.5}),
        ("CosineSimilarity", {}),
        ("CosineSimilarity", {"axis": 0}),
    ]
    for name, config in real:
        yield name, config, "real_true", "real_pred", None
    for name, config in real[:2] + real[4:5]:
        for reduction in ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"):
            for weights in (None, "sample_weight"):
                yield name, {**config, "reduction": reduction}, "real_true", "real_pred", weights
    yield "MeanSquaredError", {}, "column_true", "column_pred", None
    yield "MeanSquaredError", {}, "column_true", "column_pred", "sample_weight"
    for name in ("MeanSquaredLogarithmicError", "MeanAbsolutePercentageError", "Poisson"):
        yield name, {}, "positive_true", "positive_pred", None
    for name in ("Hinge", "SquaredHinge"):
        yield name, {}, "sign_true", "real_pred", None
        yield name, {}, "bits_true", "real_pred", None
    yield "CategoricalHinge", {}, "one_hot", "class_logits", None
    yield "KLDivergence", {}, "soft_target", "class_probabilities", None
    for config in ({}, {"label_smoothing": 0.1}, {"reduction": "none"}):
        for weights in (None, "sample_weight"):
            yield "BinaryCrossentropy", config, "bits_true", "binary_pred", weights
            yield "BinaryCrossentropy", {**config, "from_logits": True}, "bits_true", "binary_logits", weights
            yield "CategoricalCrossentropy", config, "one_hot", "class_probabilities", weights
            yield "CategoricalCrossentropy", {**config, "from_logits": True}, "one_hot", "class_logits", weights
    yield "CategoricalCrossentropy", {}, "soft_target", "class_probabilities", None
    yield "CategoricalCrossentropy", {"from_logits": True}, "soft_target", "class_logits", None
    yield "CategoricalCrossentropy", {"axis": 0}, "one_hot", "class_probabilities", None
    for config in ({}, {"reduction": "none"}, {"reduction": "sum"}):
        for weights in (None, "sample_weight"):
            yield "SparseCategoricalCrossentropy", config, "label", "class_probabilities", weights
            yield "SparseCategoricalCrossentropy", {**config, "from_logits": True}, "label", "class_logits", weights
    yield "SparseCategoricalCrossentropy", {}, "label_column", "class_probabilities", None
    yield "SparseCategoricalCrossentropy", {"ignore_class": -1}, "label_ignored", "class_probabilities", None
    yield "SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}, "label_ignored", "class_logits", None
    for weights in (None, "sequence_weight"):
        yield "SparseCategoricalCrossentropy", {}, "sequence_label", "sequence_probabilities", weights
        yield "SparseCategoricalCrossentropy", {"from_logits": True}, "sequence_label", "sequence_logits", weights
        yield "CategoricalCrossentropy", {"from_logits": True}, "sequence_one_hot", "sequence_logits", weights
        yield "MeanSquaredError", {}, "sequence_one_hot", "sequence_logits", weights
    for config in ({}, {"apply_class_balancing": True}, {"gamma": 1.0, "alpha": 0.4, "label_smoothing": 0.2}):
        yield "BinaryFocalCrossentropy", config, "bits_true", "binary_pred", None
        yield "BinaryFocalCrossentropy", {**config, "from_logits": True}, "bits_true", "binary_logits", None
    for config in ({}, {"gamma": 1.0, "alpha": 0.5, "label_smoothing": 0.2}):
        yield "CategoricalFocalCrossentropy", config, "one_hot", "class_probabilities", None
        yield "CategoricalFocalCrossentropy", {**config, "from_logits": True}, "one_hot", "class_logits", None
    for config in ({}, {"axis": (1, 2)}):
        yield "Dice", config, "image_true", "image_pred", None
        yield "Tversky", config, "image_true", "image_pred", None
    yield "Tversky", {"alpha": 0.3, "beta": 0.7}, "image_true", "image_pred", None
    yield "Circle", {}, "label", "real_pred", None
    yield "CategoricalGeneralizedCrossEntropy", {}, "label", "class_probabilities", None
    yield "CTC", {}, "ctc_label", "ctc_logits", None


def main():
    data = make_data(np.random.default_rng(11))
    arrays = dict(data)
    index = {"source": common.versions(), "cases": []}
    for number, (name, config, target, prediction, weights) in enumerate(cases()):
        loss = getattr(keras.losses, name)(**config)
        y_pred = tf.constant(data[prediction])
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(data[target], y_pred, sample_weight=None if weights is None else data[weights])
            total = tf.reduce_sum(value)
        gradient = tape.gradient(total, y_pred).numpy()
        key = f"case{number}"
        arrays[key + ".value"], arrays[key + ".gradient"] = value.numpy(), gradient
        if not (np.isfinite(gradient).all() and np.isfinite(value.numpy()).all()):
            print(f"{key} {name} {config}: not finite")
        index["cases"].append(
            {"name": key, "class_name": name, "config": config, "y_true": target, "y_pred": prediction, "sample_weight": weights}
        )
    common.save_arrays("losses", arrays)
    common.save_json("losses", index)


main()
