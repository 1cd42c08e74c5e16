"""Reads the public headers: entries made of a comment and what it stands over.

The headers are written for people, in one manner: a comment, then at once the declarations that it is about, then an empty line. That is all this
knows of C; it is no parser of anybody else's headers.
"""
import re

# Macros that serve the headers themselves.
INTERNAL_MACRO = re.compile(r"^(CORNU_API|CORNU_PRINTF|CORNU_(BEGIN|END)_DECLARATIONS|CORNU_QUIET_\w+|CORNU_KEYWORDS|CORNU_DEFAULTS?"
                            r"|CORNU_BY_X|CORNU_\w+_DEFAULTS|CORNU_\w+_DEFINED|CORNU_\w+_H)$")
CONDITIONS = ((re.compile(r"__cplusplus|__clang__"), False), (re.compile(r"."), True))


class Field:
    """A member of a struct: what it is, its default, and what is said about it. Without a declaration: a heading of those that follow."""

    def __init__(self, declaration, default, comment):
        self.declaration, self.default, self.comment = declaration, default, comment


class Entry:
    """A comment and its declarations; a heading between entries has only a heading, text between them only a comment."""

    def __init__(self, comment="", heading=""):
        self.comment, self.heading = comment, heading
        self.functions = {}  # name: prototype
        self.macros = {}  # of function-like macros, name: parameters
        self.constants = {}  # name: (value, comment)
        self.structs = {}  # name: fields
        self.types = {}  # name: declaration, of what is no struct
        self.notes = {}  # name: what is said behind its declaration

    def names(self):
        return [*self.macros, *self.functions, *self.structs, *self.types, *self.constants]

    def is_empty(self):
        return not (self.names() or self.comment or self.heading)


class Header:
    """name: "train.h"; summary: its first sentence; text: what follows it; entries in the file's order."""

    def __init__(self, name, source):
        self.name = name
        source = "\n".join(keep_c(source.splitlines()))
        about, rest = re.match(r"\s*/\*(.*?)\*/(.*)", source, re.S).groups()
        about = comment_text(about)
        self.summary, _, self.text = about.partition("\n\n")
        self.summary = re.sub(r"^[\w/]+\.h: ", "", " ".join(self.summary.split()))
        self.entries = list(read_entries(rest))


def keep_c(lines):
    """The lines that a C compiler like gcc sees, without the conditions."""
    stack = []
    for line in lines:
        if re.match(r"#\s*if", line):
            truth = next(value for pattern, value in CONDITIONS if pattern.search(line))
            stack.append([truth, truth])
        elif re.match(r"#\s*el(se|if)", line):
            now = not stack[-1][1] and next(value for pattern, value in CONDITIONS if pattern.search(line))
            stack[-1] = [now, stack[-1][1] or now]
        elif re.match(r"#\s*endif", line):
            stack.pop()
        elif all(kept for kept, _ in stack):
            yield line


def comment_text(inside):
    """A comment's text without its stars."""
    lines = [re.sub(r"^ \* ?", "", line) for line in inside.split("\n")]
    return "\n".join(line.rstrip() for line in lines).strip("\n").strip(" ")


def blocks(source):
    """(comment, code) pairs: a new one begins at each empty line and at each comment that begins a line, outside of braces."""
    comment, code, depth, inside, macro = "", [], 0, None, False
    for line in source.split("\n"):
        if inside is not None:
            inside += "\n" + line
        elif depth == 0 and line.startswith("/*"):
            yield comment, "\n".join(code)
            comment, code, inside = "", [], line
        elif depth == 0 and not line.strip():
            yield comment, "\n".join(code)
            comment, code = "", []
            continue
        else:
            code.append(line)
            bare = re.sub(r'"(\\.|[^"])*"', "", line)
            macro = macro or line.startswith("#")
            depth += 0 if macro else bare.count("{") - bare.count("}")
            macro = macro and line.endswith("\\")
            continue
        if "*/" in inside:
            text, _, behind = inside[2:].partition("*/")
            comment, inside = comment_text(text), None
            if behind.strip():
                code.append(behind)
    yield comment, "\n".join(code)


def read_entries(source):
    for comment, code in blocks(source):
        heading = re.fullmatch(r"--- (.*) ---", comment.strip())
        entry = Entry("" if heading else comment, heading.group(1) if heading else "")
        for item, note in items(code):
            read_item(entry, item, note)
        if not entry.is_empty() and not (code.strip() and not entry.names()):
            yield entry


