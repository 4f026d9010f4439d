"""The course as one PDF, ``build/pdf/course.pdf``: ``make pdf``.

The site's own pages are built anew as chapters (see paper.py), put into one page of HTML (book.py)
and printed by the chromium of the system. Numbers of pages are read from the first print and stand
in the second. Nothing is executed, and nothing is asked of the network.
"""

import argparse
import math
import re
import shutil
import sys
import time

from course_utils import __version__
from tools import console
from tools.site import book, build, paper
from tools.site.pages import SiteError

BUILD = build.ROOT / "build" / "pdf"
TITLE = "A course on variational autoencoders"
LINES = (
    "Notebooks that build each model from its formulas, in PyTorch",
    f"Version {__version__}, by the authors of the course",
    "Code under the MIT licence, text and figures under CC BY 4.0",
)
BESIDE = ("questions", "notation", "glossary", "bibliography", "results", "errors")
MOST_MEGABYTES = 60
MOST_PRINTS = 4  # a number that is wider than its place may move a page: then once more
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)
TEXT_WIDTH = 643  # CSS pixels of A4's 210 mm less the margins of book.css
TURNED_WIDTH = 971  # and of its 297 mm, where the sheet lies on its side
SMALLEST = 6.5  # points: what is set smaller than that cannot be read
# What is wider than the paper is set smaller; a table of more than a page may break. Returned is
# what would have to be too small, and in how many points.
FIT = """([upright, turned, smallest]) => {
  const parts = [...document.querySelectorAll("table, mjx-container[display]")];
  const sizes = parts.map((part) => {
    const chapter = part.closest(".chapter");
    const paper = chapter.matches(".turned") ? turned : upright;
    const left = part.parentElement.getBoundingClientRect().left;
    return {
      room: paper - (left - chapter.getBoundingClientRect().left),
      wide: Math.max(part.scrollWidth, ...[...part.children].map((one) => one.scrollWidth)),
      high: part.offsetHeight,
      points: parseFloat(getComputedStyle(part).fontSize) * 0.75,
      named: `${chapter.id}: ${part.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}`,
    };
  });  // all are measured before the first is changed, or each would be laid out anew
  const unread = [];
  parts.forEach((part, place) => {
    const { room, wide, high, points, named } = sizes[place];
    const share = wide > room ? Math.floor((room / wide) * 98) / 100 : 1;
    if (share < 1) part.style.zoom = share;
    if (share * points < smallest) unread.push([named, share * points]);
    if (part.matches("table") && high > 900) part.classList.add("long");
  });
  return unread;
}"""


def names_of(stems):
    """Part of the book -> the site's pages in it, by their names."""
    return {
        "Lessons": [f"lessons/{stem}" for stem in stems],
        "Beside the lessons": list(BESIDE),
        "Appendix": [f"lessons/{paper.SOLUTIONS}"],
    }


def chapters(lessons=()):
    """Build the pages and take them apart; the folder of the pages, and part -> chapters.

    Args:
        lessons: stems of the lessons; all of them if empty.
    """
    source, folder = BUILD / "source", BUILD / "pages"
    notebooks = build.prepare(source)
    stems = [stem for stem in notebooks if not lessons or stem in lessons]
    paper.write(source, stems)
    leave_out_the_reference(source / "index.md")
    for stem in set(notebooks) - set(stems):
        (source / "lessons" / f"{stem}.ipynb").unlink()
    # Of some lessons alone, links to the others lead nowhere, of which Sphinx warns.
    build.sphinx(source, folder, BUILD / "doctrees", tags=("paper",), strict=not lessons)
    parts = names_of(stems)
    found = book.chapters(folder, [name for names in parts.values() for name in names])
    held = {chapter.stem: chapter for chapter in found}
    for chapter in found:
        if chapter.stem in BESIDE:
            chapter.sections = []
    return folder, {
        part: [held[name.rpartition("/")[2]] for name in names] for part, names in parts.items()
    }


def leave_out_the_reference(page):
    """The API reference is no chapter; its pages are not made for the book."""
    lines = page.read_text(encoding="utf-8").split("\n")
    kept = [line for line in lines if "api/index" not in line]
    page.write_text("\n".join(kept), encoding="utf-8")


