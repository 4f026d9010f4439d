"""The JupyterLab of ``make lab`` in a real browser, as a reader meets the lessons in it."""

import hashlib
import json
import shutil
from types import SimpleNamespace

import axe
import nbformat
import pytest
from browser import Watched, chromium, jupyterlab

from course_utils import settings
from tools.lab import saving, start
from tools.lessons import normalise

ROOT = settings.root()
LESSON = "02_vae_mnist.ipynb"
LIVE = """
def render(z_1, z_2):
    z = torch.tensor([[z_1, z_2]])
    return widgets.image_png(mean_images(models["vae_fc2"], z)[0], zoom=4)


names = ("z 1, live", "z 2, live")
widgets.live(render, descriptions=names, limits=(-3.0, 3.0, 0.0), says="The image at z.")
"""
SESSION = "window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
KERNEL = f"{SESSION}?.session?.kernel"


MESSAGE = "Your function returned a tensor of shape (3, 2), and a rate of shape (3,) is expected. "
# Lessons whose sliders are saved with them, and one without; each is opened and saved.
SAVED = [
    path.name
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if normalise.WIDGET_STATE in path.read_text("utf-8") or path.name.startswith("01_")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of what a lesson needs, one with a live slider, and a notebook of folds."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "notebooks").mkdir()
    for name in SAVED:
        shutil.copy(ROOT / "notebooks" / name, folder / "notebooks" / name)
    lesson = nbformat.read(ROOT / "notebooks" / LESSON, as_version=4)
    lesson.cells.append(nbformat.v4.new_code_cell(LIVE.strip()))
    nbformat.write(lesson, folder / "notebooks" / "live.ipynb")
    nbformat.write(folded(), folder / "notebooks" / "folded.ipynb")
    return folder


@pytest.fixture(scope="module")
def lab(folder, tmp_path_factory):
    """JupyterLab on the copy."""
    with jupyterlab(folder, tmp_path_factory.mktemp("home")) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def watched(browser, lab):
    watched = Watched(browser, lab)
    yield watched
    watched.page.close()


def folded():
    """A notebook of a plain cell, a folded one, an exercise and a message, in canonical form."""
    solved = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    sources = ["x = 1", "# Draws.\ny = 2", solved, f'def g():\n    """{MESSAGE[:70]}"""']
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[1].metadata["tags"] = ["hide-input"]
    cells[1].outputs = [nbformat.v4.new_output("stream", text="drawn\n")]
    cells[2].metadata.update(tags=["exercise"], course={"id": "1.1"})
    cells[3].outputs = [nbformat.v4.new_output("stream", text="reparameterisations, " * 30)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return nbformat.reads(normalise.normalise(nbformat.writes(notebook)), as_version=4)


def opened(page, lab, name):
    """Open a notebook and wait until its kernel has said what it is."""
    page.goto(f"{lab}/doc/tree/notebooks/{name}?reset", timeout=90_000)
    page.wait_for_selector(".jp-Notebook", timeout=90_000)
    page.wait_for_function(f"() => {KERNEL}?.status === 'idle'", timeout=90_000)
    page.evaluate(f"() => {KERNEL}.info")


def run_all(page):
    page.wait_for_function(f"() => {KERNEL}?.status === 'idle'", timeout=90_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def faults(page):
    """Errors among the outputs, and code cells that did not run."""
    return page.evaluate(
        """() => {
        const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
        const code = cells.filter((cell) => cell.type === "code" && cell.sharedModel.source.trim());
        const said = [];
        for (const cell of code) {
            if (cell.executionCount === null) said.push("not run: " + cell.sharedModel.source);
            for (let i = 0; i < cell.outputs.length; i++) {
                const output = cell.outputs.get(i).toJSON();
                if (output.output_type === "error") said.push(output.ename + ": " + output.evalue);
            }
        }
        return said;
    }"""
    )


def move_live_slider(page):
    """Press a key on the live slider; the picture's sources before and after."""
    box = page.locator(".widget-vbox:has(.widget-label:text('live'))").last
    box.scroll_into_view_if_needed()
    handle = box.locator(".noUi-handle").first
    handle.focus()
    before = box.locator("img").first.get_attribute("src")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([box, old]) => box.querySelector('img')?.src !== old",
        arg=[box.element_handle(), before],
        timeout=30_000,
    )
    return before, box.locator("img").first.get_attribute("src")


def spoken(page):
    """(name, value) of each slider: as it is shown, and as its handle says it."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".widget-slider")].map((slider) => {
        const text = (part) => slider.querySelector(part).textContent;
        const handle = slider.querySelector(".noUi-handle");
        return [
            [text(".widget-label"), text(".widget-readout")],
            [handle.getAttribute("aria-label"), handle.getAttribute("aria-valuetext")],
        ];
    })"""
    )


def judged(page):
    """What axe-core finds in the notebook's panel, all of whose cells are drawn first."""
    page.evaluate(
        """() => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.notebookConfig = {...notebook.notebookConfig, windowingMode: "none"};
    }"""
    )
    cells = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    shown = "(most) => document.querySelectorAll('.jp-Notebook .jp-Cell').length >= most"
    page.wait_for_function(shown, arg=page.evaluate(cells), timeout=60_000)
    page.wait_for_timeout(500)
    page.evaluate(axe.script())
    found = axe.rules(page, ".jp-NotebookPanel")
    return axe.sorted_out(page, found, axe.known("JupyterLab"))


def test_a_lesson_runs_its_live_slider_moves_and_axe_finds_nothing(lab, watched):
    page = watched.page
    opened(page, lab, "live.ipynb")
    for start_of in ("first", "after a restart"):
        if start_of != "first":
            page.evaluate(f"() => {SESSION}.restartKernel()")
        run_all(page)
        assert not faults(page), start_of
        before, after = move_live_slider(page)
        assert before != after, start_of
    sliders = spoken(page)
    assert len(sliders) >= 2 and all(shown == said for shown, said in sliders), sliders
    unknown, used = judged(page)
    assert not unknown, "\n".join(unknown)
    gone = [row for row in axe.known("JupyterLab") if row not in used]
    assert not gone, f"docs/accessibility.md lists what no longer occurs: {gone}"
    assert not watched.outside


@pytest.mark.parametrize("name", SAVED)
def test_a_lesson_that_is_opened_and_saved_stays_as_it_was(lab, folder, watched, name):
    page = watched.page
    opened(page, lab, name)
    page.wait_for_timeout(1500)  # what a kernel that has started changes comes a little later
    model = "window.jupyterapp.shell.currentWidget.context.model"
    assert page.evaluate(f"() => {model}.dirty") is False, "unsaved, though nobody changed it"
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0, "no question about news"
    path = folder / "notebooks" / name
    before = path.stat().st_mtime_ns
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    assert path.stat().st_mtime_ns != before
    assert path.read_bytes() == (ROOT / "notebooks" / name).read_bytes()
    page.evaluate(f"() => {{ {model}.cells.get(0).sharedModel.source += ' x'; }}")
    page.wait_for_function(f"() => {model}.dirty", timeout=10_000)
    page.wait_for_timeout(300)
    assert page.evaluate(f"() => {model}.dirty") is True, "what a reader changed is unsaved"
    page.evaluate(f"() => {SESSION}.shutdown()")


def test_a_fold_says_what_it_makes_and_opens_by_a_click_a_key_or_from_the_menu(lab, watched):
    page = watched.page
    opened(page, lab, "folded.ipynb")
    page.wait_for_function("() => document.querySelectorAll('.jp-CodeCell').length === 4")
    first, second, third, _ = page.locator(".jp-CodeCell").all()
    code, fold = ".jp-InputArea-editor", ".jp-InputPlaceholder [role=button]"
    assert first.locator(code).is_visible() and not second.locator(code).is_visible()
    assert second.locator(".jp-OutputArea").inner_text().strip() == "drawn"
    second.locator(fold).wait_for(state="visible", timeout=10_000)
    assert second.locator(fold).inner_text() == "Show the code: Draws"
    second.locator(fold).click()
    second.locator(code).wait_for(state="visible", timeout=10_000)
    assert third.locator(fold).inner_text() == "Exercise 1.1: show a solution"
    third.locator(fold).focus()
    page.keyboard.press("Enter")
    third.locator(code).wait_for(state="visible", timeout=10_000)
    for name, is_open in (("hide", False), ("show", True)):  # View, All Code: by keys too
        page.evaluate(f"() => window.jupyterapp.commands.execute('notebook:{name}-all-cell-code')")
        state = "visible" if is_open else "hidden"
        for cell in (second, third):
            cell.locator(code).wait_for(state=state, timeout=10_000)


def test_messages_and_docstrings_are_whole_in_a_narrow_window(lab, watched):
    page = watched.page
    page.set_viewport_size({"width": 700, "height": 900})
    opened(page, lab, "folded.ipynb")
    cell = page.locator(".jp-CodeCell:has(.jp-OutputArea pre:text('reparameterisation'))")
    broken = cell.locator(".jp-OutputArea pre").evaluate(
        """(pre) => {
        const text = pre.firstChild, range = document.createRange();
        return [...text.data.matchAll(/\\S+/g)].filter((word) => {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            return range.getClientRects().length > 1;
        }).map(([word]) => word);
    }"""
    )
    assert broken == []
    room = "(box) => [box.scrollWidth, box.clientWidth, box.textContent.length]"
    needed, there, characters = cell.locator(".cm-scroller").evaluate(room)
    assert needed <= there and characters > 80


def test_a_saved_lesson_keeps_its_metadata_and_other_files_their_own():
    kernel = {"name": "python3", "display_name": "3.13"}
    mine = {"course": {"lesson": "01"}, "kernelspec": kernel, "language_info": {"version": "3.13"}}
    for changed, metadata in (
        (True, mine),
        (False, {"kernelspec": kernel}),
        (False, mine | {"kernelspec": {"name": "r"}}),
    ):
        given = json.loads(json.dumps({"nbformat": 4, "metadata": metadata, "cells": []}))
        saving.as_committed(model={"type": "notebook", "content": given}, path="x.ipynb")
        assert (given["metadata"] != metadata) is changed
    assert set(given["metadata"]) == set(mine)
    saving.as_committed(model={"type": "file", "content": "text"}, path="x")


def test_a_fold_that_was_only_opened_stays_folded_in_the_file(tmp_path):
    path = tmp_path / "01.ipynb"
    metadata = {"course": {"lesson": "01"}, "kernelspec": {"name": "python3"}}
    cells = [{"id": name, "metadata": {}, "source": name} for name in ("same", "mine", "open")]
    for cell in cells[:2]:
        cell["metadata"] = {"jupyter": {"source_hidden": True}}
    content = {"nbformat": 4, "metadata": metadata, "cells": cells}
    path.write_text(json.dumps(content), encoding="utf-8")
    saved = json.loads(path.read_text("utf-8"))
    for cell in saved["cells"]:  # each was opened, and one rewritten
        cell["metadata"] = {"tags": ["x"]}
    saved["cells"][1]["source"] = "my own answer"
    model, manager = {"type": "notebook", "content": saved}, SimpleNamespace(root_dir=str(tmp_path))
    saving.as_committed(model=model, path="/01.ipynb", contents_manager=manager)
    folded = {"tags": ["x"], "jupyter": {"source_hidden": True}}
    assert [cell["metadata"] for cell in saved["cells"]] == [
        folded,
        {"tags": ["x"]},
        {"tags": ["x"]},
    ]
    path.write_text("{", encoding="utf-8")  # nothing to compare with: saved as it is
    saving.as_committed(model=model, path="/01.ipynb", contents_manager=manager)


def test_a_browser_takes_no_older_extension_than_the_folder_has():
    folder = start.HERE / "labextensions" / "vae-course"
    parts = [path.read_bytes() for path in sorted((folder / "static").iterdir())]
    version = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    package = json.loads((folder / "package.json").read_text("utf-8"))
    loaded = package["jupyterlab"]["_build"]["load"]
    assert loaded == f"static/reading.js?{version}", "the address has to change with the files"


def test_folders_of_defaults_that_were_given_stay():
    here = str(start.HERE / "config")
    assert start.environment({}) == {start.PATHS: here}
    given = start.environment({start.PATHS: "theirs"})
    assert given == {start.PATHS: f"{here}{start.os.pathsep}theirs"}
