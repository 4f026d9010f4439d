"""JupyterLab in a real browser: a lesson opens, runs, and its live slider moves the picture."""

import shutil

import pytest
from browser import Watched, chromium, jupyterlab

from course_utils import settings

ROOT = settings.root()
LESSON = "02_vae_mnist.ipynb"
SESSION = "window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
KERNEL = f"{SESSION}?.session?.kernel"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of what a lesson needs."""
    folder, home = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("home")
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / LESSON, folder / "notebooks")
    with jupyterlab(folder, home) as base:
        yield base


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


def test_a_lesson_runs_and_its_live_slider_moves(lab):
    with chromium() as browser:
        watched = Watched(browser, lab)
        page = watched.page
        page.goto(f"{lab}/doc/tree/notebooks/{LESSON}?reset")
        page.wait_for_selector(".jp-Notebook", timeout=90_000)
        page.wait_for_function(f"() => {KERNEL}?.status === 'idle'", timeout=90_000)
        for start in ("first", "after a restart"):
            if start != "first":
                page.evaluate(f"() => {SESSION}.restartKernel()")
            run_all(page)
            assert not faults(page), start
            before, after = move_live_slider(page)
            assert before != after, start
        assert not watched.outside
        page.close()
