"""One HTML page of many: the chapters of the printed course, its title and its contents."""

import html
import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup

REFERS = ("aria-labelledby", "aria-describedby", "for", "headers")
DROPPED = ".headerlink, .copybtn, .launch, .neighbours, .lost, script, style, button, input"
DROPPED += ", .toctree-wrapper"
TURNED = ("results",)  # chapters whose tables are too wide for a sheet that stands upright
WAITING = "000"  # where a page's number will stand, as wide as most of them
# What of MathJax the pages set, without its menu and without text that only a screen reader finds.
MATHJAX = """window.MathJax = {options: {enableMenu: false, enableAssistiveMml: false,
processHtmlClass: "math", ignoreHtmlClass: "chapter|contents|title"}};"""


@dataclass
class Chapter:
    """A page of the site as a chapter: its name, its title, its body and its sections."""

    stem: str
    title: str
    body: object
    sections: list  # (id, title as HTML)


def chapters(folder, names):
    """The chapters of built pages, such as ``lessons/05_gumbel``, with links inside one page."""
    stems = {f"{name}.html": posixpath.basename(name) for name in names}
    found = []
    for name, stem in stems.items():
        text = (folder / name).read_text(encoding="utf-8")
        body = BeautifulSoup(text, "html.parser").select_one("article[role=main]")
        clean(body)
        rename(body, stem)
        relink(body, name, stem, stems)
        heading = body.find("h1")
        sections = [(_id_of(part), shown(part)) for part in body.find_all("h2")]
        found.append(Chapter(stem, said(heading), body, sections))
    known = {part["id"] for one in found for part in one.body.find_all(id=True)}
    for chapter in found:
        unlink(chapter.body, known | {one.stem for one in found})
    return found


def said(heading):
    """The text of a heading, on one line."""
    return " ".join(heading.get_text().split())


def shown(heading):
    """A heading as HTML within a line: its formulas, and no link."""
    copy = BeautifulSoup(heading.decode_contents(), "html.parser")
    for part in copy.find_all(["a", "span"]):
        if "math" not in part.get("class", ()):
            part.unwrap()
    return copy.decode_contents().strip()


def _id_of(heading):
    return heading.get("id") or heading.find_parent(id=True)["id"]


def clean(body):
    """Leave out what only a screen can use, and open what is folded."""
    for part in body.select(DROPPED):
        part.decompose()
    for fold in body.find_all("details"):
        fold.name, fold["class"] = "div", ["fold"]
        for summary in fold.find_all("summary"):
            summary.name, summary["class"] = "p", ["fold-title"]
    for part in body.find_all(True):
        for name in (*REFERS, "tabindex"):
            part.attrs.pop(name, None)
    for picture in body.find_all("img"):
        picture.attrs.pop("loading", None)


def rename(body, stem):
    """Ids get the chapter's name in front: each is there once in the whole book.

    A section's id moves to its heading, which may stand on the next page, where the section shows.
    """
    for section in body.select("section[id]"):
        heading = section.find(re.compile("^h[1-6]$"), recursive=False)
        if heading is not None and not heading.get("id"):
            heading["id"] = section["id"]
            del section["id"]
    for part in body.find_all(id=True):
        part["id"] = f"{stem}--{part['id']}"


def relink(body, name, stem, stems):
    """Links and pictures of the page ``name`` as seen from the book's own page."""
    folder = posixpath.dirname(name)
    for picture in body.find_all(src=True):
        if not picture["src"].startswith("data:"):
            picture["src"] = posixpath.normpath(posixpath.join(folder, picture["src"]))
    for link in body.find_all("a", href=True):
        if re.match(r"[a-z]+:|//", link["href"]):
            continue
        place, fragment = urldefrag(link["href"])
        target = posixpath.normpath(posixpath.join(folder, unquote(place))) if place else name
        to = stems.get(target)
        link["href"] = f"#{to}--{unquote(fragment)}" if fragment else f"#{to}"
        if to is None:
            link["href"] = ""


def unlink(body, known):
    """A link to what the book does not hold is plain text; one to a solution says its page."""
    for link in body.find_all("a", href=True):
        target = link["href"].removeprefix("#")
        if link["href"].startswith("#") and target in known:
            if re.search(r"--(solution|exercise)-\d", target):
                link.insert_after(BeautifulSoup(f" (page {number_of(target)})", "html.parser"))
        elif not re.match(r"[a-z]+:|//", link["href"]):
            link.unwrap()


def number_of(target):
    """The place of the page's number of an id."""
    return f'<span class="page-of" data-to="{html.escape(target)}">{WAITING}</span>'


def contents(parts):
    """The table of contents: title of a part -> its chapters."""
    lines = ['<nav class="contents"><h1>Contents</h1>']
    for title, held in parts.items():
        lines.append(f"<h2>{html.escape(title)}</h2><ul>")
        for chapter in held:
            lines.append(f"<li>{_entry(chapter.stem, html.escape(chapter.title))}<ul>")
            lines += [f"<li>{_entry(*section)}</li>" for section in chapter.sections]
            lines.append("</ul></li>")
        lines.append("</ul>")
    return "\n".join([*lines, "</nav>"])


def _entry(target, title):
    place = html.escape(target)
    words = f'<span class="words">{title}</span><span class="dots"></span>'
    return f'<a href="#{place}">{words}{number_of(target)}</a>'


def styles(parts):
    """Each chapter's title at the head of its pages, and the sheets that lie on their side."""
    rules = []
    for place, chapter in enumerate(one for held in parts.values() for one in held):
        title = chapter.title.replace("\\", "").replace('"', "'")
        size = "size: A4 landscape; " if chapter.stem in TURNED else ""
        rules.append(f'@page chapter{place} {{ {size}@top-left {{ content: "{title}"; }} }}')
        rules.append(f"[data-chapter='{place}'] {{ page: chapter{place}; }}")
    return "\n".join(rules)


def page(title, lines, parts):
    """The whole book as HTML.

    Args:
        title: of the course.
        lines: of the title page, under the title.
        parts: title of a part -> its chapters.
    """
    bodies = [
        f'<div class="chapter{" turned" if chapter.stem in TURNED else ""}" id="{chapter.stem}" '
        f'data-chapter="{place}">'
        f"{chapter.body.decode_contents()}</div>"
        for place, chapter in enumerate(one for held in parts.values() for one in held)
    ]
    head = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title>",
        '<link rel="stylesheet" href="_static/pygments.css">',
        '<link rel="stylesheet" href="_static/book.css">',
        f"<style>{styles(parts)}</style><script>{MATHJAX}</script>",
        '<script defer src="_static/mathjax/tex-chtml.js"></script></head><body>',
        f'<div class="title"><h1>{html.escape(title)}</h1>',
        *(f"<p>{html.escape(line)}</p>" for line in lines),
        "</div>",
    ]
    return "\n".join([*head, contents(parts), *bodies, "</body></html>"])
