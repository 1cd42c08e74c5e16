"""cornu fit --view: when there is a page of the curves, where, and who opens it."""

import json
import os
import re
import socket
import stat
import sys
import time
import unittest

from command_case import COMMAND, DIGITS, CommandCase, cornu, environment
from test_terminal import Terminal

ADDRESS = re.compile(r"Metrics: (http://127\.0\.0\.1:\d+/)")


class View(CommandCase):
    def desktop(self, script):
        """What makes a desktop session of the environment: a display, and an xdg-open that is this shell script."""
        program = self.write("xdg-open", "#!/bin/sh\n" + script)
        os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
        return {"DISPLAY": ":99", "PATH": self.folder.name + os.pathsep + os.environ["PATH"]}

    def on_a_terminal(self, *words, **variables):
        """The whole output of a training on a terminal."""
        terminal = Terminal(COMMAND, "fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", "--verbose", "2", *words, **variables)
        self.addCleanup(terminal.close)
        self.assertEqual(0, terminal.finish(), terminal.text)
        return terminal.text

    def opened(self):
        return self.lines("opened") if os.path.exists(self.path("opened")) else []

    def test_no_port_is_opened_unasked(self):
        result = self.train("--epochs", "2", "--verbose", "2", env=self.desktop(f"echo $1 >> {self.path('opened')}"))
        self.assertNotRegex(result.stdout, ADDRESS)  # a pipe is nobody who looks
        self.assertNotRegex(self.on_a_terminal("--epochs", "2"), ADDRESS)  # a terminal without a desktop
        self.assertEqual([], self.opened())

    def train(self, *words, env=None):
        return cornu("fit", "--model", "mlp", "--data", DIGITS, "--scale", "16", "--threads", "1", *words, env=environment(**(env or {})))

    def test_a_desktop_is_shown_the_page(self):
        """The browser comes late, to a training that is over at once, and is told all of it."""
        browser = self.write("browser.py", "import sys, time, urllib.request as web\ntime.sleep(0.5)\nopen(sys.argv[2], 'wb').write(web.urlopen(sys.argv[1] + 'events').read())\n")
        read = f"{sys.executable} {browser} $1 {self.path('part')}; mv {self.path('part')} {self.path('told')}; echo $1 >> {self.path('opened')}"
        text = self.on_a_terminal("--epochs", "2", **self.desktop(read))
        address = ADDRESS.search(text).group(1)
        for _ in range(100):
            if self.opened():
                break
            time.sleep(0.05)
        self.assertEqual([address], self.opened())
        told = [json.loads(line[6:]) for line in self.lines("told") if line.startswith("data: ")]
        self.assertEqual("ended", told[-1]["state"])
        self.assertEqual(2, sum(len(message["epoch_rows"]) for message in told))

    def test_auto_wants_more_than_one_epoch_and_may_be_told_no(self):
        desktop = self.desktop(f"echo $1 >> {self.path('opened')}")
        self.assertNotRegex(self.on_a_terminal("--epochs", "1", **desktop), ADDRESS)
        self.assertNotRegex(self.on_a_terminal("--epochs", "2", "--no-view", **desktop), ADDRESS)
        self.assertNotRegex(self.on_a_terminal("--epochs", "2", **desktop, CORNU_VIEW_METRICS="0"), ADDRESS)
        self.assertEqual([], self.opened())

    def test_view_in_a_pipe_says_the_address_and_leaves_the_file(self):
        page = self.path("page.html")
        result = self.train("--epochs", "2", "--verbose", "2", "--view", "--view-file", page)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertRegex(result.stdout, ADDRESS)
        with open(page, encoding="utf-8") as file:
            message = re.search(r'<script type="application/json" id="message">(.*?)</script>', file.read()).group(1)
        self.assertEqual(("ended", 2), (json.loads(message)["state"], len(json.loads(message)["epoch_rows"])))
        result = self.train("--epochs", "1", "--view", "--progress", "json")
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertRegex(events[0]["message"], ADDRESS)

    def test_what_cannot_be_is_an_error_before_training(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            result = self.train("--view", "--view-port", port)
            self.refused(result, 1, f"port {port} is in use")
        self.refused(self.train("--view-file", "page.png"), 2, "--view-file", "page.png", ".html")
        self.refused(self.train("--view-file", "no/such/folder/page.html"), 1, "--view-file", "no/such/folder")
        self.refused(self.train("--view", "--view-port", "65536"), 1, "view_port is 65536")
        self.refused(self.train("--no-view", "--view-port", "8000"), 2, "--view-port")


if __name__ == "__main__":
    unittest.main(verbosity=2)
