"""Checks: they take the reader's answer and say which mistake it makes.

``checks.gaussian_kl(gaussian_kl)`` prints one line of what was verified, or raises
:class:`CheckFailed`, whose message names the mistake. One file an exercise, ``lessonNN/NAME.py``
with a function of that name: a file that is there is a check, and there is no list of them.
``checks.lend`` holds what the lessons lend to those who are stuck.
"""

import importlib
from pathlib import Path

from course_utils.checks import lend
from course_utils.checks._contract import CHECKS, SEALS, build, call, check, gradient
from course_utils.checks._remote import CheckFailed, Local, Remote

for _path in sorted(Path(__file__).parent.glob("lesson*/[!_]*.py")):
    importlib.import_module(f"{__name__}.{_path.parent.name}.{_path.stem}")
globals().update(CHECKS)

__all__ = ["CheckFailed", "Local", "Remote", "SEALS", "build", "call", "check", "gradient", "lend"]
__all__ += sorted(CHECKS)
