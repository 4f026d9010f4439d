"""Marks of nbgrader's that a submission has twice, no more, or changed: none leaves a student out.

nbgrader itself on such submissions: ``tests/platforms/test_nbgrader.py``.
"""

import copy

import nbformat
import pytest
import submissions as made

from homework import release
from homework.exports import nbgrader_marks
from homework.exports.cells import KEY

RELEASED = nbformat.reads(release.text_of(release.student_version(made.LESSON)), as_version=4)
MARKS = nbgrader_marks.handed_out(made.LESSON)
OWN = ("cell-1", {"grade_id": "cell-1", "schema_version": 3, "grade": True, "solution": True})


def named(nb):
    """nbgrader's name of a cell -> its cells, in their order."""
    found = {}
    for cell in nb.cells:
        if KEY in cell.metadata:
            found.setdefault(cell.metadata[KEY]["grade_id"], []).append(cell)
    return found


def copied(cell):
    """A cell as Jupyter copies it: with its metadata, under another id."""
    return nbformat.from_dict(cell | {"id": "another"})


KNOWN = {name: (one.cell_type, one.source) for name, [one] in named(RELEASED).items()}


def mended(change):
    """(what was said, the notebook) of a submission that ``change`` was made to."""
    nb = copy.deepcopy(RELEASED)
    change(nb, {name: one for name, [one] in named(nb).items()})
    said = nbgrader_marks.mend(nb, KNOWN, MARKS)
    nbformat.validate(nb)
    return said, nb


def holds_all_marks_once(nb):
    found = named(nb)
    return set(found) == set(MARKS) and all(
        len(cells) == 1 and dict(cells[0].metadata[KEY]) == MARKS[name]
        for name, cells in found.items()
    )


def test_what_was_handed_out_stays_as_it_is():
    said, nb = mended(lambda nb, cells: None)
    assert not said and nb == RELEASED and len(MARKS) == 16


@pytest.mark.parametrize("name", ["exercise-1-2", "check-1-2", "question-1-8"])
@pytest.mark.parametrize("answered", [0, 1])
def test_of_copies_the_last_with_an_answer_keeps_its_marks(name, answered):
    def change(nb, cells):
        place = nb.cells.index(cells[name])
        nb.cells.insert(place + 1, copied(cells[name]))
        nb.cells[place + answered].source += "\n# Answer"

    said, nb = mended(change)
    assert said == [f"{name} is there 2 times; the last with an answer counts"]
    assert holds_all_marks_once(nb) and named(nb)[name][0].source.endswith("Answer")


SPOILT = {
    "no marks": lambda cell: cell.metadata.pop(KEY),
    "a text": lambda cell: cell.metadata.update({KEY: "none"}),
    "another version": lambda cell: cell.metadata[KEY].update(schema_version=2),
    "a later version": lambda cell: cell.metadata[KEY].update(schema_version=4),
    "another name": lambda cell: cell.metadata[KEY].update(grade_id="mine"),
    "no points": lambda cell: cell.metadata[KEY].pop("points", None),
    "not graded": lambda cell: cell.metadata[KEY].update(grade=False, solution=False),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("name", ["exercise-1-2", "check-1-2", "question-1-8"])
def test_spoilt_marks_are_put_back(spoil, name):
    said, nb = mended(lambda nb, cells: spoil(cells[name]))
    assert holds_all_marks_once(nb)
    assert len(nb.cells) - len(RELEASED.cells) == len(
        [line for line in said if f"{name} was removed" in line]
    )


def test_what_a_student_removed_is_back_as_it_was_handed_out():
    removed = "exercise-1-1", "check-1-2", "question-1-9"

    def change(nb, cells):
        nb.nbformat_minor = 4
        for cell in nb.cells:
            del cell["id"]
        for name in removed:
            nb.cells.remove(cells[name])

    said, nb = mended(change)
    assert [line.split()[0] for line in said] == [*removed[1:]]
    assert set(named(nb)) == set(MARKS) - {
        removed[0]
    }  # of which the grader says that it is missing
    assert [one.source for one in nb.cells[-2:]] == [KNOWN[name][1] for name in removed[1:]]


def test_cells_of_the_instructors_own_keep_their_marks():
    name, marks = OWN

    def change(nb, cells):
        mine = nbformat.v4.new_markdown_cell("Mine", metadata={KEY: marks})
        nb.cells += [mine, copied(mine)]

    nb = copy.deepcopy(RELEASED)
    change(nb, {})
    said = nbgrader_marks.mend(nb, KNOWN | {name: ("markdown", "")}, MARKS)
    assert said == [f"{name} is there 2 times; the last with an answer counts"]
    assert [dict(one.metadata[KEY]) for one in named(nb)[name]] == [marks]


def test_of_another_assignment_only_copies_lose_their_marks():
    nb = copy.deepcopy(RELEASED)
    cells = {name: one for name, [one] in named(nb).items()}
    nb.cells.remove(cells["check-1-1"])
    cells["check-1-2"].metadata[KEY]["schema_version"] = 2
    cells["check-1-3"].metadata[KEY]["grade_id"] = "unknown"
    wanted = copy.deepcopy(nb)
    nb.cells.insert(0, copied(cells["question-1-8"]))
    assert len(nbgrader_marks.mend(nb, KNOWN, {})) == 1
    assert KEY not in nb.cells[0].metadata and nb.cells[1:] == wanted.cells
