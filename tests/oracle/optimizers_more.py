"""What `optimizers.py` cannot give: ScheduleFreeAdamW by JAX (under TensorFlow, Keras 3.15 reads a momentum that was updated before), on the same
variables and gradients; and the optimizers of Keras 2 (tf-keras legacy), where their formulas differ."""

import os

import numpy as np

import common

common.choose_backend("jax")

import keras  # noqa: E402

LEGACY = [
    ("rmsprop_2", "RMSprop", {"learning_rate": 0.05, "epsilon": 0.02}),
    ("adagrad_2", "Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 0.02}),
]
# the formula is one in both
LEGACY_ALIKE = [
    ("sgd_2", "SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    ("adam_2", "Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01}),
    ("adam_amsgrad_2", "Adam", {"learning_rate": 0.05, "amsgrad": True}),
    ("adadelta_2", "Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 0.01}),
    ("adamax_2", "Adamax", {"learning_rate": 0.002, "beta_1": 0.8, "beta_2": 0.95}),
    ("ftrl_2", "Ftrl", {"learning_rate": 0.05, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02, "beta": 0.1}),
]


def schedule_free(data, arrays, name, arguments):
    optimizer = keras.optimizers.ScheduleFreeAdamW(**arguments)
    variables = [keras.Variable(data[f"initial{i}"], name=f"w{i}") for i in range(2)]
    optimizer.build(variables)
    for i in range(2):
        arrays[f"{name}.w{i}"] = []
    for step in range(10):
        optimizer.apply([keras.ops.convert_to_tensor(data[f"gradient{i}"][step]) for i in range(2)])
        for i, variable in enumerate(variables):
            arrays[f"{name}.w{i}"].append(np.asarray(variable))
    return {"name": name, "class_name": "ScheduleFreeAdamW", "config": arguments}


def legacy(data, arrays, name, class_name, arguments, **more):
    import tensorflow as tf
    import tf_keras

    optimizer = getattr(tf_keras.optimizers.legacy, class_name)(**arguments)
    variables = [tf.Variable(data[f"initial{i}"]) for i in range(2)]
    for i in range(2):
        arrays[f"{name}.w{i}"] = []
    for step in range(10):
        optimizer.apply_gradients([(tf.constant(data[f"gradient{i}"][step]), variables[i]) for i in range(2)])
        for i, variable in enumerate(variables):
            arrays[f"{name}.w{i}"].append(variable.numpy().copy())
    return {"name": name, "class_name": class_name, "config": {**arguments, **more}}


def main():
    data = np.load(os.path.join(common.VALUES, "optimizers.npz"))
    arrays = {key: data[key] for key in ("initial0", "initial1", "gradient0", "gradient1")}
    runs = [
        schedule_free(data, arrays, "schedule_free_adamw", {"learning_rate": 0.05}),
        schedule_free(data, arrays, "schedule_free_adamw_warmup", {"learning_rate": 0.05, "beta_1": 0.8, "warmup_steps": 4}),
    ]
    runs += [legacy(data, arrays, *run, keras_2=True) for run in LEGACY]
    runs += [legacy(data, arrays, *run) for run in LEGACY_ALIKE]
    import tf_keras

    source = dict(common.versions(), tf_keras=tf_keras.__version__)
    common.save_arrays("optimizers_more", {key: np.stack(value) if isinstance(value, list) else value for key, value in arrays.items()})
    common.save_json("optimizers_more", {"source": source, "steps": 10, "runs": runs})


main()
