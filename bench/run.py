#!/usr/bin/env python3
"""Measures how fast Cornu trains, beside Keras 3 on TensorFlow and on JAX and PyTorch, and prints one table per thread count; and how many
pictures a second it makes ready for training, beside other libraries (pictures.py).

The programs run on the same cores with the same number of threads, each in its own process that lives through the whole
measurement; the rounds are interleaved, and a program that is not being measured is stopped. Medians of the rounds are
shown with the lowest and the highest. The floating-point limit of the cores is measured by a plain loop of fused
multiply-adds in every round. The rivals' own programs and settings are in bench/rivals.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys

import pictures
from programs import PROGRAMS, RIVALS, ROOT, Program, built, find_missing, keep_to_cores, say

CASES = {
    "mlp32": "MLP 784-128-10, batch 32, Adam",
    "mlp128": "MLP 784-128-10, batch 128, Adam",
    "cnn": "CNN 28x28x1: conv 32 3x3, conv 64 3x3, max-pool 2, dense 128, dense 10, batch 128, Adam",
    "resnet20": "ResNet-20 on 32x32x3, batch 128, SGD with momentum",
    "tiny": "one train_on_batch of Dense 8-4-1 at batch 1, SGD",
}
# What only Cornu is asked, by the program bench_loop: nothing to compare with, so no rivals are needed.
LOOP_CASES = {
    "overhead": "the training loop beside the step: microseconds a batch of Dense 8-4-1 at batch 1, one thread",
    "view": "fit with the live page over fit without, on one thread, with nobody looking and with a browser's stream",
    "overlap": "fit_generator with one worker and a generator that takes as long as the step, model on one thread",
}
BATCHES = {"mlp32": 32, "mlp128": 128, "cnn": 128, "resnet20": 128}


def useful_operations():
    """Floating-point operations that one trained sample needs: forward, gradient of the weights, and gradient of the
    input for all layers but the first; two for each multiply-add of a matrix product or convolution."""

    def total(products):
        return 2 * (3 * sum(products) - products[0])

    mlp = [784 * 128, 128 * 10]
    cnn = [26 * 26 * 9 * 32, 24 * 24 * 9 * 32 * 64, 12 * 12 * 64 * 128, 128 * 10]
    resnet = [32 * 32 * 27 * 16]
    width, channels = 32, 16
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            if stage and not block:
                width //= 2
                resnet.append(width * width * channels * filters)  # the shortcut
            resnet += [width * width * 9 * channels * filters, width * width * 9 * filters * filters]
            channels = filters
    resnet.append(64 * 10)
    return {"mlp32": total(mlp), "mlp128": total(mlp), "cnn": total(cnn), "resnet20": total(resnet)}


def find_programs():
    python = os.path.join(RIVALS, "bin", "python")

    def rival(file, *options):
        return [python, os.path.join(ROOT, "bench", "rivals", file), *options]

    programs = [
        Program("cornu", "Cornu", [built("train") or ""]),
        Program("keras-tensorflow", "Keras on TensorFlow", rival("keras_rival.py", "--backend", "tensorflow"), ("keras", "tensorflow")),
        Program("keras-jax", "Keras on JAX", rival("keras_rival.py", "--backend", "jax"), ("keras", "jax")),
        Program("pytorch-eager", "PyTorch eager", rival("torch_rival.py", "--mode", "eager"), ("torch",)),
        Program("pytorch-compiled", "PyTorch compiled", rival("torch_rival.py", "--mode", "compiled"), ("torch",)),
    ]
    if not programs[0].command[0]:
        programs[0].missing = f"no program {os.path.join(os.path.relpath(PROGRAMS), 'bench_train')} (script/build release makes it)"
    find_missing(programs[1:], python)
    return programs


def measure_peak(threads):
    """GFLOP/s of the plain loop, or None without its program."""
    path = built("peak")
    if path is None:
        return None
    done = subprocess.run([path, "--threads", str(threads)], capture_output=True, text=True, check=False, preexec_fn=lambda: keep_to_cores(threads))
    try:
        return float(json.loads(done.stdout)["gflops"])
    except (ValueError, KeyError, TypeError):
        return None


def run_rounds(programs, cases, threads, options):
    """(answers per program and case, peaks): answers[key][case] is a list of dicts, one a round."""
    answers = {program.key: {case: [] for case in cases} for program in programs}
    peaks = []
    running = []
    try:
        for program in programs:
            program.start(threads, options.seconds)
            running.append(program)
            os.killpg(program.process.pid, signal.SIGSTOP)
        for number in range(options.rounds):
            peak = measure_peak(threads)
            if peak is not None:
                peaks.append(peak)
            for case in cases:
                turn = number % len(programs)  # nobody always comes first
                for program in programs[turn:] + programs[:turn]:
                    if program.process is None:
                        continue
                    answer = program.measure(case)
                    answers[program.key][case].append(answer)
                    say(options, f"round {number + 1}, {threads} thread(s), {case}, {program.title}: {brief(case, answer)}")
    finally:
        for program in running:
            program.stop()
    return answers, peaks


def brief(case, answer):
    if "error" in answer:
        return answer["error"]
    rate = answer["samples_per_second"]
    return f"{1e6 / rate:.2f} us" if case == "tiny" else f"{rate:,.0f} samples/s"


def summarize(answers, case, peak, operations):
    """Medians of one program's rounds for one case, or None."""
    good = [answer for answer in answers if "error" not in answer]
    if not good:
        return None
    rates = [answer["samples_per_second"] for answer in good]
    result = {"samples_per_second": statistics.median(rates), "lowest": min(rates), "highest": max(rates), "rounds": rates}
    if case in operations:
        result["gflops"] = result["samples_per_second"] * operations[case] / 1e9
        if peak:
            result["share_of_peak"] = result["gflops"] / peak
    for name in ("over_kernels", "floor_us", "raw_samples_per_second", "step_us"):
        values = [answer[name] for answer in good if answer.get(name) is not None]
        if values:
            result[name] = statistics.median(values)
    if peak and case in operations and "step_us" in result:
        result["step_share_of_peak"] = BATCHES[case] * operations[case] / result["step_us"] / 1e3 / peak
    return result


