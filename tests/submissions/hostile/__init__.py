"""Hostile submissions in five classes, each an idea of its own; all earn nothing and harm nobody.

An :class:`Attack` is made of answers to exercises of lesson 01 that run in the sandbox, a
:class:`Files` of whole files as a student may hand them in.
"""

from dataclasses import dataclass

import submissions as made


@dataclass(frozen=True)
class Attack:
    """Answers that attack: exercise id -> source.

    Attributes:
        told: a pattern that the mistake of the first of them matches.
        alone: it spoils the other exercises of its own notebook too.
    """

    answers: dict
    told: str = "."
    alone: bool = False

    @property
    def first(self):
        """Id of the exercise whose message tells."""
        return next(iter(self.answers))


@dataclass(frozen=True)
class Files:
    """What a student hands in: path -> bytes, all of it the attacker's.

    Attributes:
        modified: time of the files, in seconds; None is now.
        earns: it is a copy of an honest file, and as good.
    """

    files: dict
    modified: float | None = None
    earns: bool = False


def body(exercise, text, told=".", before="", alone=False):
    """An attack by one function: its body, and what stands before it in its cell."""
    return Attack({exercise: before + made.function(exercise, text)}, told, alone)
