"""The rooms of the house and what each may include: design rule "only from its own room or a floor below".

The rooms stand one above the other, with two exceptions: nn/ and backend/ share a floor and do not know each other.
"""
import os
import re

# Floors, top first. Rooms of one floor do not include each other.
FLOORS = [["cli"], ["train"], ["view"], ["saving"], ["image"], ["data"], ["model"], ["nn", "backend"], ["dist"], ["graph"],
          ["format"], ["array"], ["base"]]
FLOOR_OF = {room: len(FLOORS) - number for number, rooms in enumerate(FLOORS) for room in rooms}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)


def includes_of(path):
    """The (line number, '<' or '"', header) of every include directive in a file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def c_files(folder):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.join(where, name)


def broken_include_rules(root):
    """One sentence for every include under root/src and root/include that breaks a rule."""
    source, public = os.path.join(root, "src"), os.path.join(root, "include")
    for path in c_files(source):
        room = os.path.relpath(path, source).split(os.sep)[0]
        if room not in FLOOR_OF:
            yield f"{os.path.relpath(path, root)}: src/{room} is not a room of the house"
            continue
        for line, bracket, header in includes_of(path):
            problem = _problem_in_room(source, public, room, bracket, header)
            if problem:
                yield f"{os.path.relpath(path, root)}:{line}: {problem}"
    for path in c_files(public):
        for line, bracket, header in includes_of(path):
            problem = _problem_in_public_header(public, bracket, header)
            if problem:
                yield f"{os.path.relpath(path, root)}:{line}: {problem}"


def _problem_in_room(source, public, room, bracket, header):
    if header.startswith("cornu/"):
        if bracket == '"':
            return f'public header "{header}" is written in quotes; write <{header}>'
        return _unless_there(public, header)
    if bracket == "<":
        first = header.split("/")[0]
        return f'<{header}> is ours; write it in quotes, "{header}"' if "/" in header and first in FLOOR_OF else None
    target = header.split("/")[0]
    if target not in FLOOR_OF or "/" not in header or ".." in header:
        return f'"{header}" is not written from src/, as "room/file.h"'
    if target != room and FLOOR_OF[target] >= FLOOR_OF[room]:
        relation = "on the same floor as" if FLOOR_OF[target] == FLOOR_OF[room] else "above"
        return f'{room}/ includes "{header}", but {target}/ is {relation} {room}/'
    return _unless_there(source, header)


def _problem_in_public_header(public, bracket, header):
    if header.startswith("cornu/") and bracket == "<":
        return _unless_there(public, header)
    if bracket == '"' or header.split("/")[0] in FLOOR_OF and "/" in header:
        return f"a public header includes {header}, which is not installed; only <cornu/...> and the C library are"
    # Only standard C headers: what a public header includes, every user's program includes.
    if header not in STANDARD_HEADERS:
        return f"a public header includes <{header}>, which is not a standard C header"
    return None


def _unless_there(folder, header):
    return None if os.path.isfile(os.path.join(folder, header)) else f"{header} does not exist"


STANDARD_HEADERS = {"assert.h", "complex.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdarg.h",
                    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "time.h"}
