"""How the site is built: beside each other, quickly, and with every fault told."""

import subprocess
import sys

import pytest
from docutils import nodes
from sphinx import addnodes

from course_utils import settings
from tools.site import beside, build, quick


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
    build.sphinx(source, tmp_path / "html", tmp_path / "doctrees", options=())
    assert (tmp_path / "html" / "index.html").is_file()
