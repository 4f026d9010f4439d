"""The stable name of a mistake: its message without the numbers that the random inputs gave it.

Two students who make the same mistake read messages that differ: in what came out, in the name of
an earlier exercise, in the line that raised. In a summary of a class both count for one name.
"""

import re
from fractions import Fraction

from homework import clean

MOST_NAME = 200  # characters
NOT_WRITTEN = "not written yet"
OVER_TIME = "over time"
OTHER = "it differs from what is right, in a way that no message names"
# What comes before a mistake where an earlier answer is wrong as well (see ``grading.REPAIR``).
REPAIR = re.compile(r"First repair .{1,200}? With right answers in their place: ", re.DOTALL)
RAISED = re.compile(r"(?P<what>.{1,150}?\braised) (?P<error>\w+)")
SHAPE = re.compile(r"(?P<part>([\w ,()]{1,40}: )?)the shape is \(.*?\), it should be ")
LIBRARY = re.compile(r"your answer uses (?P<name>[\w.]{1,60}), which answers may not use")
LEFT_OUT = re.compile(r"(?P<name>course_utils[\w.]{1,100}) is left out of the grading")
UNUSABLE = re.compile(r"the cell of exercise (?P<id>\S+) could not be used: (?P<error>\w+)")
STOPPED = re.compile(r"(loading the notebook|the answer) was stopped: (?P<reason>.*)", re.DOTALL)
WAITED = re.compile(r"it uses .{1,300}, which had to be stopped")
FACTOR = re.compile(
    r"every value is (?P<factor>-?\d+(\.\d+)?(e[-+]\d{1,2})?) times the right one(: a factor.*)?"
)
OFFSET = re.compile(r"(off by the same constant), [-+\d.e]+")
GOT = re.compile(r"(expected a (?:tuple|pair)[^,;]{0,60}), (?:got|but) .*", re.DOTALL)
# What random inputs put into a message: arrays that are shown, shapes, counts, indices, and numbers
# with a point or an exponent. Whole numbers of formulas, such as the 1 of 1/2, stay.
VALUES = (
    (re.compile(r"\[[-+\d.,e\s]+\] +shape \([\d, ]*\)|\[[^\]]*\d\.\d[^\]]*\]"), "[...]"),
    (re.compile(r"(?<=counts )\[[^\]]*\]"), "[...]"),
    (re.compile(r"(?<!\w)\((-?[\d.]+, ?)+(-?[\d.]+)?\)"), "(...)"),
    (re.compile(r"\b(a tuple or list) of \d+( numbers)?"), r"\1"),
    (re.compile(r"(?<![\w.])[-+]?\d+(\.\d+([eE][-+]?\d+)?|[eE][-+]?\d+)(?![\w.]*\w)"), "..."),
    (re.compile(r"\b\d+ of (the )?\d+\b"), r"some of \1..."),
    (re.compile(r"^\d+ (?=(?!came)[a-z]{4})"), ""),
    (re.compile(r"\b(entry|category|byte of|model|exercise) \d[\d.]*\b"), r"\1 ..."),
    (re.compile(r"(?<![\w.])-?\d+ to -?\d+\b"), "..."),
    (re.compile(r"\b\d+(, \d+)+\b(?![)\]])|(?<=keys )\d+\b|(?<=: )\d+(?= \()"), "..."),
    (re.compile(r"(?<![\w.,])\d{1,3}(,\d{3})+(?![\w.])"), "..."),
)


def name(outcome):
    """The name of what is wrong with an outcome, at most ``MOST_NAME`` characters on one line.

    Args:
        outcome: a dict with ``verdict`` and ``mistake``, as ``grading.grade`` gives it.

    Returns:
        A name that is the same for every seed of the hidden inputs; empty for a right answer.
    """
    if outcome["verdict"] == "right":
        return ""
    text = REPAIR.sub("", " ".join(outcome["mistake"].split()), count=1).strip()
    if found := LEFT_OUT.search(text):  # as an error of the package it reads like a stub
        return clean.line(f"takes {found['name']}, which the grading leaves out", MOST_NAME)
    if outcome["verdict"] == "not written":
        return NOT_WRITTEN
    return clean.line(_named(text) or OTHER, MOST_NAME)


def _named(text):
    if found := STOPPED.match(text):
        return _stopped(found["reason"])
    if "time of the whole submission was used up" in text or WAITED.match(text):
        return "stopped: an answer before it had used up the time, or is called by this one"
    if found := LIBRARY.match(text):
        return f"another library: {found['name']}"
    if found := UNUSABLE.match(text):
        return f"the cell could not be used: {found['error']}"
    if found := RAISED.match(text):
        return f"{found['what']} {found['error']}"
    if found := SHAPE.match(text):
        return f"{found['part']}wrong shape"
    text = re.sub(r"(?<!\.)\.$", "", text)
    text = FACTOR.sub(_factor, text)
    text = GOT.sub(r"\1", OFFSET.sub(r"\1", text))
    for pattern, put in VALUES:
        text = pattern.sub(put, text)
    return text


def _factor(found):
    """A factor that is a simple number says much; another may come of the random inputs."""
    value = float(found["factor"])
    near = float(Fraction(value).limit_denominator(10))
    is_simple = 0.1 <= abs(near) <= 10 and abs(near - value) < 2e-3 * abs(near)
    return f"every value is {f'{near:.2g}' if is_simple else '...'} times the right one"


def _stopped(reason):
    if "took longer" in reason:
        return OVER_TIME
    return f"stopped: {reason.rstrip('. ')}"
