"""Stand-ins for what answers may not use: they may be imported, and refuse when an answer runs.

Plots, widgets and training have no part in an answer; the checks' modules hold the right formulas;
and which other libraries there are differs from one student's machine to the next.
"""

import builtins
import importlib.abc
import importlib.machinery
import sys
import types
from functools import cache

OUTSIDE = ("matplotlib", "seaborn", "ipywidgets", "IPython", "torchvision", "tqdm", "pandas")
PACKAGE = "course_utils"
ALLOWED = ("torch", "numpy", "scipy", PACKAGE, "__main__")
THERE = "torch, numpy, scipy and Python's own library are there"
OPERATORS = (
    "add",
    "and",
    "eq",
    "floordiv",
    "ge",
    "gt",
    "le",
    "lshift",
    "lt",
    "matmul",
    "mod",
    "mul",
)
OPERATORS += ("ne", "neg", "or", "pos", "pow", "rshift", "sub", "truediv", "xor", "invert", "abs")
OTHERS = ("radd", "rand", "rfloordiv", "rmatmul", "rmod", "rmul", "ror", "rpow", "rsub", "rtruediv")
OTHERS += ("rxor", "enter", "iadd", "isub", "imul", "itruediv")

_running = []  # holds something while an answer is called


class answering:
    """A block in which an answer runs: what is left out refuses to be used."""

    def __enter__(self):
        _running.append(self)

    def __exit__(self, *error):
        _running.pop()


@cache
def _refusals():
    """The error's class; it is a check's own failure, so that its message arrives as it is."""
    from inside.remote import CheckFailed

    class Refused(CheckFailed, ImportError):
        pass

    return Refused


def refusal(name):
    """The error that says by name what an answer may not use."""
    if name.startswith((f"{PACKAGE}.", "lesson.")):
        return _refusals()(f"your answer uses {name}, which is left out of the grading.")
    return _refusals()(f"your answer uses {name}, which answers may not use: {THERE}.")


class LeftOutOfTheGrading:
    """While a notebook is read any attribute, call or item of it is itself; then it refuses.

    Args:
        name: what the refusal names. items: what a loop over it runs through, as over a
            progress bar.
    """

    def __init__(self, name, items=()):
        self._name, self._items = name, items

    def _use(self):
        if _running:
            raise refusal(self._name)
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._use()

    def __call__(self, *arguments, **named):
        self._use()
        if len(arguments) == 1 and callable(arguments[0]):
            return arguments[0]  # a decorator
        return LeftOutOfTheGrading(self._name, arguments[0] if arguments else ())

    def __getitem__(self, key):
        return self._use()

    def __setitem__(self, key, value):
        self._use()

    def __iter__(self):
        self._use()
        return iter(self._items if hasattr(self._items, "__iter__") else ())

    def __len__(self):
        self._use()
        return 0

    def __bool__(self):
        self._use()
        return True

    def __exit__(self, *error):
        self._use()

    def __instancecheck__(self, thing):
        self._use()
        return False

    def __subclasscheck__(self, kind):
        self._use()
        return False

    def __mro_entries__(self, bases):
        return (_base(self._name),)

    def __array__(self, *arguments, **named):
        raise refusal(self._name)

    __hash__ = object.__hash__
    __float__ = __int__ = __index__ = __contains__ = __array__

    @classmethod
    def __torch_function__(cls, function, kinds, arguments=(), named=None):
        given = [*arguments, *(named or {}).values()]
        used = [thing for thing in given if isinstance(thing, cls)]
        raise refusal(used[0]._name if used else "another library")


for _operator in (*OPERATORS, *OTHERS):
    setattr(LeftOutOfTheGrading, f"__{_operator}__", lambda self, *others: self._use())


@cache
def _base(name):
    """A class in place of one that is left out, for the notebook's own to derive from."""

    def refuse(self, *arguments, **named):
        LeftOutOfTheGrading(name)._use()

    return type(
        "LeftOut", (), {"__init__": refuse, "__init_subclass__": lambda *kind, **named: None}
    )


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module in place of those named above, and of what the package here lacks."""

    def find_spec(self, name, path=None, target=None):
        if is_inert(name, path):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return types.ModuleType(spec.name, "Left out of the grading.")

    def exec_module(self, module):
        parts = module.__name__.split(".")
        nothing = LeftOutOfTheGrading(".".join(parts[: 2 if parts[0] == PACKAGE else 1]))
        module.__path__ = []
        module.__all__ = []
        if module.__name__ == f"{PACKAGE}.lesson":
            from inside import lesson

            module.start, module.SEED = lesson.start, lesson.SEED

        def attribute(name):
            if name.startswith("__"):
                raise AttributeError(name)
            inner = sys.modules.get(f"{module.__name__}.{name}")
            return nothing._use() if inner is None else inner

        module.__getattr__ = attribute


def is_inert(name, path=None):
    """True for a module that the grading leaves out."""
    parts = name.split(".")
    if parts[0] in OUTSIDE:
        return True
    if parts[0] != PACKAGE or len(parts) == 1:
        return False
    return importlib.machinery.PathFinder.find_spec(name, path) is None


def guard_imports(space):
    """From now on code whose globals are ``space`` imports only what answers may use.

    What torch or scipy import for themselves is not touched.
    """
    original = builtins.__import__

    def guarded(name, *rest, **named):
        root = name.split(".")[0]
        if (rest and rest[0] is space) and root and not is_allowed(root):
            raise refusal(root)
        return original(name, *rest, **named)

    builtins.__import__ = guarded


def is_allowed(root):
    """True for a library that answers may use."""
    return root in ALLOWED or root in sys.stdlib_module_names
