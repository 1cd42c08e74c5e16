"""Model files written by real Keras, with what the models predict and how their training goes on: fixtures of tests/saving.

Each model is trained a little, so that its optimizer has a state; then it is saved, its predictions are stored, and the same model trains on for
20 steps: their losses and the predictions afterwards are stored too. No layer draws random numbers in training.
"""

import io
import os
import tempfile
import zipfile

import h5py
import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
from keras import layers  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "saving", "fixtures")
STEPS = 20


PACKINGS = [{}, {"compression": "gzip"}, {"shuffle": True, "compression": "gzip"}, {"fletcher32": True}, {"shuffle": True, "compression": "gzip", "fletcher32": True}]


def pack(source, target):
    """Copies HDF5 with the layers' weights in chunks, packed in turn by each of the filters that are read: as programs other than Keras rewrite its files."""
    with h5py.File(source) as whole, h5py.File(target, "w") as packed:
        packed.attrs.update(whole.attrs)
        number = 0

        def copy(name, item):
            nonlocal number
            if isinstance(item, h5py.Group):
                made = packed.create_group(name)
            elif item.ndim == 0 or name.startswith("optimizer"):
                made = packed.create_dataset(name, data=item[()])
            else:
                made = packed.create_dataset(name, data=item[()], chunks=tuple((size + 1) // 2 for size in item.shape), **PACKINGS[number % len(PACKINGS)])
                number += 1
            made.attrs.update(item.attrs)

        whole.visititems(copy)


def pack_archive(source, target):
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as packed, tempfile.NamedTemporaryFile() as scratch:
        for info in whole.infolist():
            data = whole.read(info)
            if info.filename.endswith(".h5"):
                pack(io.BytesIO(data), scratch.name)
                data = scratch.read()
            packed.writestr(zipfile.ZipInfo(info.filename), data)


def mlp():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="relu", name="first"), layers.BatchNormalization(),
                              layers.Dropout(0.0), layers.Dense(3, activation="softmax", name="last")], name="mlp")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def cnn():
    model = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
                              layers.MaxPooling2D(2), layers.Conv2D(3, (2, 3), activation="tanh", use_bias=False), layers.Flatten(),
                              layers.Dense(2)], name="cnn")
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), keras.losses.CategoricalCrossentropy(from_logits=True))
    return model


def two_inputs():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense"), layers.BatchNormalization()], name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(4, name="shared", kernel_regularizer=keras.regularizers.L2(0.01))
    joined = layers.Concatenate(name="joined")([shared(a), inner(b), shared(b), layers.LayerNormalization(name="norm")(a)])
    out = layers.Dense(2, name="out")(layers.PReLU(name="slope")(joined))
    side = layers.Dense(1, activation="sigmoid", name="side")(joined)
    model = keras.Model([a, b], [out, side], name="two_inputs")
    model.compile(keras.optimizers.RMSprop(0.005), {"out": "mse", "side": "binary_crossentropy"}, loss_weights={"out": 1.0, "side": 0.5})
    return model


def data_for(model, random):
    x = [random.normal(size=(16, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    if model.name == "mlp":
        y = [random.integers(0, 3, 16).astype("int32")]
    elif model.name == "cnn":
        y = [np.eye(2, dtype="float32")[random.integers(0, 2, 16)]]
    else:
        y = [random.normal(size=(16, 2)).astype("float32"), random.integers(0, 2, (16, 1)).astype("float32")]
    return x, y


def alone_or_list(items):
    return items[0] if len(items) == 1 else items


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def loss_of(result):
    return float(result[0] if isinstance(result, (list, tuple)) else result)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    arrays = {}
    for make in (mlp, cnn, two_inputs):
        keras.utils.set_random_seed(7)
        model = make()
        x, y = data_for(model, np.random.default_rng(11))
        inputs, targets = alone_or_list(x), alone_or_list(y)
        for _ in range(5):
            model.train_on_batch(inputs, targets)
        model.save(os.path.join(FOLDER, model.name + ".keras"))
        model.save(os.path.join(FOLDER, model.name + ".h5"))
        if model.name == "mlp":
            model.save_weights(os.path.join(FOLDER, "mlp.weights.h5"))
            pack(os.path.join(FOLDER, "mlp.h5"), os.path.join(FOLDER, "mlp_packed.h5"))
            pack_archive(os.path.join(FOLDER, "mlp.keras"), os.path.join(FOLDER, "mlp_packed.keras"))
        for number, array in enumerate(x):
            arrays[f"{model.name}.x{number}"] = array
        for number, array in enumerate(y):
            arrays[f"{model.name}.y{number}"] = array
        for number, array in enumerate(as_list(model.predict(inputs, verbose=0))):
            arrays[f"{model.name}.before{number}"] = array
        losses = []
        for _ in range(STEPS):
            model.reset_metrics()
            losses.append(loss_of(model.train_on_batch(inputs, targets)))
        arrays[f"{model.name}.losses"] = np.array(losses, "float32")
        for number, array in enumerate(as_list(model.predict(inputs, verbose=0))):
            arrays[f"{model.name}.after{number}"] = array
    common.VALUES = FOLDER
    common.save_arrays("values", arrays)


if __name__ == "__main__":
    main()
