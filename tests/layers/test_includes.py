#!/usr/bin/env python3
"""The include rule holds, and the check that says so catches each way of breaking it."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree

ROOT = os.environ.get("CORNU_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


class IncludeRule(unittest.TestCase):
    def test_every_include_goes_to_its_own_room_or_a_floor_below(self):
        checked = list(source_tree.c_files(os.path.join(ROOT, "src")))
        self.assertGreater(len(checked), 0)
        self.assertEqual([], list(source_tree.broken_include_rules(ROOT)))


class CheckCatches(unittest.TestCase):
    """Each test breaks one rule in a house of its own and expects one complaint that names the place."""

    def complaints(self, **files):
        with tempfile.TemporaryDirectory() as root:
            sound = {"include/cornu/array.h": "#include <stddef.h>\n", "src/base/memory.h": "",
                     "src/graph/graph.h": '#include <cornu/array.h>\n#include "base/memory.h"\n#include <zip.h>\n',
                     "src/nn/loss.h": '#include "graph/graph.h"\n', "src/backend/backend.h": '#include "graph/graph.h"\n'}
            sound.update({name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
            for name, text in sound.items():
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return list(source_tree.broken_include_rules(root))

    def test_a_sound_house_has_no_complaint(self):
        self.assertEqual([], self.complaints())

    def test_a_floor_above(self):
        self.assertEqual(['src/base/text.c:2: base/ includes "graph/graph.h", but graph/ is above base/'],
                         self.complaints(src__base__text_dot_c='\n#include "graph/graph.h"\n'))

    def test_nn_that_knows_backend(self):
        self.assertEqual(['src/nn/dense.c:1: nn/ includes "backend/backend.h", but backend/ is on the same floor as nn/'],
                         self.complaints(src__nn__dense_dot_c='#include "backend/backend.h"\n'))

    def test_backend_that_knows_nn(self):
        self.assertEqual(['src/backend/cpu/run.c:1: backend/ includes "nn/loss.h", but nn/ is on the same floor as backend/'],
                         self.complaints(src__backend__cpu__run_dot_c='#  include "nn/loss.h"\n'))

    def test_a_header_that_does_not_exist(self):
        self.assertEqual(["src/graph/ops.c:1: graph/nodes.h does not exist"],
                         self.complaints(src__graph__ops_dot_c='#include "graph/nodes.h"\n'))
        self.assertEqual(["src/graph/ops.c:1: cornu/nodes.h does not exist"],
                         self.complaints(src__graph__ops_dot_c="#include <cornu/nodes.h>\n"))

    def test_an_include_not_written_from_src(self):
        self.assertEqual(['src/graph/ops.c:1: "graph.h" is not written from src/, as "room/file.h"'],
                         self.complaints(src__graph__ops_dot_c='#include "graph.h"\n'))
        self.assertEqual(['src/graph/ops.c:1: "base/../nn/loss.h" is not written from src/, as "room/file.h"'],
                         self.complaints(src__graph__ops_dot_c='#include "base/../nn/loss.h"\n'))

    def test_a_room_that_is_not_in_the_house(self):
        self.assertEqual(["src/utils/misc.c: src/utils is not a room of the house"],
                         self.complaints(src__utils__misc_dot_c="\n"))

    def test_a_public_header_that_includes_a_private_or_foreign_one(self):
        self.assertEqual(["include/cornu/model.h:1: a public header includes graph/graph.h, which is not installed; "
                          "only <cornu/...> and the C library are"],
                         self.complaints(include__cornu__model_dot_h='#include "graph/graph.h"\n'))
        self.assertEqual(["include/cornu/model.h:1: a public header includes <zip.h>, which is not a standard C header"],
                         self.complaints(include__cornu__model_dot_h="#include <zip.h>\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
