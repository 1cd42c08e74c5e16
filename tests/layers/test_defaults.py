#!/usr/bin/env python3
"""The defaults of keyword arguments are written twice in the headers, for C and for C++: they are the same bytes."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
HEADERS = ["layers", "activations", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers", "custom"]


def keyword_structs():
    """(options struct, its list of defaults for C) of every keyword macro."""
    found = {}
    for header in HEADERS:
        with open(os.path.join(ROOT, "include", "cornu", header + ".h"), encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        for call in re.finditer(r"#define cornu_\w+\([^)]*\)\s+CORNU_KEYWORDS\((.*)\)", text):
            match = re.search(r"(cornu_\w+_options),\s*(CORNU_\w+_DEFAULTS)?\s*__VA_ARGS__$", call.group(1).strip())
            if match:
                found[match.group(1)] = match.group(2) or ""
    return found


class Defaults(unittest.TestCase):
    def program(self, structs):
        """Prints each struct's words; a word that points into the program is one of the default texts, and is printed as such."""
        lines = [f"#include <cornu/{header}.h>\n" for header in HEADERS]
        lines.append("#include <stdio.h>\n#include <string.h>\n"
                     "extern char __executable_start __asm__(\"__executable_start\"), program_end __asm__(\"_end\");\nint main(void)\n{\n")
        for struct, defaults in sorted(structs.items()):
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
                file.write(self.program(keyword_structs()))
            program = os.path.join(folder, "defaults")
            subprocess.run([compiler, f"-std={standard}", "-x", language, "-I", os.path.join(ROOT, "include"), source, "-o", program], check=True)
            return subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout

    def test_c_and_cpp_have_the_same(self):
        in_c = self.output("gcc", "gnu17", "c").splitlines()
        in_cpp = self.output("g++", "gnu++20", "c++").splitlines()
        self.assertGreater(len(in_c), 50)
        self.assertEqual(in_c, in_cpp)


if __name__ == "__main__":
    unittest.main(verbosity=2)
