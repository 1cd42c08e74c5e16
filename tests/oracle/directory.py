"""Which files keras-preprocessing 1.1.2 finds in a folder of classes, in which order, and how it splits them.

values/directory.json: `files` (paths; the tree that the test makes again) and `links` (path, target), `cases`: options (`given`: the argument classes), `class_names`, `filenames`, `classes`.
Needs keras-preprocessing 1.1.2 (requirements_augmentation.txt), no Keras.
"""

import os
import tempfile

from keras_preprocessing.image import ImageDataGenerator

import common

FILES = ["cat/%d.jpg" % i for i in (1, 2, 10, 11, 3)] + ["cat/sub/a.png", "cat/sub-b/a.PNG", "cat/sub/deep/z.jpeg", "cat/sub.c/q.bmp", "cat/notes.txt", "cat/Upper.JPG", "cat/zebra.tiff",
         "Dog/one.ppm", "Dog/two.tif", "Dog/three.gif", "Dog/four.jpg.txt", "Dog/\u00e4rger.jpg", "Dog/z.jpg", "ant-eater/x.jpg", "ant/y.jpg", "ant/\U0001f41c.jpg", "empty/readme.md",
         ".hidden/photo.jpg", "cat/.checkpoints/1.jpg", "cat/._1.jpg", "stray.jpg"]
LINKS = [("Dog/more", "../ant"), ("Dog/link.jpg", "z.jpg"), ("linked", "ant")]
CASES = [{}, {"follow_links": True}, {"classes": ["Dog", "cat"]}, {"classes": ["cat", "ant", "Dog"], "follow_links": True}]
CASES += [{"validation_split": split, "subset": subset, **more} for split in (0.3, 0.5) for subset in ("training", "validation") for more in ({}, {"classes": ["cat", "Dog"]})]

with tempfile.TemporaryDirectory() as folder:
    for path in FILES:
        os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
        open(os.path.join(folder, path), "w").close()
    for path, target in LINKS:
        os.symlink(target, os.path.join(folder, path))
    result = []
    for case in CASES:
        options = dict(case)
        found = ImageDataGenerator(validation_split=options.pop("validation_split", 0.0)).flow_from_directory(folder, shuffle=False, **options)
        names = sorted(found.class_indices, key=found.class_indices.get)
        given = {"given": case["classes"]} if "classes" in case else {}
        result.append({**{key: value for key, value in case.items() if key != "classes"}, **given, "class_names": names, "filenames": list(found.filenames), "classes": found.classes.tolist()})
common.save_json("directory", {"source": "keras-preprocessing 1.1.2", "files": FILES, "links": [list(link) for link in LINKS], "cases": result})
