"""Wrong and right answers to the exercises, which prove the checks: ``lessonNN/NAME.py``.

NAME is the check's. Each file has two lists: ``WRONG``, pairs (answer, phrase of the message that
must name the mistake), and ``RIGHT``, answers that are written differently from each other.
"""

import importlib
from pathlib import Path


def registry():
    """Two empty lists, and the decorators ``wrong(phrase)`` and ``right`` that fill them."""
    wrong_answers, right_answers = [], []

    def wrong(phrase):
        return lambda answer: wrong_answers.append((answer, phrase)) or answer

    def right(answer):
        right_answers.append(answer)
        return answer

    return wrong_answers, right_answers, wrong, right


def modules(number="*"):
    """Check's name -> module of its answers, of one lesson (such as ``01``) or of all."""
    files = sorted(Path(__file__).parent.glob(f"lesson{number}/[!_]*.py"))
    return {
        path.stem: importlib.import_module(f"{__name__}.{path.parent.name}.{path.stem}")
        for path in files
    }
