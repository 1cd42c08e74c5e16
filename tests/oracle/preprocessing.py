"""What Keras's preprocessing functions give: one-hot rows, norms, padding, skipgrams, windows, words, the Tokenizer and its JSON.

values/preprocessing.json and .npz from keras-preprocessing 1.1.2 (requirements_augmentation.txt), whose functions Keras 2 took over and Keras 3's legacy module still
holds; to_categorical, normalize and timeseries_dataset_from_array by the definitions of Keras 3 (run with an interpreter that has Keras 3 and TensorFlow: `keras` in the file says which). values/lowercase.npz: Python's str.lower of every character
that it changes (Unicode 14, Python 3.11).
Run by hand twice: `preprocessing.py` with keras-preprocessing, `preprocessing.py keras` with Keras 3.
"""

import json
import os
import sys
import unicodedata

import numpy as np

import common

rng = np.random.RandomState(7)


def with_keras_3():
    common.choose_backend("tensorflow")
    import keras

    arrays = {}
    y = np.array([[1], [0], [3]])
    arrays["categorical.column"] = keras.utils.to_categorical(y)
    arrays["categorical.square"] = keras.utils.to_categorical(np.array([[1, 2], [0, 4]]), num_classes=6)
    arrays["categorical.cut_off"] = keras.utils.to_categorical(np.array([0.9, 2.7]), num_classes=3)
    x = rng.normal(size=(3, 4, 5)).astype(np.float32)
    x[1, 2] = 0
    arrays["normalize.x"] = x
    for name, order in (("2", 2), ("1", 1), ("3", 3), ("half", 0.5), ("inf", np.inf), ("minus_inf", -np.inf), ("0", 0)):
        for axis in (-1, 1, 2):
            arrays[f"normalize.{name}.{axis}"] = keras.utils.normalize(x, axis=axis, order=order)
    data, targets = np.arange(60).reshape(30, 2), np.arange(100, 130)
    cases = [dict(sequence_length=4), dict(sequence_length=5, sequence_stride=3, sampling_rate=2, batch_size=4), dict(sequence_length=3, start_index=4, end_index=20, batch_size=5), dict(sequence_length=1, sampling_rate=7)]
    listed = []
    for i, case in enumerate(cases):
        for limit in (None, 30) if "start_index" in case else (None, 30, 11):  # Keras counts targets before start_index too, and then fails
            dataset = keras.utils.timeseries_dataset_from_array(data, None if limit is None else targets[:limit], **({"batch_size": 128} | case))
            batches = [batch if limit else (batch,) for batch in dataset]
            name = f"dataset.{len(listed)}"
            listed.append({**case, "targets": limit or 0, "batches": len(batches), "rows_of_first": int(batches[0][0].shape[0])})
            arrays[name + ".x"] = np.concatenate([batch[0].numpy() for batch in batches])
            if limit:
                arrays[name + ".y"] = np.concatenate([batch[1].numpy() for batch in batches])
    common.save_arrays("preprocessing_keras3", arrays)
    common.save_json("preprocessing_keras3", {"source": common.versions(), "dataset": listed})


TEXTS = ["The quick brown fox jumps over the lazy dog.", "The dog -- the FOX!\tand the\nother dog", "", "  ,;  ", "It's a d\u00f6g's \u00c4pfel \u0130stanbul \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u00df \u1e9e",
         "\U0001f98a fox \U00010400 \U0001d400 na\u00efve \u4f60\u597d, \u4e16\u754c", "one\x7ftwo \"quoted\" back\\slash \x01control", "fox fox fox unk <UNK>"]
OTHERS = ["a quick unk cat's \u00e4pfel", "", "the dog of the fox", "zebra"]


