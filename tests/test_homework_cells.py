"""What is taken of a student's cells, and what that answer may use. Without a sandbox."""

import ast
import inspect
import sys

import pytest

from homework import helpers, lessons, release, verify
from homework.inside import extract, magics, needs
from homework.inside import text as source_text

# Where str.splitlines splits and Python does not.
ODD = "\u2028 \u2029 \x0b \x0c \x1c \x1d \x1e \x85"


def runs(*cells, answer="f", own=None, replaced=(), exercises=()):
    """The statements, as text, that the exercise which defines ``answer`` runs."""
    found, faults = extract.statements(list(cells))
    assert not faults, faults
    listed = [{"id": "1.1", "defines": [answer], "cell": own}, *exercises]
    need = needs.of(found, listed, "1.1", replaced)
    return [text_of(cells[found[index].cell], found[index]) for index in sorted(need.runs)]


def text_of(cell, one):
    """The text of the cell's statement that binds the same names at the same line."""
    for node in ast.parse(cell).body:
        if node.lineno == one.line or getattr(node, "decorator_list", None):
            names = {part.name for part in ast.walk(node) if isinstance(part, ast.ClassDef)}
            names |= {p.name for p in ast.walk(node) if isinstance(p, ast.FunctionDef)}
            names |= {p.id for p in ast.walk(node) if isinstance(p, ast.Name)}
            names |= {p.asname or p.name for p in ast.walk(node) if isinstance(p, ast.alias)}
            if set(one.binds) <= names:
                return ast.get_source_segment(cell, node)
    return None


F = "def f(x):\n    return x * C"


@pytest.mark.parametrize(
    "text",
    [
        "C = 3",
        "import torch as C",
        "from torch import nn as C",
        "def C(x):\n    return train(x)",
        "class C(B):\n    x = 1",
        "SIZE, (A, C) = 3, (4, 5)",
        "C: float = 3.14",
        "C = lambda x: train(x)",
        "C = helper(3)",
        "C = [f() for f in functions]",
        "with torch.no_grad():\n    C = torch.ones(2)",
        "for C in range(3):\n    pass",
        "if TYPE_CHECKING:\n    from torch import Tensor as C",
        "try:\n    import numpy as C\nexcept ImportError:\n    C = None\nfinally:\n    pass",
        "C[3] = 4",
        "C.append(4)",
        "C.data.fill_(4)",
        "C.calls = 0",
        "setattr(C, 'calls', 0)",
        "C += 1",
        "del C[0]",
        "while not C:\n    C = step()",
        "(C := 3)",
        "C = await read()",
    ],
)
def test_of_other_cells_what_makes_or_fills_a_name_that_the_answer_reaches(text):
    assert runs(text, F, own=1) == [text, F]


@pytest.mark.parametrize(
    "text",
    [
        "x = train()",
        "train(C)",
        "print(C)",
        "assert C",
        "lesson.record('C', C)",
        "torch.allclose = print",
        "def g(C):\n    C[0] = 3",
        "x = C",
        "'C'",
        "for x in range(3):\n    print(x, C)",
        "import pandas",
        "%matplotlib inline",
        "!rm -rf /",
        "help?",
        "",
    ],
)
def test_what_no_answer_reaches_does_not_run(text):
    assert runs(text, "import torch", F, own=2) == [F]


def test_arguments_and_attributes_are_no_names_of_the_notebook():
    cells = ["x = train()\nmu = train()", "def f(x, y):\n    mu = 3\n    return x.model(mu)"]
    assert runs(*cells, "model = train()", own=1) == [cells[1]]


def test_a_statement_is_cut_where_it_ends():
    cells = ["é = 1; C = 3; train(C)", "import sys; sys.exit()\nD = 4; E = 5  # 'C'", F]
    assert runs(*cells, own=2) == ["C = 3", F]
    assert runs(*cells, "def g(x):\n    return D, sys", answer="g", own=3)[:2] == [
        "import sys",
        "D = 4",
    ]


