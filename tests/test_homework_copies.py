"""Equal answers: what makes two alike, what is listed, and what a hostile text costs."""

import csv
import json
import re

import pytest
import submissions as made
from test_homework_class import put

from course_utils import settings
from homework import __main__ as command
from homework import copies, lessons, release, shapes

STUBS = {one.id: release.stub(made.LESSON.references[one.id], one) for one in made.LESSON.exercises}
LONG = max(made.IDS, key=lambda name: shapes.shape(made.LESSON.references[name], STUBS[name])[1])
WRITTEN = '''
def log_weight(x, z, mu_x, log_var_x, mu, log_var):
    """log w."""
    first = -0.5 * (LOG_2_PI + log_var_x + (x - mu_x) ** 2 / log_var_x.exp()).sum(-1)
    second = -0.5 * (LOG_2_PI + z ** 2).sum(-1)
    third = -0.5 * (LOG_2_PI + log_var + (z - mu) ** 2 / log_var.exp()).sum(-1)
    return first + second - third
'''
RENAMED = """
def log_weight(
    points, latents, mean_x, lv_x, mean: "(B, L)", lv
) -> "(K, B)":
    # my own words
    a: object = -0.5 * (LOG_2_PI + lv_x + (points - mean_x)**2 / lv_x.exp()).sum(-1)
    "a string that does nothing"
    b = -0.5 * (LOG_2_PI + latents ** 2).sum(-1)

    c = -0.5 * (LOG_2_PI + lv + (latents - mean) ** 2 / lv.exp()).sum(-1); return a + b - c
"""


def shape(text, exercise="1.2"):
    return shapes.shape(text, STUBS[exercise])


# What is equal


def test_names_comments_and_layout_make_no_difference():
    assert shape(WRITTEN) == shape(RENAMED)
    assert shape(WRITTEN)[1] > copies.LEAST_NODES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-0.5 * (LOG_2_PI + z", "-0.25 * (LOG_2_PI + z"),  # a constant
        ("LOG_2_PI + log_var +", "LOG_TWO_PI + log_var +"),  # a name that it does not bind
        (".exp()", ".exp2()"),  # an attribute
        ("first + second - third", "second + first - third"),  # an order
        ("    second", "    print(x)\n    second"),
        ("(z - mu)", "(z - mu_x)"),  # another variable
    ],
)
def test_whatever_else_differs_makes_another(old, new):
    changed = WRITTEN.replace(old, new)
    assert changed != WRITTEN and shape(changed)[0] != shape(WRITTEN)[0]


def test_what_was_handed_out_does_not_count():
    """In every lesson: the stub is nothing, and the given lines around a solution neither."""
    for lesson in lessons.all_lessons():
        for one in lesson.exercises:
            text, given = lesson.references[one.id], release.stub(lesson.references[one.id], one)
            assert shapes.shape(given, given) is None
            _, nodes = shapes.shape(text, given)
            assert 0 < nodes < shapes.shape(text, "")[1]


def test_the_page_for_instructors_states_the_sizes():
    sizes = [
        shapes.shape(text, release.stub(text, one))[1]
        for lesson in lessons.all_lessons()
        for one, text in zip(lesson.exercises, lesson.references.values(), strict=True)
    ]
    large = sum(size >= copies.LEAST_NODES for size in sizes)
    told = re.sub(r"\s+", " ", (settings.root() / "docs" / "instructors.md").read_text("utf-8"))
    assert f"answers below {copies.LEAST_NODES} nodes" in told and "at most four students" in told
    assert copies.FEW == 4
    assert (
        f"between {min(sizes)} and {max(sizes)} nodes, and {large} of {len(sizes)} have at least "
        f"{copies.LEAST_NODES}"
    ) in told


def test_helpers_and_classes_are_numbered_too():
    one = "def half(a):\n    return a / 2\n\nclass Mine:\n    pass\n\n"
    two = "def h(q):\n    return q / 2\n\nclass Yours:\n    pass\n\n"
    ways = [WRITTEN.replace("-0.5 * (LOG_2_PI + z", f"-{n}(LOG_2_PI + z") for n in ("half", "h")]
    assert shape(one + ways[0]) == shape(two + ways[1]) != shape(one + WRITTEN)


# Hostile texts, in a process of its own


