"""Model answers: every question has one, from the lesson's own numbers, and no student gets it."""

import functools
import html
import re

import pytest

from homework import __main__ as command
from homework import lessons, pages, release, rubric, verify

LESSONS = {lesson.number: lesson for lesson in lessons.all_lessons()}
ASKED = [number for number, lesson in LESSONS.items() if lesson.reflections]
FORMULA = re.compile(r"\$[^$]*\$")
NUMBER = re.compile(r"\d[\d,]*\.\d+")


@functools.cache
def text_of(number):
    """All that a lesson's notebook holds, outputs too, with plain signs."""
    return _plain(" ".join(verify._strings(LESSONS[number].notebook)))


def _plain(text):
    return text.replace("\N{MINUS SIGN}", "-").replace(",", "")


# What the rubrics say


@pytest.mark.parametrize("number", LESSONS)
def test_every_question_has_its_rubric_and_its_points(number):
    found = rubric.of(LESSONS[number])
    assert [one.id for one in found] == [one.id for one in LESSONS[number].reflections]
    for one in found:
        sentences = re.findall(r"\.(?=\s+[A-Z*`(]|$)", FORMULA.sub("x", one.answer))
        assert 2 <= len(sentences) <= 6 and len(one.answer.split()) <= 140, one.id
        assert one.question and "Your answer" not in one.question


def test_no_rubric_is_of_no_lesson():
    assert {path.stem for path in rubric.FOLDER.glob("*")} == set(ASKED)


@pytest.mark.parametrize("number", ASKED)
def test_numbers_are_those_of_the_lesson(number):
    """A decimal that a lesson does not print is computed in a formula, where one sees how."""
    for one in rubric.of(LESSONS[number]):
        text = FORMULA.sub(" ", one.text)
        others = re.findall(r"lesson (\d\d[xy]?)", text)
        known = " ".join(map(text_of, [number, *others]))
        for found in NUMBER.findall(_plain(text)):
            assert re.search(rf"(?<![\d.]){re.escape(found)}(?!\d)", known), (one.id, found)


@pytest.mark.parametrize("number", ASKED)
def test_formulas_and_marks_are_rendered(number):
    page = rubric.page([LESSONS[number]])
    body = page.partition("<body>")[2]
    assert "$" not in body and "**" not in body and "<li>" in body
    assert "<code>$" not in page and "<script" not in page and pages.POLICY in page


@pytest.mark.parametrize("number", ASKED)
def test_what_is_not_enough_gives_no_points(number):
    """The head of the output says so; a part of the points stands in the line of its point."""
    for one in rubric.of(LESSONS[number]):
        assert not re.search(r"\bpoint\b", one.text.partition("**Not enough.**")[2]), one.id


# What is left out


def test_no_student_version_holds_an_answer():
    for lesson in LESSONS.values():
        assert verify.rubric_leaks(lesson, release.student_version(lesson)) == []


def test_an_answer_that_was_left_in_is_found():
    lesson = LESSONS["01"]
    student = release.student_version(lesson)
    [one, _] = rubric.of(lesson)
    student["cells"][3]["source"] = one.answer.replace(" ", "\n ")
    found = verify.rubric_leaks(lesson, student)
    assert found and all("question 1.8: its rubric's" in fault for fault in found)


# A rubric that does not fit


GOOD = "## 1.8\n\n**Answer.** One. Two.\n\n- 2 points: all.\n"
GOOD += "\n## 1.9\n\n**Answer.** One. Two.\n\n- 1 point: a.\n- 1 point: b.\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("## 1.9", "## 1.7", r"01.md: question 1.9: expected a section '## 1.9'"),
        ("**Answer.**", "Answer:", r"question 1.8: expected a section .* with \*\*Answer"),
        ("2 points", "1 point", r"question 1.8: its parts give 1 points, not 2"),
        ("- 1 point: b", "- b", r"question 1.9: its parts give 1 points, not 2"),
        ("## 1.8", "words\n\n## 1.8", r"something stands before the first"),
        ("## 1.9", "## 1.8", r"question 1.8 stands in it twice"),
        ("\n## 1.9", "\n## 2.9\n\nx\n\n## 1.9", r"there is no question 2.9"),
    ],
)
def test_a_rubric_that_does_not_fit_is_refused(tmp_path, old, new, told):
    (tmp_path / "01.md").write_text(GOOD)
    assert [one.points for one in rubric.of(LESSONS["01"], tmp_path)] == [2, 2]
    (tmp_path / "01.md").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(rubric.RubricError, match=told):
        rubric.of(LESSONS["01"], tmp_path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(rubric.RubricError, match="01.md: cannot be read"):
        rubric.of(LESSONS["01"], tmp_path)
    assert rubric.of(LESSONS["05x"], tmp_path) == []  # it asks nothing in words


# The command


def test_the_command_writes_html_or_markdown_and_keeps_notes(tmp_path, capsys):
    def call(name, *options):
        return command.main(["rubric", "01", "--to", str(tmp_path / "new" / name), *options])

    assert call("a.html") == call("a.md") == call("a.md") == 0
    assert "2 questions in words" in capsys.readouterr().out
    text = (tmp_path / "new" / "a.md").read_text("utf-8")
    assert "## Lesson 01, question 1.8 (2 points)" in text and "- 1 point: " in text
    shown = html.unescape((tmp_path / "new" / "a.html").read_text("utf-8"))
    for rule in rubric.HEAD.split("\n- ")[1:]:  # before the first question
        assert rule in text.partition("\n## ")[0]
        assert f"<li>{rule}</li>" in shown.partition("<h2>")[0]
    (tmp_path / "new" / "a.md").write_text(f"{text}my notes\n")
    assert call("a.md") == 2 and "may hold your notes" in capsys.readouterr().err
    assert "my notes" in (tmp_path / "new" / "a.md").read_text("utf-8")
    assert call("a.md", "--force") == 0
    (tmp_path / "new" / "b.md").mkdir()
    assert call("b.md") == 2 and "b.md: could not be written" in capsys.readouterr().err
    assert call("a.pdf") == 2 and "ends in .html or .md" in capsys.readouterr().err
