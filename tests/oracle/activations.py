"""Every activation of Keras 3 at 41 points, or over the last axis of a small matrix, with its gradient."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

POSITIVE = [1e-8, 1e-3, 0.1, 0.25, 0.45, 0.6, 0.9, 1.1, 1.4, 2.1, 2.7, 3.3, 4.2, 6.5, 10.0, 20.0, 30.0, 88.0, 100.0, 1e4]

# name in the file, name in Keras, keyword arguments
ELEMENTWISE = [
    ("linear", "linear", {}),
    ("relu", "relu", {}),
    ("relu_options", "relu", {"negative_slope": 0.1, "max_value": 5.0, "threshold": 0.5}),
    ("relu_negative_slope", "relu", {"negative_slope": 0.2}),
    ("relu_max_value", "relu", {"max_value": 3.0}),
    ("relu_threshold", "relu", {"threshold": 1.0}),
    ("relu6", "relu6", {}),
    ("leaky_relu", "leaky_relu", {}),
    ("leaky_relu_slope", "leaky_relu", {"negative_slope": 0.3}),
    ("elu", "elu", {}),
    ("elu_alpha", "elu", {"alpha": 0.5}),
    ("selu", "selu", {}),
    ("celu", "celu", {}),
    ("celu_alpha", "celu", {"alpha": 2.0}),
    ("softplus", "softplus", {}),
    ("softsign", "softsign", {}),
    ("tanh", "tanh", {}),
    ("sigmoid", "sigmoid", {}),
    ("log_sigmoid", "log_sigmoid", {}),
    ("exponential", "exponential", {}),
    ("hard_sigmoid", "hard_sigmoid", {}),
    ("hard_silu", "hard_silu", {}),
    ("hard_tanh", "hard_tanh", {}),
    ("hard_shrink", "hard_shrink", {}),
    ("soft_shrink", "soft_shrink", {}),
    ("tanh_shrink", "tanh_shrink", {}),
    ("threshold", "threshold", {"threshold": 1.0, "default_value": -2.0}),
    ("gelu", "gelu", {"approximate": False}),
    ("gelu_approximate", "gelu", {"approximate": True}),
    ("silu", "silu", {}),
    ("mish", "mish", {}),
    ("squareplus", "squareplus", {}),
    ("sparse_plus", "sparse_plus", {}),
    ("sparse_sigmoid", "sparse_sigmoid", {}),
]

ALONG_LAST_AXIS = [("softmax", "softmax", {}), ("log_softmax", "log_softmax", {}), ("sparsemax", "sparsemax", {}), ("glu", "glu", {})]


def evaluate(function, x, upstream, arguments):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x, **arguments)
        total = tf.reduce_sum(y if upstream is None else y * upstream[:, : y.shape[-1]])
    return y.numpy(), tape.gradient(total, x).numpy()


def main():
    random = np.random.default_rng(7)
    points = np.array([-value for value in reversed(POSITIVE)] + [0.0] + POSITIVE, dtype="float32")
    matrix = np.concatenate(
        [random.normal(scale=2.0, size=(4, 6)), [[100, -100, 0, 50, 99, 100]], [[0, 0, 0, 0, 0, 0]], [[-1e4, 1e4, 3, 2, 1, 0]]]
    ).astype("float32")
    upstream = random.normal(size=matrix.shape).astype("float32")
    arrays = {"points": points, "matrix": matrix, "upstream": upstream}
    index = {"source": common.versions(), "cases": []}
    for group, x, weights in ((ELEMENTWISE, points, None), (ALONG_LAST_AXIS, matrix, upstream)):
        for name, keras_name, arguments in group:
            arrays[name + ".value"], arrays[name + ".gradient"] = evaluate(getattr(keras.activations, keras_name), x, weights, arguments)
            index["cases"].append({"name": name, "activation": keras_name, "arguments": arguments, "x": "points" if weights is None else "matrix"})
            odd = x[~np.isfinite(arrays[name + ".gradient"])]
            if odd.size:
                print(f"{name}: gradient not finite at {odd}")
    common.save_arrays("activations", arrays)
    common.save_json("activations", index)


main()
