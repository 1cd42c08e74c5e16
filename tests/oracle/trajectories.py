"""Training trajectories: the losses and weights of three small models under every optimizer of the first tier.

Each run starts from the same weights and sees the same batches in the same order (batch = step % number of batches; the last one is partial).
The metrics are reset before every step, so each recorded loss and accuracy is that of one batch.
The recorded values are those of Keras on JAX; `loss_tensorflow` repeats the losses on TensorFlow and shows how far float32
rounding alone drives two implementations apart. With an Embedding they differ by more than rounding under Adam and RMSprop:
TensorFlow's gradient of a lookup is a list of rows, and a row that a batch uses twice is squared before it is summed.

    python trajectories.py             all of it (runs itself once more for the TensorFlow losses)
"""

import os
import subprocess
import sys

import numpy as np

import common

common.choose_backend(os.environ.get("CORNU_ORACLE_BACKEND", "jax"))

import keras  # noqa: E402
from keras import layers  # noqa: E402

STEPS = 60
BATCHES = 6
FULL = 12
PARTIAL = 5

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "sgd_momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "sgd_nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.005),
    "adamw": lambda: keras.optimizers.AdamW(0.005, weight_decay=0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.002),
    "rmsprop_momentum_centered": lambda: keras.optimizers.RMSprop(0.001, momentum=0.5, centered=True),
}


def mlp():
    model = keras.Sequential(
        [
            keras.Input((12,), name="x"),
            layers.Dense(16, activation="relu", name="hidden_1"),
            layers.Dense(8, activation="tanh", name="hidden_2"),
            layers.Dense(4, activation="softmax", name="classes"),
        ],
        name="trajectory_mlp",
    )
    return model, {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def mlp_batch(random, size):
    x = random.normal(size=(size, 12)).astype("float32")
    y = np.argmax(x[:, :4] + 0.5 * x[:, 4:8], axis=1).astype("int32")
    return {"x": x}, {"classes": y}


def cnn_bn():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3), name="x"),
            layers.Conv2D(8, 3, padding="same", name="conv_1"),
            layers.BatchNormalization(name="norm_1"),
            layers.Activation("relu", name="relu_1"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Conv2D(16, 3, strides=2, padding="valid", use_bias=False, name="conv_2"),
            layers.BatchNormalization(momentum=0.9, name="norm_2"),
            layers.Activation("relu", name="relu_2"),
            layers.GlobalAveragePooling2D(name="pool_2"),
            layers.Dense(3, activation="softmax", name="classes"),
        ],
        name="trajectory_cnn_bn",
    )
    return model, {"loss": "categorical_crossentropy", "metrics": ["accuracy"]}


def cnn_batch(random, size):
    x = random.uniform(0.0, 1.0, size=(size, 8, 8, 3)).astype("float32")
    label = np.argmax(x.mean(axis=(1, 2)), axis=1)
    return {"x": x}, {"classes": np.eye(3, dtype="float32")[label]}


def two_io():
    a = keras.Input((6,), name="a")
    b = keras.Input((5,), dtype="int32", name="b")
    words = layers.Embedding(20, 4, name="embedding")(b)
    words = layers.Flatten(name="flatten")(words)
    words = layers.Dense(6, activation="relu", name="reduce")(words)
    shared = layers.Dense(8, activation="tanh", name="shared")
    left, right = shared(a), shared(words)
    merged = layers.Concatenate(name="join")([left, right])
    total = layers.Add(name="sum")([left, right])
    value = layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.001), name="value")(merged)
    flag = layers.Dense(1, activation="sigmoid", name="flag")(total)
    model = keras.Model([a, b], [value, flag], name="trajectory_two_io")
    return model, {
        "loss": {"value": "mean_squared_error", "flag": "binary_crossentropy"},
        "loss_weights": {"value": 0.7, "flag": 1.3},
        "metrics": {"flag": ["accuracy"]},
    }


def two_io_batch(random, size):
    a = random.normal(size=(size, 6)).astype("float32")
    b = random.integers(0, 20, size=(size, 5)).astype("int32")
    value = np.stack([a[:, 0] - a[:, 1], 0.1 * b.sum(axis=1) - 5.0], axis=1).astype("float32")
    flag = (a[:, 2:3] + 0.1 * (b[:, :1] - 10) > 0).astype("float32")
    return {"a": a, "b": b}, {"value": value, "flag": flag}


