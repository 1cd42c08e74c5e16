"""Names of logs and of the history in Keras 3, by what compile was given: writes log_keys.json. Keras sorts them; so does this file."""

import common

common.choose_backend("tensorflow")

import keras
import numpy as np

MSE, MAE, BCE = "mean_squared_error", "mean_absolute_error", "binary_crossentropy"
CASES = [
    {"outputs": 1, "loss": MSE},
    {"outputs": 1, "loss": "mse", "metrics": ["mae"]},
    {"outputs": 1, "loss": MSE, "metrics": [MAE, "mse"], "weighted_metrics": ["mae"]},
    {"outputs": 1, "loss": MSE, "metrics": ["mae"], "weighted_metrics": ["mae"]},
    {"outputs": 1, "loss": BCE, "metrics": ["accuracy"]},
    {"outputs": 1, "loss": BCE, "metrics": ["acc", "bce"], "weighted_metrics": ["acc"]},
    {"outputs": 2, "loss": MSE},
    {"outputs": 2, "loss": [MSE, MAE], "metrics": {"left": ["mae"]}},
    {"outputs": 2, "loss": {"left": MSE, "right": BCE}, "metrics": {"left": ["mae", "mse"], "right": ["accuracy"]}},
    {"outputs": 2, "loss": {"left": MSE, "right": BCE}, "weighted_metrics": {"right": ["accuracy"]}},
    {"outputs": 2, "loss": {"left": MSE, "right": BCE}, "metrics": {"right": ["acc"]}, "weighted_metrics": {"right": ["acc"], "left": ["mae"]}},
]


class Names(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = {}

    def note(self, hook, logs):
        self.seen[hook] = sorted(logs or {})

    def on_train_batch_end(self, batch, logs=None):
        self.note("on_train_batch_end", logs)

    def on_test_batch_end(self, batch, logs=None):
        self.note("on_test_batch_end", logs)

    def on_epoch_end(self, epoch, logs=None):
        self.note("on_epoch_end", logs)


def names(case):
    x = keras.Input((4,), name="x")
    outputs = [keras.layers.Dense(1, activation="sigmoid", name=name)(x) for name in ("left", "right")[: case["outputs"]]]
    model = keras.Model(x, outputs)
    model.compile("sgd", **{key: value for key, value in case.items() if key != "outputs"})
    rows = np.arange(24, dtype="float32").reshape(6, 4) / 24
    target = np.array([[0], [1], [0], [1], [1], [0]], "float32")
    y = target if case["outputs"] == 1 else {"left": target, "right": target}
    callback = Names()
    history = model.fit(rows, y, batch_size=3, validation_data=(rows, y), verbose=0, callbacks=[callback])
    return case | {"names": callback.seen | {"history": sorted(history.history)}}


common.save_json("log_keys", {"source": common.versions(), "cases": [names(case) for case in CASES]})
