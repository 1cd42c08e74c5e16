#!/usr/bin/env python3
"""The defaults of keyword arguments are written twice in the headers, for C and for C++: they are the same bytes."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
INCLUDE = os.path.join(ROOT, "include")


def header_texts():
    """The text of each public header, with the lines of a macro joined."""
    folder = os.path.join(INCLUDE, "cornu")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            yield file.read().replace("\\\n", " ")


def lists_of_defaults():
    """{options struct: its lists of defaults for C}: what its keyword macros name, or else the list that is named like it."""
    found, structs, lists = {}, set(), set()
    for text in header_texts():
        structs.update(re.findall(r"^} (cornu_\w+_options);", text, re.MULTILINE))
        lists.update(re.findall(r"^ *#define (CORNU_\w+_DEFAULTS)\b", text, re.MULTILINE))
        for call in re.finditer(r"CORNU_KEYWORDS\(.*?&cornu_keywords\),\s*(cornu_\w+_options),\s*(CORNU_\w+_DEFAULTS)?\s*__VA_ARGS__\)", text):
            found.setdefault(call.group(1), set()).add(call.group(2) or "")
    for struct in structs - set(found):
        named_alike = struct[:-len("options")].upper() + "DEFAULTS"
        found[struct] = {named_alike if named_alike in lists else ""}
    return found


class Defaults(unittest.TestCase):
    def program(self, structs):
        """Prints each struct's words; a word that points into the program is one of the default texts, and is printed as such."""
        lines = ["#include <cornu/cornu.h>\n"]
        lines.append("#include <stdio.h>\n#include <string.h>\n"
                     "extern char __executable_start __asm__(\"__executable_start\"), program_end __asm__(\"_end\");\nint main(void)\n{\n")
        for struct, (defaults, ) in sorted(structs.items()):
            lines.append(f"""    {{
        CORNU_QUIET_BEGIN
        static const {struct} o = {{.struct_size = sizeof({struct}), {defaults} }};
        CORNU_QUIET_END
        printf("{struct} %zu", sizeof o);
        for (size_t i = 0; i + 8 <= sizeof o; i += 8) {{
            unsigned long word;
            memcpy(&word, (const char *)&o + i, 8);
            if (word >= (unsigned long)&__executable_start && word < (unsigned long)&program_end)
                printf(" %s", (const char *)word);
            else
                printf(" %lx", word);
        }}
        printf("\\n");
    }}
""")
        lines.append("    return 0;\n}\n")
        return "".join(lines)

    def output(self, compiler, standard, language):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "defaults.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(self.program(lists_of_defaults()))
            program = os.path.join(folder, "defaults")
            subprocess.run([compiler, f"-std={standard}", "-x", language, "-I", INCLUDE, source, "-o", program], check=True)
            return subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout

    def test_each_options_struct_has_one_list(self):
        self.assertEqual({}, {struct: lists for struct, lists in lists_of_defaults().items() if len(lists) != 1})

    def test_c_and_cpp_have_the_same(self):
        in_c = self.output("gcc", "gnu17", "c").splitlines()
        in_cpp = self.output("g++", "gnu++20", "c++").splitlines()
        self.assertGreater(len(in_c), 110)
        self.assertEqual(in_c, in_cpp)


if __name__ == "__main__":
    unittest.main(verbosity=2)
