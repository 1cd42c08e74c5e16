#!/usr/bin/env python3
"""cornu plot: curves of what trainings logged."""

import os
import re
import struct
import unittest

from command_case import DIGITS, CommandCase, cornu

LOG = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.1\n1,0.7,0.5,NA,NA\n2,0.8,nan,0.6,0.7\n"


def size_of_png(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n", head
    return struct.unpack(">II", head[16:24])


class Plot(CommandCase):
    def draw(self, name, *words):
        result = cornu("plot", "--output", self.path(name), *words)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        return self.path(name)

    def test_help(self):
        result = cornu("plot", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--log-scale", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_a_panel_for_each_metric(self):
        log = self.write("log.csv", LOG)
        two = size_of_png(self.draw("two.png", "--history", log))
        one = size_of_png(self.draw("one.png", "--history", log, "--metrics", "val_loss"))
        self.assertEqual(two[0], 2 * one[0])
        self.assertEqual(two[1], one[1])
        self.assertEqual(size_of_png(self.draw("sized.png", "--history", log, "--width", "400", "--height", "500")), (400, 500))

    def test_losses_come_first_then_metrics_by_name_whatever_the_file_s_order(self):
        names = ("mae", "b_loss", "accuracy", "loss", "a_loss")
        orders = (names, sorted(names), ("loss", "a_loss", "b_loss", "mae", "accuracy"))
        values = {name: f"0.{number}" for number, name in enumerate(names)}
        pictures = []
        for number, order in enumerate(orders):
            log = self.write("log.csv", f"epoch,{','.join(order)}\n0,{','.join(values[name] for name in order)}\n")
            self.draw(f"{number}.png", log)
            pictures.append(self.digest(f"{number}.png"))
        self.draw("wanted.png", log, "--metrics", "loss,a_loss,b_loss,accuracy,mae")
        self.assertEqual(pictures, 3 * [self.digest("wanted.png")])

    def test_a_picture_in_which_texts_would_lie_on_each_other_is_refused(self):
        log = self.write("log.csv", LOG)
        output = ("--output", self.path("small.png"))
        self.refused(cornu("plot", log, "--width", "299", *output), 2, "--width wants a whole number of at least 300")
        self.refused(cornu("plot", log, "--height", "199", *output), 2, "--height wants a whole number of at least 200")
        refused = cornu("plot", log, "--width", "300", "--height", "300", *output)
        self.refused(refused, 1, "300 x 300 pixels", "2 panels")
        self.assertFalse(os.path.exists(self.path("small.png")))
        wanted = re.search(r"a height of at least (\d+)", refused.stderr).group(1)
        self.refused(cornu("plot", log, "--width", "300", "--height", str(int(wanted) - 1), *output), 1, f"a height of at least {wanted}")
        self.assertEqual(size_of_png(self.draw("least.png", log, "--width", "300", "--height", wanted)), (300, int(wanted)))

    def test_light_dark_log_scale_and_names_differ(self):
        log = self.write("log.csv", LOG)
        self.draw("a.png", "--history", log)
        self.draw("b.png", "--history", log, "--dark")
        self.draw("c.png", "--history", log, "--log-scale")
        self.draw("d.png", "--history", f"{log},{log}")
        self.draw("e.png", "--history", f"{log},{log}", "--names", "this,that", "--title", "Both")
        self.draw("f.png", "--history", log, "--light")
        digests = [self.digest(f"{name}.png") for name in "abcdef"]
        self.assertEqual(len(set(digests[:5])), 5)
        self.assertEqual(digests[0], digests[5])

    def test_runs_of_one_name_have_one_colour(self):
        log, other = self.write("log.csv", LOG), self.write("other.csv", LOG.replace("0.5", "0.3"))
        os.mkdir(self.path("same"))
        namesake = self.write("same/log.csv", LOG.replace("0.5", "0.3"))

        def colours(history, *words):
            with open(self.draw("runs.svg", "--history", history, "--metrics", "loss", *words), encoding="utf-8") as file:
                return len(set(re.findall(r'stroke:(rgb\([^)]*\))', file.read())))

        two = colours(f"{log},{other}")
        self.assertEqual(colours(f"{log},{other}", "--names", "seed,seed"), two - 1)
        self.assertEqual(colours(f"{log},{other},{log}", "--names", "a,b,a"), two)
        self.assertEqual(colours(f"{log},{namesake}"), two)  # of one name by chance

    def test_kinds_of_files(self):
        log = self.write("log.csv", LOG)
        with open(self.draw("c.svg", "--history", log), encoding="utf-8") as file:
            self.assertIn("<svg ", file.read())
        with open(self.draw("c.pdf", "--history", log), "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")

    def test_tensorboard_and_csv_of_one_training_are_the_same_picture(self):
        words = ("--epochs", "2", "--validation-split", "0.2", "--csv-log", self.path("log.csv"), "--tensorboard", self.path("board"))
        self.assertEqual(self.train(*words).returncode, 0)
        chosen = ("--metrics", "loss,accuracy")
        for name, source, rest in (("csv", "log.csv", ""), ("board", "board", ",learning_rate")):
            self.draw(f"{name}_all.png", "--history", self.path(source))
            self.draw(f"{name}_named.png", "--history", self.path(source), "--metrics", chosen[1] + rest)
            self.assertEqual(self.digest(f"{name}_all.png"), self.digest(f"{name}_named.png"))
            self.draw(f"{name}.png", "--history", self.path(source), *chosen)
        self.assertEqual(size_of_png(self.path("csv.png")), size_of_png(self.path("board.png")))
        train = os.path.join(self.path("board"), "train")
        self.draw("file.png", "--history", os.path.join(train, os.listdir(train)[0]), *chosen)
        os.mkdir(self.path("empty"))
        self.refused(cornu("plot", "--history", self.path("empty")), 1, "no event file")

    def test_what_is_not_there_is_said(self):
        log = self.write("log.csv", LOG)
        self.refused(cornu("plot"), 2, "nothing to draw", "--history")
        self.refused(cornu("plot", "--history", log, "--metrics", "acuracy"), 1, "did you mean 'accuracy'?")
        self.refused(cornu("plot", "--history", f"{log},{log}", "--names", "one"), 2, "1 names for 2 runs")
        self.refused(cornu("plot", "--history", log, "--light", "--dark"), 2, "exclude each other")
        self.refused(cornu("plot", "--history", log, "--output", self.path("c.bmp")), 2, ".png, .svg or .pdf")
        self.refused(cornu("plot", "--history", self.path("none.csv")), 1, "none.csv")
        self.refused(cornu("plot", self.write("m.keras", "PK")), 1, "m.keras")
        self.refused(cornu("plot", self.write("m.json", "{}")), 1, "hold no history")
        self.refused(cornu("plot", "--history", self.write("bad.csv", "epoch,loss\n0,high\n")), 1, "line 2", "'high'")
        self.refused(cornu("plot", "--history", ",".join([log] * 32), log), 2, "33 runs")
        self.refused(cornu("plot", log, "--names", "one,two"), 2, "2 names for 1 runs")

    def test_a_saved_model_is_drawn_as_its_log(self):
        model, log = self.path("model.keras"), self.path("model.csv")
        words = ("--validation-split", "0.2", "--verbose", "0")
        self.assertEqual(self.train("--epochs", "3", "--csv-log", log, "--save-model", model, *words).returncode, 0)
        self.draw("log.png", log)
        self.draw("model.png", model)
        self.assertEqual(self.digest("log.png"), self.digest("model.png"))

    def test_a_training_that_went_on_from_a_file_is_drawn_whole(self):
        first, second, whole = self.path("run.keras"), self.path("run.h5"), self.path("run.csv")
        words = ("--validation-split", "0.2", "--verbose", "0")
        self.assertEqual(self.train("--epochs", "3", "--history", whole, *words).returncode, 0)
        self.assertEqual(self.train("--epochs", "1", "--save-model", first, *words).returncode, 0)
        rest = cornu("fit", "--model", first, "--data", DIGITS, "--threads", "1", "--initial-epoch", "1", "--epochs", "3", "--save-model", second, *words)
        self.assertEqual(rest.returncode, 0, rest.stderr)
        self.draw("whole.png", whole)
        self.draw("second.png", second)
        self.assertEqual(self.digest("whole.png"), self.digest("second.png"))
        mixed = size_of_png(self.draw("mixed.png", first, second, "--history", whole, "--names", "log,first,second"))
        self.assertEqual(mixed, size_of_png(self.path("whole.png")))
        self.assertNotEqual(self.digest("mixed.png"), self.digest("whole.png"))

    def test_a_checkpoint_holds_the_curves_up_to_it(self):
        words = ("--epochs", "2", "--verbose", "0", "--checkpoint", self.path("{epoch}.keras"), "--csv-log", self.path("2.csv"))
        self.assertEqual(self.train(*words).returncode, 0)
        for name in ("1.keras", "2.keras", "2.csv"):
            self.draw(name + ".png", self.path(name))
        self.assertNotEqual(self.digest("1.keras.png"), self.digest("2.keras.png"))
        self.assertEqual(self.digest("2.keras.png"), self.digest("2.csv.png"))

    def test_a_model_that_was_never_trained_is_said_to_be(self):
        self.assertEqual(self.train("--epochs", "1", "--save-model", self.path("m.json"), "--save-weights", self.path("w.weights.h5"), "--verbose", "0").returncode, 0)
        self.refused(cornu("plot", self.path("w.weights.h5")), 1, "weights alone hold no history")

    def test_hostile_event_files_are_refused(self):
        for number, data in enumerate((b"\0" * 100, b"\xff" * 100, os.urandom(1000), b"PK\x03\x04" * 50)):
            path = self.path(f"x.tfevents.{number}")
            with open(path, "wb") as file:
                file.write(data)
            self.refused(cornu("plot", "--history", path, "--output", self.path("x.png")), 1, "tfevents", "event 1")
            self.assertFalse(os.path.exists(self.path("x.png")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
