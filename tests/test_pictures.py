"""The lessons' small pictures: fitted whole, and as old as the lessons."""

import base64
import io

import nbformat
import pytest
from PIL import Image

from course_utils import settings
from tools.lessons import pictures

ROOT = settings.root()


def a_lesson(folder, name, colour, tags=("thumbnail",)):
    buffer = io.BytesIO()
    Image.new("RGB", (640, 100), colour).save(buffer, format="png")
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode()}
    shown = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("draw()", outputs=[shown] if colour else [])
    cell.metadata["tags"] = list(tags)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / f"{name}.ipynb")


def test_a_picture_is_fitted_whole():
    canvas = pictures.fitted(Image.new("RGB", (640, 100), "blue"))
    assert canvas.size == pictures.SIZE
    assert canvas.getpixel((160, 100)) == (0, 0, 255)
    assert canvas.getpixel((160, 10)) == canvas.getpixel((160, 190)) == (255, 255, 255)


def test_pictures_are_drawn_checked_and_removed(tmp_path, capsys):
    notebooks, docs = tmp_path / "notebooks", tmp_path / "docs"
    notebooks.mkdir()
    docs.mkdir()
    call = ["--docs", str(docs), "--notebooks", str(notebooks)]
    a_lesson(notebooks, "01_a", "blue")
    a_lesson(notebooks, "02_b", "red", tags=())
    assert pictures.main([*call, "--check"]) == 1 and not list(docs.iterdir())
    assert pictures.main(call) == 0
    assert sorted(path.name for path in docs.rglob("*.png")) == ["01.png", "course.png"]
    assert pictures.main([*call, "--check"]) == 0
    a_lesson(notebooks, "01_a", "green")
    assert pictures.main([*call, "--check"]) == 1
    assert "01.png: differs" in capsys.readouterr().out
    (notebooks / "01_a.ipynb").unlink()
    a_lesson(notebooks, "02_b", "red")
    assert pictures.main(call) == 0
    assert sorted(path.name for path in docs.rglob("*.png")) == ["02.png", "course.png"]
    a_lesson(notebooks, "02_b", None)
    with pytest.raises(ValueError, match="02_b.ipynb: expected a picture"):
        pictures.main(call)


def test_the_committed_pictures_are_those_of_the_lessons():
    assert pictures.main(["--check"]) == 0, "run: make pictures"


def test_every_lesson_has_one():
    lessons = {path.stem.split("_")[0] for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.stem for path in (ROOT / "docs" / "thumbnails").glob("*.png")} == lessons
