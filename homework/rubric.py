"""Model answers to the questions in words, and how their points are given: for the instructor.

They stand in ``rubrics/01.md`` beside this file and not in the notebooks, so no student version can
hold them. A section ``## 1.8`` belongs to the question of that number: the model answer, then a
line ``- 1 point: ...`` for each part of its points.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from homework import clean, keeping, lessons, pages, rendering, words

FOLDER = Path(__file__).resolve().parent / "rubrics"
SECTION = re.compile(r"^## (\S+)[ \t]*$", re.MULTILINE)
POINTS = re.compile(r"^- (\d+) points?: ", re.MULTILINE)
ANSWER = re.compile(r"\*\*Answer\.\*\* (.*?)\n\n", re.DOTALL)
HEAD = """\
Model answers and points, for the instructor. Another answer with a good reason earns the same.

- A line that asks for several things gives each the same share of its points, in quarters.
- A right idea with a number that was misread loses the share of the number alone.
- What a student's own run prints counts as the lesson's number.
- What stands under "Not enough" earns nothing for the line that it would answer."""


class RubricError(lessons.LessonError):
    """The rubrics of a lesson do not fit its questions; the message names file and question."""


@dataclass(frozen=True)
class Rubric:
    """One question: ``question``, ``text`` (answer and points) and ``answer``, in Markdown."""

    id: str
    points: int
    question: str
    text: str
    answer: str


def of(lesson, folder=FOLDER):
    """The rubrics of a lesson's questions, in the order of the notebook.

    Raises:
        RubricError: a question has none, or one without a model answer; points do not add up to
            the question's; a rubric is of no question.
    """
    path = Path(folder) / f"{lesson.number}.md"
    sections = _sections(path) if lesson.reflections or path.exists() else {}
    found = []
    for question in lesson.reflections:
        where = f"{path.name}: question {question.id}"
        text = sections.pop(question.id, "")
        answer = ANSWER.search(text)
        if not answer:
            raise RubricError(f"{where}: expected a section '## {question.id}' with **Answer.**")
        points = sum(map(int, POINTS.findall(text)))
        if points != question.points:
            raise RubricError(f"{where}: its parts give {points} points, not {question.points}")
        asked = words.question_of(lesson, question)
        found.append(Rubric(question.id, points, asked, text, answer[1]))
    if sections:
        raise RubricError(f"{path.name}: there is no question {', '.join(sections)}")
    return found


def _sections(path):
    """Number of a question -> its section's text."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RubricError(f"{path}: cannot be read ({error.strerror})") from error
    first, *parts = SECTION.split(text)
    if first.strip():
        raise RubricError(f"{path.name}: something stands before the first '## '")
    numbers = parts[::2]
    twice = sorted({one for one in numbers if numbers.count(one) > 1})
    if twice:
        raise RubricError(f"{path.name}: question {', '.join(twice)} stands in it twice")
    return {name: f"{body.strip()}\n" for name, body in zip(numbers, parts[1::2], strict=True)}


def markdown(chosen):
    """The rubrics of some lessons as one text in Markdown."""
    parts = ["# Questions in words", HEAD]
    for lesson in chosen:
        for one in of(lesson):
            parts.append(f"## Lesson {lesson.number}, question {one.id} ({_told(one.points)})")
            parts += [one.question, one.text.strip()]
    return "\n\n".join(parts) + "\n"


def page(chosen):
    """The same as a page in which Markdown and formulas are rendered."""
    parts = [f"<h1>Questions in words</h1>{rendering.markdown(HEAD)}"]
    for lesson in chosen:
        for one in of(lesson):
            head = f"Lesson {lesson.number}, question {one.id} ({_told(one.points)})"
            asked, text = rendering.markdown(one.question), rendering.markdown(one.text)
            parts.append(f"<h2>{pages.safe(head)}</h2><blockquote>{asked}</blockquote>{text}")
    return pages.whole("Questions in words", "\n".join(parts))


def _told(points):
    return f"{points} point" + ("s" if points != 1 else "")


def write(chosen, path, force=False):
    """Write the rubrics of some lessons to ``path``, by its name as HTML or Markdown.

    Raises:
        RubricError: the name ends otherwise, the disk refuses it, or a file that differs is there.
    """
    makers = {".html": page, ".md": markdown}
    if path.suffix.lower() not in makers:
        raise RubricError(f"{path}: expected a name that ends in .html or .md")
    data = makers[path.suffix.lower()](chosen).encode("utf-8")
    keeping.write({path: data}, "your notes", RubricError, force)


def run(asked, chosen):
    """The command ``rubric``; returns its exit status."""
    write(chosen, asked.to, asked.force)
    count = sum(len(lesson.reflections) for lesson in chosen)
    clean.say(f"{asked.to}: model answers and points of {count} questions in words")
    return 0
