"""Lessons by their numbers, extras included."""

import json

import pytest

from course_utils import numbering, settings
from course_utils.lesson import start

NAMES = ("02_vae_mnist", "02_vae_mnist-Copy1", "02x_latents", "02y_more", "03_vae_colour")


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    for name in NAMES:
        text = json.dumps({"metadata": {"course": {"edition": 2}} if "x" in name else {}})
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(text)
    monkeypatch.setattr(settings, "root", lambda: tmp_path)


@pytest.mark.parametrize(
    ("number", "name"),
    [("02", NAMES[0]), ("02x", NAMES[2]), ("02y", NAMES[3]), ("03", NAMES[4])],
)
def test_a_lesson_is_never_its_extra(lessons, number, name):
    assert numbering.stem(number) == name
    assert start(number).name == name


@pytest.mark.parametrize("number", ["03x", "2", "02z", "02xx", "x", "", "02_vae", "0[2]", "02*", 2])
def test_other_numbers_are_refused(lessons, number):
    with pytest.raises(ValueError, match="number: expected the number of one lesson of 02_vae"):
        numbering.stem(number)


def test_the_edition_stands_in_the_notebook(lessons):
    assert [numbering.edition(name) for name in NAMES] == [1, 1, 2, 1, 1]
