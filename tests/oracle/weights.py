"""Initializers (ranges and moments), regularizers (penalty and gradient) and constraints (the constrained value) of Keras 3.

Another library draws other numbers, so what is stored of an initializer is what any right one must come near to: mean, standard
deviation, smallest and largest value of a large draw, with the number of values it had.
"""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

INITIALIZERS = [
    ("Zeros", {}), ("Ones", {}), ("Constant", {"value": 0.3}), ("Identity", {"gain": 2.0}),
    ("RandomNormal", {}), ("RandomNormal", {"mean": 1.0, "stddev": 0.2}), ("RandomUniform", {}), ("RandomUniform", {"minval": -2.0, "maxval": 1.0}),
    ("TruncatedNormal", {}), ("TruncatedNormal", {"mean": -1.0, "stddev": 0.3}),
    ("GlorotUniform", {}), ("GlorotNormal", {}), ("HeUniform", {}), ("HeNormal", {}), ("LecunUniform", {}), ("LecunNormal", {}),
    ("VarianceScaling", {}), ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"scale": 0.5, "mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("Orthogonal", {}), ("Orthogonal", {"gain": 0.5}),
    ("GlorotUniform", {"input_axes": [0], "output_axes": [1, 2]}), ("HeNormal", {"input_axes": [0, 1], "output_axes": [-1]}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "input_axes": [2], "output_axes": [0, 1]}),
]
SHAPES = [(300, 200), (200, 300), (3, 3, 40, 60), (5, 60, 80), (3, 3, 200, 2), (4000,)]

REGULARIZERS = [("L1", {}), ("L1", {"l1": 0.3}), ("L2", {}), ("L2", {"l2": 0.2}), ("L1L2", {"l1": 0.1, "l2": 0.2}), ("L1L2", {}), ("OrthogonalRegularizer", {}), ("OrthogonalRegularizer", {"factor": 0.1, "mode": "columns"})]

CONSTRAINTS = [
    ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.7}), ("MaxNorm", {"max_value": 0.7, "axis": 1}), ("NonNeg", {}), ("UnitNorm", {}), ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}), ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.2, "rate": 0.4}), ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "axis": 1}),
]


def initializer_cases():
    for name, config in INITIALIZERS:
        for shape in SHAPES:
            if "input_axes" in config and len(shape) != 3:
                continue
            if name == "Identity" and len(shape) != 2 or name == "Orthogonal" and len(shape) < 2:
                continue
            initializer = getattr(keras.initializers, name)(**config, **({"seed": 5} if "seed" in getattr(keras.initializers, name)().get_config() else {}))
            value = np.asarray(initializer(shape), dtype=np.float64)
            case = {"class_name": name, "config": {**config}, "shape": list(shape), "count": value.size,
                    "mean": value.mean(), "stddev": value.std(), "minimum": value.min(), "maximum": value.max()}
            if name == "Orthogonal":
                flat = value.reshape(-1, shape[-1])
                gram = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
                gain = config.get("gain", 1.0)
                case["gram_diagonal"] = gain * gain
                case["gram_error"] = float(np.abs(gram - gain * gain * np.eye(len(gram))).max())
            yield case


def main():
    random = np.random.default_rng(23)
    w = random.normal(size=(4, 3)).astype("float32")
    w[1, 1] = 0.0
    kernel = random.normal(scale=0.4, size=(3, 3, 2, 4)).astype("float32")
    arrays = {"w": w, "kernel": kernel}
    index = {"source": common.versions(), "initializers": list(initializer_cases()), "regularizers": [], "constraints": []}
    for number, (name, config) in enumerate(REGULARIZERS):
        regularizer = getattr(keras.regularizers, name)(**config)
        for source, value in (("w", w), ("kernel", kernel)):
            if name == "OrthogonalRegularizer" and source == "kernel":
                continue
            x = tf.constant(value)
            with tf.GradientTape() as tape:
                tape.watch(x)
                penalty = regularizer(x)
            key = f"regularizer{number}.{source}"
            gradient = tape.gradient(penalty, x) if tf.is_tensor(penalty) else None
            arrays[key + ".penalty"] = np.float32(penalty)
            arrays[key + ".gradient"] = np.zeros_like(value) if gradient is None else gradient.numpy()  # l1 = l2 = 0 has none
            index["regularizers"].append({"name": key, "class_name": name, "config": config, "x": source})
    for number, (name, config) in enumerate(CONSTRAINTS):
        for source, value in (("w", w), ("kernel", kernel)):
            constraint = getattr(keras.constraints, name)(**{**config, **({"axis": [0, 1, 2]} if source == "kernel" and name != "NonNeg" else {})})
            key = f"constraint{number}.{source}"
            arrays[key + ".value"] = np.asarray(constraint(tf.constant(value)))
            index["constraints"].append({"name": key, "class_name": name, "config": constraint.get_config(), "x": source})
    common.save_arrays("weights", arrays)
    common.save_json("weights", index)


main()