def cell(case, result):
    if result is None:
        return "-"
    middle, low, high = result["samples_per_second"], result["lowest"], result["highest"]
    if case == "tiny":
        return f"{1e6 / middle:.2f} us ({1e6 / high:.2f}..{1e6 / low:.2f})"
    return f"{middle:,.0f} ({low:,.0f}..{high:,.0f})"


def print_table(threads, programs, cases, results, peak):
    """Rows are programs, columns are cases."""
    ours = results.get("cornu", {})
    rivals = [program.key for program in programs if program.key != "cornu"]
    rows = [[f"{threads} thread" + ("s" if threads > 1 else ""), *cases]]
    rows += [[program.title, *(cell(case, results[program.key].get(case)) for case in cases)] for program in programs]

    def line(title, value):
        cells = [value(case) or "-" for case in cases]
        if any(text != "-" for text in cells):
            rows.append([title, *cells])

    def against_fastest(case):
        rates = [results[key][case]["samples_per_second"] for key in rivals if results[key].get(case)]
        return f"{ours[case]['samples_per_second'] / max(rates):.2f}" if rates and ours.get(case) else None

    def own(name, form):
        return lambda case: form(ours[case][name]) if ours.get(case) and name in ours[case] else None

    line("Cornu / fastest rival", against_fastest)
    line("Cornu's fit, share of the FMA loop", own("share_of_peak", lambda v: f"{100 * v:.1f} %"))
    line("Cornu's step, share of the FMA loop", own("step_share_of_peak", lambda v: f"{100 * v:.1f} %"))
    line("Cornu, step / its kernels alone", own("over_kernels", lambda v: f"{v:.3f}"))
    line("hand-written C loop", own("floor_us", lambda v: f"{v:.2f} us"))
    line("Cornu over that loop", lambda case: f"{1e6 / ours[case]['samples_per_second'] - ours[case]['floor_us']:.2f} us" if ours.get(case) and "floor_us" in ours[case] else None)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(text.ljust(width) if not column else text.rjust(width) for column, (text, width) in enumerate(zip(row, widths))))
    if peak:
        print(f"FMA loop on {threads} thread(s): {peak:.0f} GFLOP/s")


