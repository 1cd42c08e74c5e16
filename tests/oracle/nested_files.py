"""Models in models that tf.keras 2 saved, in every kind of its files: what the command predicts must be what tf.keras did.

    python tests/oracle/nested_files.py build/release/cornu

needs TensorFlow and tf_keras, tf.keras 2 as a package of its own. Prints a table, and fails if a prediction is off by more than 1e-5 of the largest.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np  # noqa: E402
import tf_keras as keras  # noqa: E402

layers = keras.layers
TOLERANCE = 1e-5
SAMPLES = 40


def small(name, size=6):
    """A functional model; tf.keras writes no .h5 where two layers of nested models have one name."""
    x = keras.Input((size,), name=name + "_in")
    hidden = layers.BatchNormalization(name=name + "_bn")(layers.Dense(5, activation="relu", name=name + "_d")(x))
    return keras.Model(x, layers.Dense(4, name=name + "_e")(hidden), name=name)


def functional_in_functional():
    x = keras.Input((6,))
    return keras.Model(x, layers.Dense(2)(small("inner")(x)))


def one_model_called_twice():
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    tower = small("tower")
    return keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([tower(a), tower(b)])))


def sequential_in_functional():
    x = keras.Input((6,))
    stack = keras.Sequential([layers.Dense(3, input_shape=(6,)), layers.BatchNormalization(), layers.PReLU()], name="stack")
    return keras.Model(x, layers.Dense(2)(stack(x)))


def functional_in_sequential():
    model = keras.Sequential()
    for part in (small("first"), small("second", 4), layers.Dense(2)):
        model.add(part)
    return model


def three_deep():
    x, y = keras.Input((6,)), keras.Input((6,))
    middle = keras.Model(y, small("lower", 4)(small("lowest")(y)), name="middle")
    return keras.Model(x, layers.Add()([small("low")(x), middle(x)]))


def frozen():
    x, inner = keras.Input((6,)), small("inner")
    inner.trainable = False
    return keras.Model(x, layers.Dense(2)(inner(x)))


def frozen_in_part():
    x, inner = keras.Input((6,)), small("inner")
    inner.layers[1].trainable = False
    return keras.Model(x, layers.Dense(2)(inner(x)))


def two_outputs_of_the_inner():
    x, y = keras.Input((6,)), keras.Input((6,))
    fork = keras.Model(y, [layers.Dense(3)(y), layers.Dense(2)(y)], name="fork")
    p, q = fork(x)
    return keras.Model(x, [layers.Dense(1, name="left")(q), layers.Dense(1, name="right")(p)])


def convolutions():
    x, y = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    eye = keras.Model(y, layers.Flatten()(layers.MaxPooling2D()(layers.Conv2D(4, 3, padding="same")(y))), name="eye")
    return keras.Model(x, layers.Dense(2)(eye(x)))


def continued():
    base = small("base")
    return keras.Model(base.input, layers.Dense(2)(base.output))


def autoencoder():
    x = keras.Input((6,))
    return keras.Model(x, keras.Sequential([layers.Dense(6, input_shape=(4,))], name="decoder")(small("encoder")(x)))


MODELS = (functional_in_functional, one_model_called_twice, sequential_in_functional, functional_in_sequential, three_deep, frozen, frozen_in_part,
          two_outputs_of_the_inner, convolutions, continued, autoencoder)


def save(model, folder):
    """Words of the command for each kind of file."""
    structure = str(folder / "m.json")
    pathlib.Path(structure).write_text(model.to_json())
    model.save(folder / "m.h5")
    model.save(folder / "m.keras")
    model.save_weights(folder / "w.h5")
    model.save_weights(folder / "w.weights.h5")
    return {".h5": ["--model", str(folder / "m.h5")], "JSON and .h5": ["--model", structure, "--weights", str(folder / "w.h5")],
            ".keras": ["--model", str(folder / "m.keras")], "JSON and .weights.h5": ["--model", structure, "--weights", str(folder / "w.weights.h5")]}


def difference(command, words, model, x, wanted, folder):
    data = folder / "x.npz"
    np.savez(data, **(dict(zip(model.input_names, x)) if len(x) > 1 else {"x": x[0]}))
    subprocess.run([command, "predict", *words, "--data", data, "--output", folder / "y.npz"], check=True)
    got = np.load(folder / "y.npz")
    names = model.output_names if len(wanted) > 1 else got.files
    return max(np.abs(one - got[name]).max() / np.abs(one).max() for one, name in zip(wanted, names))


def main(command):
    rng, worst = np.random.default_rng(1), 0
    print(f"TensorFlow's Keras {keras.__version__}\n")
    for make in MODELS:
        keras.backend.clear_session()
        model = make()
        x, y = ([rng.normal(size=(SAMPLES, *tensor.shape[1:])).astype("float32") for tensor in tensors] for tensors in (model.inputs, model.outputs))
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(x, y, epochs=2, verbose=0)
        wanted = model.predict(x, verbose=0)
        wanted = wanted if isinstance(wanted, list) else [wanted]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            kinds = save(model, folder)
            found = {kind: difference(command, words, model, x, wanted, folder) for kind, words in kinds.items()}
        if make is MODELS[0]:
            print("| model | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
        print(f"| {make.__name__.replace('_', ' ')} | " + " | ".join(f"{value:.1e}" for value in found.values()) + " |", flush=True)
        worst = max(worst, *found.values())
    if not worst <= TOLERANCE:
        sys.exit(f"a prediction is off by {worst:.1e}")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
