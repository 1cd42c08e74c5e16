"""Models to and fro between real Keras and Cornu, in .keras and .h5 files: predictions and losses must stay the same.

    python tests/oracle/files.py build/release/libcornu.so        (with what requirements.txt names; prints tables for docs/results.md)

For each model and format: Keras trains 5 steps and saves; Cornu loads, predicts, trains 20 steps and saves; Keras loads that, predicts and trains 20 more.
Beside it Keras alone trains the same 40 steps. Then: every case of values/layers_*.json as a model of that one layer, and every optimizer. Fails if
a prediction is off by more than 1e-5 of the largest, or a loss by more than 1e-3 of Keras's.
"""

import ctypes
import json
import os
import sys
import tempfile
import warnings

import numpy as np

import common

common.choose_backend("tensorflow")

import h5py  # noqa: E402
import keras  # noqa: E402
from keras import layers  # noqa: E402
from keras.src.legacy.saving.legacy_h5_format import load_optimizer_weights_from_hdf5_group  # noqa: E402

import keras_files  # noqa: E402

PREDICTION, LOSS, STEPS = 1e-5, 1e-3, 20
FORMATS = (".keras", ".h5")
FLOAT32, INT32 = 0, 5
KNOWN = {"Adafactor.h5": "Keras 3.15 cannot write it: two of its variables have one name",
         "LayerNormalization layer_normalization_axes": "Keras 3.15 cannot read its own .h5: it drops a list of axes",
         "LayerNormalization layer_normalization_axes23": "Keras 3.15 cannot read its own .h5: it drops a list of axes",
         "UpSampling2D upsampling2d_bilinear": "Cornu has no bilinear UpSampling2D"}


