"""What a class misunderstood: which named mistake how often, by exercise; without a student's name.

All of it follows from the outcomes in grades.json, so a grading in parts, one that was resumed and
one of all at once give the same bytes.
"""

from collections import Counter
from dataclasses import dataclass

from homework import mistakes, pages
from homework.attempts import NOT_GRADED
from homework.scores import cell, text_of

MOST_SHOWN = 8  # mistakes of an exercise in summary.html; summary.csv has all of them
UNWRITTEN = ("not written", "missing")  # verdicts of what nobody answered
COLUMNS = ("lesson", "exercise", "result", "mistake", "students", "of", "share")


@dataclass(frozen=True)
class Exercise:
    """How a class did in one exercise.

    Attributes:
        lesson, id: such as ``01`` and ``1.2``. given: students whose notebook was graded in it.
        right: of these. unwritten: of these, without an answer to grade.
        mistakes: (name, students) of the wrong answers, the commonest first.
        missing: (reason, students) of those without an answer, the commonest first.
    """

    lesson: str
    id: str
    given: int
    right: int
    unwritten: int
    mistakes: tuple
    missing: tuple

    @property
    def answered(self):
        """Students who wrote an answer: what the shares of mistakes are of."""
        return self.given - self.unwritten


def of(graded, known):
    """A list of :class:`Exercise`, in the order of the lessons, of those that anybody handed in.

    Args:
        graded: entries of grades.json. known: the lessons by number.
    """
    found = []
    for number, lesson in known.items():
        outcomes = {}
        for entry in (one for one in graded if one["lesson"] == number):
            for outcome in entry["outcomes"]:
                if outcome["verdict"] != NOT_GRADED:
                    outcomes.setdefault(outcome["id"], []).append(outcome)
        for exercise in lesson.exercises:
            if exercise.id in outcomes:
                found.append(_counted(number, exercise.id, outcomes[exercise.id]))
    return found


def _counted(number, name, outcomes):
    wrong, missing = Counter(), Counter()
    for outcome in outcomes:
        if outcome["verdict"] != "right":
            kind = missing if outcome["verdict"] in UNWRITTEN else wrong
            kind[mistakes.name(outcome)] += 1
    right = sum(outcome["verdict"] == "right" for outcome in outcomes)
    unwritten = sum(missing.values())
    return Exercise(number, name, len(outcomes), right, unwritten, _sorted(wrong), _sorted(missing))


def _sorted(counter):
    return tuple(sorted(counter.items(), key=lambda entry: (-entry[1], entry[0])))


def table(graded, known):
    """The text of summary.csv: a line for each result of each exercise.

    The share of a right answer and of a mistake is of those who wrote an answer, that of an
    unwritten one of all who handed the lesson in.
    """
    rows = [COLUMNS]
    for one in of(graded, known):
        results = [("right", "", one.right, one.answered)]
        results += [("wrong", text, count, one.answered) for text, count in one.mistakes]
        results += [("not written", text, count, one.given) for text, count in one.missing]
        for result, text, count, total in results:
            share = f"{count / total:.4f}" if total else ""
            rows.append([one.lesson, one.id, result, cell(text), count, total, share])
    return text_of(rows)


def items(one):
    """HTML of the mistakes of one :class:`Exercise`: entries of a list, the commonest first."""
    told = [(text, count, one.answered) for text, count in one.mistakes[:MOST_SHOWN]]
    told += [(text, count, one.given) for text, count in one.missing]
    entries = [
        f"<li><strong>{share(count, total)}</strong> ({count} of {total}): {pages.safe(text)}</li>"
        for text, count, total in told
    ]
    more = len(one.mistakes) - MOST_SHOWN
    entries += [f"<li>and {more} more, in summary.csv</li>"] if more > 0 else []
    return "".join(entries)


def share(count, total):
    """A share in words of whole percents, such as ``38 %``."""
    return f"{100 * count / total:.0f} %"
