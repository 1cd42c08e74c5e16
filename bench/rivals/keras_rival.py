"""Keras 3 on TensorFlow or JAX, trained by fit on arrays in memory (see cases.py for the command line)."""

import os

import cases


def add_options(parser):
    parser.add_argument("--backend", choices=["tensorflow", "jax"], default=os.environ.get("KERAS_BACKEND", "tensorflow"))
    parser.add_argument("--jit", choices=["auto", "yes", "no"], help="jit_compile; the default is what was measured to be fastest")
    parser.add_argument("--steps", type=int, help="steps_per_execution; likewise")


given = cases.arguments(__doc__, add_options)
cases.keep_to_cores(given.threads)
os.environ["KERAS_BACKEND"] = given.backend
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
if given.backend == "tensorflow":
    import tensorflow as backend_module

    backend_module.config.threading.set_intra_op_parallelism_threads(given.threads)
    backend_module.config.threading.set_inter_op_parallelism_threads(1)
else:
    import jax as backend_module

import keras  # noqa: E402
from keras import layers  # noqa: E402

# (jit_compile, steps_per_execution) that were fastest of those tried
FASTEST = {
    "tensorflow": {"mlp32": (True, 32), "mlp128": (True, 32), "cnn": (False, 8), "resnet20": (False, 8), "tiny": (True, 1)},
    "jax": {"mlp32": (True, 32), "mlp128": (True, 32), "cnn": (True, 8), "resnet20": (True, 8), "tiny": (True, 1)},
}


def mlp():
    return keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])


def cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def convolution_norm(x, filters, size, strides):
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def resnet20():
    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolution_norm(inputs, 16, 3, 1))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if stage and not block else 1
            y = layers.ReLU()(convolution_norm(x, filters, 3, strides))
            y = convolution_norm(y, filters, 3, 1)
            shortcut = convolution_norm(x, filters, 1, 2) if strides == 2 else x
            x = layers.ReLU()(layers.Add()([shortcut, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def tiny():
    return keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])


MODELS = {"mlp32": mlp, "mlp128": mlp, "cnn": cnn, "resnet20": resnet20, "tiny": tiny}


def prepare(name):
    case = cases.CASES[name]
    x, y = cases.data(name)
    model = MODELS[name]()
    jit, steps = FASTEST[given.backend][name]
    jit = {"auto": "auto", "yes": True, "no": False}[given.jit] if given.jit else jit
    steps = given.steps or steps
    options = {"jit_compile": jit, "steps_per_execution": steps}
    if name == "tiny":
        model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error", **options)

        def run(count):
            for _ in range(count):
                model.train_on_batch(x, y)

    else:
        optimizer = keras.optimizers.SGD(0.05, momentum=0.9) if name == "resnet20" else keras.optimizers.Adam(0.001)
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", **options)

        def run(count):
            model.fit(x, y, batch_size=case["batch"], epochs=count, shuffle=True, verbose=0)

    run(1)

    def measure(seconds):
        rate = cases.timed(run, seconds) * case["samples"]
        return {"samples_per_second": rate, "jit_compile": jit, "steps_per_execution": steps}

    return measure


title = {"tensorflow": "Keras on TensorFlow", "jax": "Keras on JAX"}[given.backend]
cases.serve(given, title, f"Keras {keras.__version__}, {given.backend} {backend_module.__version__}", prepare)
