"""The API reference: every public name, formulas that stand in the code, text that stays text."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap

import pytest

import course_utils
from course_utils import losses, settings
from tools.site.reference import docstrings, names, pages

PACKAGE = settings.root() / "course_utils"


def listed(room):
    """A room's public names by another road: what its module has when it is imported."""
    module = importlib.import_module(f"course_utils.{room}")
    if hasattr(module, "__all__"):
        return set(module.__all__)
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isroutine(value))
        and value.__module__ == module.__name__
    }


ROOMS = [found.name for found in pkgutil.iter_modules(course_utils.__path__)]


def described():
    """Every object that a page describes, by its whole name."""
    text = "\n".join(line for lines in pages.all_pages().values() for line in lines)
    found = re.findall(r"^\.\. auto(?:function|class|exception):: (\S+)$", text, re.MULTILINE)
    found += [".".join(pair) for pair in data_of(text)]
    return found


def data_of(text):
    for name, module in re.findall(r"^\.\. py:data:: (\w+)\n   :module: (\S+)$", text, re.M):
        yield module, name


def test_every_public_name_has_one_home():
    found = described()
    assert len(found) == len(set(found))
    homes = {origin: name.path for origin, name in pages.homes().items()}
    assert sorted(found) == sorted(homes.values())
    for room in ROOMS:
        known = {name.name for name in names.public_names(room) if name.room == room}
        assert listed(room) <= known | set(names.SUBROOMS.get(room, ())), room


def test_each_room_that_a_lesson_imports_has_a_page():
    made = set(pages.all_pages())
    assert {"losses", "nets", "exact", "data", "checks", "plotting", "lesson", "index"} <= made
    text = "\n".join(pages.all_pages()["index"])
    for room in ROOMS:
        assert f":py:mod:`{room} <course_utils.{room}>`" in text


def test_constants_have_their_value_and_their_comment():
    assert names.value_of("course_utils.settings", "LINE") == "96"
    assert names.remark("course_utils.settings", "LINE").startswith("characters; a front end")
    assert names.value_of("course_utils.diagram_parts", "DOT") == "0.05"  # of several at once
    assert "colour-blind" in names.remark("course_utils.curves", "PALETTE")  # from lines above


def test_names_in_formulas_have_no_backslash():
    """Within words MathJax shows it."""
    text = docstrings.TABLE.read_text(encoding="utf-8")
    assert r"\text{num_dims}" in text and not re.search(r"\\text\{[^}]*\\_", text)


def test_each_formula_of_the_table_stands_in_a_docstring():
    said = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                said.append(ast.get_docstring(node) or "")
    for pattern, tex, _ in docstrings.formulas():
        assert any(pattern.search(text) for text in said), f"no docstring says {tex}"


def test_a_formula_is_set_and_the_text_around_it_stays():
    lines = docstrings.to_rst(inspect.getdoc(losses.gaussian_kl).split("\n"))
    text = "\n".join(lines)
    assert r"\mathrm{KL} = \frac12 \sum_j \Bigl[ e^{d_j} - 1 - d_j" in text
    assert "\nNever negative, and zero only for q = p." in text  # no indentation: no quotation
    assert ":returns: Nats per example, summed over the event: (B,)." in text
    assert r"(..., \*event)" in text and "log_var_q: log-variance" in text


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("a *star* and |x| and x_", r"a \*star\* and \|x\| and x\_"),
        ("``x_``, :func:`nets.build`", "``x_``, :func:`nets.build <course_utils.nets.build>`"),
        ("of :func:`np.load`", "of :func:`np.load`"),
        ("x (B, D) -> (B,), +-1, <= 2", "x (B, D) → (B,), ±1, ≤ 2"),
        ("log q(z_1|x)", r"\ :math:`\log q(z_{1} \mid x)`\ "),
        ("exp(x) of p(f(x))", "exp(x) of p(f(x))"),
        ("within +-``X``", r"within ±\ ``X``"),
    ],
)
def test_text_is_no_markup(plain, shown):
    assert docstrings.to_rst([plain]) == [shown]


def test_names_that_share_a_description_stay_together():
    lines = docstrings.to_rst(["Args:", "    mu, log_var: of q.", "", "Then a, b: no names."])
    assert lines[1] == "    mu,\u200blog_var: of q." and lines[3] == "Then a, b: no names."


def test_a_letter_alone_begins_no_list_and_a_property_has_no_type():
    said = docstrings.to_rst(["Args:", "    num_latents: L.", "", "Returns:", "    N."])
    assert said == ["Args:", "    num_latents: \\L.", "", ":returns: \\N."]
    lines = ["(...): nats."]
    docstrings.convert(None, "property", "x", None, None, lines)
    assert lines == ["(...) – nats."]


def test_columns_stay_columns():
    text = textwrap.dedent("""\
        Two of them:

        a      b*
        long   c""")
    assert docstrings.to_rst(text.split("\n")) == [
        "Two of them:",
        "",
        "::",
        "",
        "    a      b*",
        "    long   c",
    ]
