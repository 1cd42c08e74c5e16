"""Decisions of the callbacks of Keras 3, and of Keras 2 by tf-keras, on given values: writes callbacks.json.

A value that is not finite stands as the string "nan", "inf" or "-inf"; null: the epoch has no such value.
"""

import contextlib
import io
import os
import random
import tempfile
import warnings

import common

common.choose_backend("tensorflow")
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import keras
import tensorflow as tf
import tf_keras

warnings.simplefilter("ignore")
EPOCHS = 12


class Optimizer:
    """learning_rate for Keras 3, lr for Keras 2."""

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.lr = tf.Variable(learning_rate, dtype=tf.float64)


class Model:
    """As much of a model as these callbacks look at. Its weights are the number of the epoch in hand."""

    def __init__(self, learning_rate=1.0):
        self.optimizer = Optimizer(learning_rate)
        self.stop_training = False
        self.metrics = []
        self.epoch = 0
        self.restored = None
        self.saved = []
        self.distribute_strategy = tf.distribute.get_strategy()

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights

    def save_weights(self, path, overwrite=True, options=None):
        self.saved.append(os.path.basename(path).removesuffix(".weights.h5"))


def logs_of(value):
    return {"loss": 1.0} if value is None else {"loss": 1.0, "score": float(value)}


# --- Sequences of values ---


def sequences():
    """Crafted ones, then random ones with ties, gaps and values that are no numbers."""
    yield [5, 4, 3, 3.5, 3.1, 3, 2, 1, 0.5, 0.2]
    yield [5, 4, 4, 4.5, 4, 3.99995, 3, 3, 3, 3, 3, 3]
    yield [1] * EPOCHS
    yield [0.1 * i for i in range(EPOCHS)]
    yield [5, None, 6, None, 7, 8, 9, 9]
    yield [None, None, 3, 4, 5, 6]
    yield [3, "nan", 2, "nan", "nan", "nan", 1]
    yield ["nan", 3, 2, 1, 1, 1]
    yield ["inf", "inf", 3, "inf", 2, 2, 2]
    yield [3, "-inf", 2, 1, 0]
    yield [1, 2]
    source = random.Random(20261121)
    for _ in range(30):
        values = []
        for _ in range(EPOCHS):
            draw = source.random()
            values.append(None if draw < 0.08 else "nan" if draw < 0.14 else round(source.uniform(0, 2), source.choice([0, 1, 3])))
        yield values


SEQUENCES = [[round(v, 4) if isinstance(v, float) else v for v in values] for values in sequences()]

# --- EarlyStopping ---

STOPPING = [
    {"patience": 0},
    {"patience": 2},
    {"patience": 3, "restore_best_weights": True},
    {"patience": 1, "mode": "max", "restore_best_weights": True},
    {"patience": 2, "min_delta": 0.5},
    {"patience": 2, "baseline": 1.0, "restore_best_weights": True},
    {"patience": 3, "baseline": 0.1},
    {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
    {"patience": 2, "start_from_epoch": 2, "baseline": 2.5, "min_delta": 0.2, "mode": "max"},
]


def stop(library, values, options):
    callback = library.callbacks.EarlyStopping(monitor="score", **({"mode": "min"} | options))
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_end(epoch, logs_of(value))
        if model.stop_training:
            break
    callback.on_train_end()
    return {"epochs": epoch + 1, "stopped_epoch": callback.stopped_epoch, "best_epoch": callback.best_epoch, "restored": model.restored}


# --- ReduceLROnPlateau ---

PLATEAU = [
    {"factor": 0.5, "patience": 2},
    {"factor": 0.5, "patience": 2, "cooldown": 2},
    {"factor": 0.5, "patience": 2, "min_delta": 0},
    {"factor": 0.1, "patience": 1, "min_lr": 0.05},
    {"factor": 0.5, "patience": 3, "mode": "max"},
    {"factor": 0.2, "patience": 1, "cooldown": 1, "min_delta": 0.3, "min_lr": 0.001},
    {"factor": 0.5, "patience": 0},
]


def rates(library, values, options):
    """The learning rate that each epoch ran with."""
    callback = library.callbacks.ReduceLROnPlateau(monitor="score", **({"mode": "min"} | options))
    callback.set_model(Model())
    callback.on_train_begin()
    seen = []
    for epoch, value in enumerate(values):
        logs = logs_of(value)
        callback.on_epoch_end(epoch, logs)
        seen.append(float(logs["learning_rate" if library is keras else "lr"]))
    return seen


# --- ModelCheckpoint ---

CHECKPOINT = [
    {"name": "w"},
    {"name": "w.{epoch:02d}-{score:.2f}"},
    {"name": "w.{epoch}-{score:.4e}", "save_best_only": True},
    {"name": "{score:08.3f}_{epoch:04d}", "save_best_only": True, "mode": "max"},
    {"name": "b{epoch:03d}", "save_best_only": True, "initial_value_threshold": 1.0},
    {"name": "{score}", "save_best_only": True},
    {"name": "{score:g}-{epoch}"},
    {"name": "{score:+07.1%}_{score:06F}_{score:+05}_{epoch}"},
]


def checkpoints(library, values, options):
    """What each epoch saves: a name or nothing."""
    given = {key: value for key, value in options.items() if key != "name"}
    path = os.path.join(tempfile.gettempdir(), options["name"] + ".weights.h5")
    callback = library.callbacks.ModelCheckpoint(path, monitor="score", save_weights_only=True, **({"mode": "min"} | given))
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    saves = []
    for epoch, value in enumerate(values):
        before = len(model.saved)
        if library is not keras:
            callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs_of(value))
        saves.append(model.saved[-1] if len(model.saved) > before else None)
    return saves


