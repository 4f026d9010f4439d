"""What docs/errors.md says of nbconvert: which template keeps the descriptions of figures."""

import nbformat
from nbconvert import HTMLExporter

from course_utils import settings


def test_the_template_of_the_errors_page_keeps_descriptions():
    path = settings.root() / "notebooks" / "05_gumbel.ipynb"
    page = (settings.root() / "docs" / "errors.md").read_text("utf-8")
    assert f"--to html --template classic notebooks/{path.name}" in page
    html, _ = HTMLExporter(template_name="classic").from_filename(str(path))
    assert "No description has been provided" not in html
    pictures = [
        output.metadata["image/png"]["alt"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {}) and len(output.data) == 2
    ]
    assert pictures and html.count("<img ") >= len(pictures)
    for sentence in pictures:
        assert sentence.split(":")[0].split("'")[0] in html
