"""What every rival measures, and how: the same work, data and command line for all of them.

A rival program takes `--case NAME --threads T --seconds S`, warms up, and prints one JSON line with `samples_per_second`.
With `--server` it reads case names from standard input, one a line, and answers each with such a line, so that
rounds of several programs can be interleaved without paying their start-up each time.
"""

import argparse
import functools
import json
import os
import sys
import time

# samples: how many lie in memory (an epoch); every epoch is shuffled and its batches are gathered.
CASES = {
    "mlp32": {"input": (784,), "classes": 10, "samples": 60000, "batch": 32},
    "mlp128": {"input": (784,), "classes": 10, "samples": 60000, "batch": 128},
    "cnn": {"input": (28, 28, 1), "classes": 10, "samples": 2560, "batch": 128},
    "resnet20": {"input": (32, 32, 3), "classes": 10, "samples": 1280, "batch": 128},
    "tiny": {"input": (8,), "classes": 0, "samples": 1, "batch": 1},
}


def arguments(description, add=None, names=CASES):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--case", choices=list(names))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--server", action="store_true", help="read case names from standard input")
    if add:
        add(parser)
    given = parser.parse_args()
    if not given.server and not given.case:
        parser.error("--case or --server is needed")
    return given


def keep_to_cores(threads):
    """T threads on T cores: the only limit that JAX knows, so it holds for all. To be called before a library is imported."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:threads])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["MKL_NUM_THREADS"] = str(threads)


def data(name):
    case = CASES[name]
    return make_data(case["samples"], case["input"], case["classes"])


@functools.lru_cache
def make_data(samples, shape, classes):
    """x uniform in [0, 1), channels last; y the largest of a fixed random projection, so that the loss can fall."""
    import numpy as np

    random = np.random.default_rng(1)
    x = random.random((samples, *shape), dtype=np.float32)
    if not classes:
        return x, random.random((samples, 1), dtype=np.float32)
    flat = x.reshape(samples, -1) - 0.5
    projection = random.standard_normal((flat.shape[1], classes)).astype(np.float32)
    return x, np.argmax(flat @ projection, axis=1).astype(np.int32)


def keep_freed_memory():
    """Starts the program again with a C allocator that keeps what it frees, as PyTorch's tuning guide advises (it names
    others than glibc's; these settings do the same): without it every large activation is mapped and unmapped each step."""
    settings = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000", "MALLOC_TOP_PAD_": "268435456"}
    if any(name not in os.environ for name in settings):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **settings})


def timed(run, seconds):
    """run(n) trains n epochs (or steps) and returns when they are done. How many it does a second, over about `seconds`."""
    count, spent = 1, 0.0
    while spent < 0.1:  # how long one takes
        begin = time.perf_counter()
        run(count)
        spent = time.perf_counter() - begin
        if spent < 0.1:
            count *= max(2, min(100, int(0.15 / max(spent, 1e-6))))
    if spent > 0.7 * seconds:
        return count / spent
    count = max(1, round(count * seconds / spent))
    begin = time.perf_counter()
    run(count)
    return count / (time.perf_counter() - begin)


def serve(given, rival, version, prepare):
    """prepare(case) returns measure(seconds) -> dict; models stay in memory between the rounds of a server."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not come between the JSON lines
    ready = {}
    for line in sys.stdin if given.server else [given.case]:
        name = line.strip()
        if not name:
            continue
        answer = {"rival": rival, "version": version, "case": name, "threads": given.threads}
        try:
            if name not in ready:
                ready[name] = prepare(name)
            answer.update(ready[name](given.seconds))
        except Exception as error:  # one case that fails must not end the others
            answer["error"] = f"{type(error).__name__}: {error}"
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
