"""The lessons as a web site in ``build/site/html``: ``make site``.

Pages are made from the committed notebooks and docs/; nothing is executed. Widgets move without
a kernel by ipywidgets' own ``embed.js``, which is taken once from its npm package and kept in
``build/site/vendor``. The finished site asks nothing of the network, from ``file://`` too.
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import nbformat

from course_utils.files import write_whole
from tools import console
from tools.lessons.normalise import WIDGET_STATE, WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "site"
# The release that speaks the protocol of ipywidgets 8; `npm pack` verifies its checksum.
MANAGER = "@jupyter-widgets/html-manager@1.0.15"
EMBED = "package/dist/embed.js"
MOST_MEGABYTES = 25
ENTRY = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
# Authors, *title*, where. Why. (The dot after an initial ends nothing.)
SOURCE = re.compile(r"(.*?\*(.+?)\*.*?(?<!\b[A-Z])\.)(?: +(.*))?$")
LIVE = "(In JupyterLab two more sliders stand here, which run the decoder live.)\n"
HEADLINE = re.compile(r"^# (\d\d) · (.+)$", re.MULTILINE)
# All that the pages use of MathJax; the package brings every component and format.
MATHJAX_KEPT = ("tex-chtml.js", "tex-mml-chtml.js", "output/chtml/fonts")


class SiteError(Exception):
    """The site could not be built; the message says what to do."""


def embed_script(vendor):
    """Path of ``embed.js``, fetched from npm on the first call.

    Raises:
        SiteError: npm is missing, or has no such package.
    """
    path = vendor / "embed.js"
    if path.is_file():
        return path
    npm = shutil.which("npm")
    if npm is None:
        raise SiteError(
            "npm is not installed. The site takes the script that moves its sliders from the npm "
            f"package {MANAGER}. Install npm (Debian: apt-get install npm) and try again."
        )
    with tempfile.TemporaryDirectory() as folder:
        call = [npm, "pack", MANAGER, "--silent", "--pack-destination", folder]
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=300)
        packed = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or len(packed) != 1:
            raise SiteError(f"npm pack {MANAGER} failed: {done.stderr.strip()[-500:] or 'no file'}")
        with tarfile.open(fileobj=io.BytesIO(packed[0].read_bytes())) as archive:
            script = archive.extractfile(EMBED).read()
    write_whole(path, script)
    return path


def lesson_page(path):
    """A notebook as the site shows it: the solutions folded."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "exercise" in tags:
            cell.metadata["tags"] = [*tags, "hide-input"]
            number = cell.metadata["course"]["id"]
            cell.metadata["mystnb"] = {
                "code_prompt_show": f"Exercise {number}: show a solution",
                "code_prompt_hide": f"Exercise {number}: hide the solution",
            }
    choose_sliders(notebook)
    return notebook


def choose_sliders(notebook):
    """Leave out still pictures that stand for sliders, and sliders that need a kernel."""
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for cell in notebook.cells:
        for place, output in enumerate(cell.get("outputs", [])):
            view = output.get("data", {}).get(WIDGET_VIEW)
            if view:
                output.data.pop("image/png", None)
            children = state[view["model_id"]]["state"].get("children", []) if view else []
            names = [state[child[-32:]]["state"].get("description", "") for child in children]
            if any(name.endswith(", live") for name in names):
                cell.outputs[place] = nbformat.v4.new_output("stream", text=LIVE)


def title_of(notebook):
    """(number, title) of a lesson, from its first heading."""
    found = HEADLINE.search(notebook.cells[0].source)
    if found is None:
        raise SiteError(
            f"expected the heading '# 01 · Title', got {notebook.cells[0].source[:60]!r}"
        )
    return found.groups()


