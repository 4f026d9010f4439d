"""Lessons by their numbers: ``02`` is a main lesson, ``02x`` and ``02y`` are its extras."""

import json
import re

from course_utils import settings


def stem(number):
    """The notebook's name without its ending, such as ``02_vae_mnist``.

    Of several (a copy made beside it) the shortest is the lesson.

    Args:
        number: such as ``"02"``, or ``"02x"`` for an extra: never one for the other.

    Raises:
        ValueError: there is no such notebook, or no folder of notebooks.
    """
    folder = settings.root() / "notebooks"
    lessons = sorted(path.stem for path in folder.glob("*.ipynb"))
    if not lessons:
        raise ValueError(
            f"{folder}: no notebooks folder: the package alone is not enough, since a lesson needs "
            "the course's notebooks, data and weights; work in a clone of the course, or in one of "
            "its folders"
        )
    stems = [name for name in lessons if name.startswith(f"{number}_")]
    if not (re.fullmatch(r"\d+[a-z]?", str(number)) and stems):
        raise ValueError(
            f"number: expected the number of one lesson of {', '.join(lessons)}, got {number!r}"
        )
    return min(stems, key=len)


def edition(name):
    """Of the lesson's contract: 2 where its claims are made by ``lesson.claim``, else 1."""
    text = (settings.root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    return json.loads(text).get("metadata", {}).get("course", {}).get("edition", 1)
