"""What handing in late costs, by the rules in ``rules.toml`` of a grading's folder.

Days that have begun, counted from the due time, cost ``percent_a_day`` each, ``most_percent`` in
all; within ``grace_hours`` nothing is taken off. The percents are of the points that were earned
or, with ``of = "possible"``, of those that could be; less than 0 points nobody has.
"""

import math
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from homework import tables, times

FILE = "rules.toml"
LESSONS = "lesson"  # the table of tables of lessons
OF = ("earned", "possible")
NUMBERS = {"grace_hours": 10_000, "percent_a_day": 100, "most_percent": 100}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """Of one lesson; ``due`` is None where nobody can be late."""

    due: datetime | None = None
    grace_hours: float = 0
    percent_a_day: float = 0
    most_percent: float = 100
    of: str = "earned"

    def days(self, submitted, extension=None):
        """Days that have begun between the due time and ``submitted``: 0 if it is not late.

        Args:
            submitted: when, or None if nobody knows.
            extension: a time, or a number of days beyond ``due``; None: none.
        """
        due = self.until(extension)
        if submitted is None or due is None:
            return 0
        if submitted <= due + timedelta(hours=self.grace_hours):
            return 0
        return math.ceil((submitted - due) / DAY)

    def until(self, extension=None):
        """The due time of somebody with this extension."""
        if isinstance(extension, datetime):
            return extension
        return self.due + timedelta(days=extension) if self.due and extension else self.due

    def penalty(self, days, earned, possible):
        """Points that so many days cost: min(days * percent_a_day, most_percent) % of the base."""
        percent = min(days * self.percent_a_day, self.most_percent)
        base = earned if self.of == "earned" else possible
        return max(0.0, min(earned, round(base * percent / 100, 2)))


def read(folder, known):
    """Lesson's number -> :class:`Rule`, of every lesson; without a file nobody is late.

    Args:
        known: the lessons by number.

    Raises:
        TableError: the file cannot be read, or a rule is none; it names each.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return dict.fromkeys(known, Rule())
    try:
        stored = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise tables.TableError(f"{path}: cannot be read ({error})") from error
    faults = []
    own = stored.pop(LESSONS, {})
    own = own if isinstance(own, dict) else {LESSONS: own}
    shared = _checked(stored, "", faults)
    rules = dict.fromkeys(known, None)
    for number, values in own.items():
        name = f"[{LESSONS}.{number}]"
        if number not in known or not isinstance(values, dict):
            faults.append((None, f"{name}: there is no lesson {number}"))
        else:
            rules[number] = shared | _checked(values, f"{name} ", faults)
    tables.refuse(path, faults)
    return {number: Rule(**(shared if rule is None else rule)) for number, rule in rules.items()}


def _checked(values, where, faults):
    """The rules of a table of the file; what is none of them is put into ``faults``."""
    made = {}
    for key, value in values.items():
        if key == "due" and isinstance(value, datetime) and not value.tzinfo:
            made[key] = value
        elif key == "due" and isinstance(value, date) and not isinstance(value, datetime):
            made[key] = times.end_of(value)
        elif key == "of" and value in OF:
            made[key] = value
        elif key in NUMBERS and type(value) in (int, float) and 0 <= value <= NUMBERS[key]:
            made[key] = value
        else:
            faults.append((None, f"{where}{key}: {_expected(key)}, got {value!r}"))
    return made


def _expected(key):
    if key == "due":
        told = "expected a time without quotation marks and without an offset"
        return f"{told}, such as 2026-11-30 23:59:00"
    if key == "of":
        return 'expected "earned" or "possible"'
    if key in NUMBERS:
        return f"expected a number from 0 to {NUMBERS[key]:,}"
    return f"expected one of due, of, {', '.join(NUMBERS)}, or a table such as [{LESSONS}.02]"
