"""One public name switches every link on, and takes it back byte for byte."""

import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
import pytest

from course_utils import settings
from course_utils.files import write_all
from homework import lessons as graded
from homework import release, verify
from homework.inside import extract, needs
from tools.lessons import contract, listing
from tools.public import links, name, publish, setup_cell
from tools.site import pages

ROOT = settings.root()
PUBLIC = name.Public("owner/vae-course", "v7.3", "https://owner.github.io/vae-course/")
CALL = ["--repository", PUBLIC.repository, "--tag", PUBLIC.tag, "--site", PUBLIC.site]
FILES = ("README.md", "pyproject.toml")
STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SERVICES = {
    *("colab.research.google.com", "kaggle.com", "mybinder.org", "codespaces.new"),
    *("github.com", "owner.github.io"),
}


def copy(folder, lessons="*.ipynb"):
    """What publishing writes to, without a name, in a folder of its own."""
    (folder / "notebooks").mkdir(parents=True)
    for path in (*(ROOT / file for file in FILES), *(ROOT / "notebooks").glob(lessons)):
        shutil.copy(path, folder / path.relative_to(ROOT))
    write_all(publish.differing(folder, name.Public()))
    return folder


def texts(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = copy(tmp_path_factory.mktemp("published"))
    assert publish.main(["--root", str(folder), *CALL]) == 0
    return folder


@pytest.fixture
def small(tmp_path):
    return copy(tmp_path / "course", "0[12]_*.ipynb")


def test_the_course_agrees_with_its_name():
    assert publish.differing(ROOT, name.read()) == {}, "run: make publish"


def test_taken_back_it_is_as_it_was_byte_for_byte(small, capsys):
    before = texts(small)
    call = ["--root", str(small)]
    assert publish.main([*call, *CALL]) == 0
    once = texts(small)
    assert set(once) == set(before) and all(once[path] != before[path] for path in before)
    assert publish.main([*call, *CALL]) == publish.main([*call, "--check"]) == 0
    assert texts(small) == once
    assert publish.main([*call, "--tag", "v7.4"]) == 0
    assert name.read(small) == name.Public(PUBLIC.repository, "v7.4", PUBLIC.site)
    assert not [path for path, text in texts(small).items() if b"v7.3" in text]
    assert publish.main([*call, "--repository", ""]) == 0
    assert texts(small) == before
    assert "Taken back: no name, and no link to the outside." in capsys.readouterr().out


def test_a_new_lesson_is_found_and_gets_its_cell(small, capsys):
    publish.main(["--root", str(small), *CALL])
    shutil.copy(ROOT / "notebooks" / "09_iwae.ipynb", small / "notebooks")
    before = texts(small)
    assert publish.main(["--root", str(small), "--check"]) == 1
    assert texts(small) == before
    assert "09_iwae.ipynb does not agree with the name" in capsys.readouterr().out
    assert publish.main(["--root", str(small)]) == 0
    assert publish.differing(small, name.read(small)) == {}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["--repository", "vae-course", "--tag", "v1"], "REPOSITORY: expected owner/name"),
        (["--repository", "https://github.com/a/b", "--tag", "v1"], "REPOSITORY: expected"),
        (["--repository", "a/b.git", "--tag", "v1"], "REPOSITORY: expected"),
        (["--repository", "a/..", "--tag", "v1"], "REPOSITORY: expected"),
        (["--repository", "a-/b", "--tag", "v1"], "REPOSITORY: expected"),
        (["--repository", 'a/b"\nc', "--tag", "v1"], "REPOSITORY: expected"),
        (["--repository", "a/b"], "TAG: expected the tag of a/b"),
        (["--repository", "a/b", "--tag", "v 1"], "TAG: expected the name of a tag"),
        (["--repository", "a/b", "--tag", "--upload-pack=x"], None),
        (["--repository", "a/b", "--tag=--upload-pack=x"], "TAG: expected the name of a tag"),
        (["--repository", "a/b", "--tag", "v1..2"], "TAG: expected the name of a tag"),
        (["--repository", "a/b", "--tag", "release/1"], "TAG: expected the name of a tag"),
        (["--repository", "a/b", "--tag", "v1", "--site", "http://a.b"], "SITE: expected"),
        (["--repository", "a/b", "--tag", "v1", "--site", 'https://a.b/"'], "SITE: expected"),
        (["--tag", "v1"], "TAG: of which repository"),
        (["--repository", "", "--tag", "v1"], "TAG: of which repository"),
    ],
)
def test_a_malformed_name_changes_nothing(small, capsys, call, said):
    before = texts(small)
    with pytest.raises(SystemExit) as stopped:
        publish.main(["--root", str(small), *call])
    if said is not None:
        assert said in str(stopped.value) and "Nothing was changed." in str(stopped.value)
    assert texts(small) == before