def references(notebooks):
    """Lines of the bibliography: each source once, with the lessons that name it."""
    sources = {}
    for stem, notebook in notebooks.items():
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        _, _, listed = text.partition("## References")
        for entry in ENTRY.findall(listed):
            found = SOURCE.match(entry)
            if found is None:
                raise SiteError(f"{stem}: expected 'authors, *title*, year. Why', got {entry!r}")
            who, title, why = found.groups()
            key = re.sub(r"\W+", "", title).lower()
            sources.setdefault(key, (who, []))[1].append((stem, why))
    lines = []
    for who, uses in sorted(sources.values(), key=lambda source: source[0].lower()):
        lines += [f"- {who}"]
        for stem, why in uses:
            said = f": {why}" if why else ""
            lines.append(f"    - [lesson {stem[:2]}](lessons/{stem}.ipynb){said}")
    return lines


def prepare(source):
    """Write everything that Sphinx reads; returns the lessons' notebooks by stem."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "lessons").mkdir()
    (source / "_static" / "widgets").mkdir(parents=True)
    shutil.copy(embed_script(BUILD / "vendor"), source / "_static" / "widgets" / "embed.js")
    notebooks = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebooks[path.stem] = lesson_page(path)
        nbformat.write(notebooks[path.stem], source / "lessons" / path.name)
    for page in source.glob("*.md"):  # the docs link to the notebooks where they lie
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("](../notebooks/", "](lessons/"), encoding="utf-8")
    fill(source / "bibliography.md", "references", references(notebooks))
    fill(source / "instructors.md", "exercises", points_table(notebooks))
    fill(source / "index.md", "lessons", lessons_table(notebooks, source))
    fill(source / "index.md", "toc", [f"lessons/{stem}" for stem in notebooks])
    return notebooks


def lessons_table(notebooks, source):
    """Rows of the first page: a picture of each lesson, its title and its first sentences."""
    rows = ["| | lesson |", "|---|---|"]
    for stem, notebook in notebooks.items():
        number, title = title_of(notebook)
        intro = notebook.cells[0].source.split("\n\n")[1].replace("\n", " ")
        picture = f"thumbnails/{number}.png"
        image = (
            f"![a picture of lesson {number}]({picture})" if (source / picture).is_file() else ""
        )
        intro = intro.replace("|", "&#124;")
        rows.append(f"| {image} | [{number} {title}](lessons/{stem}.ipynb)<br>{intro} |")
    return rows


def points_table(notebooks):
    """Rows of the instructors' page: exercises and points of each lesson."""
    rows = ["| lesson | to code | points | in words | points |", "|---|---:|---:|---:|---:|"]
    for stem, notebook in notebooks.items():
        row = [f"[{stem[:2]}](lessons/{stem}.ipynb)"]
        for tag in ("exercise", "reflection"):
            cells = [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]
            row += [str(len(cells)), str(sum(cell.metadata["course"]["points"] for cell in cells))]
        rows.append(f"| {' | '.join(row)} |")
    return rows


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


def build(quiet=True):
    """Build the site; its folder.

    Raises:
        SiteError: a warning of Sphinx (each is an error here), a missing tool, too many bytes.
    """
    source, target = BUILD / "source", BUILD / "html"
    prepare(source)
    shutil.rmtree(target, ignore_errors=True)
    call = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html"]
    call += ["-d", str(BUILD / "doctrees"), *(["-q"] if quiet else []), str(source), str(target)]
    done = subprocess.run(call, check=False, capture_output=quiet, text=True)
    if done.returncode:
        said = (done.stderr or "").strip().replace(f"{source}/", "")
        raise SiteError(f"Sphinx ended with warnings or errors:\n{said}")
    prune_mathjax(target / "_static" / "mathjax")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 1e6
    if size > MOST_MEGABYTES:
        raise SiteError(f"the site has {size:.1f} MB, more than {MOST_MEGABYTES}")
    return target, size


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Build the web site of the course.")
    parser.add_argument("--verbose", action="store_true", help="show what Sphinx says")
    asked = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        target, size = build(quiet=not asked.verbose)
    except SiteError as error:
        sys.exit(f"make site: {error}")
    pages = len(list(target.rglob("*.html")))
    seconds, first = time.monotonic() - start, (target / "index.html").relative_to(ROOT)
    print(f"{pages} pages, {size:.1f} MB, in {seconds:.1f} s: {first}")
    return 0


if __name__ == "__main__":
    console.run(main)