def test_an_own_cell_is_taken_whole_and_another_exercises_when_it_is_reached():
    own = "TABLE = []\nfor k in range(3):\n    TABLE.append(k)\nf = g\nf.calls = 0\nprint(f)\ndel k"
    other = {"id": "1.2", "defines": ["h"], "cell": 1}
    cells = [own, "h = 3\nwhile True:\n    pass"]
    found, _ = extract.statements(cells)
    listed = [{"id": "1.1", "defines": ["f"], "cell": 0}, other]
    assert sorted(needs.of(found, listed, "1.1").runs) == list(range(6))
    found, _ = extract.statements([own.replace("g", "h"), cells[1]])
    assert len(needs.of(found, listed, "1.1").runs) == len(found)
    assert needs.of(found, listed, "1.1", replaced={"h"}).runs == frozenset(range(6))


def test_what_decorators_and_base_classes_keep_is_reached():
    cells = ["ALL = {}\ndef keep(g):\n    ALL[g.__name__] = g\n    return g"]
    cells += ["@keep\ndef one(x):\n    return x", "def f(x):\n    return ALL['one'](x)"]
    assert len(runs(*cells, own=2)) == 4
    method = "@add_to(f)\ndef g(self):\n    return 1"
    assert runs("class f(Base):\n    x = 1", "class Base:\n    pass", method, own=0)[-1] in method
    assert runs(*cells, "@other\ndef two(x):\n    return x", own=2)[-1] == cells[2]


def test_a_global_that_a_call_sets_is_reached():
    cells = ["def begin():\n    global C\n    C = 3", "begin()", "print(3)", F]
    assert runs(*cells, own=3) == [cells[0], cells[1], F]


def test_names_reached_by_text_are_constants_and_definitions():
    cells = ["ONE = 1\nmodel = train()", "def f(x):\n    return globals()['ONE']"]
    assert runs(*cells, own=1) == ["ONE = 1", cells[1]]


def test_names_in_annotations_are_reached():
    future = "from __future__ import annotations"
    cells = [f"{future}\nfrom torch import Tensor", "def f(x: Tensor) -> Tensor:\n    return x"]
    assert runs(*cells, own=1) == ["from torch import Tensor", cells[1]]


# Which exercises an answer rests on


def listed(**cells):
    """Exercises of one name each: id -> (name, own cell)."""
    return [
        {"id": number.replace("_", "."), "defines": [name], "cell": cell}
        for number, (name, cell) in cells.items()
    ]


def test_a_helper_in_an_earlier_answers_cell_is_that_exercise():
    cells = ["def noise(x):\n    return x\ndef f(x):\n    return noise(x)"]
    cells += ["def middle(x):\n    return noise(x)", "def g(x):\n    return middle(x)"]
    found, _ = extract.statements(cells)
    exercises = listed(e1_1=("f", 0), e1_2=("g", 2), e1_3=("h", None))
    need = needs.of(found, exercises, "e1.2")
    assert need.uses == ("e1.1",) and need.helpers == {"e1.1": ("noise",)}
    assert needs.of(found, exercises, "e1.1").uses == ()


def test_a_helper_of_one_name_in_two_cells_is_the_own_one():
    cells = ["def term():\n    return 1\ndef f():\n    return term()"]
    cells += ["def term():\n    return 2\ndef g():\n    return term()"]
    found, _ = extract.statements(cells)
    exercises = listed(e1_1=("f", 0), e1_2=("g", 1))
    assert needs.of(found, exercises, "e1.2").uses == ()
    assert needs.of(found, exercises, "e1.1").uses == ()


def test_imports_in_an_earlier_cell_are_nobodys_helper():
    cells = ["import math\ndef f():\n    return 1", "def g():\n    return math.pi"]
    found, _ = extract.statements(cells)
    exercises = listed(e1_1=("f", 0), e1_2=("g", 1))
    assert needs.of(found, exercises, "e1.2").uses == ()


