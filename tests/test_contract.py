"""What a lesson of the second edition keeps to: what is counted, and each fault by its sentence."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.lessons import contract

CLAIMS = "lesson.claims()"


def folded(source, **metadata):
    marks = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
    return new_code_cell(source, metadata=marks | metadata)


def exercise(source="def f():\n    return 1"):
    return new_code_cell(source, metadata={"tags": ["exercise"]})


def copied(cell):
    """The same cell under an id of its own."""
    make = new_markdown_cell if cell.cell_type == "markdown" else new_code_cell
    return make(cell.source, metadata=cell.metadata)


def lesson(*cells, number="01", edition=2):
    """A lesson with four exercises (an extra: two) and its claims at the end, and these cells."""
    exercises = [exercise() for _ in range(2 if number[-1].isalpha() else 4)]
    course = {"lesson": number, "edition": edition}
    cells = [copied(cell) for cell in [*cells, *exercises, new_code_cell(CLAIMS)]]
    return new_notebook(cells=cells, metadata={"course": course})


def test_a_lesson_in_its_form_has_no_problem():
    assert contract.problems(lesson()) == []
    assert contract.problems(lesson(number="02x")) == []


def test_what_is_counted():
    cells = [
        new_markdown_cell("# 01 · Two\n\nfive words\n\n```python\nnot = 'counted'  # here\n```\n"),
        new_markdown_cell("## A question *optional*\n\none two"),
        new_markdown_cell("### Inside\n\nthree"),
        new_markdown_cell("still\n\n## Again for all\n\none"),
        new_code_cell("x = 1\n\n# a comment\n   \ny = 2"),
        folded("# draws\n\nx"),
    ]
    found = contract.measure(lesson(*cells))
    assert (found.words, found.optional_words) == (6 + 4 + 1, 6 + 3 + 1)
    assert (found.visible_lines, found.folded_lines) == (3 + 4 * 2 + 1, 2)
    assert (found.cells, found.exercises) == (11, 4)


@pytest.mark.parametrize(
    "metadata", [{"tags": ["hide-input"]}, {"jupyter": {"source_hidden": True}}], ids=str
)
def test_one_mark_folds_and_is_not_enough(metadata):
    notebook = lesson(new_code_cell("# draws\nx = 1", metadata=metadata))
    assert contract.measure(notebook).folded_lines == 2
    [said] = contract.problems(notebook)
    assert said.startswith("code cell 1 is folded by one mark alone")


FAULTS = {
    "71 cells, more than 70": [new_markdown_cell("x")] * 66,
    "301 visible lines, more than 300": [new_code_cell("\n".join(["x"] * 24))] * 12
    + [new_code_cell("\n".join("xxxx"))],
    "251 folded lines, more than 250": [folded("\n".join(["# x"] * 251))],
    "4,501 words, more than 4,500": [new_markdown_cell("x " * 4501)],
    "8 exercises; expected 4 to 7": [exercise()] * 4,
    "code cell 1: 26 lines, more than 25; it begins: x": [new_code_cell("\n".join(["x"] * 26))],
    "code cell 1, line 2: 81 columns, more than 80: x = 1": [
        new_code_cell("y\nx = 1" + " " * 75 + "#")
    ],
    "code cell 1 is folded: its first line is to be a comment that says what it makes": [
        folded("x = 1\n# draws")
    ],
    "code cell 1 is an exercise, and folded: nobody would see it": [
        folded("# x", tags=["hide-input", "exercise"])
    ],
    "lesson.claims() is called 2 times; the last section calls it once": [new_code_cell(CLAIMS)],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(fault):
    said = contract.problems(lesson(*FAULTS[fault]))
    assert fault in " | ".join(said)
    assert len(said) == 1, said


def test_a_solution_that_jupyterlab_folds_counts_as_what_the_reader_writes():
    closed = exercise("def f():\n    return 1")
    closed.metadata["jupyter"] = {"source_hidden": True}
    measured = [contract.measure(lesson(cell)) for cell in (exercise(), closed)]
    assert measured[0] == measured[1] and measured[1].problems == []


def test_a_class_that_is_an_exercise_may_be_longer():
    rows = "".join(f"    x{row} = 1\n" for row in range(39))
    assert contract.problems(lesson(exercise(f"class A:\n{rows}"))) == []
    [said] = contract.problems(lesson(exercise(f"class A:\n{rows}    y = 1\n")))
    assert "41 lines, more than 40" in said
    [said] = contract.problems(lesson(exercise(f"def f():\n{rows}")))
    assert "40 lines, more than 25" in said


def test_claims_stand_in_the_last_section_with_code():
    last = [new_markdown_cell("## References\n\n1. A."), new_markdown_cell("### More")]
    notebook = lesson()
    notebook.cells += last
    assert contract.problems(notebook) == []
    notebook.cells.append(new_code_cell("x = 1"))
    assert contract.problems(notebook) == [
        "lesson.claims() stands before the last section that has code"
    ]
    notebook = lesson()
    notebook.cells.pop()
    [said] = contract.problems(notebook)
    assert said.startswith("lesson.claims() is called 0 times")


def test_an_extra_has_half_the_size():
    cells = [new_markdown_cell("x " * 2501), *[new_code_cell("\n".join(["x"] * 21))] * 7]
    assert contract.problems(lesson(*cells, number="02x")) == [
        "152 visible lines, more than 150",
        "2,501 words, more than 2,500",
    ]
    assert contract.problems(lesson(*cells)) == []


def test_as_a_command(tmp_path, capsys):
    for name, notebook in (
        ("01_good", lesson()),
        ("02_old", lesson(new_code_cell("x" * 81), edition=1)),
        ("03_wide", lesson(new_code_cell("x" * 81))),
    ):
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    assert contract.main([str(tmp_path / "01_good.ipynb")]) == 0
    assert "nothing to mend" in capsys.readouterr().out
    assert contract.main([str(tmp_path / "02_old.ipynb")]) == 0
    assert "02_old (first edition: not held to these limits)" in capsys.readouterr().out
    assert contract.main([str(tmp_path / "03_wide.ipynb")]) == 1
    assert "81 columns, more than 80" in capsys.readouterr().out
