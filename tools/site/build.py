"""The lessons as a web site in ``build/site/html``: ``make site``.

Pages are made from the committed notebooks and docs/; nothing is executed. Widgets move without
a kernel by ipywidgets' own ``embed.js``, which is taken once from its npm package and kept in
``build/site/vendor``. The finished site asks nothing of the network, from ``file://`` too.
"""

import argparse
import base64
import gc
import io
import os
import shutil
import sys
import time
from pathlib import Path

import nbformat

from tools import console
from tools.public import links, name
from tools.site import accessible, downloads, home, night, pages, parts, vendor
from tools.site.beside import Beside, at_once
from tools.site.errors import SiteError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "site"
SLIDERS = ROOT / "tools" / "lab" / "labextensions" / "vae-course" / "static" / "sliders.js"
MOST_MEGABYTES = 30
# All that the pages use of MathJax; the package brings every component and format.
MATHJAX_KEPT = ("tex-chtml.js", "output/chtml/fonts")


def prepare(source, beside=at_once):
    """Write everything that Sphinx reads; returns the lessons' notebooks by stem.

    Args:
        source: folder that is made anew.
        beside: takes the work that others need not wait for; what it writes into ``source`` is
            there once it has settled.
    """
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "lessons").mkdir()
    (source / "_static" / "widgets").mkdir(parents=True)
    embed = vendor.script(vendor.MANAGER, BUILD / "vendor" / "embed.js")
    shutil.copy(embed, source / "_static" / "widgets" / "embed.js")
    shutil.copy(SLIDERS, source / "_static" / "sliders.js")
    public = name.read()
    paths = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    for path in paths.values():
        beside(downloads.write, path, source)
    notebooks = {}
    for stem, path in paths.items():
        notebooks[stem] = pages.lesson_page(path, pages.extras_of(stem, paths), public)
        nbformat.write(parts.show_solutions(notebooks[stem]), source / "lessons" / path.name)
    for page in source.glob("*.md"):  # the docs link to the notebooks where they lie
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("](../notebooks/", "](lessons/"), encoding="utf-8")
    fill(source / "bibliography.md", "references", pages.references(notebooks))
    fill(source / "instructors.md", "exercises", pages.points_table(notebooks))
    for place, lines in home.parts(notebooks, ROOT, source, BUILD / "night", beside).items():
        fill(source / "index.md", place, lines)
    fill(source / "index.md", "published", links.of_site(public))
    fill(source / "index.md", "toc", [f"lessons/{stem}" for stem in pages.main_lessons(notebooks)])
    return notebooks


def fill(page, name, lines):
    """Put generated lines at the page's place for them: ``<!-- name -->`` or ``%name%``."""
    text = page.read_text(encoding="utf-8")
    place = next((mark for mark in (f"<!-- {name} -->", f"%{name}%") if mark in text), None)
    if place is None:
        raise SiteError(f"{page.name}: the place <!-- {name} --> is missing")
    page.write_text(text.replace(place, "\n".join(lines)), encoding="utf-8")


def prune_mathjax(folder):
    """Remove what no page loads, 20 MB of it."""
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not any(name == kept or name.startswith(kept + "/") for kept in MATHJAX_KEPT):
            path.unlink()


def sphinx(source, target, doctrees, tags=(), strict=True, quiet=True, ready=None):
    """Call Sphinx on what :func:`prepare` wrote; ``target`` is made anew.

    It runs in this process, which has imported already what most of its own start would be.

    Args:
        source: folder of its sources.
        target: folder of the pages.
        doctrees: folder of what it keeps from one build to the next.
        tags: such as ``paper``, which docs/conf.py asks for.
        strict: take a warning for an error.
        quiet: show nothing of what it says.
        ready: called before it reads the first page.

    Raises:
        SiteError: an error of Sphinx, or a warning where it is strict.
    """
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    shutil.rmtree(target, ignore_errors=True)
    places = [str(place) for place in (source, source, target, doctrees)]
    said = io.StringIO() if quiet else sys.stderr
    how = {"status": None if quiet else sys.stdout, "warning": said, "warningiserror": strict}
    how |= {"tags": tags, "parallel": os.cpu_count() or 1}
    failure = ""
    try:
        with patch_docutils(source), docutils_namespace():
            app = Sphinx(*places, "html", **how)
            if ready:
                ready()
            app.build()
            failed = app.statuscode
    except SphinxError as error:
        failed, failure = True, f"{error}\n{getattr(error, 'traceback', '')}"
    if failed:
        told = f"{said.getvalue() if quiet else ''}\n{failure}".strip().replace(f"{source}/", "")
        raise SiteError(f"Sphinx ended with warnings or errors:\n{told}")


def draw_ahead(notebooks, kept, beside):
    """Have the pictures of the dark theme drawn, while Sphinx reads and writes the pages."""
    for notebook in notebooks.values():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    beside(night.keep, base64.b64decode(output.data["image/png"]), kept)


def build(quiet=True):
    """Build the site; its folder.

    Raises:
        SiteError: a warning of Sphinx (each is an error here), a missing tool, too many bytes.
    """
    source, target, kept = BUILD / "source", BUILD / "html", BUILD / "night"
    with Beside() as beside:
        notebooks = prepare(source, beside)

        def ready():
            beside.settle()
            draw_ahead(notebooks, kept, beside)

        sphinx(source, target, BUILD / "doctrees", quiet=quiet, ready=ready)
    prune_mathjax(target / "_static" / "mathjax")
    accessible.mend(target)
    night.add(target, kept)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 1e6
    if size > MOST_MEGABYTES:
        raise SiteError(f"the site has {size:.1f} MB, more than {MOST_MEGABYTES}")
    return target, size


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Build the web site of the course.")
    parser.add_argument("--verbose", action="store_true", help="show what Sphinx says")
    asked = parser.parse_args(arguments)
    start = time.monotonic()
    # Most of what a build makes it keeps to its end: looking for garbage was a sixth of its time.
    gc.disable()
    try:
        target, size = build(quiet=not asked.verbose)
    except SiteError as error:
        sys.exit(f"make site: {error}")
    pages = len(list(target.rglob("*.html")))
    seconds, first = time.monotonic() - start, (target / "index.html").relative_to(ROOT)
    print(f"{pages} pages, {size:.1f} MB, in {seconds:.1f} s: {first}")
    gc.freeze()  # or it would all be looked through once more on the way out
    return 0


if __name__ == "__main__":
    console.run(main)
