"""Points of time as people and Moodle write them; all are in the time of this machine."""

import re
from datetime import date, datetime, time

TYPED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
EXPECTED = "expected a time such as 2026-11-30 23:59"
# Moodle: "Wednesday, 10 June 2026, 2:14 PM"; "..., June 10, 2026, ..." in the United States;
# "Mittwoch, 10. Juni 2026, 14:14"; "miércoles, 10 de junio de 2026, 14:14".
CLOCK = r"\D+?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*(?P<half>[AaPp])\.?\s?[Mm])?"
DAY_FIRST = re.compile(
    r"\b(?P<day>\d{1,2})\.?\s+(?:de\s+)?(?P<month>[^\W\d_]{3,})\.?,?\s+(?:de\s+)?(?P<year>\d{4})"
    + CLOCK
)
MONTH_FIRST = re.compile(
    r"\b(?P<month>[^\W\d_]{3,})\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + CLOCK
)
# How each month begins in English, German, French, Spanish, Italian, Portuguese, Dutch.
MONTHS = (
    ("jan", "jän", "ene", "gen"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)


def typed(text):
    """The time that somebody typed, a day alone being its end.

    Raises:
        ValueError: it is written in another way, or is no time.
    """
    found = TYPED.fullmatch(text)
    if not found:
        raise ValueError(f"{EXPECTED}, got {text!r}")
    numbers = [int(number) for number in found.groups() if number is not None]
    try:
        return datetime(*numbers) if len(numbers) > 3 else end_of(date(*numbers))
    except ValueError as error:
        raise ValueError(f"{EXPECTED}, got {text!r} ({error})") from error


def end_of(day):
    """The last second of a day."""
    return datetime.combine(day, time(23, 59, 59))


def of_moodle(text):
    """The time in a cell of Moodle's, or None if it cannot be read."""
    found = DAY_FIRST.search(text) or MONTH_FIRST.search(text)
    if not found:
        return None
    word = found["month"].casefold()
    months = [n for n, begins in enumerate(MONTHS, start=1) if word.startswith(begins)]
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        [month] = months
        return datetime(int(found["year"]), month, int(found["day"]), hour, int(found["minute"]))
    except ValueError:
        return None


def kept(text):
    """A time as a grading keeps it, or None."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def shown(moment):
    """A time for a reader."""
    return moment.strftime("%Y-%m-%d %H:%M")