class Cornu:
    """The few functions of libcornu.so that this needs."""

    def __init__(self, path):
        self.library = ctypes.CDLL(os.path.abspath(path))
        for name in ("cornu_load_model_with", "cornu_array_copy_of", "cornu_array_list", "cornu_array_item", "cornu_predict_on_batch",
                     "cornu_array_data", "cornu_array_shape"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.library.cornu_error_message.restype = ctypes.c_char_p
        self.library.cornu_logs_get.restype = ctypes.c_double
        self.library.cornu_array_item_count.restype = ctypes.c_size_t

    def check(self, result):
        if not result:
            raise RuntimeError(self.library.cornu_error_message().decode())
        return ctypes.c_void_p(result)

    def array(self, values):
        if isinstance(values, list):
            items = [self.array(item) for item in values]
            return self.check(self.library.cornu_array_list(ctypes.c_size_t(len(items)), (ctypes.c_void_p * len(items))(*[i.value for i in items])))
        values = np.ascontiguousarray(values)
        dtype = INT32 if values.dtype.kind in "iu" else FLOAT32
        values = values.astype("int32" if dtype == INT32 else "float32")
        shape = (ctypes.c_int64 * values.ndim)(*values.shape)
        return self.check(self.library.cornu_array_copy_of(dtype, values.ndim, shape, values.ctypes.data_as(ctypes.c_void_p)))

    def numpy(self, array):
        rank = self.library.cornu_array_rank(array)
        shape = ctypes.cast(self.library.cornu_array_shape(array), ctypes.POINTER(ctypes.c_int64))[:rank]
        data = ctypes.cast(self.library.cornu_array_data(array), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(data, shape=tuple(shape)).copy()

    def load(self, path):
        return self.check(self.library.cornu_load_model_with(path.encode(), None))

    def save(self, model, path):
        if self.library.cornu_save_with(model, path.encode(), None) != 0:
            raise RuntimeError(self.library.cornu_error_message().decode())

    def predict(self, model, x):
        output = self.check(self.library.cornu_predict_on_batch(model, self.array(x)))
        count = self.library.cornu_array_item_count(output)
        return [self.numpy(ctypes.c_void_p(self.library.cornu_array_item(output, ctypes.c_size_t(i)))) for i in range(count)]

    def train(self, model, x, y, steps):
        logs = ctypes.create_string_buffer(1 << 16)  # larger than a cornu_logs
        x, y, losses = self.array(x), self.array(y), []
        for _ in range(steps):
            if self.library.cornu_train_on_batch_with(model, x, y, logs, None) != 0:
                raise RuntimeError(self.library.cornu_error_message().decode())
            losses.append(self.library.cornu_logs_get(logs, b"loss"))
        return losses


def keras_train(model, x, y, steps):
    losses = []
    for _ in range(steps):
        model.reset_metrics()
        losses.append(keras_files.loss_of(model.train_on_batch(x, y)))
    return losses


def keras_predict(model, x):
    return keras_files.as_list(model.predict_on_batch(x))


def keras_load_legacy(path):
    """An .h5 model with its optimizer. Keras 3.15's own load_model builds the optimizer for no variables, so that no model goes on from an .h5 file, not
    even one that Keras wrote; and it cannot read a dictionary of losses or Lamb. This does what it means to do, with Keras's functions."""
    model = keras.models.load_model(path, compile=False)
    with h5py.File(path, "r") as file:
        if "training_config" not in file.attrs:
            return model
        config = json.loads(file.attrs["training_config"])
        optimizer = config.pop("optimizer_config")
        given = {key: value if isinstance(value, (dict, list, str, type(None))) and not is_object(value) else keras.losses.deserialize(value)
                 for key, value in config.items() if key in ("loss", "loss_weights", "metrics", "weighted_metrics")}
        model.compile(getattr(keras.optimizers, optimizer["class_name"]).from_config(optimizer["config"]), **given)
        model.optimizer.build(model.trainable_variables)
        if "optimizer_weights" in file:
            values = load_optimizer_weights_from_hdf5_group(file)
            if len(values) != len(model.optimizer.variables):
                raise RuntimeError(f"the optimizer has {len(model.optimizer.variables)} variables, the file {len(values)}")
            for variable, value in zip(model.optimizer.variables, values):
                variable.assign(np.asarray(value))
    return model


def is_object(value):
    return isinstance(value, dict) and "class_name" in value


def keras_load(path):
    """Fails on a warning: Keras only warns where an optimizer's state does not fit."""
    if path.endswith(".h5"):
        return keras_load_legacy(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = keras.models.load_model(path)
    skipped = [str(w.message) for w in caught if "optimizer" in str(w.message).lower()]
    if skipped:
        raise RuntimeError(skipped[0])
    return model


def difference(got, wanted):
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max() / max(np.abs(np.asarray(b)).max(), 1e-30)) for a, b in zip(got, wanted))


def loss_difference(got, wanted):
    return max(abs(a - b) / abs(b) for a, b in zip(got, wanted))


def expect(what, value, limit):
    if not value <= limit:
        raise RuntimeError(f"{what}: {value:.3g} is more than {limit}")
    return value


def round_trip(cornu, folder, make, ending):
    keras.utils.set_random_seed(7)
    model = make()
    x, y = keras_files.data_for(model, np.random.default_rng(11))
    inputs, targets = keras_files.alone_or_list(x), keras_files.alone_or_list(y)
    keras_train(model, inputs, targets, 5)
    first, second = os.path.join(folder, "keras" + ending), os.path.join(folder, "cornu" + ending)
    model.save(first)
    alone_before = keras_predict(model, inputs)
    alone = keras_train(model, inputs, targets, 2 * STEPS)

    loaded = cornu.load(first)
    row = {"loaded": expect("predictions of what Keras saved", difference(cornu.predict(loaded, inputs), alone_before), PREDICTION)}
    losses = cornu.train(loaded, inputs, targets, STEPS)
    row["losses"] = expect("losses in Cornu", loss_difference(losses, alone[:STEPS]), LOSS)
    cornu.save(loaded, second)
    back = keras_load(second)
    row["saved"] = expect("predictions of what Cornu saved", difference(keras_predict(back, inputs), cornu.predict(loaded, inputs)), PREDICTION)
    assert int(np.asarray(back.optimizer._iterations)) == 5 + STEPS, np.asarray(back.optimizer._iterations)
    row["goes on"] = expect("losses in Keras afterwards", loss_difference(keras_train(back, inputs, targets, STEPS), alone[STEPS:]), LOSS)
    return row


def one_layer(cornu, folder, case):
    """A model of one layer: what Keras predicts, Cornu predicts, and Keras again of what Cornu saved."""
    layer = layers.deserialize({"class_name": case["class_name"], "config": case["config"], "module": "keras.layers", "registered_name": None})
    random = np.random.default_rng(3)
    embedding = case["class_name"] == "Embedding"
    shapes = [shape[1:] for shape in case["inputs"]]
    given = [keras.Input(shape, dtype="int32" if embedding else "float32") for shape in shapes]
    output = layer(given if len(given) > 1 else given[0])
    model = keras.Model(given, output)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    x = [random.integers(0, 3, (2, *shape)).astype("int32") if embedding else random.normal(size=(2, *shape)).astype("float32") for shape in shapes]
    wanted, worst = keras_predict(model, keras_files.alone_or_list(x)), 0
    for ending in FORMATS:
        first, second = os.path.join(folder, "layer" + ending), os.path.join(folder, "again" + ending)
        model.save(first)
        loaded = cornu.load(first)
        worst = max(worst, expect("in Cornu", difference(cornu.predict(loaded, keras_files.alone_or_list(x)), wanted), PREDICTION))
        cornu.save(loaded, second)
        worst = max(worst, expect("back in Keras", difference(keras_predict(keras_load(second), keras_files.alone_or_list(x)), wanted), PREDICTION))
    return worst


def layer_cases():
    for name in ("layers_convolution", "layers_pooling", "layers_other"):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "values", name + ".json"), encoding="utf-8") as file:
            yield from json.load(file)["cases"]


