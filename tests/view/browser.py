"""A headless Chromium, spoken to over a pipe by its DevTools protocol: open a page, ask it, press keys, take a picture."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium-headless-shell", "chromium")
SLOWEST_ANSWER = 60  # seconds


def program():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.count, self.buffer, self.events = 0, b"", []
        commands, self.output = os.pipe()
        self.input, answers = os.pipe()
        command = [program(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--hide-scrollbars", f"--user-data-dir={self.folder.name}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen(["/bin/sh", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "sh", *command],
                                        pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def close(self):
        os.close(self.output)  # the browser ends when nobody speaks to it
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.input)
        try:
            self.folder.cleanup()
        except OSError:
            pass  # a process of the browser's is still writing there

    def _receive(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.input], [], [], max(0, until - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self.input, 1 << 20)
            if not piece:
                raise RuntimeError("the browser is gone")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.count += 1
        request = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.output, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + SLOWEST_ANSWER
        while True:
            message = self._receive(until)
            if message is None:
                raise RuntimeError(f"the browser does not answer {method}")
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, address, width=1100, height=800, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=address)

    def ask(self, expression):
        """The value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression, seconds=60):
        """Waits until the expression is true; its value."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            value = self.ask(f"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()")  # the page may not be there yet
            if value:
                return value
            time.sleep(0.05)
        raise RuntimeError(f"never true: {expression}; the page says {self.ask('document.body.innerText')}")

    def press(self, key):
        codes = {"Tab": 9, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39, "Escape": 27, "Enter": 13, " ": 32}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key],
                      **({"text": "\r" if key == "Enter" else " "} if key in ("Enter", " ") and kind == "keyDown" else {}))

    def shot(self):
        """The page as it is seen: a PNG file's bytes."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(self.shot())

    def accessible(self):
        """What the page is to a screen reader: (role, name, properties and value) of each node that it would tell of, in its order."""
        found = []
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if node.get("ignored"):
                continue
            facts = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
            for key in ("value", "description"):
                if key in node:
                    facts[key] = node[key].get("value")
            found.append((node["role"]["value"], node.get("name", {}).get("value", ""), facts))
        return found

    def complaints(self):
        """What the page has done wrong: errors, exceptions, refusals by its security policy."""
        found = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(event["params"]["entry"]["text"])
        return found

    def requests(self):
        """The addresses that the page has asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
