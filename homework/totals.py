"""What a student's points for a lesson come to: checks, changes by hand, words, lateness.

All functions take an entry as ``entering.enter`` gives it, or as a grading keeps it: then there are
no marks by hand in it.
"""


def exercises(entry):
    """Points of the exercises: those of the checks, or what was put in their place by hand."""
    return _sum(outcome["points"] for outcome in entry["outcomes"])


def marked(entry):
    """The questions in words that have points."""
    return [one for one in entry.get("words", ()) if one.get("points") is not None]


def in_words(entry):
    """Points of the questions in words that have some."""
    return _sum(one["points"] for one in marked(entry))


def penalty(entry):
    """Points that are taken off, for lateness."""
    return entry.get("penalty", 0)


def total(entry):
    """Points in all: exercises + in words - penalty."""
    return _sum([exercises(entry), in_words(entry), -penalty(entry)])


def of(entry, lesson):
    """What ``total`` could be: all exercises, and of the questions in words those with points."""
    return lesson.points + sum(one["of"] for one in marked(entry))


def shown(points):
    """Points as text: whole ones without a decimal, others with two at most."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _sum(points):
    return round(sum(points), 2)
