"""Builds the fuzz targets of whole models, of their weights and of their JSON, with all rooms that load a model, and runs each for a while.

CORNU_FUZZ_SECONDS sets for how long each runs (20); CORNU_FUZZ_FOLDER keeps the build from one time to the next. Seeds are the test fixtures, and where
they are there the models of ../shared/data/keras_models. What a target dies of is printed, with the input as hexadecimal digits.
"""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(os.environ.get("CORNU_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("CORNU_SHARED_DATA", ROOT.parent / "shared" / "data")) / "keras_models"
SECONDS = os.environ.get("CORNU_FUZZ_SECONDS", "20")
LARGEST = 65536  # bytes of an input: larger ones are changed in vain, mostly among the weights
SANITIZERS = "address,undefined"


def models(*endings):
    """Files with one of the endings, smallest first."""
    found = [path for folder in (ROOT / "tests" / "saving" / "fixtures", SHARED) for path in folder.glob("*") if path.name.endswith(endings)]
    return sorted((path for path in found if path.stat().st_size <= LARGEST), key=lambda path: path.stat().st_size)


def keras_seed(path):
    """An archive as fuzz_keras.c takes it: two lengths, no damage, and the members."""
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name) if name in archive.namelist() else b"" for name in ("metadata.json", "config.json", "model.weights.h5")]
    return struct.pack("<III", len(parts[0]), len(parts[1]), 0) + b"".join(parts)


def configs():
    """The JSON of models: in archives, in the root's attribute of HDF5 (found by its beginning), and in files."""
    for path in models(".keras"):
        with zipfile.ZipFile(path) as archive:
            yield archive.read("config.json")
    for path in models(".h5", ".hdf5"):
        data = path.read_bytes()
        for match in re.finditer(rb'\{"(class_name|config|module)"', data):
            try:
                text = data[match.start():data.index(b"\0", match.start())].decode()
                yield json.dumps(json.JSONDecoder().raw_decode(text)[0]).encode()
            except ValueError:
                pass
    for path in models(".json"):
        yield path.read_bytes()


def seeds(kind):
    if kind == "keras":
        return [keras_seed(path) for path in models(".keras")]
    if kind == "keras_config":
        return list(dict.fromkeys(configs()))
    if kind == "weights":
        inside = [zipfile.ZipFile(path).read("model.weights.h5") for path in (ROOT / "tests" / "saving" / "fixtures").glob("mlp*.keras")]
        return inside + [path.read_bytes() for path in models("mlp.h5", "_packed.h5", ".weights.h5", "_weights.h5")]
    return [path.read_bytes() for path in models(".h5", ".hdf5")]


def dictionary():
    """Keras's words, as libFuzzer takes them: whatever stands in quotes in a model's JSON."""
    words = {word for text in configs() for word in re.findall(rb'"[A-Za-z0-9_>.]{2,40}"', text)}
    return "".join('"\\"' + word[1:-1].decode() + '\\""\n' for word in sorted(words))


def build(folder):
    """The library with libFuzzer's counters and the sanitizers."""
    subprocess.check_call(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_COMPILER=clang", f"-DCORNU_SANITIZE=fuzzer-no-link,{SANITIZERS}",
                           "-DCORNU_FUZZ=ON", "-DCORNU_TESTS=OFF", "-DCORNU_EXAMPLES=OFF", "-DCORNU_BENCH=OFF"], stdout=subprocess.DEVNULL)
    subprocess.check_call(["ninja", "-C", folder, "fuzz_models"], stdout=subprocess.DEVNULL)


@unittest.skipUnless(shutil.which("clang"), "clang, which has libFuzzer, is not installed")
class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.built = pathlib.Path(os.environ.get("CORNU_FUZZ_FOLDER", cls.scratch.name)) / "build"
        build(cls.built)

    def run_target(self, kind):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "seeds").mkdir()
            for number, data in enumerate(seeds(kind)):
                (folder / "seeds" / str(number)).write_bytes(data)
            (folder / "words").write_text(dictionary())
            run = subprocess.run([self.built / "tests" / "fuzz" / f"fuzz_{kind}", f"-max_total_time={SECONDS}", f"-max_len={LARGEST}", "-rss_limit_mb=2048", "-timeout=20",
                                  f"-dict={folder}/words", f"-artifact_prefix={folder}/died-", folder / "seeds"], capture_output=True, text=True, errors="replace", cwd=folder)
            if run.returncode != 0:
                died = "\n".join(path.read_bytes().hex() for path in folder.glob("died-*"))
                self.fail(f"{kind}: {run.stderr[-6000:]}\ninput: {died}")
            print([line for line in run.stderr.splitlines() if "DONE" in line], flush=True)

    def test_keras(self):
        self.run_target("keras")

    def test_h5(self):
        self.run_target("h5")

    def test_weights(self):
        self.run_target("weights")

    def test_keras_config(self):
        self.run_target("keras_config")


if __name__ == "__main__":
    unittest.main()
