#!/usr/bin/env python3
"""Every public header compiles alone, as C11 with GNU extensions and as C++20, with every compiler that is there; and the
shared library shows what the headers declare, and nothing else."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
INCLUDE = os.path.join(ROOT, "include")
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wpedantic", "-Werror"]


def public_headers():
    return sorted("cornu/" + name for name in os.listdir(os.path.join(INCLUDE, "cornu")) if name.endswith(".h"))


def diagnostics(compiler, standard, language, text, include=INCLUDE, more=()):
    """What the compiler says about a program text; empty if it is content."""
    command = [compiler, f"-std={standard}", "-x", language, "-fsyntax-only", "-I", include, *WARNINGS, *more, "-"]
    return subprocess.run(command, input=text, stderr=subprocess.PIPE, text=True).stderr


class HeadersCompileAlone(unittest.TestCase):
    def compile_each(self, compiler, standard, language):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        self.assertGreater(len(public_headers()), 0)
        for header in public_headers():
            with self.subTest(header=header):
                # Twice: the include guard holds. The declaration is there because C wants at least one.
                text = f"#include <{header}>\n" * 2 + "extern int compiled;\n"
                self.assertEqual("", diagnostics(compiler, standard, language, text))

    def test_as_c11_by_gcc(self):
        self.compile_each("gcc", "gnu11", "c")

    def test_as_cpp20_by_gcc(self):
        self.compile_each("g++", "gnu++20", "c++")

    def test_as_c11_by_clang(self):
        self.compile_each("clang", "gnu11", "c")

    def test_as_cpp20_by_clang(self):
        self.compile_each("clang++", "gnu++20", "c++")

    def test_a_header_that_needs_another_first_is_caught(self):
        if not shutil.which("gcc"):
            self.skipTest("gcc is not installed")
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "needy.h"), "w", encoding="utf-8") as file:
                file.write("int64_t cornu_needy(void);\n")
            self.assertIn("int64_t", diagnostics("gcc", "gnu11", "c", "#include <needy.h>\n", folder))


# fit, evaluate and predict choose by the type of x, in C by _Generic, in C++ by overloading.
BY_TYPE_OF_X = """
#include <cornu/cornu.h>
int program(cornu_model *model, cornu_array *x, const cornu_array *y, cornu_generator *generator, cornu_sequence *sequence);
int program(cornu_model *model, cornu_array *x, const cornu_array *y, cornu_generator *generator, cornu_sequence *sequence)
{
    cornu_logs logs;
    int made = cornu_fit(model, x, y, .epochs = 2) != NULL;
    made += cornu_fit(model, y, NULL) != NULL;
    made += cornu_fit(model, NULL, NULL, .batch_size = 8) != NULL;
    made += cornu_fit(model, generator, NULL, .steps_per_epoch = 3, .validation_epochs = {1, 2}) != NULL;
    made += cornu_fit(model, sequence, NULL, .workers = 2) != NULL;
    made += cornu_fit(model, cornu_array_sequence(x, NULL, .batch_size = 8), NULL) != NULL;
    made += cornu_evaluate(model, x, y, &logs, .steps = 1) == CORNU_OK;
    made += cornu_evaluate(model, sequence, NULL, NULL) == CORNU_OK;
    made += cornu_predict(model, x) != NULL;
    made += cornu_predict(model, generator, .steps = 1) != NULL;
    return made;
}
"""
WRONG_X = """
#include <cornu/cornu.h>
extern cornu_history *made;
void program(cornu_model *model);
void program(cornu_model *model) { made = cornu_fit(model, model, NULL); }
"""


class FitTakesArraysAndGenerators(unittest.TestCase):
    def each(self, text, check):
        for compiler, standard, language in (("gcc", "gnu11", "c"), ("clang", "gnu11", "c"), ("g++", "gnu++20", "c++"), ("clang++", "gnu++20", "c++")):
            if shutil.which(compiler):
                with self.subTest(compiler=compiler):
                    # Pedantic C11 wants an argument for "...", which calls without keyword arguments do not have.
                    check(diagnostics(compiler, standard, language, text, more=["-Wno-pedantic"]))

    def test_in_both_languages(self):
        self.each(BY_TYPE_OF_X, lambda said: self.assertEqual("", said))

    def test_in_cpp_by_its_own_null_pointer(self):
        if not shutil.which("g++"):
            self.skipTest("g++ is not installed")
        self.assertEqual("", diagnostics("g++", "gnu++20", "c++", BY_TYPE_OF_X.replace("NULL", "nullptr")))

    def test_anything_else_is_caught(self):
        self.each(WRONG_X, lambda said: self.assertIn("cornu_model", said))


def declared_functions():
    names = set()
    for header in public_headers():
        with open(os.path.join(INCLUDE, header), encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:\\\n|[^\n])*", " ", file.read(), flags=re.DOTALL | re.MULTILINE)
        names.update(re.findall(r"\bCORNU_API\b[^;{(]*?\b(\w+)\s*\(", text))
    return names


class SharedLibrary(unittest.TestCase):
    def setUp(self):
        self.library = os.path.join(os.environ.get("CORNU_BINARY_DIR", os.path.join(ROOT, "build", "release")),
                                    "libcornu.so")
        if not shutil.which("nm"):
            self.skipTest("nm (package binutils) is not installed")
        listing = subprocess.run(["nm", "-D", "--defined-only", self.library], stdout=subprocess.PIPE, text=True, check=True)
        self.shown = {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines()}

    def test_defines_every_declared_function(self):
        self.assertGreater(len(declared_functions()), 0)
        self.assertEqual([], sorted(declared_functions() - self.shown))

    def test_shows_nothing_that_no_header_declares(self):
        # The address sanitizer adds a symbol of its own beside each global.
        ours = {name for name in self.shown if not name.startswith("__odr_asan")}
        self.assertEqual([], sorted(ours - declared_functions()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