def optimizers():
    o = keras.optimizers
    return [o.SGD(0.01), o.SGD(0.01, momentum=0.9, nesterov=True), o.RMSprop(0.005), o.RMSprop(0.005, momentum=0.5, centered=True), o.Adam(0.01),
            o.Adam(0.01, amsgrad=True), o.Adam(0.01, use_ema=True), o.Adam(0.01, gradient_accumulation_steps=2),
            o.Adam(o.schedules.ExponentialDecay(0.01, 5, 0.9)), o.AdamW(0.01), o.Adadelta(0.5), o.Adagrad(0.05), o.Adamax(0.01), o.Adafactor(0.01),
            o.Nadam(0.01), o.Ftrl(0.05), o.Lion(0.001), o.Lamb(0.01), o.Muon(0.01)]


def with_optimizer(optimizer):
    def make():
        model = keras_files.cnn()
        model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        return model
    return make


def main(library):
    cornu, failures, known = Cornu(library), [], []

    def attempt(name, function, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            try:
                return function(cornu, folder, *arguments)
            except Exception as error:  # every model gets its turn
                (known if name in KNOWN else failures).append(name)
                print(f"| {name} | {KNOWN.get(name, '**' + type(error).__name__ + ': ' + str(error)[:300] + '**')} |")
                return None

    print(f"Keras {keras.__version__}, TensorFlow {common.versions()['backend_version']}\n")
    print("| model | format | predictions in Cornu | 20 losses in Cornu | predictions back in Keras | 20 more losses in Keras |\n|---|---|---|---|---|---|")
    for make in (keras_files.mlp, keras_files.cnn, keras_files.two_inputs):
        for ending in FORMATS:
            row = attempt(make.__name__ + ending, round_trip, make, ending)
            if row:
                print(f"| {make.__name__} | {ending} | " + " | ".join(f"{value:.1e}" for value in row.values()) + " |")
    print("\n| optimizer | format | losses in Cornu | losses back in Keras |\n|---|---|---|---|")
    for ending in FORMATS:
        for optimizer in optimizers():
            name = type(optimizer).__name__ + "".join(", " + key for key in ("momentum", "centered", "amsgrad", "use_ema", "gradient_accumulation_steps")
                                                      if getattr(optimizer, key, None))
            row = attempt(name + ending, round_trip, with_optimizer(optimizer.from_config(optimizer.get_config())), ending)
            if row:
                print(f"| {name} | {ending} | {row['losses']:.1e} | {row['goes on']:.1e} |")
    classes = {}
    for case in layer_cases():
        worst = attempt(case["class_name"] + " " + case["name"], one_layer, case)
        if worst is not None:
            count, most = classes.get(case["class_name"], (0, 0))
            classes[case["class_name"]] = (count + 1, max(most, worst))
    print("\n| layer | cases | largest difference |\n|---|---|---|")
    for name, (count, worst) in sorted(classes.items()):
        print(f"| {name} | {count} | {worst:.1e} |")
    print(f"\n{len(failures)} failures, {len(known)} known ones")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
