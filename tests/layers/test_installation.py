#!/usr/bin/env python3
"""What `cmake --install` puts in place is enough for a program outside the project, in C and in C++."""
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("CORNU_BINARY_DIR", os.path.join(ROOT, "build", "release"))

PROGRAM = """
#include <cornu/cornu.h>
#include <stdio.h>

int main(void)
{
    puts(cornu_version());
    return 0;
}
"""


def output_of(*command, **environment):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, **environment})
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with status {result.returncode}:\n{result.stdout}")
    return result.stdout


class InstalledLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = os.path.join(cls.folder, "usr")
        output_of("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.library_folder = next(where for where, _, names in os.walk(cls.prefix) if "libcornu.so" in names)

    def build_and_run(self, compiler, standard, suffix):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        source, program = os.path.join(self.folder, "program." + suffix), os.path.join(self.folder, "program_" + suffix)
        with open(source, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        flags = output_of("pkg-config", "--cflags", "--libs", "cornu",
                          PKG_CONFIG_PATH=os.path.join(self.library_folder, "pkgconfig")).split()
        output_of(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror", source, "-o", program, *flags)
        version = output_of("pkg-config", "--modversion", "cornu",
                            PKG_CONFIG_PATH=os.path.join(self.library_folder, "pkgconfig"))
        self.assertEqual(version, output_of(program, LD_LIBRARY_PATH=self.library_folder))

    def test_a_c_program_builds_with_pkg_config_and_runs(self):
        self.build_and_run("gcc", "gnu11", "c")

    def test_a_cpp_program_builds_with_pkg_config_and_runs(self):
        self.build_and_run("g++", "gnu++20", "cpp")

    def test_only_the_public_headers_are_installed(self):
        installed = {os.path.join(where, name) for where, _, names in os.walk(os.path.join(self.prefix, "include"))
                     for name in names}
        public = os.listdir(os.path.join(ROOT, "include", "cornu"))
        self.assertEqual({os.path.join(self.prefix, "include", "cornu", name) for name in public}, installed)

    def test_the_command_is_installed(self):
        self.assertTrue(os.access(os.path.join(self.prefix, "bin", "cornu"), os.X_OK))


if __name__ == "__main__":
    unittest.main(verbosity=2)
