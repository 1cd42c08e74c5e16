"""What Keras 3's TensorBoard callback writes for a small model whose weights stay as they are: tags, plugins, steps, histograms, pixels of images.

TensorFlow's own graph of the step, which the callback writes too, has no counterpart in Cornu and is left out.
"""

import glob
import json
import os
import tempfile

import numpy as np

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

SEED = 29


def weights(random, shapes):
    """Of every weight: some below 0 and some above 1, which images cut; one weight is constant, for which histograms have a rule of their own."""
    arrays = [random.normal(scale=0.7, size=shape).astype("float32") for shape in shapes]
    arrays[1] = np.full(shapes[1], 0.25, "float32")
    arrays[5] = np.abs(arrays[5])  # a variance
    return arrays


def model():
    keras.utils.clear_session()
    return keras.Sequential(
        [
            keras.Input((5, 5, 1)),
            keras.layers.Conv2D(4, 3, name="conv"),
            keras.layers.BatchNormalization(trainable=False, name="normalized"),
            keras.layers.Conv2D(3, 2, name="second"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(6, name="hidden"),
            keras.layers.Dense(3, name="out"),
        ],
        name="small",
    )


def events(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*tfevents*"))):
        for record in tf.data.TFRecordDataset(path):
            yield tf.compat.v1.Event.FromString(record.numpy())


def describe(run, event, value, arrays):
    entry = {
        "run": run,
        "step": event.step,
        "tag": value.tag,
        "plugin": value.metadata.plugin_data.plugin_name,
        "content": value.metadata.plugin_data.content.decode("latin1"),
        "dtype": tf.dtypes.as_dtype(value.tensor.dtype).name,
        "shape": [dim.size for dim in value.tensor.tensor_shape.dim],
    }
    key = value.tag.replace("/", ".")
    if event.step > 0:
        return entry  # the weights are as they were
    if entry["plugin"] == "histograms":
        arrays[key] = tf.make_ndarray(value.tensor)
    elif entry["plugin"] == "images":
        width, height, *pictures = tf.make_ndarray(value.tensor).tolist()
        entry["width"], entry["height"] = width.decode(), height.decode()
        arrays[key] = np.stack([tf.io.decode_png(picture).numpy() for picture in pictures])
    elif entry["plugin"] == "graph_keras_model":
        entry["layers"] = [layer["config"]["name"] for layer in json.loads(tf.make_ndarray(value.tensor).item())["config"]["layers"]]
    return entry


def main():
    random = np.random.default_rng(SEED)
    small = model()
    arrays = {}
    values = weights(random, [weight.shape for weight in small.weights])
    small.set_weights(values)
    for i, value in enumerate(values):
        arrays[f"weight{i}"] = value
    arrays["x"], arrays["y"] = random.normal(size=(8, 5, 5, 1)), random.normal(size=(8, 3))
    small.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", metrics=["mae"])
    x, y = arrays["x"].astype("float32"), arrays["y"].astype("float32")
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        callback = keras.callbacks.TensorBoard(
            folder, histogram_freq=2, write_graph=True, write_images=True, write_steps_per_second=True, update_freq=2
        )
        small.fit(x, y, epochs=3, batch_size=4, validation_data=(x, y), callbacks=[callback], verbose=0)
        for run in ("train", "validation"):
            for event in events(os.path.join(folder, run)):
                entries += [describe(run, event, value, arrays) for value in event.summary.value]
    import tensorboard

    source = dict(common.versions(), tensorboard=tensorboard.__version__)
    common.save_arrays("event_files", arrays)
    common.save_json("event_files", {"source": source, "entries": entries})


main()