def test_a_page_without_its_place_changes_nothing(small):
    for file, lost, said in (
        ("README.md", "<!-- badges:end -->", "expected one <!-- badges:begin -->"),
        ("README.md", "<!-- without-installing:begin -->", "expected one <!-- without-inst"),
        ("pyproject.toml", 'tag = ""', "expected one line tag"),
        ("pyproject.toml", "[tool.course]", "the section [tool.course] is missing"),
        ("notebooks/01_vae_2d.ipynb", '"cells"', "01_vae_2d.ipynb: no notebook that can be read"),
    ):
        whole = (small / file).read_text("utf-8")
        (small / file).write_text(whole.replace(lost, ""), "utf-8")
        before = texts(small)
        with pytest.raises(SystemExit, match=re.escape(said)):
            publish.main(["--root", str(small), *CALL])
        assert texts(small) == before
        (small / file).write_text(whole, "utf-8")


def test_all_is_written_or_nothing(small, monkeypatch):
    before, left, fsync = texts(small), [2], os.fsync

    def full(*arguments):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        fsync(*arguments)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        publish.main(["--root", str(small), *CALL])
    assert texts(small) == before


# ----------------------------------------------------------------------------------- the addresses


def addresses(published):
    """Every address that the name makes, wherever it is shown."""
    told = (published / "README.md").read_text("utf-8")
    for mark in ("badges", "without-installing"):
        inside = told.partition(f"<!-- {mark}:begin -->")[2].partition(f"<!-- {mark}:end -->")[0]
        yield from re.findall(r"\]\((.+?)\)", inside)
    for line in [*(links.buttons(PUBLIC, stem) for stem in STEMS), *links.of_site(PUBLIC)]:
        yield from re.findall(r"\]\((.+?)\)", line)


def place(address):
    """The path in the course that an address leads to, or ""."""
    parts = urlsplit(address)
    base = f"/{PUBLIC.repository}/blob/{PUBLIC.tag}/"
    if parts.netloc == "colab.research.google.com" and not parts.path.endswith(".svg"):
        assert parts.path.startswith(f"/github{base}")
        return unquote(parts.path.removeprefix(f"/github{base}"))
    if parts.netloc == "kaggle.com" and parts.query:
        [inner] = parse_qs(parts.query, strict_parsing=True)["src"]
        return place(inner)
    if parts.netloc == "mybinder.org" and parts.query:
        assert parts.path == f"/v2/gh/{PUBLIC.repository}/{PUBLIC.tag}"
        [inner] = parse_qs(parts.query, strict_parsing=True)["labpath"]
        return inner
    if parts.netloc == "github.com" and "/blob/" in parts.path:
        assert parts.path.startswith(base)
        return unquote(parts.path.removeprefix(base))
    return ""


def test_every_address_is_well_formed_and_its_path_is_there(published):
    found, led = list(addresses(published)), []
    for address in found:
        parts = urlsplit(address)
        assert parts.scheme == "https" and parts.netloc in SERVICES, address
        assert re.fullmatch(r"[A-Za-z0-9._~/?=&:%-]+", address), address
        assert not parts.port and not parts.username and not parts.fragment
        if path := place(address):
            assert (ROOT / path).is_file(), address
            led.append(path)
    for stem in STEMS:  # three in the README, four on the site
        assert led.count(f"notebooks/{stem}.ipynb") >= 7
    shown = {urlsplit(address).netloc for address in found}
    assert shown == SERVICES


def test_without_a_name_there_is_no_address():
    nobody = name.Public()
    assert links.badges(nobody, STEMS) == links.section(nobody, STEMS) == ""
    assert links.of_site(nobody) == []
    page = pages.lesson_page(ROOT / "notebooks" / f"{STEMS[0]}.ipynb", public=nobody)
    assert "Open in" not in page.cells[0].source
    assert not any("github.com" in cell.source for cell in page.cells)