def test_the_reference_takes_over_answers_and_the_helpers_it_has():
    cells = ["def noise(x):\n    return x\ndef own(x):\n    return x\ndef f(x):\n    return x"]
    found, _ = extract.statements([*cells, "def draw(x):\n    return x"])
    exercises = listed(e1_1=("f", 0), e1_2=("g", 1))
    offered = ["f", "noise", "draw", "math"]
    assert needs.given(found, exercises, offered) == {"f", "noise"}


def test_a_stub_is_told_from_an_answer():
    refuse = 'raise NotImplementedError("Exercise 1.1: write f")'
    half = f"class f:\n    def a(self):\n        return 1\n    def b(self):\n        {refuse}"
    left = f"def f(x):\n    return x\n    {refuse}"
    abstract = "class f:\n    def a(self):\n        raise NotImplementedError\n    def b(self):\n"
    abstract += "        return 1"
    for text, is_stub in ((half, True), (left, False), (abstract, False)):
        [one] = extract.statements([text])[0]
        assert one.is_stub == is_stub, text


def test_steps_of_a_reference_take_what_they_need():
    text = "def f(x, mu, k):\n    a = x - mu\n    b = 2 * k\n    c = a * b\n    return c + 1\n"
    spaces = []
    for made in helpers.steps(text, "h"):
        spaces.append({})
        exec(made, spaces[-1])
    taken = [list(inspect.signature(space["h"]).parameters) for space in spaces]
    assert taken == [["x", "mu"], ["k"], ["x", "mu", "k"]]
    assert spaces[2]["h"](5, 3, 4) == 16


# Faults


def test_faults_stay_in_their_cell():
    cells = ["def f(:\n", "x = 1", "(" * 5_000, "y = 2\0", "z" * 300_000, "def g():\n    return f"]
    found, faults = extract.statements(cells)
    assert [one.binds for one in found] == [("x",), ("g",)]
    assert set(faults) == {0, 2, 3, 4} and "line 1" in faults[0]
    assert "characters" in faults[4]


def test_what_parses_and_does_not_compile_costs_its_statement_alone():
    found, faults = extract.statements(["x = 1\nreturn x\ny = 2"])
    assert [one.binds for one in found] == [("x",), ("y",)] and "line 2" in faults[0]


def test_deep_nesting_is_a_fault_and_no_crash():
    deep = ["x = " + "-" * 100_000 + "1", "x = " + "[" * 1_000 + "]" * 1_000, "a" + ".b" * 90_000]
    found, _ = extract.statements([*deep, "ok = 1"])
    assert ("ok",) in [one.binds for one in found]


def test_a_missing_module_takes_no_other_with_it():
    found, _ = extract.statements(["import pandas as pd, numpy as np, math"])
    assert [(one.binds, one.module) for one in found] == [
        (("pd",), "pandas"),
        (("np",), "numpy"),
        (("math",), "math"),
    ]


# Jupyter's syntax

MAGIC = [
    "%%time\ndef f(x):\n    return x",
    "\n%%capture out\ndef f(x):\n    return x",
    "def f(x):\n    return x\nf?",
    "def f(x):\n    return x\ntorch.expm1??",
    "def f(x):\n    return x\nfiles = !ls",
    "%time\ndef f(x):\n    return x",
    "%timeit \\\n    g()\ndef f(x):\n    return x",
    "   def f(x):\n       return x",
    ">>> def f(x):\n...     return x",
]


