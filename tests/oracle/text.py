"""What Keras prints: model.summary() and the progress bar, byte for byte.

The summaries of Keras 3 and Keras 2 (tf-keras) come from the same models; the progress bars from both Progbar classes
under a clock that the script moves. Standard output is a pipe here, as it is for a program whose output is redirected.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import time

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tf_keras  # noqa: E402


def cnn(k):
    L = k.layers
    return k.Sequential(
        [
            L.Input((28, 28, 1)),
            L.Conv2D(32, 3, activation="relu"),
            L.BatchNormalization(),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dropout(0.25),
            L.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def mlp(k):
    return k.Sequential([k.layers.Input((784,)), k.layers.Dense(128, activation="relu", name="hidden"), k.layers.Dense(10, name="out")], name="mlp")


def unbuilt(k):
    return k.Sequential([k.layers.Dense(8), k.layers.Dense(1)], name="unbuilt")


def two_inputs(k):
    L = k.layers
    a, b = L.Input((6,), name="a"), L.Input((5,), name="b")
    shared = L.Dense(8, activation="relu", name="shared")
    left, right = shared(a), shared(L.Dense(6, name="reduce")(b))
    merged = L.Concatenate(name="join")([left, right])
    return k.Model([a, b], [L.Dense(2, name="value")(merged), L.Dense(1, name="flag")(L.Add(name="sum")([left, right]))], name="two_io")


def nested(k):
    L = k.layers
    inner = k.Sequential([L.Input((8, 8, 3)), L.Conv2D(4, 3, name="inner_conv"), L.BatchNormalization(name="inner_norm"), L.Flatten(name="inner_flat")], name="inner")
    x = L.Input((8, 8, 3), name="picture")
    return k.Model(x, L.Dense(2, name="head")(inner(x)), name="outer")


def frozen(k):
    model = mlp(k)
    model.get_layer("hidden").trainable = False
    return model


def residual(k):
    L = k.layers
    x = L.Input((32, 32, 16), name="x")
    y = L.Conv2D(16, 3, padding="same", name="a_rather_long_layer_name_for_a_convolution")(x)
    y = L.BatchNormalization(name="norm")(y)
    y = L.Add(name="add")([x, y])
    return k.Model(x, L.GlobalAveragePooling2D(name="pool")(y), name="residual_block")


def compiled(k):
    model = mlp(k)
    model.compile(optimizer="adam", loss="mse")
    if k is keras:
        model.optimizer.build(model.trainable_variables)
    return model


def large(k):
    return k.Sequential([k.layers.Input((1000,)), k.layers.Dense(2000, name="wide"), k.layers.Dense(1000, name="back")], name="large")


MODELS = {f.__name__: f for f in (cnn, mlp, unbuilt, two_inputs, nested, frozen, residual, compiled, large)}


def summaries():
    result = {"keras": keras.__version__, "tf_keras": tf_keras.__version__, "cases": []}
    for title, build in MODELS.items():
        for version, k in ((3, keras), (2, tf_keras)):
            options_of_model = [{}, {"line_length": 65}, {"line_length": 100}] + {"nested": [{"expand_nested": True}], "frozen": [{"show_trainable": True}]}.get(title, [])
            for options in options_of_model:
                if version == 2 and title == "unbuilt":
                    continue  # an error there
                k.backend.clear_session()
                model = build(k)
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    model.summary(**options)
                case = {"model": title, "keras": version, "options": options, "stdout": out.getvalue()}
                if version == 3 and not options:
                    case["json"] = model.to_json()
                result["cases"].append(case)
    common.save_json("summary", result)


class Clock:
    def __init__(self, start):
        self.now = start

    def __call__(self):
        return self.now


def bar_sequences():
    """name, target, verbose, stateful metrics (Keras 3: all given are averaged unless named), updates: (time, current, values, finalize)"""
    loss = lambda *v: [("loss", v[0])] + ([("accuracy", v[1])] if len(v) > 1 else [])  # noqa: E731
    yield "four_steps", 4, 1, [(0.1 * i, i, loss(1.0 / i, 0.25 * i), None) for i in range(1, 5)]
    yield "throttled", 10, 1, [(0.02 * i, i, loss(2.0 - 0.1 * i), None) for i in range(1, 11)]
    yield "slow", 3, 1, [(70.0 * i, i, loss(0.5), None) for i in range(1, 4)]
    yield "hours", 1000, 1, [(12.5, 1, loss(0.5), None), (25.0, 2, loss(0.25), None)]
    yield "many_steps", 1875, 1, [(0.004 * i, i, loss(3.0 / i**0.5, i / 2000.0), None) for i in (1, 2, 3, 50, 100, 500, 937, 1000, 1874, 1875)]
    yield "microseconds", 1000, 1, [(0.0001 * i, i, loss(0.01), None) for i in (1, 600, 1000)]
    yield "tiny_values", 2, 1, [(0.1, 1, loss(0.0005, -0.5), None), (0.2, 2, loss(0.00001, -0.25), None)]
    yield "large_values", 2, 1, [(0.1, 1, loss(123456.789, float("nan")), None), (0.2, 2, loss(1e12, float("inf")), None)]
    yield "one_step", 1, 1, [(0.3, 1, loss(0.7), None)]
    yield "finalize_with_validation", 3, 1, [
        (0.1, 1, loss(0.9), False), (0.2, 2, loss(0.8), False), (0.3, 3, loss(0.7), False),
        (0.5, 3, loss(0.7) + [("val_loss", 0.75)], True)]
    yield "unknown_target", None, 1, [(0.5, 1, loss(0.9), None), (1.1, 2, loss(0.8), None), (1.7, 3, loss(0.7), None), (1.9, 3, loss(0.7), True)]
    yield "one_line_an_epoch", 4, 2, [(0.1 * i, i, loss(1.0 / i, 0.25 * i), None) for i in range(1, 5)]
    yield "one_line_an_epoch_finalize", 4, 2, [(0.1 * i, i, loss(1.0 / i), False) for i in range(1, 5)] + [(0.6, 4, loss(0.25) + [("val_loss", -0.5)], True)]
    yield "silent", 4, 0, [(0.1 * i, i, loss(1.0 / i), None) for i in range(1, 5)]
    yield "limits_of_eta", 1000, 1, [(6.0 / 99, 990, loss(0.5), None), (1.0, 1, loss(0.5), None), (1.0 + 60.0 / 996, 2, loss(0.5), False), (7.1, 100, loss(0.5), None),
                                     (400.0, 900, loss(0.5), None), (1799.0, 500, loss(0.5), None), (99999.0, 501, loss(0.5), None), (1e9, 502, loss(0.5), None)]
    yield "limits_of_values", 3, 1, [(0.1, 1, loss(0.001, -0.001), None), (0.2, 2, loss(0.0010001, 0.0), None), (0.3, 3, loss(-123456.789, -float("inf")), None)]
    yield "limits_of_values_one_line", 1, 2, [(0.1, 1, loss(0.001, -0.5) + [("val_loss", float("nan"))], None)]
    yield "infinite_values_one_line", 1, 2, [(0.1, 1, loss(float("inf"), -float("inf")) + [("val_loss", 0.0)], None)]
    yield "no_time_passes", 2, 1, [(0.0, 1, loss(0.5), None), (0.0, 2, loss(0.5), None)]
    yield "no_time_passes_one_line", 2, 2, [(0.0, 1, loss(0.5), None), (0.0, 2, loss(0.5), None)]
    yield "slow_one_line", 2, 2, [(50.0, 1, loss(0.5), None), (101.4, 2, loss(0.5), None)]
    yield "stopped_early", 10, 1, [(0.1, 1, loss(0.5), None), (0.2, 2, loss(0.4), None), (0.3, 2, loss(0.4), True)]
    yield "unknown_target_slow", None, 1, [(2.5, 1, loss(0.9), None), (7000.0, 2, loss(-0.8), None)]
    yield "a_line_that_shrinks", 3, 1, [(0.1, 1, loss(123456.0, 654321.0), None), (0.2, 2, loss(1.0, 0.5), None), (0.3, 3, loss(1.0, 0.5), None)]
    yield "no_values", 4, 1, [(0.1 * i, i, None, None) for i in range(1, 5)]


def progress_bars():
    result = {"keras": keras.__version__, "tf_keras": tf_keras.__version__, "cases": []}
    real_time = time.time
    for name, target, verbose, updates in bar_sequences():
        case = {"name": name, "target": target, "verbose": verbose, "updates": [
            {"time": at, "current": current, "values": values and [[key, value if np.isfinite(value) else str(value)] for key, value in values], "finalize": finalize} for at, current, values, finalize in updates]}
        for version, k in ((3, keras), (2, tf_keras)):
            for stateful in (True, False):
                clock = Clock(1000.0)
                time.time = clock
                pieces = []
                try:
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        names = ["loss", "accuracy", "val_loss"] if stateful else None
                        bar = k.utils.Progbar(target, verbose=verbose, unit_name="step", stateful_metrics=names)
                        for at, current, values, finalize in updates:
                            clock.now = 1000.0 + at
                            bar.update(current, values, finalize=finalize)
                            pieces.append(out.getvalue()[sum(map(len, pieces)):])
                finally:
                    time.time = real_time
                case[f"keras{version}" + ("" if stateful else "_averaged")] = pieces
        result["cases"].append(case)
    common.save_json("progbar", result)


def fit_output():
    """What fit, evaluate and predict leave on the screen, under a clock that stands still. Keras calls back from another thread,
    so which bars it draws in between differs from run to run: only the last drawing of each line is kept."""
    program = r'''
import time, sys
time.time = lambda: 1000.0
import numpy as np, keras
keras.utils.set_random_seed(1)
x = np.linspace(-1, 1, 40).reshape(20, 2).astype("float32"); y = x[:, :1] * 2
m = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
m.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", metrics=["mae"])
for verbose in (1, 2):
    for epochs in (1, 2):
        print(f"== fit verbose={verbose} epochs={epochs}", flush=True)
        m.fit(x, y, batch_size=8, epochs=epochs, verbose=verbose, shuffle=False, validation_data=(x, y))
    print(f"\n== evaluate verbose={verbose}", flush=True); m.evaluate(x, y, batch_size=8, verbose=verbose)
    print(f"\n== predict verbose={verbose}", flush=True); m.predict(x, batch_size=8, verbose=verbose)
'''
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    common.save_json("fit_output", {"keras": keras.__version__, "program": program, "stdout": re.sub(r"[^\n]*\r", "", done.stdout.decode())})


summaries()
progress_bars()
fit_output()