def batch_checkpoints(save_freq, steps, epochs):
    """Names saved after batches."""
    callback = keras.callbacks.ModelCheckpoint("{epoch}-{batch:02d}.weights.h5", save_weights_only=True, save_freq=save_freq)
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(epochs):
        callback.on_epoch_begin(epoch)
        for batch in range(steps):
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    return model.saved


# --- CSVLogger ---

LOGS = [
    [{"loss": 0.5, "acc": 0.25, "val_loss": 1.5}, {"loss": 0.25, "acc": 0.5, "val_loss": 1e-05}],
    [{"loss": 1, "a": 1e16}, {"loss": 0.1, "a": 123456.789, "val_loss": 3.0, "val_a": 2.5}, {"loss": 0.001, "a": 2e-07}],
    [{"b": "nan", "a": "inf", "c": "-inf"}, {"b": 1.5, "a": -0.0, "c": 1e22}, {"a": 100.0}],
    [{"z": 0.1}, {"z": 0.2, "new": 7.0}],
]


def csv(logs, separator, append):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.csv")
        for _ in range(2 if append else 1):
            callback = keras.callbacks.CSVLogger(path, separator=separator, append=append)
            callback.on_train_begin()
            for epoch, values in enumerate(logs):
                callback.on_epoch_end(epoch, {key: float(value) for key, value in values.items()})
            callback.on_train_end()
        with open(path, newline="") as file:
            return file.read()


# --- LearningRateScheduler, TerminateOnNaN ---


def scheduled(rate, factor, epochs):
    callback = keras.callbacks.LearningRateScheduler(lambda epoch, learning_rate: learning_rate * factor if epoch % 2 else learning_rate)
    callback.set_model(Model(rate))
    seen = []
    for epoch in range(epochs):
        logs = {"loss": 1.0}  # an empty one would be replaced
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs)
        seen.append(logs["learning_rate"])
    return seen


def terminated(losses):
    callback = keras.callbacks.TerminateOnNaN()
    model = Model()
    callback.set_model(model)
    printed = io.StringIO()
    batches = 0
    with contextlib.redirect_stdout(printed):
        for batch, loss in enumerate(losses):
            callback.on_batch_end(batch, {"loss": float(loss)})
            batches += 1
            if model.stop_training:
                break
    return {"losses": losses, "batches": batches, "printed": printed.getvalue()}


def both(decide, options):
    """For each sequence what Keras 3 does, and what Keras 2 does where that is something else."""
    cases = []
    for choice in options:
        for values in SEQUENCES:
            if decide is checkpoints and None in values:
                continue  # a name cannot be formatted
            wanted = decide(keras, values, choice)
            case = {"options": choice, "values": values, "keras3": wanted}
            earlier = decide(tf_keras, values, choice)
            if earlier != wanted:
                case["keras2"] = earlier
            cases.append(case)
    return cases


common.save_json(
    "callbacks",
    {
        "source": common.versions() | {"tf_keras": tf_keras.__version__},
        "early_stopping": both(stop, STOPPING),
        "reduce_lr_on_plateau": both(rates, PLATEAU),
        "model_checkpoint": both(checkpoints, CHECKPOINT),
        "model_checkpoint_batches": [
            {"save_freq": freq, "steps": 4, "epochs": 3, "keras3": batch_checkpoints(freq, 4, 3)} for freq in (1, 2, 3, 5, 7)
        ],
        "csv_logger": [
            {"logs": logs, "separator": separator, "append": append, "keras3": csv(logs, separator, append)}
            for logs in LOGS
            for separator, append in ((",", False), (";", False), (",", True))
        ],
        "learning_rate_scheduler": [{"rate": rate, "factor": factor, "keras3": scheduled(rate, factor, 8)} for rate, factor in ((1.0, 0.5), (0.01, 0.9))],
        "terminate_on_nan": [terminated(losses) for losses in ([1, 2, "nan", 1], [1, "inf", 1], ["-inf", 1], [1, 2, 3, 4])],
    },
)
