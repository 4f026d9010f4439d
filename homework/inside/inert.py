"""Stand-ins for what answers do not need: plots, widgets, training, the checks themselves.

Importing them costs seconds, and the checks' modules hold the right formulas.
"""

import importlib.abc
import importlib.machinery
import sys
import types

OUTSIDE = ("matplotlib", "seaborn", "ipywidgets", "IPython", "torchvision", "tqdm", "pandas")
INSIDE = ("checks", "plotting", "widgets", "lesson", "training", "progress")


class LeftOutOfTheGrading:
    """Any attribute, call or item of it is itself; it holds no numbers."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **named):
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self

    def __getitem__(self, key):
        return self

    def __iter__(self):
        return iter(())


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module in place of those named above."""

    def find_spec(self, name, path=None, target=None):
        if is_inert(name):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return types.ModuleType(spec.name, "Left out of the grading.")

    def exec_module(self, module):
        nothing = LeftOutOfTheGrading()

        def attribute(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return sys.modules.get(f"{module.__name__}.{name}", nothing)

        module.__getattr__ = attribute
        module.__path__ = []
        module.__all__ = []


def is_inert(name):
    """True for a module that the grading leaves out."""
    parts = name.split(".")
    if parts[0] in OUTSIDE:
        return True
    return parts[0] == "course_utils" and len(parts) > 1 and parts[1] in INSIDE
