"""The part of script/bench about pictures: how many a second are made ready for training, beside other libraries.

Rates are by the clock, and a second of processor time of the program and its workers, which other work on the machine disturbs less: goals are checked by
the latter on one core and by the clock on more.
"""

import json
import os
import signal
import statistics
import subprocess

from programs import RIVALS, ROOT, Program, built, find_missing, keep_to_cores, say

CASES = {
    "augment32": "pictures a second of 32x32x3 in memory: rotation, shifts, shear, zoom and flip, batches of 32 floats",
    "augment224": "the same of 224x224x3",
    "decode": "JPEG files a second, in memory: plain libjpeg-turbo, Cornu, other decoders; and where Cornu's time goes",
    "folder": "pictures a second from a folder: read, decoded, resized to 224x224, augmented, batches of 32 floats",
    "fed": "how long a small CNN waits for flow_from_directory with augmentation, one core for each (by the clock: nothing else may run)",
}
LIBRARIES = {  # key of bench/rivals/picture_rival.py: title, modules that it needs, cases
    "keras-preprocessing": ("keras-preprocessing", ("keras_preprocessing", "scipy", "PIL"), ("augment32", "augment224", "folder")),
    "keras-layers": ("Keras layers, tf.data", ("keras", "tensorflow"), ("augment32", "augment224", "folder")),
    "tensorflow": ("tf.data by hand, one map", ("tensorflow",), ("augment32", "augment224", "decode", "folder")),
    "torchvision": ("torchvision v2, bytes", ("torch", "torchvision"), ("augment32", "augment224", "decode", "folder")),
    "torchvision-floats": ("torchvision v2, floats", ("torch", "torchvision"), ("augment32", "augment224", "folder")),
    "torchvision-pillow": ("torchvision v2, Pillow", ("torch", "torchvision", "PIL"), ("folder",)),
    "albumentations": ("albumentations, bytes", ("albumentations", "cv2", "torch"), ("augment32", "augment224", "folder")),
    "albumentations-floats": ("albumentations, floats", ("albumentations", "cv2", "torch"), ("augment32", "augment224", "folder")),
    "opencv": ("OpenCV by hand, bytes", ("cv2",), ("augment32", "augment224", "decode", "folder")),
    "opencv-floats": ("OpenCV by hand, floats", ("cv2",), ("augment32", "augment224", "folder")),
    "pillow": ("Pillow", ("PIL",), ("decode",)),
}
STAGES = ("read", "decode", "resize bilinear", "augment")
NO_LOADER = ("OpenCV by hand, bytes", "OpenCV by hand, floats")  # loops of the benchmark's own: no library's loader


def default_folder():
    shared = os.environ.get("CORNU_SHARED_DATA") or os.path.join(ROOT, "..", "shared", "data")
    return os.path.join(shared, "cats_vs_dogs", "train")


def find_programs(folder):
    python = os.path.join(RIVALS, "bin", "python")
    more = ["--folder", folder]
    programs = [Program("cornu", "Cornu", [built("pictures") or "", *more])]
    for key, (title, needs, _) in LIBRARIES.items():
        programs.append(Program(key, title, [python, os.path.join(ROOT, "bench", "rivals", "picture_rival.py"), "--library", key, *more], needs))
    if not programs[0].command[0]:
        programs[0].missing = "no program bench_pictures (script/build release makes it)"
    find_missing(programs[1:], python)
    return programs


def asked(program, case):
    """The cases that a program is asked for one column."""
    if program.key == "cornu":
        return {"folder": ["folder", "folder-nearest", "folder-plain"], "decode": []}.get(case, [case])
    return [case] if case in LIBRARIES[program.key][2] else []


def run_rounds(programs, cases, threads, options):
    """answers[title][case]: a list of dicts, one a round."""
    answers = {}
    try:
        for program in programs:
            program.start(threads, options.seconds)
            os.killpg(program.process.pid, signal.SIGSTOP)
        for number in range(options.rounds):
            for case in cases:
                turn = number % len(programs)  # nobody always comes first
                for program in programs[turn:] + programs[:turn]:
                    for name in asked(program, case):
                        if program.process is None:
                            continue
                        answer = program.measure(name)
                        answers.setdefault(program.title, {}).setdefault(name, []).append(answer)
                        brief = answer.get("error") or f"{answer['pictures_per_second']:,.0f} pictures/s"
                        say(options, f"round {number + 1}, {threads} core(s), {name}, {program.title}: {brief}")
    finally:
        for program in programs:
            program.stop()
    return answers


def median(answers, name):
    values = [answer[name] for answer in answers if name in answer]
    return statistics.median(values) if values else None


def goal(text, value, wanted, form="{:.2f}", less=False):
    met = value < wanted if less else value >= wanted
    print(f"  {text}: {form.format(value)} (goal: {'less than' if less else 'at least'} {form.format(wanted)}: {'met' if met else 'NOT met'})")


def print_rates(title, name, answers, unit):
    """A table of one case; returns {title: rate} in the unit that goals are checked in."""
    rows = sorted(((who, median(table.get(name, []), "pictures_per_second"), median(table.get(name, []), "per_processor_second")) for who, table in answers.items()), key=lambda row: -(row[1] or 0))
    rows = [row for row in rows if row[1]]
    if not rows:
        return {}
    print(f"\n{title}\n  {'pictures a second':>40}{'a second of processor time':>30}")
    for who, clock, processor in rows:
        print(f"  {who:26}{clock:14,.0f}{processor:30,.0f}")
    return {who: clock if unit == "clock" else processor for who, clock, processor in rows}


def print_errors(answers):
    for who, table in answers.items():
        for name, rounds in table.items():
            for error in sorted({answer["error"] for answer in rounds if "error" in answer}):
                print(f"Failed: {who}, {name}: {error}")


