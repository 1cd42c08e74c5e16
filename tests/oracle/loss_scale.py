"""LossScaleOptimizer around several optimizers: weights, scale and updates after each batch, some of which have gradients that are not finite."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402

STEPS = 14
SPOILED = {2: np.inf, 3: np.nan, 9: -np.inf}  # batches with such a number in x

RUNS = [
    ("sgd", "SGD", {"learning_rate": 0.05, "momentum": 0.9}, {"initial_scale": 8.0, "dynamic_growth_steps": 3}),
    ("adam", "Adam", {"learning_rate": 0.05}, {"initial_scale": 1024.0, "dynamic_growth_steps": 2}),
    ("clipped", "RMSprop", {"learning_rate": 0.02, "clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.8}, {"initial_scale": 4.0, "dynamic_growth_steps": 1}),
    ("accumulated", "SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 2}, {"initial_scale": 2.0, "dynamic_growth_steps": 4}),
    # 2^126 and more: finite losses, whose scaled gradients overflow
    ("overflowing", "SGD", {"learning_rate": 0.05}, {"initial_scale": 2.0**126, "dynamic_growth_steps": 2}),
]


def main():
    random = np.random.default_rng(47)
    arrays = {
        "kernel": random.normal(size=(3, 2)),
        "x": random.normal(size=(STEPS, 4, 3)),
        "y": random.normal(size=(STEPS, 4, 2)),
    }
    arrays = {key: value.astype("float32") for key, value in arrays.items()}
    for step, number in SPOILED.items():
        arrays["x"][step, 1, 2] = number
    index = {"source": common.versions(), "steps": STEPS, "runs": []}
    for name, class_name, config, scale in RUNS:
        keras.utils.clear_session()
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
        model.set_weights([arrays["kernel"]])
        optimizer = keras.optimizers.LossScaleOptimizer(getattr(keras.optimizers, class_name)(**config), **scale)
        model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
        kernels, scales, updates = [], [], []
        for step in range(STEPS):
            model.train_on_batch(arrays["x"][step], arrays["y"][step])
            kernels.append(model.get_weights()[0])
            scales.append(float(optimizer.dynamic_scale))
            updates.append(int(optimizer.iterations))
        arrays[name + ".kernel"], arrays[name + ".scale"], arrays[name + ".updates"] = np.stack(kernels), np.array(scales, "float32"), np.array(updates)
        index["runs"].append({"name": name, "class_name": class_name, "config": config, "scale": scale})
    common.save_arrays("loss_scale", arrays)
    common.save_json("loss_scale", index)


main()
