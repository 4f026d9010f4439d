"""The questions that are answered in words: what a student wrote and tried, for the instructor."""

import re

from homework import clean, untrusted
from homework.lessons import source

MOST_CHARACTERS = 20_000  # of one answer
MOST_TRIED = 5  # code cells after a question
MOST_CODE = 4_000  # characters of one of them
MARK = "*Your answer:*"


def answers(lesson, notebook):
    """A list of dicts id, of, question, answer, tried: one for each question of the lesson.

    ``tried`` are the code cells after it, to the next question, exercise or heading, as dicts of
    their source and what they printed.
    """
    asked = {reflection.id: reflection for reflection in lesson.reflections}
    handed_out = {name: source(lesson.cells[one.cell]).strip() for name, one in asked.items()}
    found, tried, now = {}, {}, None
    for cell in notebook["cells"]:
        course = cell["metadata"].get("course")
        name = course.get("id") if isinstance(course, dict) else None
        is_text = cell["cell_type"] == untrusted.MARKDOWN
        if name:
            now = name if is_text and isinstance(name, str) and name in asked else None
            if now and source(cell).strip() != handed_out[now]:  # of copies the last with an answer
                found[now] = source(cell)
        elif is_text and untrusted.HEADING.match(source(cell)):
            now = None
        elif now and not is_text and source(cell).strip():
            tried.setdefault(now, []).append(_tried(cell))
    return [
        {
            "id": name,
            "of": reflection.points,
            "question": question_of(lesson, reflection),
            "answer": _answer(found.get(name, "")),
            "tried": tried.get(name, [])[:MOST_TRIED],
        }
        for name, reflection in asked.items()
    ]


def _tried(cell):
    text = clean.text(cell.get("text", ""), untrusted.MOST_OUTPUT)
    return {"source": clean.text(source(cell), MOST_CODE), "output": text}


def _answer(text):
    text = text.partition(MARK)[2] if MARK in text else text
    return clean.text(text.strip(), MOST_CHARACTERS)


def question_of(lesson, reflection):
    """A question's Markdown, without the heading above it and the number that a page gives."""
    text = source(lesson.cells[reflection.cell])
    text = re.sub(r"^#+ .*$", "", text.partition(MARK)[0], flags=re.M)
    return re.sub(r"\*\*Question [\dxy.]+\*\* *(\(\d+ points?\)\.?)?", "", text).strip()
