#!/usr/bin/env python3
"""The site that script/docs makes: no link leads nowhere, everything public is explained, nothing comes from elsewhere."""
import os
import re
import shutil
import subprocess
import unittest
from html.parser import HTMLParser

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SITE = os.path.join(ROOT, "build", "site")
HEADERS = os.path.join(ROOT, "include", "cornu")
EMPTY = {"meta", "link", "img", "br", "hr", "input"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Page(HTMLParser):
    """A page's anchors, and what it names: links, pictures, style sheets."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.targets, self.open, self.wrong, self.said = [], [], [], [], []
        self.feed(read(path))
        self.wrong += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.anchors.append(values["id"])
        self.targets += [values[name] for name in ("href", "src") if name in values]
        if tag == "a" and "a" in self.open:
            self.wrong.append(f"a link within a link: {values}")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        self.said.append(data)


def public_names():
    """Functions and their keyword forms, types and enumerators, as a plain search finds them in the headers."""
    for name in os.listdir(HEADERS):
        bare = re.sub(r"/\*.*?\*/", "", read(os.path.join(HEADERS, name)), flags=re.S)
        bare = re.sub(r"#ifdef __cplusplus\n.*?#(else|endif)", "", bare, flags=re.S)
        for found in re.findall(r"^CORNU_API [^;(]*?\b(cornu_\w+)\(|^#define (cornu_\w+)\(|^static inline \w+ (cornu_\w+)\("
                                r"|^\} (cornu_\w+);|^typedef struct \w+ (cornu_\w+);|^ +(CORNU_\w+)(?: = [^,]*)?,$", bare, re.M):
            yield next(name for name in found if name)


@unittest.skipUnless(shutil.which("cmark-gfm"), "cmark-gfm is not installed")
class Site(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        made = subprocess.run([os.path.join(ROOT, "script", "docs")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        cls.made = (made.returncode, made.stdout)
        cls.pages = {os.path.relpath(os.path.join(where, name), SITE): Page(os.path.join(where, name))
                     for where, _, names in os.walk(SITE) for name in names if name.endswith(".html")}

    def test_it_is_made_without_a_warning(self):
        self.assertEqual(self.made, (0, "build/site/index.html\n"))

    def test_every_link_and_anchor_is_there(self):
        checked = 0
        for path, page in self.pages.items():
            for target in page.targets:
                if re.match(r"https?:", target):
                    continue
                file, _, anchor = target.partition("#")
                to = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
                self.assertTrue(os.path.exists(os.path.join(SITE, to)), f"{path}: {target}")
                if anchor:
                    self.assertIn(anchor, self.pages[to].anchors, f"{path}: {target}")
                checked += 1
        self.assertGreater(checked, 1000)

    def test_pages_are_well_formed_and_no_anchor_is_there_twice(self):
        for path, page in self.pages.items():
            self.assertEqual(page.wrong, [], path)
            self.assertEqual(len(page.anchors), len(set(page.anchors)), path)

    def test_everything_public_is_explained_in_the_reference(self):
        anchors = {anchor for path, page in self.pages.items() if path.startswith("reference") for anchor in page.anchors}
        names = set(public_names())
        self.assertGreater(len(names), 500)
        self.assertEqual(sorted(names - anchors), [])

    def test_each_header_has_a_page_and_each_document(self):
        for name in os.listdir(HEADERS):
            if name != "cornu.h":
                self.assertIn(f"reference/{name[:-2]}.html", self.pages)
        for name in os.listdir(os.path.join(ROOT, "docs")):
            if name.endswith(".md"):
                self.assertIn(name[:-3] + ".html", self.pages)
            if os.path.exists(os.path.join(ROOT, "docs", name, "README.md")):
                self.assertIn(name + ".html", self.pages)

    def test_links_to_pages_and_pictures_of_the_documents_stay_links(self):
        shown, links = {"README.md": "index.html"}, 0
        for name in os.listdir(os.path.join(ROOT, "docs")):
            if name.endswith(".md"):
                shown[f"docs/{name}"] = name[:-3] + ".html"
            if os.path.exists(os.path.join(ROOT, "docs", name, "README.md")):
                shown[f"docs/{name}/README.md"] = name + ".html"
        for source, page in shown.items():
            for text, target in re.findall(r"(?<!!)\[([^\]`]*)\]\(([^)#:]+)(?:#[^)]*)?\)", read(os.path.join(ROOT, source))):
                path = os.path.normpath(os.path.join(os.path.dirname(source), target))
                if path in shown or path.endswith(".png"):
                    linked = re.search(rf'<a href="[^"]*">{re.escape(text)}</a>', read(os.path.join(SITE, page)))
                    self.assertTrue(linked, f"{source}: [{text}]({target}) is no link")
                    links += 1
        self.assertGreater(links, 20)

    def test_a_field_has_its_default_and_its_comment(self):
        page = " ".join(self.pages["reference/train.html"].said)
        self.assertRegex(page, r"int epochs 1 the number of the last epoch: epochs run from initial_epoch to epochs - 1")
        self.assertRegex(page, r"cornu_history +\* *cornu_fit *\( *cornu_model +\*model, const +cornu_array +\*x, const +cornu_array +\*y, \.option = value, \.\.\.\)")

    def test_no_comment_of_a_header_is_lost(self):
        for name in os.listdir(HEADERS):
            if name in ("cornu.h", "options.h", "train.h", "export.h"):  # these have comments on what only C++ or a compiler sees
                continue
            said = "".join(re.findall(r"\w+", " ".join(self.pages[f"reference/{name[:-2]}.html"].said)))
            source = read(os.path.join(HEADERS, name))
            for comment in re.findall(r"^[^\n/\\]*/\*(.*?)\*/", source, re.S | re.M):
                words = "".join(re.findall(r"\w+", re.sub(r"^\W*\w+\.h: ", "", comment.lstrip("* \n"))))
                if words[1:] not in said:
                    self.fail(f"{name}: {comment}")

    def test_nothing_is_loaded_from_elsewhere(self):
        for path in self.pages:
            text = read(os.path.join(SITE, path))
            self.assertNotRegex(text, r"<script|<iframe|src=\"https?:|<link[^>]*https?:", path)
        self.assertNotIn("url(", read(os.path.join(SITE, "page.css")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
