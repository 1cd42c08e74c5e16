"""Masks: what they do to layers, loss, metrics and training. Small models given as JSON, with fixed weights and batches.

For each: output of predict, the logs of test_on_batch, then the logs of six train_on_batch calls with SGD(0.1) and the weights after them.
"""

import numpy as np

import common

common.choose_backend("jax")

import keras  # noqa: E402
from keras import layers as L  # noqa: E402

STEPS = 6


def sequence_data(random):
    x = random.normal(size=(5, 6, 3)).astype("float32")
    for row, length in enumerate((6, 3, 4, 1, 2)):
        x[row, length:] = 0.0
    x[2, 1] = 0.0  # a hole in the middle
    return x


def words(random):
    x = random.integers(1, 9, size=(5, 6)).astype("int32")
    for row, length in enumerate((6, 3, 4, 1, 2)):
        x[row, length:] = 0
    return x


def masking_dense(random):
    model = keras.Sequential([keras.Input((6, 3)), L.Masking(), L.Dense(4, activation="tanh"), L.Dense(2)])
    return model, sequence_data(random), random.normal(size=(5, 6, 2)), "mse", ["mae"], None


def masking_value(random):
    x = sequence_data(random)
    x[x == 0.0] = -1.0
    model = keras.Sequential([keras.Input((6, 3)), L.Masking(mask_value=-1.0), L.Dense(2)])
    return model, x, random.normal(size=(5, 6, 2)), "mse", ["mae"], None


def masking_weighted(random):
    model, x, y, loss, metrics, _ = masking_dense(random)
    return model, x, y, loss, metrics, random.uniform(0.5, 2, size=(5, 6)).astype("float32")


def masking_pooled(random):
    model = keras.Sequential([keras.Input((6, 3)), L.Masking(), L.Dense(4, activation="relu"), L.GlobalAveragePooling1D(), L.Dense(2)])
    return model, sequence_data(random), random.normal(size=(5, 2)), "mse", ["mae"], None


def embedding_classes(random):
    model = keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), L.Dense(3, activation="softmax")])
    return model, words(random), random.integers(0, 3, size=(5, 6)).astype("int32"), "sparse_categorical_crossentropy", ["accuracy"], None


def embedding_pooled(random):
    model = keras.Sequential(
        [keras.Input((6,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(1, activation="sigmoid")]
    )
    return model, words(random), random.integers(0, 2, size=(5, 1)).astype("float32"), "binary_crossentropy", ["accuracy"], None


def batch_norm_masked(random):
    model = keras.Sequential([keras.Input((6, 3)), L.Masking(), L.BatchNormalization(momentum=0.8), L.Dense(2)])
    return model, sequence_data(random), random.normal(size=(5, 6, 2)), "mse", ["mae"], None


def concatenate_masks(random):
    a = keras.Input((6,), dtype="int32", name="a")
    one, two = L.Embedding(9, 2, mask_zero=True, name="one")(a), L.Embedding(9, 3, mask_zero=True, name="two")(a)
    model = keras.Model(a, L.Dense(2, name="out")(L.Concatenate(name="join")([one, two])))
    return model, words(random), random.normal(size=(5, 6, 2)), "mse", ["mae"], None


CASES = [masking_dense, masking_value, masking_weighted, masking_pooled, embedding_classes, embedding_pooled, batch_norm_masked, concatenate_masks]


def main():
    arrays, index = {}, {"source": common.versions(), "steps": STEPS, "learning_rate": 0.1, "cases": []}
    for number, make in enumerate(CASES):
        keras.backend.clear_session()
        random = np.random.default_rng(100 + number)
        model, x, y, loss, metrics, weights = make(random)
        y = common.as_stored(y)
        name = make.__name__
        start = []
        for variable in model.weights:
            positive = variable.name in ("gamma", "moving_variance")
            start.append((random.uniform(0.5, 1.5, size=variable.shape) if positive else 0.5 * random.normal(size=variable.shape)).astype("float32"))
        model.set_weights(start)
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=metrics, weighted_metrics=[] if weights is None else ["mse"])
        arrays.update({f"{name}.x": x, f"{name}.y": y, f"{name}.predict": model.predict_on_batch(x)})
        if weights is not None:
            arrays[f"{name}.sample_weight"] = weights
        arrays.update({f"{name}.initial{i}": weight for i, weight in enumerate(start)})
        test = model.test_on_batch(x, y, sample_weight=weights, return_dict=True)
        logs = [model.train_on_batch(x, y, sample_weight=weights, return_dict=True) for _ in range(STEPS)]
        for key in test:
            arrays[f"{name}.test.{key}"] = np.float32(test[key])
            arrays[f"{name}.train.{key}"] = np.array([log[key] for log in logs], dtype="float32")
        arrays.update({f"{name}.final{i}": weight for i, weight in enumerate(model.get_weights())})
        index["cases"].append({"name": name, "loss": loss, "metrics": metrics, "weighted_metrics": [] if weights is None else ["mse"], "logs": sorted(test), "weights": [v.path for v in model.weights], "model": model.to_json()})
    common.save_arrays("masking", arrays)
    common.save_json("masking", index)


main()