# ------------------------------------------------------------------------- the cell and its lesson


@pytest.fixture(params=STEMS)
def pair(request, published):
    """A lesson without the cell, and the same lesson with it: paths."""
    file = f"{request.param}.ipynb"
    return ROOT / "notebooks" / file, published / "notebooks" / file


def test_the_lesson_around_the_cell_is_the_same(pair):
    without, with_it = (nbformat.read(path, as_version=4) for path in pair)
    nbformat.validate(with_it)
    place = next(n for n, cell in enumerate(with_it.cells) if cell.cell_type == "code")
    cell = with_it.cells.pop(place)
    assert setup_cell.is_setup(cell) and contract.is_folded(cell) and cell.outputs == []
    assert not list(contract.fold_problems(cell, ""))
    counts = [one.execution_count for one in with_it.cells if one.cell_type == "code"]
    assert [cell.execution_count, *counts] == list(range(1, len(counts) + 2))
    assert [one.source for one in with_it.cells] == [one.source for one in without.cells]
    assert max(map(len, cell.source.splitlines())) <= contract.COLUMNS


def test_contract_listing_and_site_do_not_count_it(pair):
    without, with_it = (nbformat.read(path, as_version=4) for path in pair)
    assert contract.measure(with_it) == contract.measure(without)
    assert contract.problems(with_it) == contract.problems(without)
    assert listing.row(with_it, pair[0].stem) == listing.row(without, pair[0].stem)
    page = pages.lesson_page(pair[1], public=PUBLIC)
    assert not any(setup_cell.is_setup(cell) for cell in page.cells)
    heading, intro, files, buttons = page.cells[0].source.split("\n\n")[:4]
    assert heading.startswith("# ") and not intro.startswith(":") and "Download" in files
    assert buttons == links.buttons(PUBLIC, pair[0].stem)
    assert page.cells[0].source.replace(f"\n\n{buttons}", "") == (
        pages.lesson_page(pair[0]).cells[0].source
    )


def test_student_versions_keep_it_and_grading_leaves_it_out(pair):
    lesson = graded.read(pair[1])
    student = release.student_version(lesson)
    [cell] = [one for one in student["cells"] if setup_cell.is_setup(one)]
    assert graded.source(cell) == setup_cell.text_of(PUBLIC)
    assert verify.parses(student) == verify.goes_back(lesson, student) == []
    assert verify.leaks(lesson, student) == []
    code = [graded.source(one) for one in lesson.cells if one["cell_type"] == "code"]
    number = code.index(setup_cell.text_of(PUBLIC))
    found, faults = extract.statements(code)
    assert number not in faults
    cells = [one for one in lesson.cells if one["cell_type"] == "code"]
    listed = [
        {"id": e.id, "defines": list(e.defines), "cell": cells.index(lesson.cells[e.cell])}
        for e in lesson.exercises
    ]
    for exercise in lesson.exercises:
        runs = needs.of(found, listed, exercise.id).runs
        assert runs and number not in {found[place].cell for place in runs}


def test_the_cell_keeps_to_the_rules_of_code(published):
    for command in (["check", "--select", "E,F,I,B,UP,NPY"], ["format", "--check"]):
        call = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "80"]
        call += ["--target-version", "py311", str(ROOT / "tools" / "public" / "first_cell.py")]
        done = subprocess.run(call, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_a_notebook_without_a_run_gets_a_cell_without_a_number():
    cells = [nbformat.v4.new_markdown_cell("# 01 · A"), nbformat.v4.new_code_cell("x = 1")]
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    made = nbformat.reads(setup_cell.put(text, PUBLIC), as_version=4)
    assert [cell.get("execution_count") for cell in made.cells] == [None] * 3
    assert [setup_cell.is_setup(cell) for cell in made.cells] == [False, True, False]
    moved = SimpleNamespace(**vars(PUBLIC) | {"tag": "v2"})
    again = setup_cell.put(setup_cell.put(text, PUBLIC), moved)
    assert again.count('fetch_course(\\"owner/vae-course\\", \\"v2\\")') == 1
    assert "v7.3" not in again