@pytest.fixture(params=["with IPython", "without"])
def transformer(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setattr(magics, "_transformer", lambda: None)
    return request.param


@pytest.mark.parametrize("text", MAGIC)
def test_magics_cost_nothing(transformer, text):
    found, faults = extract.statements([text])
    if transformer == "without" and ("   def" in text or ">>>" in text or "\\" in text):
        assert "Error" in faults[0]  # such a cell is no Python then
        return
    assert not faults and ("f",) in [one.binds for one in found]


QUESTION = 'def f(x):\n    """\n    is it so?\n    """\n    return x\n'
UNEQUAL = "def f(x):\n    return (x\n        != 3\n        % 2)\n"


@pytest.mark.parametrize(
    "magic", ["%time f(3)", "%timeit f(3)", "x = %timeit -o f(3)", "!ls", "f?"]
)
@pytest.mark.parametrize("text", [QUESTION, UNEQUAL])
def test_a_magic_changes_no_other_line_of_its_cell(text, magic):
    """A string's line that ends in a question mark, an expression's that begins like a command."""
    tree = magics.parse(f"{text}{magic}\n")
    assert ast.unparse(tree.body[0]) == ast.unparse(ast.parse(text))
    tree = magics.parse(f"{magic}\n{text}")
    [node] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert node.lineno == 2


def test_lines_keep_their_numbers():
    text = "\n\n%timeit \\\n  g() \\\n  + 1\n!ls\ndef f(x):\n    return x\n"
    [node] = [node for node in magics.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert node.lineno == 7


@pytest.mark.parametrize(
    ("text", "line"),
    [("%time x = g()", 1), ("a = 1\n%time x = g()", 2), ("%time --no-raise-error x = g()", 1)],
)
def test_a_timed_statement_is_a_statement(text, line):
    node = magics.parse(text).body[-1]
    assert ast.unparse(node) == "x = g()" and node.lineno == line


@pytest.mark.parametrize("text", ["%%bash\nrm -rf /", "%%html\n<b>", "%%javascript\nx?"])
def test_cells_of_another_language_hold_nothing(text):
    assert extract.statements([text]) == ([], {})


def test_the_stand_in_of_ipython_runs_timed_statements_alone():
    space = {"g": lambda: 3} | magics.names()
    exec("x = get_ipython().run_line_magic('time', 'g()')", space)
    exec("get_ipython().run_line_magic('time', 'y = g()')", space)
    exec("z = get_ipython().run_line_magic('timeit', '1 / 0')", space)
    exec("get_ipython().system('ls'); get_ipython().anything.at_all if 0 else display(1)", space)
    assert (space["x"], space["y"], space["z"]) == (3, 3, None)


def test_the_transformer_leaves_no_part_of_ipython_behind():
    magics._transformer.cache_clear()
    before = {name for name in sys.modules if name.split(".")[0] == "IPython"}
    assert magics._transformer() is not None, "IPython's file has changed: see magics._transformer"
    assert {name for name in sys.modules if name.split(".")[0] == "IPython"} == before


def test_a_string_that_looks_like_magic_is_kept():
    text = 'def f():\n    """\n    % of all\n    """\n    return "!"'
    assert ast.unparse(magics.parse(text)) == ast.unparse(ast.parse(text))


# Lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_source_is_split_where_python_splits_it(end):
    text = f"a{ODD}{end}{end}b{end}c"
    assert source_text.lines(text) == [f"a{ODD}", "", "b", "c"]
    assert "".join(source_text.lines(text, ends=True)) == text
    assert source_text.lines("a\n") == "a\n".splitlines() and source_text.lines("") == []


ANSWER = f"""\
def f(x):
    s = "{ODD}"  # {ODD}
    ### BEGIN SOLUTION
    y = x + 1  # {ODD}
    ### END SOLUTION
    return y"""


def test_odd_separators_move_no_line_of_a_lesson():
    assert lessons.regions(ANSWER) == [(2, 4)]
    exercise = lessons.Exercise("1.1", 1, 1, 1, ("f",), "f", 0)
    stub = release.stub(ANSWER, exercise)
    assert stub.count("NotImplementedError") == 1 and stub.endswith("\n    return y")
    markers = {"### BEGIN SOLUTION", "### END SOLUTION"}
    assert verify.solution_texts(ANSWER) == markers | {"y = x + 1 #"}
