"""Decisions of Keras 3's callbacks for given values, as in tests/train/test_callbacks*.c. Prints them; run with the oracle's Python."""
import math
import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras

NOTHING = math.nan


class Optimizer:
    learning_rate = 1.0


class Model:
    """As much of a model as these callbacks look at."""

    def __init__(self):
        self.optimizer = Optimizer()
        self.stop_training = False
        self.metrics = []


def logs_of(value):
    return {"loss": 1.0} if math.isnan(value) else {"loss": 1.0, "score": value}


def rates(values, **options):
    """The learning rate that each epoch ran with."""
    callback = keras.callbacks.ReduceLROnPlateau(monitor="score", **({"mode": "min"} | options))
    callback.set_model(Model())
    callback.on_train_begin()
    seen = []
    for epoch, value in enumerate(values):
        logs = logs_of(value)
        callback.on_epoch_end(epoch, logs)
        seen.append(logs["learning_rate"])
    print("ReduceLROnPlateau", options, seen)


def epochs(values, **options):
    """How many epochs run."""
    callback = keras.callbacks.EarlyStopping(monitor="score", **({"mode": "min"} | options))
    callback.set_model(Model())
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, logs_of(value))
        if callback.model.stop_training:
            break
    print("EarlyStopping", options, epoch + 1)


print("Keras", keras.__version__)
plateau = [5, 4, 4, 4.5, 4, 3.99995, 3, 3, 3, 3]
rates(plateau, factor=0.5, patience=2)
rates(plateau, factor=0.5, patience=2, cooldown=2)
rates(plateau, factor=0.5, patience=2, min_delta=0)
rates(plateau, factor=0.1, patience=1, min_lr=0.05)
rates(plateau, factor=0.5, patience=3, mode="max")
rates([5, NOTHING, 5, NOTHING, 5, NOTHING], factor=0.5, patience=2)

falls = [5, 4, 3, 3.5, 3.1, 3, 2, 1, 0.5, 0.2]
epochs(falls, patience=3)
epochs(falls, patience=4)
epochs(falls)
epochs(falls, patience=1, min_delta=2.0)
epochs(falls, patience=2, mode="max")
epochs(falls, patience=1, start_from_epoch=5)
epochs(falls, patience=3, baseline=0.1)
epochs(falls, patience=3, baseline=3.5)
epochs(falls, patience=2, start_from_epoch=2)
epochs([5, NOTHING, 6, NOTHING, 7, 8, 9, 9], patience=2)
epochs([1, 2], patience=0)
