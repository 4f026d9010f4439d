"""JupyterLab in a real browser: lessons open and run, live sliders move pictures, folds open."""

import nbformat
import pytest
from browser import Watched, chromium, jupyterlab

from course_utils import settings
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of what a lesson needs."""
    folder, home = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("home")
    (folder / "notebooks").mkdir()
    lesson = nbformat.read(ROOT / "notebooks" / LESSON, as_version=4)
    lesson.cells.append(nbformat.v4.new_code_cell(LIVE.strip()))
    nbformat.write(lesson, folder / "notebooks" / LESSON)
    nbformat.write(folded(), folder / "notebooks" / "folded.ipynb")
    with jupyterlab(folder, home) as base:
        yield base


def folded():
    """A notebook of a plain cell and a folded one, in canonical form."""
    plain, fold = nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell("# Draws.\ny = 2")
    fold.metadata["tags"] = ["hide-input"]
    fold.outputs = [nbformat.v4.new_output("stream", text="drawn\n")]
    notebook = nbformat.v4.new_notebook(cells=[plain, fold])
    return nbformat.reads(normalise.normalise(nbformat.writes(notebook)), as_version=4)


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


def test_a_fold_says_what_it_makes_and_opens_by_a_click_or_from_the_menu(lab):
    with chromium() as browser:
        watched = Watched(browser, lab)
        page = watched.page
        page.goto(f"{lab}/doc/tree/notebooks/folded.ipynb?reset")
        page.wait_for_selector(".jp-Notebook", timeout=90_000)
        page.wait_for_function(f"() => {KERNEL}?.status === 'idle'", timeout=90_000)
        first, second = page.locator(".jp-CodeCell").all()
        code = ".jp-InputArea-editor"
        assert first.locator(code).is_visible() and not second.locator(code).is_visible()
        assert second.locator(".jp-OutputArea").inner_text().strip() == "drawn"
        assert second.locator(".jp-InputPlaceholder").inner_text() == "# Draws."
        second.locator(".jp-InputPlaceholder").click()
        second.locator(code).wait_for(state="visible", timeout=10_000)
        for name, is_open in (("hide", False), ("show", True)):  # View, All Code: by keys too
            page.evaluate(
                f"() => window.jupyterapp.commands.execute('notebook:{name}-all-cell-code')"
            )
            state = "visible" if is_open else "hidden"
            second.locator(code).wait_for(state=state, timeout=10_000)
        page.close()
