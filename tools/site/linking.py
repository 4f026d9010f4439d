"""Mentions in the text of a page become links: lessons, sections, exercises, sources, papers, words
of the glossary and names of the package.

This works on Sphinx's parsed pages, so code, formulas, headings and links are never touched. A
lesson's mention of itself stays plain, and so does a name that the API reference does not know. A
mention that leads nowhere (section 14 of a lesson with nine) is a warning, which ends the build.
"""

import functools
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from tools.lessons import glossary
from tools.lessons.mentions import PAPERS, mentions
from tools.site import anchors, raw_html
from tools.site.api_names import Names, own_names

LOGGER = logging.getLogger(__name__)
SKIPPED = (
    nodes.title | nodes.subtitle | nodes.rubric | nodes.term | nodes.reference | nodes.literal
    | nodes.literal_block | nodes.math | nodes.math_block | nodes.comment | nodes.image
    | addnodes.toctree | addnodes.desc_signature | addnodes.pending_xref | addnodes.index
)  # fmt: skip
LESSON_PAGE = re.compile(r"(?:^|/)(\d\d[xy]?)_\w+\.html(?:#|$)")
HOME = "index"
# Pages that have words of the glossary all over, or links of their own for each.
NO_WORDS = ("glossary", "bibliography", "results")
CLASS = "mention"


def link_page(app, doctree, docname):
    """Put the links into a resolved page."""
    if app.builder.format == "html" and docname != HOME:
        Page(app, doctree, docname).link()


class Page:
    """One page on its way from text to links."""

    def __init__(self, app, doctree, docname):
        self.app, self.doctree, self.docname = app, doctree, docname
        self.places = anchors.kept(app.env)
        self.own = anchors.lesson_of(docname)
        self.lessons = {n: name for name in self.places if (n := anchors.lesson_of(name))}
        self.cited = {}  # number of a source -> section -> id of its first citation there
        self._number = 0

    def link(self):
        self.link_names()
        replace_all([(*run, self.links_of(*run)) for run in runs(self.doctree)])
        for raw in list(self.doctree.findall(nodes.raw)):
            if raw.get("format") == "html":
                self.link_raw(raw)
        self.link_words()
        self.link_back()

    # ------------------------------------------------------------------------- text and HTML

    def links_of(self, parent, text, first, last):
        """(start, end, link) of each mention in a run: the children ``first`` to ``last``."""
        before = lesson_linked(parent, first - 1)
        after = lesson_linked(parent, last)
        section = self.section_of(parent)
        if isinstance(parent, nodes.strong) and anchors.TASK.match(text):
            return []  # the words that begin an exercise
        bound = None
        if not self.own:  # in a list of sources: "lesson 02: ... quoted in section 6"
            found = (lesson_linked(parent, place) for place in range(first - 1, -1, -1))
            bound = next(filter(None, found), None)
        found = self.found(text, section, before, after, bound)
        return [(start, end, link(**how)) for start, end, how in found]

    def link_raw(self, raw):
        """The mentions in a piece of HTML."""
        section = self.section_of(raw)
        html = raw_html.linked(raw.astext(), lambda text: self.attributes(text, section))
        raw.rawsource = html
        raw[:] = [nodes.Text(html)]

    def attributes(self, text, section):
        """(start, end, attributes) of each link of a text, for HTML."""
        for start, end, how in self.found(text, section):
            outside = how["address"].startswith("https:")
            named = {"class": f"reference {'external' if outside else 'internal'} {CLASS}"}
            named |= {"href": how["address"]}
            yield start, end, named | ({"id": how["own_id"]} if how.get("own_id") else {})

    def found(self, text, section, before=None, after=None, bound=None):
        """(start, end, what the link is) of each mention that leads somewhere."""
        made = []
        for one in mentions(text, before, after):
            address = self.address(one, bound)
            if address:
                how = {"address": address}
                if one.kind == "source":
                    how["own_id"] = self.cite(one.number, section)
                made.append((one.start, one.end, how))
        return made

    def address(self, one, bound):
        """Where a mention leads, or None."""
        if one.kind == "paper":
            return PAPERS + one.number
        if one.kind == "lesson":
            known = one.number in self.lessons and one.number != self.own
            return self.uri(self.lessons[one.number]) if known else None
        if one.kind == "source":
            return self.place(self.own, "sources", one) if self.own else None
        if one.kind == "section":
            lesson = one.lesson or self.own or bound
            return self.place(lesson, "sections", one) if lesson else None
        lesson, _, _ = one.number.partition(".")
        return self.place(f"{lesson:0>{2 + lesson[-1:].isalpha()}}", "tasks", one)

    def place(self, lesson, kind, one):
        """The address of a numbered place of a lesson; a warning if it has none of that number."""
        if lesson not in self.lessons:
            return None
        docname = self.lessons[lesson]
        listed = self.places[docname][kind]
        if one.number not in listed:
            LOGGER.warning(
                "%s %s is mentioned, and lesson %s has none of that number", one.kind, one.number,
                lesson, location=self.docname, type="course", subtype="mention",
            )  # fmt: skip
            return None
        return self.uri(docname, listed[one.number])

    def uri(self, docname, anchor=""):
        """The address of a page from this one, and of a place on it."""
        page = "" if docname == self.docname else self.relative(docname)
        return f"{page}#{anchor}" if anchor else page

    def relative(self, docname):
        return self.app.builder.get_relative_uri(self.docname, docname)

    # ------------------------------------------------------------------------------- citations

    def section_of(self, node):
        """The nearest section of a node; None in the references themselves."""
        while node is not None and not isinstance(node, nodes.section):
            node = node.parent
        named = node is not None and node[0].astext() != anchors.REFERENCES
        return node if named else None

    def cite(self, number, section):
        """The id of a source's first citation in a section, to which the source leads back."""
        if section is None or section in self.cited.setdefault(number, {}):
            return None
        self._number += 1
        self.cited[number][section] = f"cited-{self._number}"
        return self.cited[number][section]

    def link_back(self):
        """After each source: the sections that cite it."""
        if not self.own:
            return
        entries = {
            one: item for item in self.doctree.findall(nodes.list_item) for one in item["ids"]
        }
        for number, found in self.places[self.docname]["sources"].items():
            back = nodes.inline(classes=["cited"])
            for section, place in self.cited.get(number, {}).items():
                back += nodes.Text(", " if len(back) else "Cited in ")
                back += link(f"#{place}", nodes.Text(section_name(section)))
            if len(back):
                *_, last = entries[found].findall(nodes.paragraph)
                last += [nodes.Text(" "), back]

    # -------------------------------------------------------------------- glossary and package

    def link_words(self):
        """The first use of each word of the glossary that has no link on the page yet."""
        page = Path(self.app.srcdir) / "glossary.md"
        if not page.is_file() or self.docname in NO_WORDS or self.docname.startswith("api"):
            return
        words = words_of(page.read_text(encoding="utf-8"))
        start = f"{self.relative('glossary')}#"
        addresses = (one.get("refuri", "") for one in self.doctree.findall(nodes.reference))
        linked = {one.removeprefix(start) for one in addresses if one.startswith(start)}
        met = {one for one in words if {one, nodes.make_id(one)} & linked}
        made = []
        for parent, text, *place in runs(self.doctree):
            if self.own and self.section_of(parent) is None:
                continue
            new = [(span, anchor) for anchor, span in first_uses(text, words) if anchor not in met]
            met |= {anchor for _, anchor in new}
            links = [(*span, link(start + anchor)) for span, anchor in sorted(new)]
            made.append((parent, text, *place, links))
        replace_all(made)

    def link_names(self):
        """Names of the package in code font, where the API reference has them."""
        names = names_of(self.app.env)
        cells = [
            block.astext()
            for cell in self.doctree.findall(is_code_cell)
            for block in cell.findall(nodes.literal_block)
        ]
        defined, imported = own_names(cells) if self.own else ((), {})
        for code in list(self.doctree.findall(nodes.literal)):
            if not within(code, SKIPPED):
                found = names.find(code.astext(), defined, imported)
                if found:
                    made = link(self.uri(*found), nodes.Text(""))
                    code.parent.replace(code, made)
                    made[:] = [code]


