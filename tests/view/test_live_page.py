#!/usr/bin/env python3
"""The live page in a real browser: curves appear and grow while the command trains, and what it shows stays."""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMAND = os.environ.get("CORNU_COMMAND", os.path.join(ROOT, "build", "release", "cornu"))
STATE = "document.getElementById('state').dataset.state"
MARKS = "document.querySelectorAll('.mark-training').length"
POINTS = "document.querySelector('.chart path.training').getAttribute('d').split('L').length"
ENOUGH = 500  # epochs; a training that is to be stopped


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Training:
    """cornu fit with a page, in the background."""

    def __init__(self, epochs, *options, port=0, model="cnn"):
        command = [COMMAND, "fit", "--model", model, "--data", os.path.join(ROOT, "share", "digits.npz"), "--scale", "16", "--batch-size", "8", "--threads", "1",
                   "--epochs", str(epochs), "--validation-split", "0.2", "--progress", "line", "--view", "--view-port", str(port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = re.match(r"Metrics: (http://127\.0\.0\.1:\d+/)\n", self.process.stdout.readline()).group(1)

    def end(self, stop=False):
        if stop:
            self.process.terminate()
        self.process.communicate(timeout=200)

    def kill(self):
        self.process.kill()
        self.process.communicate()


@unittest.skipUnless(browser.program(), f"none of {', '.join(browser.PROGRAMS)} is installed")
class LivePage(unittest.TestCase):
    def setUp(self):
        self.browser = browser.Browser()
        self.addCleanup(self.browser.close)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def train(self, epochs, *options, **where):
        training = Training(epochs, *options, **where)
        self.addCleanup(training.process.wait)
        self.addCleanup(training.process.kill)
        self.addCleanup(training.process.stdout.close)
        self.addCleanup(training.process.stderr.close)
        return training

    def ask(self, expression):
        return self.browser.ask(expression)

    def wait_for(self, expression, seconds=90):
        return self.browser.wait_for(expression, seconds)

    def expect_peace(self, address):
        """No error, nothing refused by the page's policy, nothing asked from elsewhere."""
        self.assertEqual([], self.browser.complaints())
        self.assertEqual([], [url for url in self.browser.requests() if not url.startswith((address, "data:"))])

    def test_curves_appear_and_grow_while_training_runs(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 2")
        self.assertEqual(["loss", "accuracy"], self.ask("[...document.querySelectorAll('h2')].map(h => h.textContent)"))
        self.assertIn(self.ask(STATE), ("running", "validating"))
        first = self.ask(POINTS)
        self.wait_for(f"{POINTS} > {first} + 2")
        self.assertRegex(self.ask("document.body.innerText"), r"Epoch \d+ of 500")
        self.assertTrue(self.ask("[...document.querySelectorAll('.legend b')].every(b => /^[\\d.e+-]+$/.test(b.textContent))"))
        training.end(stop=True)
        self.wait_for(f"{STATE} === 'stopped'")
        self.assertGreater(self.ask(POINTS), first)  # what was there stays
        self.expect_peace(training.address)

    def test_a_page_opened_late_shows_all_and_its_table_says_the_same(self):
        history = os.path.join(self.folder.name, "history.csv")
        training = self.train(ENOUGH, "--history", history)
        time.sleep(1)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 3")
        training.end(stop=True)
        self.wait_for(f"{STATE} === 'stopped'")
        self.ask("document.querySelector('summary').click()")
        rows = self.wait_for("[...document.querySelectorAll('#table-body tr')].map(r => [...r.cells].map(c => c.textContent))")
        with open(history, encoding="utf-8") as file:
            lines = [line.strip().split(",") for line in file]
        self.assertEqual(["epoch", "loss", "accuracy", "val_loss", "val_accuracy"], lines[0])
        self.assertEqual(len(lines) - 1, len(rows))
        for row, line in zip(rows, lines[1:]):
            self.assertEqual(int(line[0]) + 1, int(row[0]))
            for shown, value in zip(row[1:], line[1:]):
                if value == "NA":  # the last epoch, which was stopped before its validation
                    self.assertEqual("\u2013", shown)
                else:
                    self.assertAlmostEqual(float(value), float(shown), delta=1e-5 * abs(float(value)) + 1e-9)
        self.expect_peace(training.address)

    def test_the_keyboard_reaches_every_value(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 3")
        order = []
        for _ in range(8):
            self.browser.press("Tab")
            order.append(self.ask("document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.tagName"))
        self.assertEqual(["logarithmic", "show-batches", "save", "save-svg", "save-png", "Curve of loss, by epoch", "Curve of accuracy, by epoch", "SUMMARY"], order)
        self.ask("document.querySelector('.chart').focus()")
        self.browser.press("Home")
        self.browser.press("ArrowRight")
        said = self.ask("document.activeElement.getAttribute('aria-valuetext')")
        self.assertRegex(said, r"^epoch 2: training [\d.]+, validation [\d.]+$")
        self.assertEqual(["epoch 2", *said[9:].split(", ")], self.ask("[...document.querySelectorAll('.tip p')].slice(0, 3).map(p => p.textContent)"))
        self.browser.press("Escape")
        self.assertTrue(self.ask("document.querySelector('.tip').hidden"))
        training.end(stop=True)
        self.expect_peace(training.address)

    def test_a_screen_reader_is_told_all_that_is_seen(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 3")
        self.wait_for("document.getElementById('announcement').textContent.includes('Epoch')")
        training.end(stop=True)
        self.wait_for(f"{STATE} === 'stopped'")
        self.wait_for("document.getElementById('announcement').textContent.startsWith('Stopped early. Epoch')")
        self.ask("document.querySelector('summary').click()")
        self.wait_for("document.querySelectorAll('#table-body tr').length >= 3")
        nodes = self.browser.accessible()
        names = {role: [name for kind, name, _ in nodes if kind == role] for role, _, _ in nodes}
        self.assertEqual(["cnn", "loss", "accuracy"], names["heading"])
        self.assertEqual(["Logarithmic scale", "Batches"], names["checkbox"])
        self.assertEqual(["Save this page", "Save curves as SVG", "Save curves as PNG"], names["button"])
        self.assertRegex("; ".join(names["progressbar"] if "progressbar" in names else names["progressIndicator"]), r"^Epoch \d+ of 500; Batch \d+ of \d+$")
        self.assertEqual(["Curve of loss, by epoch", "Curve of accuracy, by epoch"], names["slider"])
        for words in self.ask("[...document.querySelectorAll('[role=slider]')].map(each => each.getAttribute('aria-valuetext'))"):
            self.assertRegex(words, r"^epoch \d+: training [\d.e-]+, validation ([\d.e-]+|\u2013)$")
        for role, name, facts in nodes:
            if role == "slider":
                self.assertTrue(1 == facts["valuemin"] <= facts["value"] <= facts["valuemax"], facts)
            if facts.get("focusable") and role != "RootWebArea":
                self.assertTrue(name, f"a {role} that keys reach has no name")
        status = [(name, facts) for role, name, facts in nodes if role == "status"]
        self.assertEqual(1, len(status))
        self.assertEqual("polite", status[0][1].get("live"))
        self.assertEqual(["epoch", "loss", "accuracy", "val_loss", "val_accuracy"], names["columnheader"])
        self.assertEqual(len(names["rowheader"]), self.ask("document.querySelectorAll('#table-body tr').length"))
        self.assertIn("Values after each epoch", names["table"])
        self.assertTrue({"banner", "main"} <= set(names), set(names))

    def test_a_lost_training_is_told_to_those_who_listen(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 2")
        training.kill()
        self.wait_for("document.getElementById('announcement').textContent.startsWith('Connection lost')")

    def saved_by(self, button):
        """What the page hands over to be saved, as a data: address."""
        return self.ask("""(() => new Promise((resolve) => {
            URL.createObjectURL = (blob) => { const reader = new FileReader(); reader.onload = () => resolve(reader.result); reader.readAsDataURL(blob); return "data:,"; };
            HTMLAnchorElement.prototype.click = () => {};
            document.getElementById("%s").click();
        }))()""" % button)

    def test_curves_are_saved_as_pictures_that_stand_by_themselves(self):
        page = os.path.join(self.folder.name, "page.html")
        training = self.train(4, "--view-file", page, "--steps-per-epoch", "50")
        training.end()
        for dark, paper in ((False, "#ffffff"), (True, "#14181d")):
            self.browser.open("file://" + page, dark=dark)
            self.wait_for(f"{STATE} === 'ended' && {MARKS} === 8")
            address = self.saved_by("save-svg")
            self.assertTrue(address.startswith("data:image/svg+xml;base64,"), address[:60])
            drawn = base64.b64decode(address.split(",", 1)[1]).decode()
            root = xml.etree.ElementTree.fromstring(drawn)
            self.assertNotIn("class=", drawn)
            self.assertNotIn("var(", drawn)
            self.assertIn(f'fill="{paper}"', drawn)
            texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
            self.assertTrue({"cnn", "loss", "accuracy", "training", "validation", "epoch"} <= set(texts), texts)
            self.assertRegex(root.find("{http://www.w3.org/2000/svg}desc").text, r"^Epoch 4 of 4, loss [\d.]+, accuracy [\d.]+, val_loss [\d.]+, val_accuracy [\d.]+\.$")
            self.assertEqual(8, len(list(root.iter("{http://www.w3.org/2000/svg}circle"))))
            address = self.saved_by("save-png")
            self.assertTrue(address.startswith("data:image/png;base64,"), address[:60])
            size = struct.unpack(">II", base64.b64decode(address.split(",", 1)[1])[16:24])
            self.assertEqual(size, (2 * int(root.get("width")), 2 * int(root.get("height"))))
            self.keep(f"saved_{'dark' if dark else 'light'}.svg", drawn.encode())
            self.keep(f"saved_{'dark' if dark else 'light'}.png", base64.b64decode(address.split(",", 1)[1]))
        self.assertEqual([], self.browser.complaints())

    def keep(self, name, data):
        """Leaves a picture to be looked at where CORNU_PICTURES says."""
        if os.environ.get("CORNU_PICTURES"):
            with open(os.path.join(os.environ["CORNU_PICTURES"], name), "wb") as file:
                file.write(data)

    def test_a_phone_has_room_for_it(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address, width=360, height=740, dark=True)
        self.wait_for(f"{POINTS} >= 2")
        self.assertEqual(360, self.ask("document.documentElement.scrollWidth"))
        self.assertTrue(self.ask("[...document.querySelectorAll('.panel')].every(p => p.getBoundingClientRect().right <= 360)"))
        self.assertEqual("rgb(20, 24, 29)", self.ask("getComputedStyle(document.body).backgroundColor"))
        training.end(stop=True)

    def test_a_lost_connection_is_told_and_the_next_training_at_the_port_goes_on(self):
        port = free_port()
        training = self.train(ENOUGH, port=port)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 3")
        training.kill()
        self.wait_for(f"{STATE} === 'lost'")
        self.assertGreaterEqual(self.ask(POINTS), 3)
        self.assertFalse(self.ask("document.getElementById('hint').hidden"))
        again = self.train(ENOUGH + 1, port=port)
        self.wait_for(f"document.body.innerText.includes('of {ENOUGH + 1}')")
        self.assertTrue(self.ask("document.getElementById('hint').hidden"))
        again.end(stop=True)

    def test_the_file_that_is_left_shows_all_without_a_server(self):
        page = os.path.join(self.folder.name, "page.html")
        training = self.train(4, "--view-file", page, "--steps-per-epoch", "50")
        training.end()
        address = "file://" + page
        self.browser.open(address)
        self.wait_for(f"{STATE} === 'ended' && {MARKS} === 8")
        self.assertEqual("cnn", self.ask("document.querySelector('h1').textContent"))
        self.ask("document.getElementById('logarithmic').click()")
        self.wait_for(f"{MARKS} === 8")
        self.expect_peace("file:///")

    def test_a_value_that_is_never_a_number_has_the_epochs_of_the_others_and_says_so(self):
        page = os.path.join(self.folder.name, "page.html")
        self.train(3, "--view-file", page, "--steps-per-epoch", "2").end()
        with open(page, encoding="utf-8") as file:
            before, message, after = re.split(r'(?<=id="message">)(.*?)(?=</script>)', file.read(), maxsplit=1, flags=re.S)
        told = json.loads(message)
        for row in [*told["epoch_rows"], *told["batch_rows"], told["epoch_row"], told["batch_row"]]:
            for i, name in enumerate(told["names"] if row else []):
                row[i + 1] = "NaN" if row[i + 1] is not None and "accuracy" in name else row[i + 1]
        with open(page, "w", encoding="utf-8") as file:
            file.write(before + json.dumps(told) + after)
        self.browser.open("file://" + page)
        self.wait_for(f"{STATE} === 'ended' && document.querySelectorAll('.panel').length === 2")
        def texts(kind):
            return self.ask(f"[...document.querySelectorAll('.panel')].map(p => [...p.querySelectorAll('.chart {kind}')].map(t => t.textContent))")
        for _ in range(2):  # with the curve of the batches, and without
            epochs = texts("text.step")
            self.assertIn("3", epochs[0])
            self.assertEqual(epochs[0], epochs[1])
            self.assertEqual([[], ["NaN"]], texts("text.nothing"))
            self.assertEqual(0, self.ask("document.querySelectorAll('.panel')[1].querySelectorAll('.grid').length"))
            self.ask("document.getElementById('show-batches').click()")
        self.keep("nan.png", self.browser.shot())
        self.expect_peace("file:///")

    def test_what_the_button_saves_is_such_a_file_too(self):
        training = self.train(ENOUGH)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 3")
        training.end(stop=True)
        self.wait_for(f"{STATE} === 'stopped'")
        shown = self.ask(POINTS)
        saved = self.ask("""(async () => {
            let blob = null;
            URL.createObjectURL = (given) => { blob = given; return "data:,"; };
            HTMLAnchorElement.prototype.click = () => {};
            document.getElementById("save").click();
            return blob.text();
        })()""")
        page = os.path.join(self.folder.name, "saved.html")
        with open(page, "w", encoding="utf-8") as file:
            file.write(saved)
        self.browser.open("file://" + page)
        self.wait_for(f"{STATE} === 'stopped' && {POINTS} === {shown}")
        self.assertEqual([], self.browser.complaints())

    def test_names_are_never_more_than_text(self):
        """A name that is a piece of a page, in a model's file, stays what it is."""
        name = "</h1><img src=x onerror=document.title='caught'><script>document.title='caught'</script>"
        model = os.path.join(self.folder.name, "model.json")
        subprocess.run([COMMAND, "fit", "--model", "mlp", "--data", os.path.join(ROOT, "share", "digits.npz"), "--save-model", model,
                        "--steps-per-epoch", "1", "--verbose", "0"], check=True)
        with open(model, encoding="utf-8") as file:
            config = json.load(file)
        config["config"]["name"] = name
        with open(model, "w", encoding="utf-8") as file:
            json.dump(config, file)
        page = os.path.join(self.folder.name, "page.html")
        training = self.train(ENOUGH, "--view-file", page, model=model)
        self.browser.open(training.address)
        self.wait_for(f"{POINTS} >= 2")
        training.end(stop=True)
        self.wait_for(f"{STATE} === 'stopped'")
        for address in (None, "file://" + page):
            if address:
                self.browser.open(address)
                self.wait_for(f"{STATE} === 'stopped'")
            self.assertEqual(name[:127], self.ask("document.querySelector('h1').textContent"))
            self.assertEqual(0, self.ask("document.querySelectorAll('img').length"))
            self.assertNotEqual("caught", self.ask("document.title"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
