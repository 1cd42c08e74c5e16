"""Every optimizer of Keras 3 on two variables and a given sequence of gradients: the variables after each step; and the schedules."""

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402

STEPS = 10
SCHEDULE_STEPS = list(range(0, 12)) + [15, 20, 25, 30, 40, 50, 60, 75, 100, 150, 200]

# name in the file, class, arguments
RUNS = [
    ("sgd", "SGD", {"learning_rate": 0.1}),
    ("sgd_momentum", "SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("sgd_nesterov", "SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("sgd_weight_decay", "SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("sgd_clipnorm", "SGD", {"learning_rate": 0.1, "clipnorm": 0.8}),
    ("sgd_clipvalue", "SGD", {"learning_rate": 0.1, "clipvalue": 0.5}),
    ("sgd_global_clipnorm", "SGD", {"learning_rate": 0.1, "global_clipnorm": 1.5}),
    ("sgd_ema", "SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}),
    ("sgd_ema_overwrite", "SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}),
    ("sgd_accumulation", "SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 3}),
    ("sgd_momentum_clip_decay", "SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.05, "clipnorm": 0.8}),
    ("adam", "Adam", {"learning_rate": 0.05}),
    ("adam_betas", "Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("adam_amsgrad", "Adam", {"learning_rate": 0.05, "amsgrad": True, "beta_2": 0.9}),
    ("adam_weight_decay", "Adam", {"learning_rate": 0.05, "weight_decay": 0.05}),
    ("adam_accumulation", "Adam", {"learning_rate": 0.05, "gradient_accumulation_steps": 2}),
    ("adam_ema", "Adam", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9}),
    ("adam_clipnorm", "Adam", {"learning_rate": 0.05, "clipnorm": 0.5}),
    ("adam_global_clipnorm", "Adam", {"learning_rate": 0.05, "global_clipnorm": 0.5}),
    ("adamw", "AdamW", {"learning_rate": 0.05}),
    ("adamw_decay_amsgrad", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.1, "amsgrad": True}),
    ("rmsprop", "RMSprop", {"learning_rate": 0.05}),
    ("rmsprop_rho", "RMSprop", {"learning_rate": 0.05, "rho": 0.7, "epsilon": 1e-3}),
    ("rmsprop_momentum", "RMSprop", {"learning_rate": 0.05, "momentum": 0.9}),
    ("rmsprop_centered", "RMSprop", {"learning_rate": 0.05, "centered": True}),
    ("rmsprop_momentum_centered", "RMSprop", {"learning_rate": 0.05, "momentum": 0.9, "centered": True}),
    ("rmsprop_weight_decay", "RMSprop", {"learning_rate": 0.05, "weight_decay": 0.05}),
    ("adagrad", "Adagrad", {"learning_rate": 0.1}),
    ("adagrad_accumulator", "Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5}),
    ("adadelta", "Adadelta", {"learning_rate": 1.0}),
    ("adadelta_rho", "Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}),
    ("adamax", "Adamax", {"learning_rate": 0.05}),
    ("nadam", "Nadam", {"learning_rate": 0.05}),
    ("ftrl", "Ftrl", {"learning_rate": 0.1}),
    ("ftrl_regularized", "Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.1, "l2_shrinkage_regularization_strength": 0.01, "beta": 0.1}),
    ("lion", "Lion", {"learning_rate": 0.02}),
    ("lamb", "Lamb", {"learning_rate": 0.05}),
    ("adafactor", "Adafactor", {"learning_rate": 0.05}),
    ("adafactor_absolute", "Adafactor", {"learning_rate": 0.05, "relative_step": False}),
    ("muon", "Muon", {"learning_rate": 0.02}),
    ("schedule_free_adamw", "ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("sgd_string_defaults", "SGD", {}),
    ("adam_string_defaults", "Adam", {}),
    ("rmsprop_string_defaults", "RMSprop", {}),
]

# on sgd: the rate of each step
SCHEDULES = [
    ("exponential_decay", "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("exponential_decay_staircase", "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("inverse_time_decay", "InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("inverse_time_decay_staircase", "InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("polynomial_decay", "PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.01, "power": 2.0}),
    ("polynomial_decay_cycle", "PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "cycle": True}),
    ("piecewise_constant_decay", "PiecewiseConstantDecay", {"boundaries": [3, 8], "values": [0.1, 0.05, 0.01]}),
    ("cosine_decay", "CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "alpha": 0.1}),
    ("cosine_decay_warmup", "CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 30, "warmup_target": 0.1, "warmup_steps": 5}),
    ("cosine_decay_restarts", "CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    ("cosine_decay_restarts_options", "CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.05}),
]


def run(optimizer, start, gradients, arrays, name):
    variables = [keras.Variable(value, name=f"w{i}") for i, value in enumerate(start)]
    optimizer.build(variables)
    history = [[] for _ in variables]
    for step in range(STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(gradient[step]) for gradient in gradients])
        for values, variable in zip(history, variables):
            values.append(np.asarray(variable).copy())
    for i, values in enumerate(history):
        arrays[f"{name}.w{i}"] = np.stack(values)
    states = []
    for i, variable in enumerate(optimizer.variables):
        arrays[f"{name}.state{i}"] = np.asarray(variable).copy()
        states.append(variable.path)
    optimizer.finalize_variable_values(variables)
    if optimizer.use_ema:
        for i, variable in enumerate(variables):
            arrays[f"{name}.finalized{i}"] = np.asarray(variable).copy()
    return states


def main():
    random = np.random.default_rng(17)
    start = [random.normal(size=(4, 3)).astype("float32"), random.normal(size=(3,)).astype("float32")]
    gradients = [random.normal(size=(STEPS, *value.shape)).astype("float32") for value in start]
    gradients[0][4] = 0.0  # a step without a gradient
    gradients[1][4] = 0.0
    gradients[0][:, 1, 1] = 0.0  # a weight that never gets one
    arrays = {"initial0": start[0], "initial1": start[1], "gradient0": gradients[0], "gradient1": gradients[1]}
    arrays["schedule_steps"] = np.array(SCHEDULE_STEPS, dtype="int32")
    index = {"source": common.versions(), "steps": STEPS, "runs": [], "schedules": []}
    for name, class_name, arguments in RUNS:
        optimizer = getattr(keras.optimizers, class_name)(**arguments)
        states = run(optimizer, start, gradients, arrays, name)
        index["runs"].append({"name": name, "class_name": class_name, "arguments": arguments, "config": optimizer.get_config(), "state": states})
    for name, class_name, arguments in SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, class_name)(**arguments)
        arrays[f"{name}.learning_rate"] = np.array([float(schedule(step)) for step in SCHEDULE_STEPS], dtype="float32")
        optimizer = keras.optimizers.SGD(schedule)
        states = run(optimizer, start, gradients, arrays, name)
        index["schedules"].append({"name": name, "class_name": class_name, "arguments": arguments, "config": schedule.get_config(), "state": states})
    common.save_arrays("optimizers", arrays)
    common.save_json("optimizers", index)


main()
