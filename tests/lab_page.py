"""A notebook in the page of JupyterLab: what tests do with it, and what they ask it."""

import axe

SESSION = "window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
KERNEL = f"{SESSION}?.session?.kernel"


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
    """Press a key on the live slider, and wait until its picture is another one."""
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


def on_screen(page, kind, text):
    """Wait until a heading, which is far down, stands in the window."""
    page.wait_for_function(
        """([kind, text]) => [...document.querySelectorAll(kind)].some((heading) => {
        const { top, height } = heading.getBoundingClientRect();
        const is = heading.textContent.startsWith(text);
        return is && height > 0 && top > 0 && top < window.innerHeight - 100;
    })""",
        arg=[kind, text],
        timeout=20_000,
    )
