"""cornu fit, evaluate and predict on a folder of pictures."""

import csv
import os
import random
import shutil
import signal
import struct
import subprocess
import unittest
import zlib

from command_case import COMMAND, CommandCase, cornu, environment, heed_interrupts
from test_terminal import Terminal

COLORS = {"green": (30, 200, 40), "red": (220, 30, 30)}


def png_of_rows(width, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b"")


def png(width, height, pixel):
    return png_of_rows(width, [bytes(value for column in range(width) for value in pixel(column, row)) for row in range(height)])


def plain_png(size, color):
    return png_of_rows(size, [bytes(color) * size] * size)


class Pictures(CommandCase):
    def setUp(self):
        super().setUp()
        self.noise = random.Random(1)

    def paint(self, name, color, width=14, height=12):
        def pixel(column, row):
            return tuple(min(255, max(0, value + self.noise.randint(-20, 20))) for value in color)

        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(png(width, height, pixel))

    def make_folder(self, name, count=6, classes=COLORS):
        for label, color in classes.items():
            for i in range(count):
                self.paint(f"{name}/{label}/{i}.png", color, 12 + i)
        return self.path(name)

    def fit(self, folder, *words, **options):
        words = ("--target-size", "8,6", *words) if "--target-size" not in words else words
        return cornu("fit", "--model", "linear", "--threads", "1", "--data", folder, *words, **options)

    def trained(self):
        """A model that tells the two apart, in a file."""
        model = self.path("model.keras")
        result = self.fit(self.make_folder("photos"), "--scale", "255", "--epochs", "40", "--optimizer", "sgd", "--learning-rate", "0.5",
                          "--save-model", model, "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        return model

    def test_a_model_from_a_folder_tells_its_classes_apart_in_another(self):
        model = self.trained()
        result = cornu("evaluate", "--model", model, "--data", self.make_folder("new", 2), "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("accuracy: 1.0000", result.stdout)

    def test_a_factor_is_a_part_of_the_model_as_a_division_is(self):
        folder = self.make_folder("photos")
        for number, words in enumerate((("--scale", "256"), ("--rescale", "0.00390625"))):
            result = self.fit(folder, "--save-model", self.path(f"{number}.keras"), "--verbose", "0", *words)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.digest("0.keras"), self.digest("1.keras"))
        model = self.path("1.keras")
        plain = self.predicted(model, folder)
        same = self.predicted(model, folder, "--rescale", "0.00390625", told=("--rescale 0.00390625 is not applied", "by 256 itself", "'rescaling'"))
        other = self.predicted(model, folder, "--rescale", "0.5", told=("--rescale 0.5: ", "by 256 itself"))
        self.assertEqual(same, plain)
        self.assertNotEqual(other, plain)

    def predicted(self, model, folder, *words, told=()):
        """The table, after it was looked at what was said: nothing, or a warning with all these parts."""
        result = cornu("predict", "--model", model, "--data", folder, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1 if told else 0, result.stderr)
        for part in told:
            self.assertIn(part, result.stderr)
        return result.stdout

    def test_a_file_remembers_the_factor_where_the_model_has_no_layer_for_it(self):
        """As models of others, and those that an architecture by name made without --scale."""
        folder, new = self.make_folder("photos"), self.make_folder("new", 2)
        structure = self.path("structure.json")
        self.assertEqual(self.fit(folder, "--save-model", structure, "--verbose", "0").returncode, 0)
        for number, (option, ending) in enumerate(((("--rescale", "0.00392157"), ".keras"), (("--scale", "255"), ".h5"))):
            model = self.path(f"{number}{ending}")
            go_on = ("--data", folder, "--threads", "1", "--epochs", "40", "--optimizer", "sgd", "--learning-rate", "0.5", "--verbose", "0")
            trained = cornu("fit", "--model", structure, *go_on, *option, "--save-model", model)
            self.assertEqual((trained.returncode, trained.stderr), (0, ""))
            evaluated = cornu("evaluate", "--model", model, "--data", new, "--verbose", "0")
            self.assertEqual((evaluated.returncode, evaluated.stderr), (0, ""))
            self.assertIn("accuracy: 1.0000", evaluated.stdout)
            plain = self.predicted(model, new)
            self.assertEqual(self.predicted(model, new, "--scale", "255", told=("--scale 255 need not be given", "remembers it")), plain)
            self.assertEqual(self.predicted(model, new, "--rescale", "0.003921568", told=("--rescale 0.00392157 need not be given",)), plain)
            self.assertNotEqual(self.predicted(model, new, "--scale", "1", told=("--scale 1: ", "trained on inputs divided by 255", "leave --scale out")), plain)
            for name, words in (("plain", ()), ("given", option)):
                result = cornu("fit", "--model", model, "--data", folder, "--threads", "1", "--save-model", self.path(name + ".keras"), "--verbose", "0", *words)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(result.stderr.count("need not be given"), len(words) // 2)
            self.assertEqual(self.digest("plain.keras"), self.digest("given.keras"))
            other = cornu("fit", "--model", model, "--data", folder, "--scale", "100", "--save-model", self.path("other.keras"), "--verbose", "0")
            self.assertIn("trained on inputs divided by 255", other.stderr)
            self.predicted(self.path("other.keras"), new, "--scale", "100", told=("need not be given",))

    def test_what_a_file_of_weights_does_not_remember_is_said(self):
        folder = self.make_folder("photos")
        structure, weights = self.path("structure.json"), self.path("w.npz")
        self.assertEqual(self.fit(folder, "--save-model", structure, "--verbose", "0").returncode, 0)
        fit = ("fit", "--model", structure, "--data", folder, "--verbose", "0", "--save-weights", weights)
        for words, told in (((), 0), (("--scale", "255"), 1), (("--scale", "255", "--save-model", self.path("m.keras")), 0),
                            (("--scale", "255", "--save-model", self.path("m.json")), 1)):
            result = cornu(*fit, *words)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count("only .keras and .h5 files remember"), told, result.stderr)

    def test_predictions_are_a_table_of_files(self):
        model = self.trained()
        folder = self.make_folder("new", 2)
        result = cornu("predict", "--model", model, "--data", folder)
        lines = [line.split(",") for line in result.stdout.splitlines()]
        self.assertEqual(lines[0], ["file", "class", "probability"])
        self.assertEqual([line[:2] for line in lines[1:]],
                         [["green/0.png", "green"], ["green/1.png", "green"], ["red/0.png", "red"], ["red/1.png", "red"]])
        self.assertTrue(all(0.5 < float(line[2]) <= 1 for line in lines[1:]))
        written = cornu("predict", "--model", model, "--data", folder, "--output", self.path("found.csv"))
        self.assertEqual((written.returncode, written.stdout), (0, ""))
        with open(self.path("found.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), result.stdout)

    def reported(self, model, folder, *words):
        """The lines of classes.txt and the rows of mistakes.csv."""
        report = self.path("report")
        result = cornu("evaluate", "--model", model, "--data", folder, "--report", report, "--verbose", "0", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(os.path.join(report, "classes.txt"), encoding="utf-8") as file:
            table = file.read()
        self.assertIn(table, result.stdout)
        with open(os.path.join(report, "mistakes.csv"), encoding="utf-8", newline="") as file:
            return [line.split() for line in table.splitlines()], list(csv.reader(file))

    def test_a_report_names_the_classes_and_the_files(self):
        model, folder = self.trained(), self.make_folder("new", 3)
        self.paint("new/green/of a rose.png", COLORS["red"])
        self.paint("new/red/9.png", COLORS["green"])
        for words in ((), ("--workers", "2", "--batch-size", "3"), ("--class-mode", "categorical"), ("--workers", "2", "--use-multiprocessing")):
            if "categorical" in words:  # one output tells two classes apart
                self.refused(cornu("evaluate", "--model", model, "--data", folder, "--report", self.path("r"), *words), 1)
                continue
            table, mistakes = self.reported(model, folder, *words)
            self.assertEqual(table[0], ["class", "precision", "recall", "f1", "samples"])
            self.assertEqual([(row[0], row[4]) for row in table[1:3]], [("green", "4"), ("red", "4")])
            self.assertEqual(table[1][1:4], ["0.7500"] * 3)
            self.assertEqual(mistakes[0], ["file", "true", "predicted", "probability", "loss"])
            self.assertEqual(sorted(row[:3] for row in mistakes[1:]), [["green/of a rose.png", "green", "red"], ["red/9.png", "red", "green"]])
            self.assertEqual(sorted(os.listdir(self.path("report"))), ["classes.txt", "confusion.png", "mistakes.csv", "mistakes.png"])
        self.assertEqual(cornu("evaluate", "--model", model, "--data", folder, "--report", self.path("matrix.svg"), "--verbose", "0").returncode, 0)
        with open(self.path("matrix.svg"), encoding="utf-8") as file:
            self.assertIn("<svg", file.read())

    def test_a_report_leaves_out_what_cannot_be_read(self):
        model, folder = self.trained(), self.make_folder("new", 3)
        with open(self.path("new/green/0.png"), "r+b") as file:
            file.truncate(60)
        self.paint("new/red/9.png", COLORS["green"])
        for words in (("--batch-size", "2"), ("--workers", "3", "--use-multiprocessing", "--batch-size", "2")):
            table, mistakes = self.reported(model, folder, "--bad-files", "skip", *words)
            self.assertEqual([(row[0], row[4]) for row in table[1:3]], [("green", "2"), ("red", "4")])
            self.assertEqual([row[:3] for row in mistakes[1:]], [["red/9.png", "red", "green"]])

    def test_a_report_of_three_classes_and_of_some_steps(self):
        colors = {**COLORS, "blue": (20, 30, 230)}
        model, folder = self.path("three.keras"), self.make_folder("three", 4, colors)
        for words in ((), ("--loss", "categorical_crossentropy")):
            result = self.fit(folder, "--scale", "255", "--epochs", "60", "--save-model", model, "--verbose", "0", *words)
            self.assertEqual(result.returncode, 0, result.stderr)
            more = ("--class-mode", "categorical") if words else ()
            table, mistakes = self.reported(model, folder, *more)
            self.assertEqual([(row[0], *row[1:]) for row in table[1:4]], [(name, "1.0000", "1.0000", "1.0000", "4") for name in sorted(colors)])
            self.assertEqual(len(mistakes), 1)
            table, _ = self.reported(model, folder, "--steps", "2", "--batch-size", "3", *more)
            self.assertEqual([row[4] for row in table[1:4]], ["4", "2", "0"])

    def test_pictures_without_classes_can_be_predicted(self):
        model = self.trained()
        self.paint('flat/a,"b".png', COLORS["red"])
        self.paint("flat/c.png", COLORS["green"])
        result = cornu("predict", "--model", model, "--data", self.path("flat"))
        self.assertEqual([line.rsplit(",", 1)[0] for line in result.stdout.splitlines()[1:]], ['"a,""b"".png",red', "c.png,green"])

    def test_files_that_are_passed_over_are_told_of(self):
        model = self.trained()
        self.paint("flat/c.png", COLORS["green"])
        self.assertEqual(cornu("predict", "--model", model, "--data", self.path("flat")).stderr, "")
        self.write("flat/a.heic", "x")
        result = cornu("predict", "--model", model, "--data", self.path("flat"))
        self.assertEqual((result.returncode, result.stdout.count("\n"), result.stderr.count("\n")), (0, 2, 1))
        self.assertIn("flat: 1 file is passed over, whose name does not end as a picture's: 'a.heic'", result.stderr)
        for name in ("b.raw", "notes.txt", "z.heic", ".hidden.raw"):
            self.write(f"flat/{name}", "x")
        result = cornu("predict", "--model", model, "--data", self.path("flat"))
        self.assertIn("4 files are passed over, whose names do not end as a picture's", result.stderr)
        self.assertIn("'s: 'a.heic', 'b.raw', 'notes.txt', ...", result.stderr)
        self.write("photos/red/r.heic", "x")
        for words in ((), ("--validation-split", "0.5")):
            self.assertEqual(self.fit(self.path("photos"), "--verbose", "0", *words).stderr.count("'red/r.heic'"), 1)

    def test_any_number_of_workers_gives_the_same_model(self):
        folder, digests = self.make_folder("photos"), set()
        for i, workers in enumerate((("0",), ("1",), ("3",), ("2", "--use-multiprocessing"))):
            result = self.fit(folder, "--epochs", "2", "--batch-size", "3", "--rotation-range", "20", "--zoom-range", "0.2",
                              "--horizontal-flip", "--workers", *workers, "--verbose", "0", "--save-weights", self.path(f"{i}.npz"))
            self.assertEqual(result.returncode, 0, result.stderr)
            digests.add(self.digest(f"{i}.npz"))
        self.assertEqual(len(digests), 1)

    def test_changes_at_random_change_the_training(self):
        folder = self.make_folder("photos")
        for name, words in (("plain", ()), ("changed", ("--width-shift-range", "0.5", "--fill-mode", "constant"))):
            result = self.fit(folder, "--verbose", "0", "--save-weights", self.path(name + ".npz"), *words)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotEqual(self.digest("plain.npz"), self.digest("changed.npz"))

    def test_validation_is_on_a_share_or_on_another_folder(self):
        folder = self.make_folder("photos", 8)
        split = self.fit(folder, "--validation-split", "0.25", "--batch-size", "1", "--verbose", "2", "--workers", "1")
        self.assertIn("val_accuracy", split.stdout)
        self.assertIn("12/12 - ", split.stdout)
        other = self.fit(folder, "--validation-data", self.make_folder("new", 2), "--batch-size", "1", "--verbose", "2")
        self.assertIn("val_accuracy", other.stdout)
        self.assertIn("16/16 - ", other.stdout)

    def test_categories_are_rows_with_a_1(self):
        result = self.fit(self.make_folder("photos"), "--loss", "categorical_crossentropy", "--verbose", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("accuracy", result.stdout)
        self.assertEqual(self.fit(self.path("photos"), "--class-mode", "categorical", "--verbose", "0").returncode, 0)

    def test_the_loss_of_a_models_file_says_what_targets_are(self):
        colors = {**COLORS, "blue": (20, 30, 230)}
        three, two = self.make_folder("three", 4, colors), self.make_folder("two", 4)
        for number, (folder, loss, words) in enumerate((
                (three, "categorical_crossentropy", ()), (three, "kl_divergence", ("--class-mode", "categorical")),
                (three, "binary_crossentropy", ("--class-mode", "categorical")), (three, "sparse_categorical_crossentropy", ()),
                (two, "binary_crossentropy", ()), (two, "categorical_crossentropy", ()), (two, "mean_squared_error", ("--class-mode", "categorical")))):
            for ending in (".keras", ".h5"):
                model = self.path(f"{number}{ending}")
                made = self.fit(folder, "--scale", "255", "--loss", loss, "--metrics", "accuracy", *words, "--epochs", "60", "--save-model", model, "--verbose", "0")
                self.assertEqual(made.returncode, 0, made.stderr)
                said = cornu("evaluate", "--model", model, "--data", folder, "--verbose", "0")
                self.assertEqual((said.returncode, said.stderr), (0, ""), loss)
                self.assertIn("accuracy: 1.0000", said.stdout)
            on = ("fit", "--model", model, "--data", folder, "--validation-split", "0.25", "--epochs", "61", "--initial-epoch", "60", "--verbose", "2")
            result = cornu(*on)
            self.assertEqual((result.returncode, result.stderr), (0, ""), loss)
            self.assertIn("val_accuracy: 1.0000", result.stdout)
        changed = cornu(*on, "--loss", "sparse_categorical_crossentropy")
        self.assertEqual(changed.returncode, 0, changed.stderr)
        self.refused(cornu("evaluate", "--model", model, "--data", two, "--class-mode", "sparse", "--verbose", "0"), 1, "(None, 2)")

    def test_folders_with_other_classes_are_refused(self):
        folder = self.make_folder("photos")
        odd = self.make_folder("odd", 1, {"blue": (0, 0, 255), "red": COLORS["red"]})
        self.refused(self.fit(folder, "--validation-data", odd), 1, "the folder lacks class 'green'")
        more = self.make_folder("more", 1, {**COLORS, "blue": (0, 0, 255)})
        self.refused(self.fit(folder, "--validation-data", more), 1, "the folder has class 'blue', which that of --data lacks")
        self.refused(cornu("evaluate", "--model", self.trained(), "--data", more), 1, "has 3 sub-folders",
                     "the model tells 2 classes apart")

    def test_a_model_knows_its_classes_by_name(self):
        model = self.trained()
        odd = self.make_folder("odd", 2, {"blue": (0, 0, 255), "red": COLORS["red"]})
        for command in (("evaluate",), ("fit", "--epochs", "1")):
            self.refused(cornu(*command, "--model", model, "--data", odd, "--verbose", "0"), 1, "class 0 is 'blue'",
                         "has learned it as 'green'", "--other-classes")
        self.assertEqual(cornu("evaluate", "--model", model, "--data", odd, "--verbose", "0", "--other-classes").returncode, 0)
        other = self.path("other.h5")
        result = cornu("fit", "--model", model, "--data", odd, "--other-classes", "--save-model", other, "--verbose", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(cornu("evaluate", "--model", other, "--data", odd, "--verbose", "0").returncode, 0)

    def test_an_empty_class_is_a_warning(self):
        folder = self.make_folder("photos")
        os.mkdir(self.path("photos/white"))
        result = self.fit(folder, "--verbose", "0")
        self.assertEqual(result.returncode, 0)
        self.assertIn("class 'white' of", result.stderr)

    def test_all_kinds_of_pictures_count(self):
        fixtures = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "image", "fixtures")
        folder = self.make_folder("photos", 0)
        for label in ("green", "red"):
            os.makedirs(self.path(f"photos/{label}"), exist_ok=True)
            for name in ("lossy.webp", "plain.gif", "p6_255.ppm"):
                shutil.copy(os.path.join(fixtures, name), self.path(f"photos/{label}/{name}"))
        model = self.path("model.keras")
        result = self.fit(folder, "--verbose", "0", "--save-model", model)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        result = cornu("predict", "--model", model, "--data", self.path("photos/red"))
        self.assertEqual([line.split(",")[0] for line in result.stdout.splitlines()[1:]],
                         ["lossy.webp", "p6_255.ppm", "plain.gif"])
        self.assertIn("photos: 6 pictures in 2 classes", cornu("data", folder).stdout)

    def test_a_share_too_small_for_a_class_is_named(self):
        result = self.fit(self.make_folder("photos", 3), "--validation-split", "0.01", "--verbose", "0")
        self.refused(result, 1, "validation_split 0.01 of the largest class's 3 is less than one")

    def test_a_damaged_picture_ends_it_or_goes_as_asked(self):
        folder = self.make_folder("photos", 3)
        with open(self.path("photos/red/1.png"), "r+b") as file:
            file.truncate(60)
        self.refused(self.fit(folder, "--verbose", "0"), 1, "photos/red/1.png' is a damaged PNG file")
        for policy, word in (("skip", "left out"), ("replace", "replaced")):
            result = self.fit(folder, "--bad-files", policy, "--verbose", "0")
            self.assertEqual(result.returncode, 0)
            self.assertIn(f"the file is {word}", result.stderr)
        self.refused(self.fit(folder, "--bad-files", "skip", "--bad-files-at-most", "0", "--verbose", "0"), 1, "at most 0 may be bad")

    def test_names_of_files_and_words_cannot_speak_to_the_terminal(self):
        folder = self.make_folder("photos", 3)
        with open(self.path("photos/red/\x1b[31m\x9b.png"), "wb") as file:
            file.write(b"P")
        name = "photos/red/\\x1b[31m\\xc2\\x9b.png' is no picture"
        for words, status in ((("--bad-files", "skip"), 0), ((), 1)):
            result = self.fit(folder, "--verbose", "0", *words)
            self.assertEqual(result.returncode, status)
            self.assertIn(name, result.stderr)
            self.assertNotIn("\x1b", result.stderr)
        profile = cornu("data", "--profile", "--target-size", "16", folder)
        self.assertNotIn("\x1b", profile.stderr + profile.stdout)
        self.assertIn("'fi\\x1bt'", cornu("fi\x1bt").stderr)
        self.assertIn("\\x1b", cornu("fit", "--no\x1b").stderr)

    def test_a_damaged_picture_has_no_row_in_the_table(self):
        model, folder = self.trained(), self.make_folder("new", 3)
        with open(self.path("new/green/1.png"), "r+b") as file:
            file.truncate(60)
        for words in ((), ("--workers", "2", "--use-multiprocessing", "--batch-size", "2")):
            result = cornu("predict", "--model", model, "--data", folder, "--bad-files", "skip", *words)
            files = [line.split(",")[:2] for line in result.stdout.splitlines()[1:]]
            self.assertEqual(files, [[name, name.split("/")[0]] for name in
                                     ("green/0.png", "green/2.png", "red/0.png", "red/1.png", "red/2.png")])

    def test_options_that_would_do_nothing_are_refused(self):
        folder = self.make_folder("photos")
        table = self.write("t.csv", "a,b\n1,2\n3,4\n")
        for words, part in ((("--target-size", "8"), "--target-size is for a folder of pictures"),
                            (("--bad-files", "skip"), "--bad-files is for a folder of pictures"),
                            (("--horizontal-flip",), "are for a folder of pictures")):
            self.refused(cornu("fit", "--model", "linear", "--data", table, "--target", "-1", *words), 2, part)
        self.refused(self.fit(folder, "--sample-weight", table), 2, "--sample-weight does not go with a folder")
        self.refused(self.fit(folder, "--target", "b"), 2, "--target does not go with a folder")
        self.refused(self.fit(folder, "--scale", "255", "--rescale", "0.1"), 2, "--scale and --rescale say the same")
        self.refused(self.fit(folder, "--target-size", "8by8"), 2, "--target-size is '8by8'")
        self.refused(self.fit(folder, "--zoom-range", "much"), 2, "--zoom-range wants a number")
        self.refused(self.fit(folder, "--color-mode", "gray"), 1, "there is no color_mode 'gray'")
        self.refused(cornu("fit", "--model", "linear", "--data", folder), 1, "give --target-size")
        self.refused(self.fit(folder, "--validation-data", table), 1, "is no folder that can be read")
        self.refused(cornu("fit", "--model", "linear", "--x", table, "--target-size", "8"), 2, "--target-size is for a folder")

    def test_a_folder_that_is_not_there_is_told_of_as_such(self):
        for words in (("--target-size", "8"), ("--bad-files", "skip"), ("--horizontal-flip",), ()):
            self.refused(cornu("fit", "--model", "linear", "--data", self.path("none"), *words), 1, "cannot read", "none': No such file")
        for command in ("evaluate", "predict"):
            self.refused(cornu(command, "--model", "linear", "--data", self.path("none"), "--target-size", "8"), 1, "none': No such file")

    def test_waiting_for_pictures_is_told_of_in_json(self):
        result = self.fit(self.make_folder("photos"), "--workers", "0", env=environment(CORNU_PROGRESS="json"))
        self.assertIn('"waited_for":{', result.stdout)
        for stage in ("reading", "decoding", "resizing", "augmenting"):
            self.assertIn(f'"{stage}":', result.stdout)

    def test_waiting_is_told_of_in_lines_as_wide_as_the_terminal(self):
        os.makedirs(self.path("large/a"))
        os.makedirs(self.path("large/b"))
        for number in range(6):  # of one colour: soon made, and not so soon decoded
            with open(self.path(f"large/{'ab'[number % 2]}/{number}.png"), "wb") as file:
                file.write(plain_png(2500, (number, 0, 0)))
        for columns in (40, 60, 200):
            terminal = Terminal(COMMAND, "fit", "--model", "linear", "--threads", "1", "--data", self.path("large"), "--target-size", "8", "--workers", "0",
                                "--progress", "line", columns=columns)
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.finish(), 0, terminal.text)
            told = terminal.text[terminal.text.index("Waited for data"):].replace("\r", "").splitlines()
            self.assertTrue(all(len(line) <= columns for line in told), told)
            self.assertRegex(" ".join(" ".join(told).split()), r"^Waited for data \d+% of the epoch: decoding \d+%.*; with a worker it would go on meanwhile$")
            self.assertEqual(len(told) == 1, columns == 200)

    def test_ctrl_c_ends_training_and_what_was_trained_is_saved(self):
        command = [COMMAND, "fit", "--model", "linear", "--threads", "1", "--data", self.make_folder("photos"), "--target-size", "8",
                   "--epochs", "1000000", "--workers", "2", "--save-weights", self.path("w.npz"), "--verbose", "2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
                              preexec_fn=heed_interrupts) as process:
            self.assertIn("Epoch 1/1000000", process.stdout.readline())
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)
        self.assertTrue(os.path.exists(self.path("w.npz")))


if __name__ == "__main__":
    unittest.main()
