"""TensorBoard's event files, shown to readers that Cornu had no part in: one of a few lines for records and messages, and the real TensorBoard
where its package is (of this interpreter, or of the one that CORNU_TENSORBOARD_PYTHON names)."""

import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

BINARY = os.environ.get("CORNU_BINARY_DIR", "build/release")
WRITER = os.path.join(BINARY, "tests", "train", "test_train_callbacks_tensorboard")
PYTHON = os.environ.get("CORNU_TENSORBOARD_PYTHON") or sys.executable

# What the real TensorBoard makes of a folder of runs, as its server would.
LOOK = r"""
import json, sys
from tensorboard.backend.event_processing import plugin_event_multiplexer
from tensorboard.plugins.graph import keras_util
from tensorboard.util import tensor_util

runs = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(sys.argv[1])
runs.Reload()
seen = {}
for run in runs.Runs():
    tags = {}
    for plugin in ("scalars", "histograms", "images", "text", "graph_keras_model"):
        try:
            content = runs.GetAccumulator(run).PluginTagToContent(plugin)
        except KeyError:
            continue
        tags[plugin] = {}
        for tag in content:
            events = runs.Tensors(run, tag)
            value = tensor_util.make_ndarray(events[-1].tensor_proto)
            entry = {"steps": [event.step for event in events], "shape": list(value.shape)}
            if plugin == "scalars":
                entry["value"] = float(value)
            elif plugin == "histograms":
                entry["total"] = float(value[:, 2].sum())
            elif plugin == "images":
                entry["size"] = [value[0].decode(), value[1].decode()]
                entry["png"] = all(picture.startswith(b"\x89PNG\r\n\x1a\n") for picture in value[2:])
            elif plugin == "text":
                entry["text"] = value.item().decode()
            else:
                graph = keras_util.keras_model_to_graph_def(json.loads(value.item()))
                entry["nodes"] = {node.name: list(node.input) for node in graph.node}
            tags[plugin][tag] = entry
    seen[run] = tags
json.dump(seen, sys.stdout)
"""


def records(path):
    """The records of a TFRecord file, without a look at their sums (a C test looks)."""
    with open(path, "rb") as file:
        content = file.read()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        yield content[at + 12 : at + 12 + length]
        at += 16 + length


def fields(message):
    """(number, value) of each field of a message of Protocol Buffers: integers, or bytes."""

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    at = 0
    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 2: None, 5: 4}[key & 7]
        size = varint() if size is None else size
        if at + size > len(message):
            raise ValueError("a field ends behind its message")
        yield key >> 3, message[at : at + size]
        at += size


class EventFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([WRITER, "--write", cls.folder.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_files_are_records_of_messages(self):
        paths = glob.glob(os.path.join(self.folder.name, "*", "*", "*tfevents*"))
        self.assertEqual(len(paths), 4)
        for path in paths:
            events = [dict(fields(record)) for record in records(path)]
            self.assertEqual(events[0][3], b"brain.Event:2")
            for event in events[1:]:
                value = dict(fields(dict(fields(event[5]))[1]))
                self.assertTrue(value[1].decode("ascii"))
                self.assertTrue((2 in value) != (8 in value), "a number or a tensor")
                if 8 in value:
                    self.assertIn(dict(fields(value[8]))[1], (2, 7))
                    self.assertIn(1, dict(fields(value[9])))

    def look(self):
        """What the real TensorBoard sees; skips where there is none."""
        if subprocess.run([PYTHON, "-c", "import tensorboard"], capture_output=True).returncode != 0:
            self.skipTest("there is no package tensorboard (CORNU_TENSORBOARD_PYTHON can name an interpreter that has it)")
        done = subprocess.run([PYTHON, "-c", LOOK, self.folder.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_the_real_tensorboard_reads_them(self):
        seen = self.look()
        self.assertEqual(len(seen), 4)
        for name, weights in (("small", 4), ("forked", 4)):
            train, validation = seen[f"{name}/train"], seen[f"{name}/validation"]
            self.assertEqual(train["scalars"]["epoch_loss"]["steps"], [0, 1, 2])
            self.assertEqual(train["scalars"]["batch_loss"]["steps"], [2, 4, 6, 8, 10, 12])
            self.assertGreater(train["scalars"]["epoch_accuracy"]["value"], 0)
            self.assertEqual(validation["scalars"]["evaluation_loss_vs_iterations"]["steps"], [4, 8, 12])
            self.assertEqual(len(train["histograms"]), weights)
            self.assertEqual(len(train["images"]), weights)
            for histogram in train["histograms"].values():
                self.assertEqual((histogram["steps"], histogram["shape"]), ([0, 1, 2], [30, 3]))
                self.assertGreater(histogram["total"], 0)
            self.assertTrue(all(image["png"] for image in train["images"].values()))
            self.assertIn("Total params", train["text"]["model_summary"]["text"])
        self.assertEqual(seen["forked/train"]["histograms"]["wide/kernel/histogram"]["total"], 48)
        self.assertEqual(seen["forked/train"]["images"]["wide/kernel/image"]["size"], ["8", "6"])

    def test_the_real_tensorboard_shows_the_graph(self):
        seen = self.look()
        nodes = seen["forked/train"]["graph_keras_model"]["keras"]["nodes"]
        self.assertEqual(nodes["forked/wide"], ["forked/x"])
        self.assertEqual(sorted(nodes["forked/joined"]), ["forked/wide", "forked/x"])
        self.assertEqual(nodes["forked/y"], ["forked/joined"])
        self.assertGreaterEqual(len(seen["small/train"]["graph_keras_model"]["keras"]["nodes"]), 3)


if __name__ == "__main__":
    unittest.main()
