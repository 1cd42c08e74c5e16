"""What every oracle script shares: where values go and how they are written.

Arrays go into .npz files (deflated, fixed time stamps, so that a second run on the same versions
writes the same bytes); names, configurations and texts go into .json files beside them.
Array names are flat: parts joined with dots, never a slash.
"""

import io
import json
import os
import sys
import zipfile

import numpy as np

VALUES = os.environ.get("CORNU_ORACLE_VALUES") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "values")


def choose_backend(name):
    """Must run before keras is imported."""
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def versions():
    """The versions that a value file names as its source."""
    import keras

    backend = keras.backend.backend()
    module = sys.modules["tensorflow" if backend == "tensorflow" else backend]
    return {"keras": keras.__version__, "backend": backend, "backend_version": module.__version__}


def as_stored(value):
    """float32, int32 or uint8: what a value file holds."""
    array = np.asarray(value)
    if array.dtype == np.float64 or array.dtype.kind == "V":
        array = array.astype(np.float32)
    elif array.dtype == np.int64:
        array = array.astype(np.int32)
    elif array.dtype == np.bool_:
        array = array.astype(np.uint8)
    return np.ascontiguousarray(array) if array.ndim else array


def save_arrays(name, arrays):
    path = os.path.join(VALUES, name + ".npz")
    os.makedirs(VALUES, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, value in arrays.items():
            assert "/" not in key, key
            content = io.BytesIO()
            np.lib.format.write_array(content, as_stored(value), version=(1, 0))
            member = zipfile.ZipInfo(key + ".npy", date_time=(2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content.getvalue())
    print(f"{path}: {len(arrays)} arrays, {os.path.getsize(path)} bytes")


def plain(value):
    """value as JSON types, floats rounded to 9 significant digits (enough to give a float32 back)."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "data": plain(value.ravel().tolist())}
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.9g}")
    return str(value)


def save_json(name, value, indent=None):
    path = os.path.join(VALUES, name + ".json")
    os.makedirs(VALUES, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(plain(value), file, indent=indent, ensure_ascii=False, allow_nan=False, separators=None if indent else (",", ":"))
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")
