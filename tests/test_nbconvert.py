"""What docs/errors.md says of nbconvert: no description of a figure is lost."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter

from course_utils import settings

LESSONS = sorted((settings.root() / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS[:2], ids=lambda path: path.stem)
def test_each_description_is_read_under_its_figure(path):
    page, _ = HTMLExporter().from_filename(str(path))
    words = BeautifulSoup(page, "html.parser").get_text().replace("$", "")
    read = " ".join(words.split())
    described = [
        output.metadata["image/png"]["alt"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert described
    for sentence in described:
        assert " ".join(sentence.replace("$", "").split()) in read