MODELS = {"trajectory_mlp": (mlp, mlp_batch), "trajectory_cnn_bn": (cnn_bn, cnn_batch), "trajectory_two_io": (two_io, two_io_batch)}


def initial_weights(model, random):
    """Drawn here and not by Keras, so that both backends start from the same numbers."""
    weights = []
    for variable in model.weights:
        shape, name = variable.shape, variable.path.split("/")[-1]
        if name in ("gamma", "moving_variance"):
            weights.append(random.uniform(0.7, 1.3, size=shape))
        elif name in ("beta", "bias", "moving_mean"):
            weights.append(random.uniform(-0.1, 0.1, size=shape))
        elif name == "embeddings":
            weights.append(random.uniform(-0.5, 0.5, size=shape))
        else:
            fan_in, fan_out = np.prod(shape[:-1]), np.prod(shape[:-2]) * shape[-1]
            limit = np.sqrt(6.0 / (fan_in + fan_out))
            weights.append(random.uniform(-limit, limit, size=shape))
    return [weight.astype("float32") for weight in weights]


def keyed(values):
    """One input or output goes to train_on_batch as it is, several go by name."""
    return next(iter(values.values())) if len(values) == 1 else values


def run(name, only_losses):
    build, make_batch = MODELS[name]
    random = np.random.default_rng(20240 + len(name))
    batches = [make_batch(random, PARTIAL if i == BATCHES - 1 else FULL) for i in range(BATCHES)]
    model, arguments = build()
    start = initial_weights(model, random)
    arrays, runs = {}, []
    for i, (x, y) in enumerate(batches):
        arrays.update({f"batch{i}.{key}": value for key, value in {**x, **y}.items()})
    arrays.update({f"initial.{i}": weight for i, weight in enumerate(start)})
    for title, make_optimizer in OPTIMIZERS.items():
        model, arguments = build()
        model.set_weights(start)
        optimizer = make_optimizer()
        model.compile(optimizer=optimizer, jit_compile=False, **arguments)
        logs = []
        for step in range(STEPS):
            x, y = batches[step % BATCHES]
            model.reset_metrics()
            logs.append(model.train_on_batch(keyed(x), keyed(y), return_dict=True))
        arrays[f"{title}.loss"] = np.array([log["loss"] for log in logs], dtype="float32")
        if only_losses:
            continue
        for key in logs[0]:
            if key != "loss":
                arrays[f"{title}.{key}"] = np.array([log[key] for log in logs], dtype="float32")
        arrays.update({f"{title}.final.{i}": weight for i, weight in enumerate(model.get_weights())})
        runs.append({"name": title, "class_name": type(optimizer).__name__, "config": optimizer.get_config(), "logs": sorted(logs[0])})
    index = {
        "source": common.versions(),
        "steps": STEPS,
        "batches": BATCHES,
        "batch_sizes": [FULL] * (BATCHES - 1) + [PARTIAL],
        "inputs": list(batches[0][0]),
        "outputs": list(batches[0][1]),
        "weights": [{"path": variable.path, "shape": list(variable.shape), "trainable": variable.trainable} for variable in model.weights],
        "compile": arguments,
        "runs": runs,
        "model": model.to_json(),
    }
    return arrays, index


def main():
    if len(sys.argv) > 1:  # the second process: losses on TensorFlow into the file named
        np.savez(sys.argv[1], **{f"{name}.{key}": value for name in MODELS for key, value in run(name, True)[0].items() if key.endswith(".loss")})
        return
    side = os.path.join(common.VALUES, "losses_tensorflow.tmp.npz")
    subprocess.run([sys.executable, os.path.abspath(__file__), side], check=True, env={**os.environ, "CORNU_ORACLE_BACKEND": "tensorflow"})
    other = dict(np.load(side))
    os.remove(side)
    for name in MODELS:
        arrays, index = run(name, False)
        for title in OPTIMIZERS:
            mine, theirs = arrays[f"{title}.loss"], other[f"{name}.{title}.loss"]
            arrays[f"{title}.loss_tensorflow"] = theirs
            print(f"{name} {title}: loss {mine[0]:.6f} to {mine[-1]:.6f}, TensorFlow differs by at most {np.max(np.abs(mine - theirs) / np.abs(mine)):.1e} relative")
        common.save_arrays(name, arrays)
        common.save_json(name, index)


main()
