"""What every committed lesson keeps to, checked without running it."""

import ast
import itertools
import re
import textwrap

import nbformat
import pytest

from course_utils import settings
from homework.lessons import BEGIN, END, number_in, number_of
from tools.lessons import contract, glossary, normalise

ROOT = settings.root()

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 2_000_000
# Of the first edition; the limits of the second stand in tools/lessons/contract.py.
MOST_CELLS, MOST_CODE_LINES, MOST_WORDS = 60, 450, 3500
MACHINE_PATH = re.compile(r"[/](?:root|work|tmp|home/\w+|Users/\w+|private/var)/|[A-Z]:\\+Users")
EXERCISE_KEYS = {"id", "points", "difficulty", "minutes", "defines"}


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def lesson(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(lesson):
    """(number of the code cell, output), widgets' own outputs included."""
    for number, cell in enumerate(code_cells(lesson), start=1):
        yield from ((number, output) for output in cell.outputs)
    saved = lesson.metadata.get("widgets", {}).get(normalise.WIDGET_STATE, {"state": {}})
    for model in saved["state"].values():
        yield from (("in a widget", output) for output in model["state"].get("outputs") or [])


def texts(lesson):
    for number, output in outputs(lesson):
        yield number, output.get("text", "")
        for kind, value in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield number, value


def defined(source):
    """Names that a cell's code defines at its top."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {
                leaf.id
                for target in targets
                for leaf in ast.walk(target)
                if isinstance(leaf, ast.Name)
            }
    return names


def test_there_are_lessons():
    assert LESSONS, "notebooks/ holds no lesson"


def test_name_and_number(path, lesson):
    assert number_in(path.stem)
    assert lesson.metadata.get("course", {}).get("lesson") == number_in(path.stem)
    assert lesson.metadata.kernelspec.name == "python3"


def test_canonical_form(path):
    text = path.read_text(encoding="utf-8")
    assert normalise.normalise(text) == text, (
        f"run: python -m tools.lessons.normalise notebooks/{path.name}"
    )


def test_size(path, lesson):
    assert path.stat().st_size < MOST_BYTES
    if contract.edition(lesson) >= 2:
        return
    words = sum(len(cell.source.split()) for cell in lesson.cells if cell.cell_type == "markdown")
    folded = [cell for cell in code_cells(lesson) if "hide-input" in tags(cell)]
    shown = [cell for cell in code_cells(lesson) if cell not in folded]
    lines = sum(cell.source.count("\n") + 1 for cell in shown)
    assert len(lesson.cells) - len(folded) <= MOST_CELLS
    assert lines <= MOST_CODE_LINES
    assert words <= MOST_WORDS


def test_the_second_edition_s_contract(lesson):
    assert contract.edition(lesson) in (1, 2)
    if contract.edition(lesson) == 2:
        assert contract.problems(lesson) == []


def test_words_of_the_glossary_are_linked_where_they_are_used_first(lesson):
    if contract.edition(lesson) >= 2:
        words = glossary.entries((ROOT / "docs" / "glossary.md").read_text("utf-8"))
        problems, _ = glossary.missing(lesson, words)
        assert not problems, "run: python -m tools.lessons.glossary --write"


def test_folded_cells_say_what_they_make(lesson):
    """In both editions: both marks, and a comment first."""
    for number, cell in enumerate(code_cells(lesson), start=1):
        if contract.is_folded(cell):
            assert not list(contract.fold_problems(cell, f"code cell {number}"))


def test_ran_from_top_to_bottom(lesson):
    counts = [cell.execution_count for cell in code_cells(lesson)]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_are_clean(lesson):
    for number, output in outputs(lesson):
        assert output["output_type"] != "error", f"code cell {number} holds an error"
        bare = output["output_type"] == "execute_result"
        assert not bare, f"code cell {number}: the value of its last line, which nobody asked for"
        assert output.get("name") != "stderr", f"code cell {number} printed to stderr: {output}"
    for number, text in texts(lesson):
        found = MACHINE_PATH.search(text)
        assert not found, f"code cell {number} prints a path of one machine: {text[:200]}"
        assert not re.search(r" at 0x[0-9a-fA-F]+>", text), f"code cell {number}: an address"


def test_its_sentence_stands_under_each_picture(lesson):
    """As a caption, right after it; lessons last run before captions were typeset print it."""
    for number, cell in enumerate(code_cells(lesson), start=1):
        printed = "".join(output.get("text", "") for output in cell.outputs)
        for output, caption in itertools.pairwise([*cell.outputs, {}]):
            if "image/png" in output.get("data", {}):
                says = textwrap.fill(output["metadata"]["image/png"]["alt"], settings.LINE)
                typeset = caption.get("data", {})
                if "text/markdown" in typeset:
                    assert typeset["text/markdown"].startswith("**Figure.** ")
                    assert typeset["text/plain"] == says, f"code cell {number}: {says}"
                else:
                    assert says in printed, f"code cell {number}: {says}"


def test_pictures_have_alternative_text(lesson):
    for number, output in outputs(lesson):
        if "image/png" in output.get("data", {}):
            alt = output["metadata"].get("image/png", {}).get("alt", "")
            assert alt.strip(), f"code cell {number} shows a picture without alternative text"
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"]+\")", cell.source)


def test_plain_python(lesson):
    for number, cell in enumerate(code_cells(lesson), start=1):
        ast.parse(cell.source)  # a magic or a shell line is no Python
        assert "get_ipython" not in cell.source, f"code cell {number}"


def test_exercises(path, lesson):
    cells = code_cells(lesson)
    exercises = [place for place, cell in enumerate(cells) if "exercise" in tags(cell)]
    marked = [place for place, cell in enumerate(cells) if BEGIN in cell.source]
    assert marked == [place for place in exercises if BEGIN in cells[place].source]
    ids = []
    for place in exercises:
        cell = cells[place]
        course = cell.metadata.get("course", {})
        assert EXERCISE_KEYS <= course.keys(), f"exercise {course}: lacks fields"
        assert re.fullmatch(r"\d{1,2}[xy]?\.\d+", course["id"])
        assert number_of(course["id"]) == number_in(path.stem)
        assert course["points"] > 0 and course["minutes"] > 0
        assert course["difficulty"] in range(1, 6)
        assert course["defines"] and set(course["defines"]) <= defined(cell.source)
        lines = [line.strip() for line in cell.source.splitlines()]
        assert lines.count(BEGIN) == lines.count(END) >= 1, f"exercise {course['id']}"
        depth = 0
        for line in lines:
            depth += (line == BEGIN) - (line == END)
            assert depth in (0, 1), f"exercise {course['id']}: markers out of order"
        follower = cells[place + 1].source if place + 1 < len(cells) else ""
        assert "checks." in follower, f"exercise {course['id']}: no check cell after it"
        ids.append(course["id"])
    assert len(set(ids)) == len(ids)


def tags(cell):
    return cell.metadata.get("tags", [])


def test_these_checks_notice():
    """The two that search text find what they should, so that silence means something."""
    assert MACHINE_PATH.search("saved in /" + "home/someone/x")
    assert not MACHINE_PATH.search("data/downloads/mnist.npz and 1/2 of homework/")
    assert defined("def f(): pass\nclass A: pass\na, (b, c) = 1, (2, 3)\nd: int = 4\nf.x = 1") == {
        *("f", "A", "a", "b", "c", "d")
    }
    cell = nbformat.v4.new_code_cell(
        "x", outputs=[nbformat.v4.new_output("stream", name="stderr", text="warned")]
    )
    with pytest.raises(AssertionError, match="stderr"):
        test_outputs_are_clean(nbformat.v4.new_notebook(cells=[cell]))
