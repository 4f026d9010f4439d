"""The JupyterLab of ``make lab`` in a real browser, as a reader meets the lessons in it."""

import shutil
import urllib.request

import axe
import nbformat
import pytest
from browser import Watched, chromium, jupyterlab
from lab_page import (
    KERNEL,
    SESSION,
    faults,
    judged,
    move_live_slider,
    on_screen,
    opened,
    run_all,
    spoken,
)

from course_utils import settings, widgets
from tools import course
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
CODE, FOLD = ".jp-InputArea-editor", ".jp-InputPlaceholder [role=button]"
COMMANDS = "window.jupyterapp.commands"
IN_CELL = "(cell) => cell.contains(document.activeElement)"
DRAWS = "Draws a picture, and says what is in it by a sentence that is longer than the window."
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
    nbformat.write(endless(), folder / "notebooks" / "endless.ipynb")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("*.png"))
    return folder


@pytest.fixture(scope="module")
def lab(folder, tmp_path_factory):
    """JupyterLab on the copy."""
    with jupyterlab(folder, tmp_path_factory.mktemp("home"), course.first_lesson()) as base:
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
    sources = ["x = 1", f"# {DRAWS}\ny = 2", solved, f'def g():\n    """{MESSAGE[:70]}"""']
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[1].metadata["tags"] = ["hide-input"]
    cells[1].outputs = [nbformat.v4.new_output("stream", text="drawn\n")]
    cells[2].metadata.update(tags=["exercise"], course={"id": "1.1"})
    cells[3].outputs = [nbformat.v4.new_output("stream", text="reparameterisations, " * 30)]
    return canonical(cells)


def canonical(cells):
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    return nbformat.reads(normalise.normalise(text), as_version=4)


def endless():
    """A notebook whose second cell has to be stopped."""
    begin = "from course_utils.lesson import start\n\nstart('01')"
    loop = "def train():\n    while True:\n        pass\n\nprint('started', flush=True)\ntrain()"
    return canonical([nbformat.v4.new_code_cell(source) for source in (begin, loop)])


def test_a_lesson_runs_its_live_slider_moves_and_axe_finds_nothing(lab, watched):
    page = watched.page
    opened(page, lab, "live.ipynb")
    for start_of in ("first", "after a restart"):
        if start_of != "first":
            page.evaluate(f"() => {SESSION}.restartKernel()")
        run_all(page)
        assert not faults(page), start_of
        move_live_slider(page)
    sliders = spoken(page)
    assert len(sliders) >= 2 and all(shown == said for shown, said in sliders), sliders
    unknown, used = judged(page)
    assert not unknown, "\n".join(unknown)
    headed = page.locator(".jp-MarkdownCell:has(.jp-collapseHeadingButton)").first
    headed.hover()  # the button is drawn under the pointer alone, where axe-core never sees it
    headed.get_by_role("button", name="Fold or open this section").wait_for(timeout=10_000)
    told = page.locator(".jp-RenderedText").filter(has_text=widgets.RUN)
    assert told.count() and not any(one.is_visible() for one in told.all()), "a slider is there"
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
    page.locator(FOLD).first.click()  # reading is no change
    page.wait_for_timeout(300)
    assert page.evaluate(f"() => {model}.dirty") is False, "unsaved after a fold was opened"
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


def test_the_address_that_is_printed_leads_to_the_first_lesson(lab, tmp_path_factory):
    log = next(tmp_path_factory.getbasetemp().glob("home*/server.log")).read_text("utf-8")
    assert f"{lab}/lab/tree/{course.first_lesson()}" in log
    with urllib.request.urlopen(lab, timeout=30) as answer:
        assert answer.geturl() == f"{lab}/lab/tree/{course.first_lesson()}"


def test_a_fold_says_what_it_makes_and_opens_by_a_click_a_key_or_from_the_menu(lab, watched):
    page = watched.page
    opened(page, lab, "folded.ipynb")
    page.wait_for_function("() => document.querySelectorAll('.jp-CodeCell').length === 4")
    first, second, third, _ = page.locator(".jp-CodeCell").all()
    assert first.locator(CODE).is_visible() and not second.locator(CODE).is_visible()
    assert second.locator(".jp-OutputArea").inner_text().strip() == "drawn"
    second.locator(FOLD).wait_for(state="visible", timeout=10_000)
    assert second.locator(FOLD).inner_text() == f"Show the code: {DRAWS[:-1]}"
    second.locator(FOLD).click()
    second.locator(CODE).wait_for(state="visible", timeout=10_000)
    page.wait_for_function(IN_CELL, arg=second.element_handle(), timeout=10_000)
    assert third.locator(FOLD).inner_text() == "Exercise 1.1: show a solution"
    third.locator(FOLD).focus()
    page.keyboard.press("Enter")
    third.locator(CODE).wait_for(state="visible", timeout=10_000)
    page.wait_for_function(IN_CELL, arg=third.element_handle(), timeout=10_000)
    label = page.evaluate(f"() => {COMMANDS}.label('notebook:show-all-cell-code')")
    assert f"*View, {label}*" in (ROOT / "README.md").read_text("utf-8"), "as the README says"
    for name, is_open in (("hide", False), ("show", True)):  # by keys too
        page.evaluate(f"() => {COMMANDS}.execute('notebook:{name}-all-cell-code')")
        state = "visible" if is_open else "hidden"
        for cell in (second, third):
            cell.locator(CODE).wait_for(state=state, timeout=10_000)


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
    text = page.locator(f"{FOLD} .jp-PlaceholderText").first
    size = "(text) => [text.getBoundingClientRect().right, text.scrollWidth - text.offsetWidth]"
    right, cut = text.evaluate(size)
    assert right < 700 and cut <= 0, "what a fold says is whole too"
    needed, there, characters = cell.locator(".cm-scroller").evaluate(room)
    assert needed <= there and characters > 80


def test_a_link_leads_to_its_heading_in_a_page_and_in_a_lesson(lab, watched):
    page = watched.page
    opened(page, lab, "01_vae_2d.ipynb")
    page.locator(".jp-Notebook a:text-is('KL divergence')").first.click()
    on_screen(page, ".jp-MarkdownViewer h2", "KL divergence")
    place = "#6-what-is-the-log-likelihood-and-can-we-trust-the-number"  # as in docs/questions.md
    page.evaluate(
        "(given) => { window.jupyterapp.commands.execute('rendermime:handle-local-link', given); }",
        {"path": f"notebooks/{LESSON}", "id": place},
    )
    on_screen(page, ".jp-Notebook h2", "6. What is the log-likelihood, and can we trust")
    page.evaluate(
        f"() => {{ {COMMANDS}.execute('docmanager:open', {{path: 'docs/notation.md'}}); }}"
    )
    on_screen(page, ".jp-MarkdownViewer h1", "Notation")


def test_a_cell_that_is_stopped_says_where_and_what_to_do(lab, watched):
    page = watched.page
    opened(page, lab, "endless.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    cell = page.locator(".jp-CodeCell").last
    cell.locator(".jp-OutputArea-output:has-text('started')").wait_for(timeout=60_000)
    page.evaluate(f"() => {KERNEL}.interrupt()")
    error = cell.locator(".jp-OutputArea-output[data-mime-type*=stderr]")
    error.wait_for(timeout=30_000)
    said = error.inner_text().strip().split("\n")
    assert said[0] == "Stopped in line 6: train()" and len(said) == 2, said
    assert "run it again" in said[1]