HOSTILE = {
    "deep brackets": "(" * 150_000,
    "deep minus": "x = " + "-" * 150_000 + "1",
    "deep attributes": "x = a" + ".a" * 90_000,
    "deep sums": "x = " + "1+" * 90_000 + "1",
    "deep blocks": "\n".join(" " * n + "if x:" for n in range(90)) + "\n" + " " * 90 + "pass",
    "no Python": "def log_weight(:",
    "null": "log_weight = 1\0",
    "too long": "x = 1\n" * 50_000,
    "surrogate": "log_weight = '\\ud800'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_spoils_no_other(name):
    cells = [HOSTILE[name], WRITTEN]
    asked = {"1.1": (["gaussian_log_prob"], STUBS["1.1"]), "1.2": (["log_weight"], STUBS["1.2"])}
    try:
        found = shapes.of_notebook(cells, {"1.1": 0, "1.2": 1}, asked)
    except shapes.ShapeError as error:
        assert "it cannot be read" in str(error)
    else:
        assert found["1.2"] == shape(WRITTEN)


def test_nothing_of_an_answer_is_executed(tmp_path):
    trap = tmp_path / "trap"
    text = f"open({str(trap)!r}, 'w')\n{WRITTEN}"
    shapes.of_notebook([text], {}, {"1.2": (["log_weight"], STUBS["1.2"])})
    assert not trap.exists()


def test_a_process_that_ends_is_an_error(monkeypatch):
    monkeypatch.setattr(shapes, "PROGRAM", "import os; os.abort()")
    with pytest.raises(shapes.ShapeError, match="cannot be read"):
        shapes.of_notebook([], {}, {})
    monkeypatch.setattr(shapes, "PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(shapes, "PATIENCE", 0.1)
    with pytest.raises(shapes.ShapeError, match="too long"):
        shapes.of_notebook([], {}, {})


# The command


@pytest.fixture
def listed(tmp_path):
    """Ann and Bob share two answers, eve has the lesson's own, zoe her own, and one is no file."""
    blank = dict.fromkeys(made.IDS)
    theirs = {"1.1": made.WRITTEN_DIFFERENTLY["1.1"], "1.2": WRITTEN}
    put(tmp_path / "in", "Ann =1+1/x.ipynb", made.notebook(blank | theirs))
    renamed = theirs | {"1.2": RENAMED}
    put(tmp_path / "in", "Bob <i>/x.ipynb", made.notebook(blank | renamed))
    own = {LONG: made.LESSON.references[LONG], "1.3": made.LESSON.references["1.3"]}
    put(tmp_path / "in", "eve/x.ipynb", made.notebook(blank | own))
    mine = {"1.2": made.WRITTEN_DIFFERENTLY["1.2"], "1.3": made.LESSON.references["1.3"]}
    put(tmp_path / "in", "zoe/x.ipynb", made.notebook(blank | mine))
    put(tmp_path / "in", "dan/x.ipynb", {})
    status = command.main(["copies", str(tmp_path / "in"), "--to", str(tmp_path / "out")])
    with open(tmp_path / "out" / "copies.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return status, rows, (tmp_path / "out" / "copies.html").read_text("utf-8")


def test_equal_answers_are_listed(listed, capsys):
    status, rows, page = listed
    assert status == 1  # dan's file is none
    found = {}
    for row in rows:
        found.setdefault(row["exercise"], []).append(row["student"])
    assert found == {
        "1.1": ["Ann '=1+1", "Bob <i>"] if "'" in rows[0]["student"] else ["Ann =1+1", "Bob <i>"],
        "1.2": ["Ann =1+1", "Bob <i>"],
        LONG: ["eve"],
    }
    assert {row["exercise"]: (row["students"], row["of"], row["own"]) for row in rows} == {
        "1.1": ("2", "2", ""),
        "1.2": ("2", "3", ""),
        LONG: ("1", "1", "yes"),
    }, "1.3 is short: eve's and zoe's are equal by necessity"
    assert "2: 1.1, 1.2" in page and "as the lesson's own solution" in page
    assert "<i>" not in page and "zoe" not in page and "makes no judgement" in page


def test_one_file_handed_in_twice_is_said(tmp_path):
    for name in ("ann", "bob"):
        put(tmp_path / "in", f"{name}/x.ipynb", made.notebook({"1.2": WRITTEN}))
    assert command.main(["copies", str(tmp_path / "in"), "--to", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "copies.csv").read_text("utf-8")
    assert ",yes,ann" in text
    page = (tmp_path / "out" / "copies.html").read_text("utf-8")
    assert "not among the pairs" in page and "one file" in page and "<td>1: 1.2</td>" in page, (
        "the others are the lesson's own"
    )


def a_set(students, exercise="1.2", **options):
    values = {"lesson": "01", "nodes": 50, "of": 30, "is_own": False, "is_one_file": False}
    return copies.Set(exercise=exercise, students=tuple(students), **(values | options))


def test_what_many_share_makes_no_pair():
    many = a_set([f"s{number}" for number in range(copies.FEW + 1)])
    assert copies.of_pairs([many, a_set(["ann", "bob"], is_own=True)]) == []
    sets = [a_set(["ann", "bob", "eve"]), a_set(["bob", "eve"], "1.6", nodes=70)]
    pairs = copies.of_pairs(sets)
    assert pairs[0] == ("bob", "eve", ["1.2", "1.6"], 120) and len(pairs) == 3


def test_a_folder_that_cannot_be_written_is_said(tmp_path, capsys):
    put(tmp_path / "in", "ann/x.ipynb", made.notebook())
    (tmp_path / "out").write_text("")
    assert command.main(["copies", str(tmp_path / "in"), "--to", str(tmp_path / "out")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert json.loads((tmp_path / "in" / "ann" / "x.ipynb").read_bytes())


def test_members_of_a_group_count_as_one(tmp_path):
    for name in ("ann", "bob", "eve"):
        put(tmp_path / "in", f"{name}/x.ipynb", made.notebook({"1.2": WRITTEN}))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "groups.csv").write_text("group,member,member\nred,Ann,BOB\n")
    assert command.main(["copies", str(tmp_path / "in"), "--to", str(tmp_path / "out")]) == 0
    with open(tmp_path / "out" / "copies.csv", encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["exercise"] == "1.2"]
    assert [(row["student"], row["of"]) for row in rows] == [("ann", "2"), ("eve", "2")]