def measure_loop(case, options):
    """The answer of bench_loop or bench_view as a dict."""
    name = "view" if case == "view" else "loop"
    path = built(name)
    if path is None:
        return {"error": f"there is no program bench_{name} (script/build release makes it)"}
    command = [path, *(["--case", case] if name == "loop" else []), "--rounds", str(options.rounds), "--seconds", str(options.seconds / 4)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"error": done.stderr.strip()[:200] or f"ended with status {done.returncode}"}


def print_overhead(answer):
    print("\nThe loop beside the step: microseconds a batch")
    for name, text in (
        ("step_us", "the step alone"),
        ("train_on_batch_us", "train_on_batch"),
        ("fit_us", "fit"),
        ("fit_bar_callback_us", "fit, with the bar on a terminal and a callback with all hooks"),
        ("fit_generator_us", "fit_generator on a Sequence, no worker"),
        ("fit_generator_1_worker_us", "fit_generator on a Sequence, one worker"),
    ):
        print(f"  {answer[name]:8.2f}  {text}")
    print(f"  {answer['over_us']:8.2f}  fit with bar and callback beyond train_on_batch ({answer['over_lowest_us']:.2f}..{answer['over_highest_us']:.2f})")


def print_overlap(answer):
    print("\nA generator that takes as long as the step: milliseconds a batch")
    for kind in ("asleep", "busy"):
        a = answer[kind]
        print(
            f"  generator {kind}: step {a['step_ms']:.2f}, generator {a['generator_ms']:.2f}; no worker {a['no_worker_ms']:.2f}, one worker {a['one_worker_ms']:.2f}"
            f" = {a['ratio']:.3f} of the longer ({a['ratio_lowest']:.3f}..{a['ratio_highest']:.3f})"
        )


def print_view(answer):
    print("\nThe live page, on one thread: median (lowest..highest) of the rounds")

    def spread(key):
        middle, low, high = answer[key]
        return f"{middle:.3f} ({low:.3f}..{high:.3f})"

    for kind, text in (("unseen", "nobody looking"), ("seen", "a browser's stream")):
        print(f"  MLP 784-128-10, batch 32, {text}: {spread(f'mlp_ratio_wall_{kind}')} of the time without, {spread(f'mlp_ratio_cpu_{kind}')} of the processor time")
        print(f"  Dense 8-4-1, batch 1, {text}: {spread(f'tiny_more_us_cpu_{kind}')} us of processor time a batch beyond {answer['tiny_us_cpu_without'][0]:.3f}")


def measure_loop_cases(cases, options):
    answers = {case: measure_loop(case, options) for case in cases}
    for case, answer in answers.items():
        if "error" in answer:
            print(f"\nFailed: {case}: {answer['error']}")
        else:
            {"overhead": print_overhead, "overlap": print_overlap, "view": print_view}[case](answer)
    return answers


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for text in file:
                if text.startswith("model name"):
                    return text.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def parse():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="say what can be measured, and measure nothing")
    parser.add_argument("--only", metavar="NAME", action="append", default=[], help="only this case or this program (may be given several times)")
    parser.add_argument("--json", metavar="FILE", help="also write every number there")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (default 2)")
    parser.add_argument("--threads", type=int, action="append", help="default: as many as there are cores, then 1")
    parser.add_argument("--folder", default=pictures.default_folder(), help="of JPEG files, a sub-folder for each class, for the cases that read files")
    parser.add_argument("--quiet", action="store_true", help="no line for each measurement")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or any(count < 1 for count in options.threads or []):
        parser.error("--rounds, --seconds and --threads must be positive")
    return parser, options


