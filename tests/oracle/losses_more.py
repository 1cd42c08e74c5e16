"""CTC on labels of all lengths; losses behind a mask; and every loss where a prediction is not finite: the value of each sample."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

NOT_FINITE = [np.nan, np.inf, -np.inf]


def make_data(random):
    label = np.array([0, 3, 2, 1])
    data = {
        "real_true": random.normal(size=(4, 4)),
        "real_pred": random.normal(size=(4, 4)),
        "bits_true": random.integers(0, 2, size=(4, 4)),
        "share_pred": random.uniform(0.05, 0.95, size=(4, 4)),
        "one_hot": np.eye(4)[label],
        "label": label,
        "ctc_label": np.array([[1, 2, 2, 3], [4, 0, 0, 0], [0, 0, 0, 0], [3, 3, 0, 0], [1, 2, 3, 4]]),
        "ctc_logits": random.normal(scale=2.0, size=(5, 5, 6)),
        "ctc_long_logits": random.normal(scale=3.0, size=(5, 60, 6)),
        "ctc_weight": np.array([1.0, 0.5, 2.0, 0.0, 1.5]),
        "sequence_label": random.integers(0, 4, size=(4, 3)),
        "sequence_one_hot": np.eye(4)[random.integers(0, 4, size=(4, 3))],
        "sequence_true": random.normal(size=(4, 3, 4)),
        "sequence_pred": random.uniform(0.05, 0.95, size=(4, 3, 4)),
        "sequence_weight": random.uniform(0.5, 2.0, size=(4, 3)),
        "mask": np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0], [1, 0, 0]]),
    }
    return {key: value.astype("int32" if "label" in key else "float32") for key, value in data.items()}


def ctc_cases():
    for logits in ("ctc_logits", "ctc_long_logits"):
        yield "CTC", {}, "ctc_label", logits, None, None
    for reduction in ("sum", "mean_with_sample_weight"):
        yield "CTC", {"reduction": reduction}, "ctc_label", "ctc_logits", "ctc_weight", None


def masked_cases():
    for weights in (None, "sequence_weight"):
        for name in ("BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "KLDivergence", "CategoricalHinge"):
            yield name, {}, "sequence_one_hot", "sequence_pred", weights, "mask"
        for name in ("CategoricalGeneralizedCrossEntropy", "SparseCategoricalCrossentropy"):
            yield name, {}, "sequence_label", "sequence_pred", weights, "mask"
        for name in ("Huber", "LogCosh", "CosineSimilarity"):
            yield name, {}, "sequence_true", "sequence_pred", weights, "mask"
        yield "Huber", {"reduction": "mean_with_sample_weight"}, "sequence_true", "sequence_pred", weights, "mask"
        yield "LogCosh", {"reduction": "sum"}, "sequence_true", "sequence_pred", weights, "mask"


def not_finite_cases():
    for name in ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCosh", "Huber", "CosineSimilarity"):
        yield name, "real_true", "real_pred"
    for name in ("Hinge", "SquaredHinge", "BinaryCrossentropy", "BinaryFocalCrossentropy", "Poisson", "MeanSquaredLogarithmicError"):
        yield name, "bits_true", "share_pred"
    for name in ("CategoricalHinge", "KLDivergence", "CategoricalCrossentropy", "CategoricalFocalCrossentropy"):
        yield name, "one_hot", "share_pred"
    for name in ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"):
        yield name, "label", "share_pred"


def main():
    data = make_data(np.random.default_rng(41))
    arrays = dict(data)
    index = {"source": common.versions(), "cases": [], "not_finite": []}
    for number, (name, config, target, prediction, weights, mask) in enumerate([*ctc_cases(), *masked_cases()]):
        loss = getattr(keras.losses, name)(**config)
        y_pred = tf.constant(data[prediction])
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            masked = tf.identity(y_pred)
            if mask:
                keras.src.backend.set_keras_mask(masked, tf.constant(data[mask] != 0))
            value = loss(data[target], masked, sample_weight=None if weights is None else data[weights])
        key = f"case{number}"
        arrays[key + ".value"], arrays[key + ".gradient"] = value.numpy(), tape.gradient(value, y_pred).numpy()
        index["cases"].append(
            {"name": key, "class_name": name, "config": config, "y_true": target, "y_pred": prediction, "sample_weight": weights, "mask": mask}
        )
    for number, (name, target, prediction) in enumerate(not_finite_cases()):
        values = []
        for special in NOT_FINITE:
            y_pred = data[prediction].copy()
            y_pred[1, 3] = special
            values.append(getattr(keras.losses, name)(reduction="none")(data[target], y_pred).numpy())
        key = f"not_finite{number}"
        arrays[key + ".value"] = np.stack(values)
        index["not_finite"].append({"name": key, "class_name": name, "config": {}, "y_true": target, "y_pred": prediction})
    common.save_arrays("losses_more", arrays)
    common.save_json("losses_more", index)


main()