def items(code):
    """Preprocessor lines and declarations, with the comment that stands behind each on its line."""
    text = code.replace("\\\n", "\n\\")  # continued lines: marked at their begin
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        if text[place] == "#":
            end = re.compile(r"\n(?!\\)|$").search(text, place).start()
            item = text[place:end].replace("\n\\", "\n")
            note = re.search(r"/\*(.*?)\*/\s*$", item, re.S)
            yield re.sub(r"/\*.*?\*/\s*$", "", item, flags=re.S).strip(), comment_text(note.group(1)) if note else ""
            place = end
            continue
        end = declaration_end(text, place)
        behind = re.compile(r"[ \t]*/\*(.*?)\*/", re.S).match(text, end)
        yield text[place:end], comment_text(behind.group(1)) if behind else ""
        place = behind.end() if behind else end


def declaration_end(text, place):
    depth = 0
    inline = text.startswith("static inline", place)
    while place < len(text):
        if text.startswith("/*", place):
            place = text.index("*/", place) + 2
            continue
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0 and (text[place] == ";" or (inline and text[place] == "}")):
            return place + 1
        place += 1
    return place


def read_item(entry, item, note):
    macro = re.match(r"#\s*define\s+(\w+)(\(([^)]*)\))?\s*(.*)", item, re.S)
    if macro:
        read_macro(entry, macro, note)
        return
    if item.startswith("#") or item.startswith("CORNU_BEGIN") or item.startswith("CORNU_END"):
        return
    bare = re.sub(r"/\*.*?\*/", "", item, flags=re.S)
    struct = re.match(r"(?:typedef )?struct\s+\w*\s*\{(.*)\}\s*(\w*);", item, re.S)
    function = re.match(r"(CORNU_API|static inline)\s+([^{;=]*?)\b(cornu_\w+)(\([^{]*\))", bare, re.S)
    if struct:
        entry.structs[struct.group(2)] = read_fields(struct.group(1))
    elif function:
        prototype = " ".join((function.group(2) + function.group(3) + function.group(4)).split())
        entry.functions[function.group(3)] = prototype
        name = function.group(3)
        if note:
            entry.notes[name] = note
    else:
        name = re.search(r"\(\*(\w+)\)\(|(\w+);\s*$", bare)
        enumerators = re.findall(r"^\s*(CORNU_\w+)", bare, re.M) if "enum" in bare else []
        if name and "typedef" in bare:
            entry.types[name.group(1) or name.group(2)] = item
            if note:
                entry.notes[name.group(1) or name.group(2)] = note
            for enumerator in enumerators:
                entry.constants.setdefault(enumerator, (None, ""))
        elif enumerators:
            entry.types[enumerators[0]] = item


def read_macro(entry, macro, note):
    name, _, parameters, body = macro.groups()
    if INTERNAL_MACRO.match(name):
        return
    if name.endswith("_FIELDS"):
        entry.structs[name] = read_fields(body)
    elif parameters is not None and name.startswith("cornu_"):
        entry.macros[name] = parameters
        if note:
            entry.notes[name] = note
    elif parameters is None:
        entry.constants[name] = (" ".join(body.split()), note)


def read_fields(body):
    """A comment of its own is about what follows it; one at a line's end about that line."""
    fields, above, place = [], "", 0
    while True:
        place = re.compile(r"[\s;]*").match(body, place).end()
        if place == len(body):
            return fields
        comment = re.compile(r"/\*(.*?)\*/", re.S).match(body, place)
        inherited = re.compile(r"CORNU_\w+_FIELDS").match(body, place)
        heading = comment and re.fullmatch(r"--- (.*) ---", " ".join(comment_text(comment.group(1)).split()))
        if heading:
            fields.append(Field(None, None, heading.group(1)))
            place = comment.end()
        elif comment:
            above, place = "\n\n".join(filter(None, (above, comment_text(comment.group(1))))), comment.end()
        elif inherited:
            fields.append(Field(inherited.group(), None, ""))
            place = inherited.end()
        else:
            end = body.find(";", place) if ";" in body[place:] else len(body)
            code = " ".join(body[place:end].split())
            behind = re.compile(r";?[ \t]*/\*(.*?)\*/", re.S).match(body, end)
            said = comment_text(behind.group(1)) if behind else above
            default = re.search(r"\s*CORNU_DEFAULT\((.*)\)$", code)
            fields.append(Field(code[:default.start()] if default else code, default.group(1) if default else None, said))
            above, place = "", behind.end() if behind else end