def print_list(programs):
    print("Cases (samples a second of training; microseconds for tiny):")
    for name, text in CASES.items():
        print(f"  {name:18}{text}")
    for name, text in LOOP_CASES.items():
        print(f"  {name:18}{text}")
    print("Cases of pictures:")
    for name, text in pictures.CASES.items():
        print(f"  {name:18}{text}")
    print("Programs:")
    for program in programs:
        print(f"  {program.key:18}{program.title}" + (f" - {program.missing}" if program.missing else ""))


def compare(programs, cases, counts, options, report):
    """Measures all programs and prints a table for each number of threads."""
    operations = report["useful_operations"] = useful_operations()
    versions, errors = {}, {}
    for threads in counts:
        answers, peaks = run_rounds(programs, cases, threads, options)
        peak = statistics.median(peaks) if peaks else None
        results = {key: {case: summarize(rounds, case, peak, operations) for case, rounds in table.items()} for key, table in answers.items()}
        for program in programs:
            for case, rounds in answers[program.key].items():
                for answer in rounds:
                    versions[program.title] = answer.get("version") or versions.get(program.title)
                    if "error" in answer:
                        errors[f"{program.title}, {case}, {threads} thread(s)"] = answer["error"]
        print_table(threads, programs, cases, results, peak)
        report["threads"].append({"threads": threads, "peak_gflops": peak, "results": results})
    report.update(versions=versions, errors=errors)
    print()
    for title, version in versions.items():
        print(f"{title}: {version or 'version unknown'}")
    for where, error in errors.items():
        print(f"Failed: {where}: {error}")


def ready_programs(programs):
    """Those that can run; says why the others cannot."""
    for program in programs:
        if program.missing:
            print(f"Without {program.title}: {program.missing}")
    return [program for program in programs if not program.missing]


def write_report(path, report):
    beside = path + ".part"
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    os.replace(beside, path)


def main():
    parser, options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the programs, which may be stopped just now, are ended too
    programs = find_programs()
    if options.list:
        print_list(programs)
        return 0
    keys = [program.key for program in programs]
    for name in options.only:
        if name not in CASES and name not in keys and name not in LOOP_CASES and name not in pictures.CASES:
            parser.error(f"--only {name}: there is no such case or program; there are {', '.join([*CASES, *LOOP_CASES, *pictures.CASES, *keys])}")
    loop_cases = [name for name in LOOP_CASES if name in options.only or not options.only]
    picture_cases = [name for name in pictures.CASES if name in options.only or not options.only]
    compares = not options.only or len(loop_cases) + len(picture_cases) < len(set(options.only))
    cases = [name for name in CASES if name in options.only] or list(CASES)
    programs = [program for program in programs if program.key in options.only] or programs
    programs = ready_programs(programs) if compares else []
    if not programs and not loop_cases and not picture_cases:
        print("Nothing to measure.")
        return 1
    cores = len(os.sched_getaffinity(0))
    counts = list(dict.fromkeys(options.threads or [cores, 1]))
    for threads in counts:
        if threads > cores:
            parser.error(f"--threads {threads}: there are {cores} cores")
    load = os.getloadavg()[0]
    machine = f"{processor()}, {cores} cores"
    report = {"machine": machine, "load_before": load, "rounds": options.rounds, "seconds": options.seconds, "threads": []}
    print(f"{machine}; float32; medians of {options.rounds} interleaved rounds of {options.seconds:g} s (lowest..highest); load before the run {load:.2f}")
    if load > 0.3:
        print("Other programs are running on this machine: the spread says how much they disturb.")
    if programs:
        compare(programs, cases, counts, options, report)
    report["loop"] = measure_loop_cases(loop_cases, options)
    if picture_cases:
        report["pictures"] = {}
        pictures.measure(picture_cases, sorted(counts), options.folder, options, report["pictures"])
    report["load_after"] = os.getloadavg()[0]
    if options.json:
        write_report(options.json, report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