def print_book(folder, parts, target):
    """Print the chapters until each number of a page is the one where its place is.

    Returns the number of pages.
    """
    text, numbers = book.page(TITLE, LINES, parts), {}
    page = folder / "book.html"
    with browser() as opened:
        for _ in range(MOST_PRINTS):
            page.write_text(numbered(text, numbers), encoding="utf-8")
            to_paper(opened, page, target)
            found, pages = places(target)
            if found == numbers:
                return pages
            numbers = found
    raise SiteError("the numbers of pages did not settle: the contents move what they point to")


def numbered(text, numbers):
    """The book with the number of each page that it names."""

    def number(found):
        return f"{found.group(1)}{numbers.get(found.group(2), book.WAITING)}</span>"

    place = rf'(<span class="page-of" data-to="([^"]+)">){book.WAITING}</span>'
    return re.sub(place, number, text)


def places(path):
    """(id -> number of the page where it is, number of pages) of a PDF."""
    import pypdf

    reader = pypdf.PdfReader(path)
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, start=1)}
    found = {}
    for name, place in reader.named_destinations.items():
        found[name.removeprefix("/")] = numbers[place.page.idnum]
    return found, len(numbers)


def browser():
    """The chromium of the system, as a context."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SiteError(
            "chromium is not installed. It prints the course. Install it (Debian: "
            "apt-get install chromium) and try again."
        )
    return Browser(path)


class Browser:
    """A started chromium; playwright brings none of its own."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        from playwright.sync_api import sync_playwright

        self.playwright = sync_playwright().start()
        self.started = self.playwright.chromium.launch(executable_path=self.path, args=FLAGS)
        return self.started

    def __exit__(self, *failure):
        self.started.close()
        self.playwright.stop()


def to_paper(opened, page, target):
    """Print one page of HTML, once its formulas are set and its pictures are there."""
    view = opened.new_page(viewport={"width": TEXT_WIDTH, "height": 900})
    view.set_default_timeout(0)
    view.goto(page.as_uri(), wait_until="load")
    view.wait_for_function("() => !!window.MathJax?.startup?.promise")
    view.evaluate("() => MathJax.startup.promise")
    view.emulate_media(media="print")
    unread = view.evaluate(FIT, [TEXT_WIDTH, TURNED_WIDTH, SMALLEST])
    if unread:
        named = "; ".join(f"{words} ({points:.1f} points)" for words, points in unread)
        raise SiteError(f"wider than the paper, so that it would be too small to read: {named}")
    failed = view.locator("mjx-merror").count()
    if failed:
        raise SiteError(f"{failed} formulas could not be set")
    view.pdf(
        path=target, prefer_css_page_size=True, print_background=True, outline=True, tagged=True
    )
    view.close()


def make(lessons=(), target=BUILD / "course.pdf"):
    """Make the PDF: its path, number of pages and megabytes.

    Raises:
        SiteError: a warning of Sphinx, a missing tool, a formula that fails, too many bytes.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    folder, parts = chapters(lessons)
    pages = print_book(folder, parts, target)
    size = target.stat().st_size / 1e6
    if size > MOST_MEGABYTES:
        raise SiteError(f"the PDF has {math.ceil(size)} MB, more than {MOST_MEGABYTES}")
    return target, pages, size


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Print the course as one PDF.")
    parser.add_argument("lessons", nargs="*", help="some of them alone, such as 01_vae_2d")
    asked = parser.parse_args(arguments)
    start = time.monotonic()
    known = sorted(path.stem for path in paper.NOTEBOOKS.glob("*.ipynb"))
    if unknown := sorted(set(asked.lessons) - set(known)):
        sys.exit(f"make pdf: no lesson {', '.join(unknown)}; there are {', '.join(known)}")
    try:
        target, pages, size = make(asked.lessons)
    except SiteError as error:
        sys.exit(f"make pdf: {error}")
    seconds = time.monotonic() - start
    print(f"{pages} pages, {size:.1f} MB, in {seconds:.0f} s: {target.relative_to(build.ROOT)}")
    return 0


if __name__ == "__main__":
    console.run(main)
