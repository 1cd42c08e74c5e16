#!/usr/bin/env python3
"""Makes the site: README.md, docs/*.md and docs/*/README.md by cmark-gfm, a page for each public header, the sources of the examples.

    build_site.py FOLDER

What is wrong (a link into nowhere, a heading twice) is said on standard error and makes the exit status 1.
"""
import html
import os
import posixpath
import re
import shutil
import subprocess
import sys

from headers import Header

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
HEADERS = os.path.join(ROOT, "include", "cornu")
WORD = re.compile(r"\b(?:cornu|CORNU)_\w+|\b\w+\.h\b")

# In the order of the menu; other pages of docs/ follow, by their names.
FIRST_PAGES = ["training.md", "augmentation_layers.md", "command.md", "keras.md", "architecture.md"]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Site:
    def __init__(self, folder):
        self.folder, self.wrong = folder, []
        self.headers = [Header(name, read(os.path.join(HEADERS, name))) for name in sorted(os.listdir(HEADERS)) if name != "cornu.h"]
        self.places = {}  # a name of the library: where it is explained
        for header in self.headers:
            self.places[header.name] = f"reference/{header.name[:-2]}.html"
            for entry in header.entries:
                for name in entry.names():
                    self.places.setdefault(name, f"reference/{header.name[:-2]}.html#{name}")
        self.pages = self.find_pages()

    def find_pages(self):
        """Where each file of the project that has a page has it."""
        pages = {"README.md": "index.html"}
        documents = sorted(name for name in os.listdir(os.path.join(ROOT, "docs")) if name.endswith(".md"))
        documents.sort(key=lambda name: FIRST_PAGES.index(name) if name in FIRST_PAGES else len(FIRST_PAGES))
        for name in documents:
            pages[f"docs/{name}"] = name[:-3] + ".html"
        for name in sorted(os.listdir(os.path.join(ROOT, "docs"))):
            if os.path.exists(os.path.join(ROOT, "docs", name, "README.md")):
                pages[f"docs/{name}/README.md"] = name + ".html"
        for name in sorted(os.listdir(os.path.join(ROOT, "examples"))):
            if name.endswith(".c"):
                pages[f"examples/{name}"] = f"examples/{name}.html"
        pages["LICENSE"] = "licence.html"
        return pages

    # --- Writing ---

    def write(self, path, title, body):
        up = "../" * path.count("/")
        menu = "".join(f'<a href="{up}{where}">{html.escape(self.title_of(source))}</a>' for source, where in self.pages.items()
                       if source.startswith("docs/"))
        page = (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(title)}</title>\n'
                f'<link rel="stylesheet" href="{up}page.css">\n</head>\n<body>\n<header><a class="home" href="{up}index.html">Cornu</a>'
                f'<a href="{up}reference/index.html">Reference</a><details><summary>Pages</summary><nav>{menu}</nav></details></header>\n'
                f"<main>\n{body}\n</main>\n</body>\n</html>\n")
        target = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(page)

    def title_of(self, source):
        heading = re.search(r"^# (.*)$", read(os.path.join(ROOT, source)), re.M)
        return heading.group(1).replace("`", "") if heading else source

    # --- Pages that are written in Markdown ---

    def document(self, source, where):
        text = re.sub(r"^<!--.*?-->\n", "", read(os.path.join(ROOT, source)), flags=re.M)
        result = subprocess.run(["cmark-gfm", "-e", "table", "-e", "autolink"], input=text, stdout=subprocess.PIPE, text=True, check=True)
        body = self.with_anchors(result.stdout, source)
        body = re.sub(r'<a href="([^"]*)">(.*?)</a>', lambda link: self.link(source, where, link.group(1), link.group(2)), body, flags=re.S)
        body = re.sub(r'<img src="([^"]*)"', lambda image: f'<img src="{self.picture(source, where, image.group(1))}"', body)
        body = re.sub(r"<a .*?</a>|<code>([^<]*)</code>", lambda found: found.group(0) if found.group(1) is None else
                      f"<code>{self.linked(html.unescape(found.group(1)), where)}</code>", body, flags=re.S)
        body = re.sub(r'(<pre><code class="language-c">)(.*?)(</code></pre>)',
                      lambda code: code.group(1) + self.linked(html.unescape(code.group(2)), where) + code.group(3), body, flags=re.S)
        body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
        self.write(where, self.title_of(source), body)

    def with_anchors(self, body, source):
        seen = set()

        def anchored(heading):
            anchor = slug(html.unescape(re.sub(r"<[^>]*>", "", heading.group(2))))
            if anchor in seen:
                self.wrong.append(f"{source}: the heading #{anchor} is there twice")
            seen.add(anchor)
            return f'<h{heading.group(1)} id="{anchor}">{heading.group(2)}</h{heading.group(1)}>'
        return re.sub(r"<h([1-6])>(.*?)</h\1>", anchored, body, flags=re.S)

    def link(self, source, where, target, text):
        if re.match(r"https?:|mailto:|#", target):
            return f'<a href="{target}">{text}</a>'
        path, _, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if path in self.pages:
            place = relative(self.pages[path], where) + (f"#{anchor}" if anchor else "")
            return f'<a href="{place}">{text}</a>'
        if path.endswith(".png"):
            return f'<a href="{self.picture(source, where, target)}">{text}</a>'
        if not os.path.exists(os.path.join(ROOT, path)):
            self.wrong.append(f"{source}: there is no {path}")
        return text  # a file of the project that the site does not show

    def picture(self, source, where, target):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        copy = f"pictures/{posixpath.basename(path)}"
        if not os.path.exists(os.path.join(ROOT, path)):
            self.wrong.append(f"{source}: there is no picture {path}")
            return target
        os.makedirs(os.path.join(self.folder, "pictures"), exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), os.path.join(self.folder, copy))
        return relative(copy, where)

    # --- Sources ---

    def source(self, path, where):
        self.write(where, path, f"<h1>{html.escape(path)}</h1>\n<pre><code>{self.linked(read(os.path.join(ROOT, path)), where)}</code></pre>")

    def linked(self, text, where):
        """The text as HTML, in which each name of the library leads to its explanation."""
        def replaced(word):
            place = self.places.get(word.group(0))
            own = place and place.split("#")[0] == where and "#" not in place
            return f'<a href="{relative(place, where)}">{word.group(0)}</a>' if place and not own else word.group(0)
        return WORD.sub(replaced, html.escape(text, quote=False))

    # --- The reference ---

    def prose(self, text, where):
        """A comment as paragraphs, lists, and lines that keep their places."""
        parts, lines, kind = [], [], None
        for line in [*text.split("\n"), None]:
            item = line is not None and re.match(r" {2,3}- ", line)
            if line is None or not line.strip():
                now = None
            elif item or (kind == "ul" and re.match(r" {4,5}\S", line)):
                now = "ul"
            elif re.match(r" {4}|\{", line):
                now = "pre"
            else:
                now = "p"
            if now != kind and lines:
                parts.append((kind, lines))
                lines = []
            kind = now
            if now == "ul" and not item:
                lines[-1] += " " + line.strip()
            elif now:
                lines.append(re.sub(r"^ *- ", "", line) if item else line)
        return "\n".join(self.part(kind, lines, where) for kind, lines in parts)

    def part(self, kind, lines, where):
        if kind == "pre":
            indent = min(len(line) - len(line.lstrip()) for line in lines)
            return "<pre><code>" + self.linked("\n".join(line[indent:] for line in lines), where) + "</code></pre>"
        said = [re.sub(r"`([^`]*)`", r"<code>\1</code>", self.linked(line, where)) for line in lines]
        if kind == "ul":
            return "<ul>" + "".join(f"<li>{line}</li>" for line in said) + "</ul>"
        return "<p>" + " ".join(said) + "</p>"

    def reference(self, header):
        where = self.places[header.name]
        body = [f"<h1>{header.name}</h1>", f'<p class="lead">{self.linked(header.summary[:1].upper() + header.summary[1:], where)}</p>',
                self.prose(header.text, where)]
        for entry in header.entries:
            if entry.heading:
                body.append(f'<h2 id="{slug(entry.heading)}">{html.escape(entry.heading[:1].upper() + entry.heading[1:])}</h2>')
            elif entry.names():
                body.append(self.entry(entry, where))
            else:
                body.append(self.prose(entry.comment, where))
        self.write(where, f"{header.name}: Cornu", "\n".join(body))

    def entry(self, entry, where):
        plain = {f"{name}_with" for name in entry.macros} & set(entry.functions)
        shown = [name for name in [*entry.macros, *entry.functions] if name not in plain]
        titles = shown or [*entry.structs, *entry.types] or list(entry.constants)
        anchors = "".join(f'<a id="{name}"></a>' for name in entry.names() if name not in titles and self.places[name].startswith(where))
        title = ", ".join(f'<span id="{name}">{name}</span>' if self.places[name].startswith(where) else name for name in titles)
        parts = [f"<section>{anchors}<h3>{title}</h3>", self.prose(entry.comment, where)]
        signatures = [self.signature(entry, name) for name in shown]
        for name, declaration in entry.types.items():
            opaque = declaration == f"typedef struct {name} {name};"
            if not opaque or name in entry.notes:
                signatures.append(declaration + (f"    /* {entry.notes[name]} */" if name in entry.notes else ""))
        signatures += [f"{name} = {value}" + (f"    /* {note} */" if note else "") for name, (value, note) in entry.constants.items() if value is not None]
        if signatures:
            parts.append("<pre><code>" + self.linked("\n".join(signatures), where) + "</code></pre>")
        for name, fields in entry.structs.items():
            parts.append(self.fields(name, fields, where))
        if plain:
            prototypes = ";\n".join(entry.functions[name] for name in entry.functions if name in plain)
            parts.append("<details><summary>As a plain function, for bindings</summary><pre><code>" + self.linked(prototypes, where) + ";</code></pre></details>")
        return "\n".join([*parts, "</section>"])

    def signature(self, entry, name):
        """As a program writes it: the options of a macro go by name."""
        note = f"    /* {entry.notes[name]} */" if name in entry.notes else ""
        prototype = entry.functions.get(name) or entry.functions.get(f"{name}_with")
        if name in entry.functions:
            return prototype + note
        if not prototype:
            return f"{name}({entry.macros[name]})" + note
        prototype = prototype.replace(f"{name}_with(", f"{name}(")
        return re.sub(r"const (cornu_\w+_options) \*\w+\)$", r".option = value, ...)    /* of \1 */", prototype) + note

    def fields(self, name, fields, where):
        rows = []
        for field in fields:
            if field.declaration is None:
                rows.append(f'<tr><th colspan="3">{self.linked(field.comment, where)}</th></tr>')
            elif re.fullmatch(r"CORNU_\w+_FIELDS", field.declaration):
                rows.append(f'<tr><td colspan="3">and {self.linked(field.declaration, where)}</td></tr>')
            elif field.declaration != "size_t struct_size" or field.comment:
                default = f"<code>{html.escape(field.default, quote=False)}</code>" if field.default is not None else ""
                rows.append(f"<tr><td><code>{self.linked(field.declaration, where)}</code></td><td>{default}</td>"
                            f"<td>{self.prose(field.comment, where)}</td></tr>")
        if not rows:
            return ""
        options = any(field.declaration == "size_t struct_size" for field in fields) or name.endswith("_options")
        default = "default, else 0, NULL or false" if options else ""
        return (f'<div class="wide"><table><thead><tr><th>{name}</th><th>{default}</th><th></th></tr></thead>'
                f"<tbody>{''.join(rows)}</tbody></table></div>")

    def reference_index(self):
        where = "reference/index.html"
        rows = "".join(f'<tr><td><a href="{relative(self.places[header.name], where)}">{header.name}</a></td>'
                       f"<td>{html.escape(header.summary[:1].upper() + header.summary[1:])}</td></tr>" for header in self.headers)
        names = sorted(name for name in self.places if not name.endswith((".h", "_with")))
        links = " ".join(f'<a href="{relative(self.places[name], where)}">{name}</a>' for name in names)
        self.write(where, "Reference: Cornu",
                   "<h1>Reference</h1>\n<p>All that <code>#include &lt;cornu/cornu.h&gt;</code> declares, in the words of the headers.</p>\n"
                   f'<div class="wide"><table><tbody>{rows}</tbody></table></div>\n<h2 id="names">All names</h2>\n<p class="names">{links}</p>')

    def build(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        shutil.copy(os.path.join(HERE, "page.css"), self.folder)
        for source, where in self.pages.items():
            if source.endswith(".md"):
                self.document(source, where)
            else:
                self.source(source, where)
        for header in self.headers:
            self.reference(header)
        self.reference_index()
        return self.wrong


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def relative(target, where):
    path, _, anchor = target.partition("#")
    place = "" if path == where else posixpath.relpath(path, posixpath.dirname(where) or ".")
    return place + (f"#{anchor}" if anchor else "") or posixpath.basename(where)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    faults = Site(sys.argv[1]).build()
    for fault in faults:
        print(f"script/docs: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)
