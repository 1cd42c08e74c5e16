"""values/timeseries_json.json: what the to_json of keras-preprocessing 1.1.2's TimeseriesGenerator gives (Keras 3.15's own fails: its base class has no get_config).

Data and targets are made in the test again: element i of data is (7 i - 20) / 8 (float32) or i (others), of targets 100 + row.
"""
import json
import pathlib

import numpy as np
from keras_preprocessing.sequence import TimeseriesGenerator

CASES = [
    {"dtype": "float32", "shape": [12, 2], "length": 3},
    {"dtype": "int32", "shape": [20], "length": 4, "sampling_rate": 2, "stride": 3, "start_index": 2, "end_index": 17, "reverse": True, "batch_size": 2},
    {"dtype": "uint8", "shape": [9, 1, 2], "length": 2, "shuffle": True},
    {"dtype": "bool", "shape": [6], "length": 2},
]


def data_of(case):
    index = np.arange(np.prod(case["shape"])).reshape(case["shape"])
    return ((7 * index - 20) / 8 if case["dtype"] == "float32" else index % 3 == 0 if case["dtype"] == "bool" else index).astype(case["dtype"])


results = []
for case in CASES:
    data = data_of(case)
    targets = np.arange(len(data)) + 100
    options = {key: value for key, value in case.items() if key not in ("dtype", "shape")}
    results.append({**case, "json": TimeseriesGenerator(data, targets, **options).to_json()})
folder = pathlib.Path(__file__).parent / "values"
(folder / "timeseries_json.json").write_text(json.dumps(results, indent=1) + "\n")