def sequences_cases():
    from keras_preprocessing.sequence import TimeseriesGenerator, make_sampling_table, pad_sequences, skipgrams

    arrays, index = {}, {"pad": [], "timeseries": [], "skipgrams": []}
    ragged = [[1, 2, 3], [], [4, 5, 6, 7, 8], [9]]
    index["ragged"] = ragged
    for case in [dict(), dict(maxlen=4), dict(maxlen=2, truncating="post"), dict(maxlen=6, padding="post", value=-1), dict(maxlen=3, padding="post", truncating="post", dtype="float32", value=0.5)]:
        arrays[f"pad.{len(index['pad'])}"] = pad_sequences(ragged, **case)
        index["pad"].append(case)
    vectors = [np.arange(6).reshape(3, 2), np.zeros((0, 2)), np.arange(2).reshape(1, 2)]
    arrays["pad.vectors"] = pad_sequences(vectors, maxlen=2)
    arrays["sampling_table"] = make_sampling_table(50)
    index["sampling_table"] = [repr(float(v)) for v in make_sampling_table(50, 1e-3)]
    sequence = [3, 0, 1, 2, 2, 0, 5, 4]
    index["sequence"] = sequence
    for case in [dict(window_size=4), dict(window_size=1), dict(window_size=2, categorical=True), dict(window_size=0)]:
        couples, labels = skipgrams(sequence, 6, negative_samples=0, shuffle=False, **case)
        name = f"skipgrams.{len(index['skipgrams'])}"
        arrays[name + ".couples"], arrays[name + ".labels"] = np.array(couples, np.int32).reshape(-1, 2), np.array(labels, np.int32)
        index["skipgrams"].append(case)
    data, targets = np.arange(100).reshape(50, 2), np.arange(100, 150)
    for case in [dict(length=10, sampling_rate=2, batch_size=2), dict(length=7, sampling_rate=3, stride=4, batch_size=3, reverse=True), dict(length=5, start_index=3, end_index=21, batch_size=4), dict(length=49), dict(length=1, stride=60, batch_size=1)]:
        generator = TimeseriesGenerator(data, targets, **case)
        name = f"timeseries.{len(index['timeseries'])}"
        batches = [generator[i] for i in range(len(generator))]
        arrays[name + ".x"], arrays[name + ".y"] = np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])
        index["timeseries"].append({**case, "batches": len(generator)})
    return arrays, index


def text_cases():
    import keras_preprocessing.text
    from keras_preprocessing.text import Tokenizer, hashing_trick, text_to_word_sequence

    # The words of a text come from a Python set, in an order that differs from run to run: here in the order in which they are seen.
    keras_preprocessing.text.set = lambda words: list(dict.fromkeys(words))

    arrays, index = {}, {"texts": TEXTS, "others": OTHERS, "words": [], "hash": [], "tokenizers": []}
    for text in TEXTS:
        for case in [dict(), dict(lower=False), dict(filters="o", split="ab"), dict(filters="", split=" "), dict(filters="\u00e4x", split="\u00df")]:
            index["words"].append({"text": text, "options": case, "words": text_to_word_sequence(text, **case)})
    for n in (2, 3, 50, 2**31 - 1):
        index["hash"].append({"text": TEXTS[0] + TEXTS[4], "n": n, "indices": hashing_trick(TEXTS[0] + TEXTS[4], n, hash_function="md5")})
    for case in [dict(), dict(num_words=4), dict(oov_token="<UNK>"), dict(num_words=5, oov_token="unk"), dict(char_level=True), dict(char_level=True, lower=False, oov_token="?", num_words=8),
                 dict(filters="", split="o", lower=False), dict(oov_token="", num_words=1)]:
        tokenizer = Tokenizer(**case)
        for batch in (TEXTS[:5], TEXTS[5:]):
            tokenizer.fit_on_texts(batch)
        sequences = tokenizer.texts_to_sequences(TEXTS + OTHERS)
        entry = {"options": case, "sequences": sequences, "texts": tokenizer.sequences_to_texts(sequences + [[1, 2, 3, 10000, 0]]), "word_index": list(tokenizer.word_index.items()),
                 "word_counts": list(tokenizer.word_counts.items()), "word_docs": tokenizer.word_docs}
        name = f"tokenizer.{len(index['tokenizers'])}"
        for mode in ("binary", "count", "tfidf", "freq"):
            matrix = tokenizer.texts_to_matrix(TEXTS[:2] + OTHERS[:3], mode=mode)
            arrays[f"{name}.{mode}"] = matrix
        tokenizer.fit_on_sequences([[1, 2, 2], [2, 77]])
        arrays[f"{name}.refitted"] = tokenizer.texts_to_matrix(OTHERS, mode="tfidf")
        entry["json"] = tokenizer.to_json()
        index["tokenizers"].append(entry)
    return arrays, index


def lowercase():
    """Of each character that lower() changes: the character and what it becomes, filled with zeros."""
    rows = []
    for point in range(sys.maxunicode + 1):
        if not 0xD800 <= point < 0xE000 and chr(point).lower() != chr(point):
            became = [ord(c) for c in chr(point).lower()]
            rows.append([point] + became + [0] * (2 - len(became)))
    common.save_arrays("lowercase", {"changed": np.array(rows, np.int32)})


if sys.argv[1:] == ["keras"]:
    with_keras_3()
else:
    arrays, index = sequences_cases()
    more_arrays, more_index = text_cases()
    common.save_arrays("preprocessing", arrays | more_arrays)
    common.save_json("preprocessing", {"source": "keras-preprocessing 1.1.2", "unicode": unicodedata.unidata_version, **index, **more_index})
    lowercase()
