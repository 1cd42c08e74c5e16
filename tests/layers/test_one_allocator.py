#!/usr/bin/env python3
"""Every block of Cornu's own comes from base/memory.c, where it is counted and may be refused: no other file calls the C library's allocator."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CALL = re.compile(r"(?<![\w>.])(malloc|calloc|realloc|aligned_alloc|posix_memalign|strdup|strndup|asprintf|vasprintf|open_memstream|getline)\s*\(")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def direct_allocations(text):
    """The names that a source text calls, comments left out."""
    return [match.group(1) for match in CALL.finditer(COMMENT.sub(" ", text))]


class OneAllocator(unittest.TestCase):
    def test_no_file_but_memory_c_calls_the_c_librarys_allocator(self):
        found = []
        for path in source_tree.c_files(os.path.join(ROOT, "src")):
            name = os.path.relpath(path, ROOT)
            with open(path, encoding="utf-8") as file:
                calls = direct_allocations(file.read())
            if name == os.path.join("src", "base", "memory.c"):
                self.assertIn("aligned_alloc", calls)
            else:
                found += [f"{name}: {call}" for call in calls]
        self.assertEqual([], found)

    def test_the_check_sees_calls_and_only_calls(self):
        self.assertEqual(["malloc", "strdup"], direct_allocations("p = malloc(3); /* calloc( */ q = strdup (x); my_malloc(1); s->realloc(2);"))


if __name__ == "__main__":
    unittest.main()