# ------------------------------------------------------------------------------------ of any page

words_of = functools.cache(glossary.entries)


@functools.lru_cache(maxsize=1)
def names_of(env):
    """The names of the reference, once for all pages: when they are linked, all have been read."""
    return Names(env.domains.python_domain.objects)


def link(address, *children, own_id=None):
    """A link's node, which knows whether it leads away from the site."""
    outside = address.startswith("https:")
    node = nodes.reference("", "", *children, refuri=address, internal=not outside)
    node["classes"].append(CLASS)
    node["ids"] += [own_id] if own_id else []
    return node


def runs(node):
    """(parent, text, first, last): each run of plain text that may hold links.

    A line that ends in the Markdown is a node of its own, so the texts of one run are joined.
    """
    place, children = 0, node.children
    while place < len(children):
        child = children[place]
        if isinstance(child, nodes.Text):
            last = place
            while last < len(children) and isinstance(children[last], nodes.Text):
                last += 1
            yield node, "".join(child.astext() for child in children[place:last]), place, last
            place = last
            continue
        if not isinstance(child, SKIPPED | nodes.raw):
            yield from runs(child)
        place += 1


def replace_all(found):
    """Put links in the place of runs: (parent, text, first, last, links) with (start, end, link).

    It goes backwards, so that the places of runs before it stay what they were.
    """
    for parent, text, first, last, links in reversed(found):
        made, place = [], 0
        for start, end, node in links:
            made += [nodes.Text(text[place:start])] if start > place else []
            node += nodes.Text(text[start:end])
            made.append(node)
            place = end
        made += [nodes.Text(text[place:])] if place < len(text) else []
        parent[first:last] = made


def first_uses(text, words):
    """(anchor, place) of the first use of each word; a longer word hides a shorter one in it."""
    for anchor, word in words.items():
        spans = [match.span() for match in word.finditer(text)]
        if spans:
            yield anchor, spans[0]
        for start, end in spans:
            text = text[:start] + "\0" * (end - start) + text[end:]


def lesson_linked(parent, place):
    """The lesson that the child of a node leads to, or None."""
    if not 0 <= place < len(parent.children):
        return None
    child = parent.children[place]
    found = isinstance(child, nodes.reference) and LESSON_PAGE.search(child.get("refuri", ""))
    return found[1] if found else None


def section_name(section):
    """``section 4`` of a section, or its heading if that has no number."""
    title = section[0].astext()
    found = anchors.NUMBERED.match(title)
    return f"section {found[1]}" if found else title.partition(":")[0]


def is_code_cell(node):
    return "cell_input" in node.get("classes", []) if isinstance(node, nodes.Element) else False


def within(node, kinds):
    """True if a node stands inside one of these kinds."""
    while (node := node.parent) is not None:
        if isinstance(node, kinds):
            return True
    return False


def setup(app):
    app.setup_extension("tools.site.anchors")
    app.connect("doctree-resolved", link_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
