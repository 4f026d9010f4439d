"""What an answer calls while a check tries it: the package's own functions, other libraries.

The grading has neither what the package holds of the answers nor libraries beyond
:data:`LIBRARIES`, so the check in the notebook says so before anything is handed in.
"""

import gc
import re
import sys
import threading
from pathlib import Path

from course_utils.checks import _allowed

LIBRARIES = ("torch", "numpy", "scipy")  # beside the standard library
# What shows things on the screen, and what watches over a run: no value comes from them.
HARMLESS = ("IPython", "ipykernel", "ipywidgets", "matplotlib", "tqdm", "_pytest", "pluggy")
HARMLESS += ("coverage", "debugpy", "pydevd")
INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
PACKAGE, CHECKS = str(_allowed.PACKAGE), str(Path(__file__).resolve().parent)
LENT = str(Path(CHECKS) / "lend")


class Watch:
    """Watches the calls in its ``with`` block, on this thread.

    Args:
        number: of the lesson, such as ``01``.
        sealed: names of functions, methods and classes -> exercise that asks for them.

    Attributes:
        own: the first function of the package that the grading leaves out, or "".
        own_of: the exercise that asks for it, or "".
        lent: names in :mod:`course_utils.checks.lend` that were called from outside of it.
        foreign: the first library that the grading does not have, or "".
    """

    def __init__(self, number, sealed):
        self.own, self.own_of, self.lent, self.foreign = "", "", set(), ""
        self._number, self._sealed, self._kinds, self._free = number, sealed, {}, set()
        self._collecting = False

    def __enter__(self):
        self._before, self._thread = sys.getprofile(), threading.get_ident()
        # A collection starts wherever memory happens to run full, also in a line of the student's;
        # what libraries hung on it is not his. First to be called at its start, last at its end.
        gc.callbacks.insert(0, self._collection_starts)
        gc.callbacks.append(self._collection_ends)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *error):
        sys.setprofile(self._before)
        gc.callbacks.remove(self._collection_starts)
        gc.callbacks.remove(self._collection_ends)

    def _collection_starts(self, phase, info):
        if phase == "start" and threading.get_ident() == self._thread:
            self._collecting = True

    def _collection_ends(self, phase, info):
        if phase == "stop" and threading.get_ident() == self._thread:
            self._collecting = False

    def _see(self, frame, event, arg):
        if self._collecting:
            return
        if event == "call":
            code = frame.f_code
            if code in self._free:
                return
            kind = self._kind(frame)
            if kind in ("own", "lent") and self._caller(frame) == "lent":
                return  # what a lent function calls is not the student's, who may call it too
            if kind == "own" and code.co_name != "backward":  # of a forward that was seen
                self._enter(code)
            elif kind == "lent":
                self.lent.add(code.co_qualname.partition(".")[0])
                return
            elif kind not in ("", "student", "checks"):
                if self._kind(frame.f_back) in ("student", "checks"):
                    self.foreign = self.foreign or kind
                return  # another caller may be the student
            self._free.add(code)
        elif event == "c_call" and not self.foreign and self._kind(frame) == "student":
            holder = getattr(arg, "__self__", None)
            module = getattr(arg, "__module__", None) or type(holder).__module__
            self.foreign = _foreign(str(module).partition(".")[0])

    def _caller(self, frame):
        """Kind of the nearest frame outside that is not a library's."""
        frame = frame.f_back
        while frame is not None and self._kind(frame) not in ("own", "lent", "student", "checks"):
            frame = frame.f_back
        kind = self._kind(frame)
        return self._caller(frame) if kind == "own" else kind

    def _kind(self, frame):
        """``own``, ``lent``, ``checks``, ``student``, a foreign library's name, else ""."""
        if frame is None:
            return ""
        name = frame.f_code.co_filename
        if name not in self._kinds:
            self._kinds[name] = self._kind_of(name, str(frame.f_globals.get("__name__", "")))
        return self._kinds[name]

    @staticmethod
    def _kind_of(filename, module):
        root = module.partition(".")[0]
        if filename.startswith(CHECKS):
            return "lent" if filename.startswith(LENT) else "checks"
        if filename.startswith(PACKAGE):
            return "own"
        if INSTALLED.search(filename):
            return "" if root in HARMLESS else _foreign(root)
        if root in sys.stdlib_module_names or (filename[:1] == "<" and root != "__main__"):
            return ""  # the standard library, and text that some library compiled
        return "student"

    def _enter(self, code):
        module = Path(code.co_filename).relative_to(PACKAGE).with_suffix("").parts
        name = ".".join([*(part for part in module if part != "__init__"), code.co_qualname])
        name = name.partition(".<")[0]
        parts = name.split(".")
        if code.co_name == "<module>" or self.own:
            return
        for count in range(1, len(parts) + 1):
            whole = ".".join(parts[:count])
            if whole in self._sealed:
                self.own, self.own_of = name, self._sealed[whole]
                return
        walk = _allowed.for_lesson(self._number)
        if walk is not None and name not in walk.kept:
            self.own = name


def _foreign(root):
    """``root``, if it is a library that the grading does not have; else ""."""
    known = root in (*LIBRARIES, _allowed.NAME, "__main__", "builtins", "None")
    return "" if known or root in sys.stdlib_module_names or not _is_installed(root) else root


def _is_installed(root):
    where = getattr(sys.modules.get(root), "__file__", None) or ""
    return bool(INSTALLED.search(where))
