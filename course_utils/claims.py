"""Claims: what a lesson says that it showed, each with its measured value and its limit."""

import contextlib
import io
import math
from dataclasses import dataclass

import pandas as pd

from course_utils import checks, tables
from course_utils.arguments import kind, number

RELATIONS = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "between": lambda value, limit: limit[0] <= value <= limit[1],
}
ONLY_REAL = "only on real data"
SAYS = "What this lesson showed: what was claimed, measured, and how far it is inside its limit."


class ClaimFailed(Exception):
    """A claim does not hold, or none was made; the message names each, its value and limit.

    Attributes:
        failed: the texts of the claims.
    """

    def __init__(self, message, failed=()):
        super().__init__(message)
        self.failed = tuple(failed)

    def _render_traceback_(self):
        """What Jupyter prints in place of a traceback."""
        return str(self).split("\n")


@dataclass(frozen=True)
class Claim:
    """What is said, what was measured, and what it must keep to; see :func:`made`."""

    text: str
    value: float
    relation: str
    limit: float | tuple
    error: float | None
    counts: bool
    rests_on: tuple

    @property
    def holds(self):
        """True where the value keeps to the limit; a NaN never does."""
        return RELATIONS[self.relation](self.value, self.limit)

    @property
    def margin(self):
        """How far the value is on the right side of the limit: negative where it is not."""
        if self.relation == "between":
            return min(self.value - self.limit[0], self.limit[1] - self.value)
        sign = 1 if self.relation.startswith("<") else -1
        return sign * (self.limit - self.value)

    @property
    def verdict(self):
        return ("yes" if self.holds else "no") if self.counts else ONLY_REAL

    def told_limit(self):
        if self.relation == "between":
            return f"between {_short(self.limit[0])} and {_short(self.limit[1])}"
        return f"{self.relation} {_short(self.limit)}"

    def shown(self, number):
        """The value or the margin as a cell, with the value's error; a NaN is said, no gap."""
        cell = tables.Measured(number, self.error)
        return str(cell) if math.isnan(number) else cell


def made(text, value, relation, limit, *, error=None, counts=True, rests_on=()):
    """A :class:`Claim`.

    Args:
        text: what is claimed, a sentence.
        value: what was measured, a number or ``tables.measured(value, error)``.
        relation: ``<``, ``<=``, ``>``, ``>=`` or ``between``.
        limit: a number; of ``between`` the pair of the least and the most.
        error: of the value, where it has one.
        counts: False where the data or weights that it needs are not there.
        rests_on: names of the exercises' functions that it leans on, one or several.

    Raises:
        TypeError, ValueError: an argument is not that; the message names it.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text: expected a sentence, got {kind(text)}")
    if relation not in RELATIONS:
        raise ValueError(f"relation: expected one of {', '.join(RELATIONS)}, got {relation!r}")
    if isinstance(value, tables.Measured):
        value, error = value.value, value.error if error is None else error
    found = tables.measured(value, error)
    if relation == "between":
        if not isinstance(limit, tuple | list) or len(limit) != 2:
            raise ValueError(f"limit: expected (least, most), got {limit!r}")
        limit = tuple(_number("limit", one) for one in limit)
    else:
        limit = _number("limit", limit)
    rests_on = (rests_on,) if isinstance(rests_on, str) else tuple(rests_on)
    return Claim(text, found.value, relation, limit, found.error, bool(counts), rests_on)


def _number(name, value):
    """A number; a NaN is one, and keeps to no limit."""
    return number(name, tables.plain(value), "a number", lambda _: True)


def frame(found):
    """The claims as a pandas frame: claim | measured | limit | margin | holds."""
    return pd.DataFrame(
        {
            "claim": [one.text for one in found],
            "measured": [one.shown(one.value) for one in found],
            "limit": [one.told_limit() for one in found],
            "margin": [one.shown(one.margin) for one in found],
            "holds": [one.verdict for one in found],
        }
    )


def settle(found, names):
    """Show the table of claims, then raise where one fails.

    Args:
        found: the claims.
        names: the lesson's names, in which unfinished exercises are looked for.

    Raises:
        ClaimFailed: a claim does not hold, or there is none.
    """
    if not found:
        raise ClaimFailed("No claim was made: run the cells above first.")
    tables.show(frame(found), says=SAYS)
    failed = [one for one in found if one.counts and not one.holds]
    if failed:
        told = "\n".join(_failure(one, names) for one in failed)
        raise ClaimFailed(told, (one.text for one in failed))


def _failure(claim, names):
    said = f"Claim failed: {claim.text.rstrip('.')}. Measured {claim.shown(claim.value)}, limit "
    return f"{said}{claim.told_limit()}.{_unfinished(claim.rests_on, names)}"


def _unfinished(rests_on, names):
    """Which exercise is to be finished first, as a sentence, or nothing.

    Where a claim does not say what it rests on, it may be any exercise that is not written yet.
    """
    known = {one.defines: one for one in checks.CHECKS.values()}
    for name in rests_on or filter(names.__contains__, known):
        if name not in names or (name not in known and _is_stub(names[name])):
            return f" First write {name}, on which it rests."
        if name not in known or not (rests_on or _is_stub(names[name])):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                known[name](names[name])
        except checks.CheckFailed as failure:
            state = "is not right yet" if failure.written else "is not written yet"
            return f" First repair exercise {known[name].exercise} ({name}): it {state}."
    return ""


def _is_stub(answer):
    """True where an answer's own code, or a method's, still raises NotImplementedError."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    codes = (getattr(part, "__code__", None) for part in parts)
    return any(code and "NotImplementedError" in code.co_names for code in codes)


def _short(limit):
    return f"{limit:,.10g}".replace("-", "−") if math.isfinite(limit) else tables.told(limit)
