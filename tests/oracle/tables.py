#!/usr/bin/env python3
"""Tables as Python's csv module writes them and pandas reads them.

    python3 tests/oracle/tables.py [SHARED_DATA]      (needs pandas)

Writes tests/format/fixtures/table.csv, whose texts have separators, quotes and ends of lines in them, and values/tables.json: its cells, and of real tables in
SHARED_DATA (../shared/data) the mean of each column and how many of its values are missing.
"""
import csv
import json
import pathlib
import random
import sys

import pandas

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "format" / "fixtures"
ROWS = 60


def cells():
    chance = random.Random(7)
    pieces = ["a", "B", ",", ";", "\t", '"', '""', "\n", "\r\n", "\r", " ", "  x ", "\u00e4\u4e2d", "'", "0", "NA", "#"]
    for row in range(ROWS):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(8)))
        yield {"whole": chance.randrange(-10**18, 10**18), "real": chance.uniform(-1, 1) * 10 ** chance.randrange(-300, 300),
               "narrow": chance.uniform(-1, 1) * 10 ** chance.randrange(-30, 30), "kind": chance.choice(["red, dark", "green", 'the "best"', "\u00e9"]), "text": text}


def write_table(rows):
    with open(FIXTURES / "table.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def real_tables(folder):
    for name, header in (("auto_mpg", 0), ("california_housing", 0), ("abalone", None), ("iris", None)):
        table = pandas.read_csv(folder / "tabular" / f"{name}.csv", header=header)
        numbers = table.select_dtypes("number")
        yield name, {"rows": len(table), "columns": [str(column) for column in numbers], "means": numbers.mean().tolist(),
                     "missing": numbers.isna().sum().tolist(), "distinct": {str(column): sorted(table[column].unique()) for column in table
                                                                           if column not in numbers and table[column].nunique() < 10}}


def main():
    rows = list(cells())
    write_table(rows)
    shared = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[2] / "shared" / "data")
    frame = pandas.read_csv(FIXTURES / "table.csv", keep_default_na=False)
    assert frame["text"].tolist() == [row["text"] for row in rows] and frame["real"].tolist() == [row["real"] for row in rows]
    values = {"pandas": pandas.__version__, "rows": rows, "tables": dict(real_tables(shared))}
    (HERE / "values" / "tables.json").write_text(json.dumps(values, ensure_ascii=True, indent=1) + "\n")


main()
