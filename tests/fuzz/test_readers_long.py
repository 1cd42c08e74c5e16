"""Builds the fuzz targets of this folder by clang with libFuzzer and the sanitizers, and runs each for a while.

CORNU_FUZZ_SECONDS sets for how long each runs (20). What a target dies of is printed, with the input as hexadecimal digits.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("CORNU_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SECONDS = os.environ.get("CORNU_FUZZ_SECONDS", "20")
FIXTURES = ROOT / "tests" / "format" / "fixtures"
PICTURES = ROOT / "tests" / "image" / "fixtures"
PICTURE_SEEDS = {"jpeg": "*.jpg", "png": "*.png", "gif": "*.gif", "bmp": "*.bmp", "ppm": "*.p?m", "tiff": "*.tif", "webp": "*.webp"}
TOKENIZER = ["preprocessing", "tokenizer", "tokenizer_json", "tokenizer_sequences", "words", "text_functions"]
DATASETS = ["dataset", "dataset_sample", "dataset_arrays", "dataset_rows", "dataset_npy"]
DECODERS = ["bmp", "color_mode", "decode", "exif", "gif", "image", "jpeg", "png", "ppm", "tiff", "webp"]
SEEDS = {"events": "*.tfevents", "tfrecord": "*.tfrecord*", "tar": "shard*.tar*", "npy": "*.npy", "npz": "*.npz", "zip": "*.npz", "idx": "*.idx*", "hdf5": "*.h5"}
LENGTHS = {"hdf5": 65536, "tar": 16384, "zip": 16384, "dataset_hdf5": 65536, "dataset_cifar": 3 * 3074}
TEXTS = {"csv": ["a,b,kind\n1,2.5,x\n3,nan,\"y \"\"z\"\"\"\n", "1;2\r\n3;4\r\n", "age,sex,note\n36,f,\" a\n\"\n,m,NA\n41,f,\n"],
         "lines": ["one\r\n\ntwo\rthree\n"],
         "json": ['{"class_name": "Sequential", "config": {"layers": [{"units": 3, "rate": -1.5e3, "on": true, "x": null}]}}'],
         "tokenizer": ['{"class_name": "Tokenizer", "config": {"num_words": 3, "filters": "!", "lower": true, "split": " ", "char_level": false, "oov_token": "?", "document_count": 1, '
                       '"word_counts": "{\\"the\\": 2}", "word_docs": "{\\"the\\": 1}", "index_docs": "{\\"2\\": 1}", "index_word": "{\\"1\\": \\"?\\", \\"2\\": \\"the\\"}", '
                       '"word_index": "{\\"?\\": 1, \\"the\\": 2}"}}', "The quick, brown f\u00d6x \u039f\u03a3!"]}
FLAGS = ["-std=gnu17", "-D_GNU_SOURCE=", "-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
         "-ffp-contract=off"]


def build(target, program):
    sources = [path for room in ("base", "array", "format") for path in sorted((ROOT / "src" / room).glob("*.c"))]
    packages = ["libzip", "zlib", "jansson", "hdf5", "libpng"]
    if target.stem.startswith("fuzz_image_"):
        sources += [ROOT / "src" / "image" / f"{name}.c" for name in DECODERS] + [ROOT / "src" / "data" / "stages.c"]
        packages += ["libjpeg", "libtiff-4", "libwebp", "libwebpdemux"]
    if target.stem.startswith("fuzz_dataset_"):
        sources += [ROOT / "src" / "data" / f"{name}.c" for name in sorted({*DATASETS, target.stem.removeprefix("fuzz_")})]
    unlisted = []  # those without a pkg-config file
    if target.stem == "fuzz_tokenizer":
        sources += [ROOT / "src" / "data" / f"{name}.c" for name in TOKENIZER]
        packages += ["nettle"]
        unlisted += ["-lunistring"]
    libraries = subprocess.check_output(["pkg-config", "--cflags", "--libs", *packages], text=True).split()
    libraries += ["-lgif"] if "libwebp" in packages else []
    subprocess.check_call(["clang", *FLAGS, f"-I{ROOT}/src", f"-I{ROOT}/include", str(target), *map(str, sources), "-o", str(program),
                           *libraries, *unlisted, "-lm", "-lpthread"])


def write_seeds(kind, folder):
    folder.mkdir()
    of_dataset = kind.removeprefix("dataset_")
    for path in FIXTURES.glob(SEEDS[of_dataset]) if of_dataset in SEEDS else []:
        shutil.copy(path, folder)
    if kind == "dataset_cifar":
        (folder / "records").write_bytes(bytes(i % 10 for i in range(3 * 3073)))
    picture = kind.removeprefix("image_")
    for path in PICTURES.glob(PICTURE_SEEDS[picture]) if kind != picture else []:
        shutil.copy(path, folder)
    if kind == "tfrecord":  # what a record holds, as that is what its target takes most
        (folder / "example").write_bytes((FIXTURES / "examples.tfrecord").read_bytes()[12:90])
    for number, text in enumerate(TEXTS.get(kind, [])):
        (folder / str(number)).write_text(text)


@unittest.skipUnless(shutil.which("clang"), "clang, which has libFuzzer, is not installed")
class Readers(unittest.TestCase):
    def run_target(self, kind):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            program, seeds = folder / f"fuzz_{kind}", folder / "seeds"
            build(ROOT / "tests" / "fuzz" / f"fuzz_{kind}.c", program)
            write_seeds(kind, seeds)
            run = subprocess.run([program, f"-max_total_time={SECONDS}", f"-max_len={LENGTHS.get(kind, 4096)}", "-rss_limit_mb=1024", "-timeout=10",
                                  f"-artifact_prefix={folder}/died-", seeds], capture_output=True, text=True, cwd=folder)
            if run.returncode != 0:
                died = "\n".join(path.read_bytes().hex() for path in folder.glob("died-*"))
                self.fail(f"{kind}: {run.stderr[-6000:]}\ninput: {died}")
            print([line for line in run.stderr.splitlines() if "DONE" in line], flush=True)

    def test_npy(self):
        self.run_target("npy")

    def test_npz(self):
        self.run_target("npz")

    def test_zip(self):
        self.run_target("zip")

    def test_idx(self):
        self.run_target("idx")

    def test_csv(self):
        self.run_target("csv")

    def test_json(self):
        self.run_target("json")

    def test_tokenizer(self):
        self.run_target("tokenizer")

    def test_hdf5(self):
        self.run_target("hdf5")

    def test_datasets(self):
        for kind in ["npy", "npz", "idx", "cifar", "hdf5"]:
            with self.subTest(kind):
                self.run_target(f"dataset_{kind}")

    def test_events(self):
        self.run_target("events")

    def test_lines(self):
        self.run_target("lines")

    def test_tar(self):
        self.run_target("tar")

    def test_tfrecord(self):
        self.run_target("tfrecord")

    def test_pictures(self):
        for kind in PICTURE_SEEDS:
            with self.subTest(kind):
                self.run_target(f"image_{kind}")


if __name__ == "__main__":
    unittest.main()
