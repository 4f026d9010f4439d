"""Tables: what a cell shows, as HTML that needs no style sheet and as text of 80 columns."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils import plotting, tables
from course_utils.lesson import start

FRAME = pd.DataFrame(
    {
        "model": ["vae_fc20", "a <b> & c"],
        "nats": [tables.measured(97.1234, 0.26), tables.measured(torch.tensor(101.5), 0.05)],
        "share": [0.12345, float("nan")],
        "n": [10_000, None],
        "where": ["one run", None],
    }
)


def parsed(page):
    """The HTML as a tree: it is well-formed, so that it can be parsed as XML."""
    return ElementTree.fromstring(page)


def cells(page):
    return [[part.text for part in row] for row in parsed(page).iter("tr")]


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (97.1234, 0.26, "97.12 ± 0.26"),
        (97.1234, 0.05, "97.12 ± 0.05"),
        (97.1234, 0.0123, "97.123 ± 0.012"),
        (97.1234, 0.096, "97.12 ± 0.10"),  # 0.10, not 0.1: its first digits are 96
        (97.1234, 0.36, "97.1 ± 0.4"),
        (12_345.6, 78.0, "12,346 ± 78"),
        (-1.5, 0.2, "−1.50 ± 0.20"),
        (5.0, 0.0, "5 ± 0"),
        (5.25, 0.0, "5.250 ± 0.000"),
        (97.1234, None, "97.12"),
        (0.00001234, None, "0.000012"),
        (1_234.5, None, "1,234"),
        (3.0, None, "3"),
        (-0.00000012, None, "−1.2e-07"),
        (float("inf"), None, "∞"),
        (float("-inf"), None, "−∞"),
        (float("nan"), 0.1, "NaN"),
    ],
)
def test_a_number_has_the_digits_that_its_error_allows(value, error, told):
    assert tables.told(value, error) == told


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3))
def test_what_is_shown_is_what_was_measured(value, error):
    """To a sixth of the error, and the error itself to a sixth."""
    shown, bound = (
        float(part.replace(",", "").replace("−", "-"))
        for part in tables.told(value, error).split(" ± ")
    )
    assert abs(shown - value) <= error / 6
    assert abs(bound - error) <= error / 6


def test_cells_show_what_they_hold():
    frame = pd.DataFrame(
        {
            "a": [1, None, "x", True, np.float32(2.5), torch.tensor(7), pd.NA, pd.NaT, ""],
        },
        dtype=object,
    )
    shown = [row[0] for row in cells(tables.to_html(frame, "c"))[1:]]
    assert shown == ["1", "–", "x", "yes", "2.500", "7", "–", "–", "–"]


def test_numbers_of_a_column_have_equally_many_decimals():
    frame = pd.DataFrame({"name": list("abc"), "x": [97.126, 3.0, -0.5], "n": [1_000, 2, 3]})
    assert [row[1:] for row in cells(tables.to_html(frame, "c"))[1:]] == [
        ["97.13", "1,000"],
        ["3.00", "2"],
        ["−0.50", "3"],
    ]
    whole = pd.DataFrame({"x": [1.0, None, 3.0]})
    assert [row[0] for row in cells(tables.to_html(whole, "c"))[1:]] == ["1", "–", "3"]
    for digits, wanted in ((1, "97.1"), ({"x": 3}, "97.126"), ({"n": 3}, "97.13")):
        assert cells(tables.to_html(frame, "c", digits))[1][1] == wanted


def test_the_page_has_a_caption_headers_and_sides():
    tree = parsed(tables.to_html(FRAME, "Two <models>."))
    assert tree.find(".//caption").text == "Two <models>."
    head, *rows = tree.iter("tr")
    assert [(part.tag, part.get("scope")) for part in head] == [("th", "col")] * 5
    for row in rows:
        assert [part.tag for part in row] == ["th", "td", "td", "td", "td"]
        assert row[0].get("scope") == "row"
        sides = [part.get("align") for part in row]
        assert sides == ["left", "right", "right", "right", "left"]
        assert all(f"text-align:{part.get('align')}" in part.get("style") for part in row)
    assert rows[1][0].text == "a <b> & c"


def test_the_page_takes_its_colours_from_where_it_stands():
    page = tables.to_html(FRAME, "c")
    assert not re.search(r"color|background|#[0-9a-fA-F]{3}|<style|class=|id=", page)
    assert 'style="overflow-x:auto"' in page  # a wide one scrolls by itself on a phone


def test_an_index_gives_the_headers_of_rows():
    frame = FRAME.set_index("model")
    assert cells(tables.to_html(frame, "c"))[0] == ["model", "nats", "share", "n", "where"]
    both = FRAME.set_index(["model", "where"])
    row = list(parsed(tables.to_html(both, "c")).iter("tr"))[1]
    assert [part.tag for part in row] == ["th", "th", "td", "td", "td"]
    counted = FRAME.set_index("model", drop=False).reset_index(drop=True)
    assert cells(tables.to_html(counted, "c"))[0][0] == "model"  # a mere count is left out


def test_the_text_says_the_same_in_80_columns():
    assert tables.to_text(FRAME, "Two models.").splitlines() == [
        "Two models.",
        "model               nats   share       n  where",
        "---------  -------------  ------  ------  -------",
        "vae_fc20    97.12 ± 0.26  0.1235  10,000  one run",
        "a <b> & c  101.50 ± 0.05       –       –  –",
    ]


WORDS = st.text("uvw xy", min_size=1, max_size=200)


@given(st.lists(st.tuples(WORDS, WORDS, st.floats(-1e3, 1e3), WORDS), min_size=1, max_size=4))
def test_no_line_of_text_is_longer_than_80(rows):
    frame = pd.DataFrame(rows, columns=["first", "second", "a number of nats", "fourth"])
    text = tables.to_text(frame, "A caption of some words. " * 6)
    assert max(map(len, text.splitlines())) <= 80
    letters = "".join(frame["first"]) + "".join(frame["second"]) + "".join(frame["fourth"])
    told = "".join(text.split("\n--")[-1].split())
    for letter in "uvwxy":  # folded, and nothing lost
        assert told.count(letter) == letters.count(letter)


def test_it_is_printed_in_a_terminal_and_displayed_in_a_notebook(monkeypatch, capsys):
    lesson, shown = start("01"), []
    capsys.readouterr()
    lesson.table(FRAME, says="Two models.")
    text = capsys.readouterr().out
    assert text.startswith("Trial run: Two models.\nmodel ")
    monkeypatch.setattr(plotting, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda page, raw: shown.append(page))
    for _ in range(2):
        lesson.table(FRAME, says="Two models.")
    first, second = shown
    assert first == second and set(first) == {"text/html", "text/plain"}  # the same bytes
    assert first["text/plain"] == text.rstrip("\n")
    assert parsed(first["text/html"]).find(".//caption").text == "Trial run: Two models."
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    lesson.table(FRAME, says="Two models.")
    assert parsed(shown[-1]["text/html"]).find(".//caption").text == "Two models."


@pytest.mark.parametrize(
    ("frame", "says", "error", "told"),
    [
        (FRAME, "", ValueError, "says: expected a sentence"),
        (FRAME, None, ValueError, "says: expected a sentence"),
        ({"a": [1]}, "c", TypeError, "frame: expected a pandas DataFrame, got dict"),
        (pd.DataFrame(), "c", ValueError, "frame: expected at least one row"),
        (pd.DataFrame({"a": [object()]}), "c", TypeError, "in column 'a', got object"),
        (pd.DataFrame({"a": [torch.ones(2)]}), "c", TypeError, "in column 'a', got a tensor"),
        (pd.DataFrame({"a": [1j]}), "c", TypeError, "in column 'a', got complex"),
    ],
)
def test_what_is_no_table_is_refused(frame, says, error, told):
    with pytest.raises(error, match=told):
        tables.show(frame, says=says)


def test_a_number_is_never_parted_from_its_error():
    """In the page and in the text: where a line may end, it does not end beside ±."""
    frame = pd.DataFrame({"a": ["words 97.12 ± 0.26 words " * 3] * 2, "b": ["words " * 30] * 2})
    assert "97.12\u00a0±\u00a00.26" in tables.to_html(frame, "c")
    text = tables.to_text(frame, "c")
    assert "\u00a0" not in text and text.count("97.12 ± 0.26") == 6


def test_an_error_is_a_number_of_at_least_0():
    assert tables.measured(1, None).error is None
    assert tables.measured(np.float64(1), float("nan")).error is None
    with pytest.raises(ValueError, match="error: expected at least 0"):
        tables.measured(1, -0.1)
    for wrong in ("1", True, None, torch.ones(2)):
        with pytest.raises(TypeError, match="value: expected a number"):
            tables.measured(wrong, 0.1)


def test_a_table_without_room_has_a_paragraph_for_each_row():
    names = ["model", *(f"a_long_metric_{n}" for n in range(6))]
    rows = [[f"vae_2d_{n}", *([tables.measured(1609.123 + n, 0.005)] * 6)] for n in range(2)]
    text = tables.to_text(pd.DataFrame(rows, columns=names), "Says so.")
    lines = text.splitlines()
    assert lines[:3] == ["Says so.", "model: vae_2d_0", "  a_long_metric_0: 1,609.123 ± 0.005"]
    assert lines[8] == "model: vae_2d_1" and len(lines) == 15
