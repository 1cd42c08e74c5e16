#!/usr/bin/env python3
"""Writes tests/format/fixtures: small files in numpy's formats by numpy itself, HDF5 by h5py, and IDX files by struct, as its author describes it.

    python3 tests/format/make_fixtures.py        (needs numpy and h5py; the results are committed)

The tests know the values: element i of a (3, 4) array is 7 * i - 20 (signed), 7 * i (unsigned), i % 3 == 0 (bool), (7 * i - 20) / 8 (float).
"""
import gzip
import pathlib
import struct

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "fixtures"
DTYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def values(dtype):
    index = np.arange(12).reshape(3, 4)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return index % 3 == 0
    if kind == "u":
        return (7 * index).astype(dtype)
    return ((7 * index - 20) / (8 if kind == "f" else 1)).astype(dtype)


def write_npy():
    for dtype in DTYPES:
        array = values(dtype)
        np.save(FOLDER / f"{dtype}.npy", array)
        if array.dtype.itemsize > 1:
            np.save(FOLDER / f"big_endian_{dtype}.npy", array.astype(array.dtype.newbyteorder(">")))
    cube = np.arange(24, dtype="float32").reshape(2, 3, 4)
    np.save(FOLDER / "fortran.npy", np.asfortranarray(cube))
    np.save(FOLDER / "fortran_big_endian.npy", np.asfortranarray(values("int32").astype(">i4")))
    np.save(FOLDER / "scalar.npy", np.float64(2.5))
    np.save(FOLDER / "empty.npy", np.zeros((0, 5), "int32"))
    np.save(FOLDER / "vector.npy", np.array([1, 2, 3], "uint8"))
    for version in (2, 3):
        with open(FOLDER / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, cube, version=(version, 0))
    np.save(FOLDER / "refused_objects.npy", np.array([{}, None], object), allow_pickle=True)
    np.save(FOLDER / "refused_texts.npy", np.array(["a", "bcd"]))
    np.save(FOLDER / "refused_bytes.npy", np.array([b"a", b"bcd"]))
    np.save(FOLDER / "refused_records.npy", np.zeros(2, [("a", "f4"), ("b", "i2")]))
    np.save(FOLDER / "refused_complex.npy", np.zeros(2, "complex64"))
    np.save(FOLDER / "refused_dates.npy", np.array(["2024-01-01"], "datetime64[D]"))
    np.save(FOLDER / "refused_axes.npy", np.zeros((1,) * 9, "float32"))


def write_npz():
    arrays = {"x": values("float32"), "layers/dense/vars/0": values("int64"), "scalar": np.float32(1.5)}
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "deflated.npz", **arrays, zeros=np.zeros((50, 40), "float64"))
    np.savez(FOLDER / "none.npz")
    np.savez(FOLDER / "refused_objects.npz", x=np.zeros(2), names=np.array([None], object))


def write_idx():
    types = {"uint8": (0x08, "B"), "int8": (0x09, "b"), "int16": (0x0B, "h"), "int32": (0x0C, "i"), "float32": (0x0D, "f"),
             "float64": (0x0E, "d")}
    for dtype, (code, letter) in types.items():
        data = struct.pack(">BBBBII", 0, 0, code, 2, 3, 4) + struct.pack(f">12{letter}", *values(dtype).ravel().tolist())
        (FOLDER / f"{dtype}.idx").write_bytes(data)
    (FOLDER / "int16.idx.gz").write_bytes(gzip.compress((FOLDER / "int16.idx").read_bytes(), mtime=0))


def fill_hdf5(file, groups):
    file.attrs["keras_version"] = "3.0"
    file.attrs["bytes"] = b"text"
    file.attrs["list"] = ["a", "bcd", ""]
    file.attrs["fixed"] = np.array([b"xy", b"zzzz"])
    file.attrs["number"] = 1.5
    for dtype in DTYPES:
        file[f"types/{dtype}"] = values(dtype)
    for dtype in ("float32", "int16", "float64"):
        file[f"types/big_endian_{dtype}"] = values(dtype).astype(np.dtype(dtype).newbyteorder(">"))
    file["scalar"] = np.float32(2.5)
    file["empty"] = np.zeros((0, 5), "float32")
    file["text"] = "no number"
    for number in range(groups):
        file[f"many/layer_{number}/0"] = np.full(2, number, "float32")


def write_hdf5():
    with h5py.File(FOLDER / "old.h5", "w") as file:  # symbol tables
        fill_hdf5(file, 20)
    with h5py.File(FOLDER / "new.h5", "w", libver=("v108", "v108")) as file:  # headers of version 2, dense links and attributes
        fill_hdf5(file, 60)
        for number in range(12):
            file["many"].attrs[f"attribute_{number}"] = f"value {number}"
    cube = (np.arange(11 * 5 * 7).reshape(11, 5, 7) % 50).astype("float32")
    with h5py.File(FOLDER / "chunks.h5", "w") as file:
        file.create_dataset("plain", data=cube, chunks=(4, 5, 4))
        file.create_dataset("deflated", data=cube, chunks=(4, 2, 4), compression="gzip")
        file.create_dataset("shuffled", data=cube, chunks=(4, 5, 4), compression="gzip", shuffle=True)
        file.create_dataset("checked", data=cube, chunks=(4, 3, 4), compression="gzip", shuffle=True, fletcher32=True)
        file.create_dataset("row", data=np.arange(300, dtype="int64"), chunks=(16,), fletcher32=True)
        file.create_dataset("unwritten", shape=(8, 8), chunks=(4, 4), dtype="float32")
        file["unwritten"][:4] = 1
        file.create_dataset("bomb", shape=(1 << 20, 1 << 12), chunks=(64, 64), dtype="float32", compression="gzip")
    with h5py.File(FOLDER / "refused_soft_link.h5", "w") as file:
        file["data/x"] = np.zeros(3, "float32")
        file["data/other"] = h5py.SoftLink("/data/x")
    with h5py.File(FOLDER / "refused_external_link.h5", "w") as file:
        file["data/x"] = h5py.ExternalLink("other.h5", "/x")
    for name, libver in (("elsewhere.h5", "latest"), ("elsewhere_old.h5", "earliest")):
        with h5py.File(FOLDER / name, "w", libver=libver) as file:
            file["x"] = np.arange(10, dtype="float32").reshape(5, 2)
            file["y"] = np.arange(5, dtype="int32")
            file["again"] = h5py.SoftLink("/x")
            file["masks"] = h5py.ExternalLink("other.h5", "/x")
            file.create_dataset("passwords", (5,), "float32", external=[("passwords", 0, 20)])
            if libver == "latest":
                layout = h5py.VirtualLayout(shape=(5,), dtype="float32")
                layout[:] = h5py.VirtualSource("other.h5", "x", shape=(5,))
                file.create_virtual_dataset("parts", layout)
    with h5py.File(FOLDER / "refused_circle.h5", "w") as file:
        b = file.create_group("a/b")
        b["up"] = file["a"]
    with h5py.File(FOLDER / "refused_virtual.h5", "w", libver="latest") as file:
        layout = h5py.VirtualLayout(shape=(3,), dtype="float32")
        layout[:] = h5py.VirtualSource("other.h5", "x", shape=(3,))
        file.create_virtual_dataset("x", layout)
    with h5py.File(FOLDER / "refused_outside.h5", "w") as file:
        file.create_dataset("x", (3,), "float32", external=[("passwords", 0, 12)])


FOLDER.mkdir(exist_ok=True)
write_hdf5()
write_npy()
write_npz()
write_idx()