def print_augmentation(case, answers, threads, unit):
    size = case.removeprefix("augment")
    rates = print_rates(f"{size}x{size}x3, {threads} core(s)", case, answers, unit)
    ours = rates.pop("Cornu", None)
    if ours and rates:
        if "keras-preprocessing" in rates:
            goal("Cornu / keras-preprocessing", ours / rates["keras-preprocessing"], 20, "{:.1f}")
        best = max(rates, key=rates.get)
        goal(f"Cornu / fastest rival ({best})", ours / rates[best], 1)


def print_folder(answers, threads, unit, stages):
    rates = print_rates(f"From a folder, 224x224x3, {threads} core(s)", "folder", answers, unit)
    for name, text in (("folder-nearest", 'with interpolation "nearest"'), ("folder-plain", "without augmentation")):
        rounds = answers.get("Cornu", {}).get(name, [])
        if median(rounds, "pictures_per_second"):
            print(f"  {'Cornu ' + text:40}{median(rounds, 'pictures_per_second'):,.0f} by the clock, {median(rounds, 'per_processor_second'):,.0f} by processor time")
    ours = rates.pop("Cornu", None)
    for who, loaders in (("library's loader", {k: v for k, v in rates.items() if k not in NO_LOADER}), ("loop by hand", {k: v for k, v in rates.items() if k in NO_LOADER})):
        if ours and loaders:
            best = max(loaders, key=loaders.get)
            goal(f"Cornu / fastest {who} ({best})", ours / loaders[best], 1.5)
    if ours and stages:
        share = ours / stages["libjpeg"] / (threads if unit == "clock" else 1)
        print(f"  Cornu / libjpeg-turbo's decoding alone on as many cores: {share:.2f}")


def measure_stages(folder, options):
    """bench_images on one core: {stage: images a second of processor time}, medians of rounds; or None."""
    path = built("images")
    rounds = []
    for _ in range(options.rounds if path else 0):
        done = subprocess.run([path, folder, str(options.seconds / 4)], capture_output=True, text=True, check=False, preexec_fn=lambda: keep_to_cores(1))
        try:
            rounds.append(json.loads(done.stdout))
        except ValueError:
            print(f"Failed: bench_images: {done.stderr.strip()[:200]}")
            return None
    return {stage: statistics.median(line[stage] for line in rounds) for stage in rounds[0]} if rounds else None


def print_stages(stages, answers):
    print("\nDecoding JPEG files in memory, one core: files a second of processor time")
    rows = {"libjpeg-turbo alone": stages["libjpeg"], "Cornu": stages["decode"]}
    for who, table in answers.items():
        rate = median(table.get("decode", []), "per_processor_second")
        if rate:
            rows[who] = rate
    for who, rate in sorted(rows.items(), key=lambda row: -row[1]):
        print(f"  {who:26}{rate:14,.0f}")
    goal("Cornu / libjpeg-turbo", stages["decode"] / stages["libjpeg"], 0.9)
    print("Cornu's microseconds a file: " + ", ".join(f"{stage} {1e6 / stages[stage]:.0f}" for stage in (*STAGES, "resize nearest", "resize lanczos")))
    goal("augmentation / decoding", stages["decode"] / stages["augment"], 1, less=True)


def measure_fed(program, threads, options):
    if program.missing:
        return None
    program.start(threads, options.seconds)
    try:
        return [program.measure("fed") for _ in range(options.rounds)]
    finally:
        program.stop()


def print_fed(rounds, threads):
    if not median(rounds, "epoch_seconds"):
        print(f"\nFailed: fed: {rounds[0].get('error')}")
        return
    step, epoch, making, slower = (median(rounds, name) for name in ("step_seconds", "epoch_seconds", "making_seconds", "slower"))
    print(f"\nA small CNN fed by flow_from_directory with augmentation, kernels on one thread, one worker, {threads} core(s)")
    print(f"  an epoch's steps alone {step:.2f} s, its batches alone {making:.2f} s, fit_generator {epoch:.2f} s")
    goal("lost to waiting", median(rounds, "waited"), 0.05, "{:.4f}", less=True)
    print(f"  steps take {100 * slower:.1f} % longer in all than with no worker beside them: waiting, and what two busy cores take from each other")


def measure(cases, counts, folder, options, report):
    """Measures and prints all of these cases; numbers go into the report."""
    needs_folder = [case for case in cases if not case.startswith("augment")]
    if needs_folder and not os.path.isdir(folder):
        print(f"\nWithout {', '.join(needs_folder)}: there is no folder {folder} (--folder PATH names one of JPEG files, a sub-folder for each class)")
        cases = [case for case in cases if case not in needs_folder]
    programs = find_programs(folder)
    for program in programs:
        if program.missing:
            print(f"Without {program.title}: {program.missing}")
    ready = [program for program in programs if not program.missing]
    stages = measure_stages(folder, options) if "decode" in cases or "folder" in cases else None
    report["stages"] = stages
    for threads in counts:
        unit = "processor" if threads == 1 else "clock"
        compared = [case for case in cases if case != "fed" and (case != "decode" or threads == 1)]
        answers = run_rounds(ready, compared, threads, options) if compared else {}
        report.setdefault("threads", []).append({"threads": threads, "answers": answers})
        for case in compared:
            if case.startswith("augment"):
                print_augmentation(case, answers, threads, unit)
            elif case == "folder":
                print_folder(answers, threads, unit, stages)
            elif stages:
                print_stages(stages, answers)
        print_errors(answers)
    if "fed" in cases and max(counts) > 1:
        report["fed"] = measure_fed(programs[0], 2, options)
        if report["fed"]:
            print_fed(report["fed"], 2)
