"""Every public name of Keras 3's and Keras 2.3's losses, metrics, optimizers, schedules, initializers, regularizers, constraints, callbacks.

Of Keras 3 by importing it; of Keras 2.3.1, which no longer runs, by reading its source: the environment variable KERAS_2_SOURCE names the folder
keras/ of `pip download keras==2.3.1 --no-deps`, unpacked.
"""

import ast
import inspect
import os

import common

common.choose_backend("tensorflow")

import keras  # noqa: E402

MODULES = {
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "schedules": keras.optimizers.schedules,
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "callbacks": keras.callbacks,
}
SOURCES = {
    "losses": "losses.py",
    "metrics": "metrics.py",
    "optimizers": "optimizers.py",
    "initializers": "initializers.py",
    "regularizers": "regularizers.py",
    "constraints": "constraints.py",
    "callbacks": "callbacks/callbacks.py",
}


def names_of_keras_3(module):
    names = {name for name in dir(module) if not name.startswith("_")}
    return sorted(name for name in names if not inspect.ismodule(getattr(module, name)))


def options_of_keras_3(module):
    """class -> the names of its constructor's arguments."""
    options = {}
    for name in names_of_keras_3(module):
        made = getattr(module, name)
        if inspect.isclass(made) and name[0].isupper():
            parameters = inspect.signature(made.__init__).parameters.values()
            options[name] = sorted(p.name for p in parameters if p.name != "self" and p.kind == p.POSITIONAL_OR_KEYWORD)
    return options


def names_of_source(path):
    """What a module defines or gives another name to at its top level."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return sorted(name for name in names if not name.startswith("_"))


def main():
    source = os.environ["KERAS_2_SOURCE"]
    common.save_json(
        "names",
        {
            "source": dict(common.versions(), keras_2="2.3.1"),
            "keras_3": {kind: names_of_keras_3(module) for kind, module in MODULES.items()},
            "keras_2": {kind: names_of_source(os.path.join(source, path)) for kind, path in SOURCES.items()},
            "options": {kind: options_of_keras_3(module) for kind, module in MODULES.items()},
        },
        indent=1,
    )


main()
