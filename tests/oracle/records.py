#!/usr/bin/env python3
"""Files of records by their own makers: TFRecord files of tf.train.Example by TensorFlow, tar shards by Python's tarfile.

    python3 tests/oracle/records.py                     writes tests/format/fixtures/examples.tfrecord and .gz, shard_*.tar (committed)
    python3 tests/oracle/records.py --check FILE ...    reads TFRecord files that cornu_tfrecord_writer wrote, and says what TensorFlow finds

The tests know the values: Example i of 5 has image = i + 1 bytes that begin at 250 + i (mod 256), label = 3 * i - 4, values = (i + 0.5, -i, 1e-3 * i), counts = i whole
numbers (j + 1) * 10^12, and nothing without values. Sample i of a shard: its .txt is "text i" i times, its .cls is 7 * i - 3, its .bin i * 300 bytes of i.
"""
import io
import pathlib
import sys
import tarfile

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "format" / "fixtures"
LONG = "a folder with a name that is long/" * 5


def example(tf, i):
    image = bytes((250 + i + j) % 256 for j in range(i + 1))
    features = {"image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[3 * i - 4])),
                "values": tf.train.Feature(float_list=tf.train.FloatList(value=[i + 0.5, -i, 1e-3 * i])),
                "counts": tf.train.Feature(int64_list=tf.train.Int64List(value=[(j + 1) * 10**12 for j in range(i)])),
                "nothing": tf.train.Feature()}
    return tf.train.Example(features=tf.train.Features(feature=features))


def write_examples(tf):
    for name, compression in (("examples.tfrecord", ""), ("examples.tfrecord.gz", "GZIP")):
        with tf.io.TFRecordWriter(str(FIXTURES / name), tf.io.TFRecordOptions(compression_type=compression)) as writer:
            for i in range(5):
                writer.write(example(tf, i).SerializeToString(deterministic=True))


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def write_shard(name, kind, prefix, mode="w"):
    with tarfile.open(FIXTURES / name, mode, format=kind) as archive:
        for i in range(4):
            key = f"{prefix}sample{i:03d}"
            add(archive, f"{key}.txt", f"text {i}".encode() * i)
            add(archive, f"{key}.cls", str(7 * i - 3).encode())
            add(archive, f"{key}.bin", bytes([i]) * (300 * i))


def write_shards():
    write_shard("shard_ustar.tar", tarfile.USTAR_FORMAT, "")
    write_shard("shard_gnu.tar", tarfile.GNU_FORMAT, LONG)
    write_shard("shard_pax.tar", tarfile.PAX_FORMAT, LONG + "\u00e4/")
    write_shard("shard.tar.gz", tarfile.USTAR_FORMAT, "", "w:gz")


def check(tf, paths):
    for path in paths:
        kind = "GZIP" if pathlib.Path(path).read_bytes()[:2] == b"\x1f\x8b" else ""
        for number, record in enumerate(tf.data.TFRecordDataset(path, compression_type=kind).as_numpy_iterator()):
            features = tf.train.Example.FromString(record).features.feature
            print(path, number, {name: list(getattr(features[name], features[name].WhichOneof("kind")).value) if features[name].WhichOneof("kind") else None
                                 for name in sorted(features)})


def main():
    if sys.argv[1:2] == ["--check"]:
        import tensorflow as tf
        check(tf, sys.argv[2:])
        return
    import tensorflow as tf
    write_examples(tf)
    write_shards()


main()
