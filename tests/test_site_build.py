"""How the site is built: beside each other, quickly, and with every fault told."""

import base64
import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from docutils import nodes
from PIL import Image
from sphinx import addnodes

from course_utils import settings
from tools.lessons import normalise
from tools.site import beside, build, downloads, look, night, pages, quick, vendor


def test_work_given_away_is_done_when_it_has_settled(tmp_path):
    with beside.Beside() as given:
        given((tmp_path / "a").write_text, "1")
        given.settle()
        assert (tmp_path / "a").read_text() == "1"
        given((tmp_path / "b").write_text, "2")
    assert (tmp_path / "b").read_text() == "2"


def test_an_error_of_work_given_away_is_raised(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"), beside.Beside() as given:
        given((tmp_path / "nowhere" / "a").write_text, "1")
    with pytest.raises(ZeroDivisionError), beside.Beside() as given:
        given((tmp_path / "nowhere" / "a").write_text, "1")
        raise ZeroDivisionError  # the first error is the one that is told


def entry(name, *beneath):
    """A page of Sphinx's contents: its title, and a list of what is in it."""
    link = nodes.reference("", name, refuri=name, anchorname="")
    item = nodes.list_item("", addnodes.compact_paragraph("", "", link))
    item += [nodes.bullet_list("", *beneath)] if beneath else []
    return item


def test_contents_beside_a_page_keep_titles_and_the_pages_beneath():
    section = entry("section", entry("part"))
    pages = addnodes.toctree(entries=[(None, "02x")])
    tocs = {
        "02": nodes.bullet_list("", entry("02", section, pages)),
        "03": nodes.bullet_list("", entry("03", entry("section"))),
        "04": nodes.bullet_list("", entry("04")),
    }
    before = {name: toc.pformat() for name, toc in tocs.items()}
    slim = quick.titles_of(tocs)
    assert {name: toc.astext().split() for name, toc in slim.items()} == {
        "02": ["02"],
        "03": ["03"],
        "04": ["04"],
    }
    assert [len(list(toc.findall(addnodes.toctree))) for toc in slim.values()] == [1, 0, 0]
    assert before == {name: toc.pformat() for name, toc in tocs.items()}


def test_no_grammars_of_addresses_are_built():
    says = "import sys, tools.site.pages; print('rfc3987_syntax' in sys.modules)"
    call = [sys.executable, "-c", says]
    done = subprocess.run(call, cwd=settings.root(), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_sphinx_says_is_told(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text("project = 'x'\n")
    (source / "index.rst").write_text("Title\n=====\n\n:ref:`nowhere`\n")
    with pytest.raises(build.SiteError, match="index.rst:4: WARNING: undefined label") as told:
        build.sphinx(source, tmp_path / "html", tmp_path / "doctrees")
    assert str(source) not in str(told.value)
    build.sphinx(source, tmp_path / "html", tmp_path / "doctrees", strict=False)
    assert (tmp_path / "html" / "index.html").is_file()


def test_pictures_are_the_same_in_fewer_bytes(tmp_path):
    generator = np.random.default_rng(0)
    photo = Image.fromarray(generator.integers(0, 240, (90, 90, 3), dtype=np.uint8))
    palette = Image.new("L", (90, 90), 255).convert("P")
    images = tmp_path / "site" / "_images"
    images.mkdir(parents=True)
    photo.save(images / "photo.png")
    palette.save(images / "palette.png")
    (images / "line.svg").write_text('<svg><path style="fill: #ffffff"/></svg>')
    told = '<img src="_images/photo.png" alt="Red"><img alt="On white" src="_images/palette.png">'
    told += '<img src="_images/line.svg" alt="A line">'
    (tmp_path / "site" / "index.html").write_text(told)
    night.add(tmp_path / "site", tmp_path / "kept")
    assert (tmp_path / "site" / "index.html").read_text() == (
        '<img class="only-light" src="_images/photo.webp" alt="Red">'
        '<img class="only-dark" src="_images/photo.night.webp" alt="Red">'
        '<img class="as-drawn" alt="On white" src="_images/palette.webp">'
        '<img class="only-light" src="_images/line.svg" alt="A line">'
        '<img class="only-dark" src="_images/line.night.svg" alt="A line">'
    )
    assert sorted(path.name for path in images.iterdir()) == [
        "line.night.svg",
        "line.svg",
        "palette.webp",
        "photo.night.webp",
        "photo.webp",
    ]
    for name, picture in (("photo", photo), ("palette", palette)):
        with Image.open(images / f"{name}.webp") as written:
            assert (np.asarray(written) == np.asarray(picture.convert("RGB"))).all()


def test_code_without_elements_of_the_ground_s_colour_looks_the_same(site):
    """Both themes colour these classes as the ground text, so nothing is lost without them."""
    rules = (site / "_static" / "pygments.css").read_text("utf-8")
    for name in look.PLAIN:
        found = re.findall(rf"^(.*?)\.highlight \.{name} {{ (.*?) }}", rules, re.MULTILINE)
        assert len(found) >= 2, name
        for theme, rule in found:
            base = rf"^{re.escape(theme)}\.highlight {{ .*?(color: #\w+) }}"
            ground = re.search(base, rules, re.MULTILINE)
            assert rule == ground[1], f"{theme} {name}"
    page = (site / "lessons" / "05_gumbel.html").read_text("utf-8")
    assert not re.search(rf'<pre>.*<span class="({"|".join(look.PLAIN)})">', page)
    assert '<span class="k">' in page and '<span class="s2">' in page


# ------------------------------------------------------------------------------ faults are told


def npm(monkeypatch, answer):
    """In the place of npm: ``answer`` is called with the folder that the package goes to."""

    def run(call, **options):
        answer(Path(call[-1]))
        return subprocess.CompletedProcess(call, 0, "", "")

    monkeypatch.setattr(vendor.shutil, "which", lambda name: "npm")
    monkeypatch.setattr(vendor.subprocess, "run", run)


def test_what_npm_does_not_give_is_told(tmp_path, monkeypatch):
    def waits(folder):
        raise subprocess.TimeoutExpired("npm", vendor.MOST)

    def gives_another(folder):
        with tarfile.open(folder / "a.tgz", "w:gz") as archive:
            archive.add(__file__, "package/other.js")

    for answer, said in (
        (waits, "did not end within"),
        (lambda folder: None, "no file"),
        (gives_another, "has no file package/axe.min.js"),
    ):
        npm(monkeypatch, answer)
        with pytest.raises(build.SiteError, match=said):
            vendor.script(vendor.AXE, tmp_path / "axe.js")
    assert not (tmp_path / "axe.js").exists()


def test_what_is_no_lesson_is_told(tmp_path):
    path = tmp_path / "03_c.ipynb"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(build.SiteError, match="03_c.ipynb: this file is no notebook"):
        pages.lesson_page(path)
    cell = nbformat.v4.new_code_cell("1")
    shown = nbformat.v4.new_output("display_data", data={normalise.WIDGET_VIEW: {"model_id": "m"}})
    cell.outputs = [shown]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 03 · C"), cell])
    nbformat.write(notebook, path)
    with pytest.raises(build.SiteError, match="03_c.ipynb: a slider is shown whose state 'm'"):
        pages.lesson_page(path)
    with pytest.raises(build.SiteError, match="03_c.ipynb: no lesson in the notebook's metadata"):
        downloads.write(path, tmp_path)


CONF = 'extensions, nb_execution_mode = ["myst_nb", "tools.site.alt_text"], "off"'


@pytest.mark.parametrize("alt", ["", "A dot."])
def test_a_picture_without_a_sentence_is_told(tmp_path, alt):
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "png")
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode()}
    says = {"image/png": {"alt": alt}} if alt else {}
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data, metadata=says)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), cell])
    nbformat.write(notebook, source / "index.ipynb")
    if alt:
        build.sphinx(source, tmp_path / "html", tmp_path / "doctrees", strict=False)
        assert 'alt="A dot."' in (tmp_path / "html" / "index.html").read_text("utf-8")
    else:
        with pytest.raises(build.SiteError, match="index.ipynb: picture 1 has no sentence"):
            build.sphinx(source, tmp_path / "html", tmp_path / "doctrees", strict=False)
