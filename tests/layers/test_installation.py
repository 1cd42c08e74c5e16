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

PROJECT = """
cmake_minimum_required(VERSION 3.18)
project(outside LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(cornu 0.1 REQUIRED)
add_executable(program program.c)
target_link_libraries(program PRIVATE cornu::cornu)
add_executable(program_cpp program.cpp)
target_link_libraries(program_cpp PRIVATE cornu::cornu)
"""

MANUAL_AND_COMPLETIONS = ("share/man/man1/cornu.1", "share/man/man1/cornu-fit.1", "share/bash-completion/completions/cornu",
                          "share/zsh/site-functions/_cornu", "share/fish/vendor_completions.d/cornu.fish")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


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
        write(source, PROGRAM)
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

    def test_programs_build_with_the_cmake_package_and_run(self):
        if not shutil.which("g++"):
            self.skipTest("g++ is not installed")
        outside = os.path.join(self.folder, "outside")
        os.mkdir(outside)
        for name, text in (("CMakeLists.txt", PROJECT), ("program.c", PROGRAM), ("program.cpp", PROGRAM)):
            write(os.path.join(outside, name), text)
        output_of("cmake", "-S", outside, "-B", outside, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        output_of("cmake", "--build", outside)
        for program in ("program", "program_cpp"):
            self.assertRegex(output_of(os.path.join(outside, program)), r"^\d+\.\d+\.\d+\n$")

    def test_another_version_is_not_taken(self):
        outside = os.path.join(self.folder, "later")
        os.mkdir(outside)
        write(os.path.join(outside, "CMakeLists.txt"), PROJECT.replace("cornu 0.1", "cornu 99"))
        with self.assertRaisesRegex(AssertionError, "version"):
            output_of("cmake", "-S", outside, "-B", outside, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_debian_package_holds_what_is_installed_and_runs(self):
        for tool, package in (("dpkg-shlibdeps", "dpkg-dev"), ("file", "file")):
            if not shutil.which(tool):
                self.skipTest(f"{package} is not installed")
        folder = os.path.join(self.folder, "debian")
        output_of("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder)
        package = next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))
        unpacked = os.path.join(folder, "unpacked")
        output_of("dpkg-deb", "-x", package, unpacked)
        self.assertRegex(output_of("dpkg-deb", "-f", package, "Depends"), "libdnnl2")
        library = os.path.join(unpacked, "usr", "lib")
        self.assertRegex(output_of(os.path.join(unpacked, "usr", "bin", "cornu"), "--version", LD_LIBRARY_PATH=library),
                         r"^cornu \d+\.\d+\.\d+\n$")
        places = [name.replace("site-functions", "vendor-completions") for name in MANUAL_AND_COMPLETIONS]  # Debian's zsh looks there
        for name in ("include/cornu/cornu.h", "lib/libcornu.so", "lib/pkgconfig/cornu.pc", *places):
            self.assertTrue(os.path.exists(os.path.join(unpacked, "usr", name)), name)
        self.assertFalse(os.path.exists(os.path.join(unpacked, "usr", "share", "zsh", "site-functions")))
        for name in os.listdir(library):
            self.assertTrue(os.path.exists(os.path.join(library, name)), f"{name} leads nowhere")
        self.assertEqual(os.listdir(unpacked), ["usr"])

    def test_only_the_public_headers_are_installed(self):
        installed = {os.path.join(where, name) for where, _, names in os.walk(os.path.join(self.prefix, "include"))
                     for name in names}
        public = os.listdir(os.path.join(ROOT, "include", "cornu"))
        self.assertEqual({os.path.join(self.prefix, "include", "cornu", name) for name in public}, installed)

    def test_the_manual_and_the_completions_are_installed(self):
        for name in MANUAL_AND_COMPLETIONS:
            self.assertGreater(os.path.getsize(os.path.join(self.prefix, name)), 0, name)

    def test_the_command_is_installed(self):
        self.assertTrue(os.access(os.path.join(self.prefix, "bin", "cornu"), os.X_OK))


if __name__ == "__main__":
    unittest.main(verbosity=2)
