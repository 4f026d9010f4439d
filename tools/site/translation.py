"""What a translation of the site needs beside Sphinx's own gettext, and a trial of it.

Sphinx takes messages from paragraphs and headings. Here the hints, which stand in folds of plain
HTML, the names of folded cells and the sentences of pictures are messages too, formulas are none,
and what Sphinx would spoil in a translated page is kept.

``python -m tools.site.translation POT LOCALE`` fills catalogues with accented English, so that a
build shows which words a translator would not reach.
"""

import argparse
import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from tools import console

LANGUAGE = "eo"  # of the trial: Sphinx knows it, and the course has no translation into it
TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2}")
AROUND = re.compile(r"^(\s*)(\S.*?)(\s*)$", re.DOTALL)
NUMBERED = re.compile(r"^(\d+)([.)] )")
PROMPTS = ("prompt_show", "prompt_hide")
PLAIN, ACCENTED = "aeiouyAEIOUY", "ạẹịọụỵẠẸỊỌỤỴ"  # which no page has by itself
# What is no word: code, formulas, roles and addresses of Markdown and of reStructuredText, and the
# number of an extra's figure, such as 5y.1.
MARKUP = re.compile(
    r"(``.+?``|:[a-z:]+:`[^`]+`|\{[a-z:]+\}`[^`]+`|`[^`]+`|\$\$.+?\$\$|\$[^$]+\$|\]\([^()]*\)"
    r"|\]\[[^\]]*\]|<[^>]*>|&[a-zA-Z]+;|&#\d+;|https?://\S+|\\[a-z]+|^\([\w-]+\)=$"
    r"|\d+[xy]\.\d+)",
    re.DOTALL | re.MULTILINE,
)


class raw(addnodes.translatable, nodes.raw):
    """HTML from a lesson's Markdown. (The name is the one that writers know.)"""

    def preserve_original_messages(self):
        self["messages"] = [part for part in TAG.split(self.astext()) if is_message(part)]

    def extract_original_messages(self):
        return [on_a_line(message) for message in self["messages"]]

    def apply_translated_message(self, original, translated):
        parts = TAG.split(self.astext())
        said = [
            AROUND.sub(lambda found: f"{found[1]}{translated}{found[3]}", part)
            if on_a_line(part) == original
            else part
            for part in parts
        ]
        self.clear()
        self += nodes.Text("".join(said))


class container(addnodes.translatable, nodes.container):
    """A cell that is folded, under a name for each of its two states."""

    def preserve_original_messages(self):
        self["messages"] = {name: self[name] for name in PROMPTS}

    def extract_original_messages(self):
        return list(self["messages"].values())

    def apply_translated_message(self, original, translated):
        for name, message in self["messages"].items():
            if message == original:
                self[name] = translated


def on_a_line(message):
    return " ".join(message.split())


def is_message(part):
    """Whether a part of HTML is text that has words."""
    return not part.startswith("<") and WORD.search(part) is not None


class MoreMessages(SphinxTransform):
    """Makes nodes translatable, or not, before Sphinx looks for what is."""

    default_priority = 5

    def apply(self, **options):
        for node in list(self.document.findall(nodes.raw)):
            if node.get("format") == "html" and not is_output(node):
                node.replace_self(as_translatable(raw(node.rawsource, node.astext()), node))
        for node in list(self.document.findall(nodes.container)):
            if node.get("hide_mode"):
                said = as_translatable(container(), node)
                said.extend(node.children)
                node.replace_self(said)
        for node in self.document.findall(nodes.math_block):
            node["translatable"] = False  # Sphinx would write reStructuredText into Markdown
        for node in self.document.findall(nodes.TextElement):
            # A heading such as "1. Why?" is else parsed as a list, once it is translated.
            node.rawsource = NUMBERED.sub(r"\1\\\2", node.rawsource)


def as_translatable(new, old):
    new.attributes |= old.attributes
    new.source, new.line = old.source, old.line
    return new


class KeepAnchors(SphinxTransform):
    """Two links of one paragraph to places of one page: Sphinx would lead both to the last one.

    It copies what it knows of the original link to the translated one, by the page alone. So the
    places are taken from the originals before, and put back where nothing was translated.
    """

    default_priority = 19  # Sphinx translates at 20

    def apply(self, **options):
        self.env.temp_data["anchors"] = taken = {}
        for node in self.document.findall(addnodes.pending_xref):
            if "reftargetid" in node:
                taken[id(node)] = node, node.attributes.pop("reftargetid")


class PutAnchorsBack(SphinxTransform):
    """The second half of :class:`KeepAnchors`."""

    default_priority = 21

    def apply(self, **options):
        for node, place in self.env.temp_data.pop("anchors", {}).values():
            node.attributes.setdefault("reftargetid", place)


def is_output(node):
    """Whether a node stands in what a cell put out."""
    while node is not None:
        if getattr(node, "attributes", {}).get("nb_element"):
            return True
        node = node.parent
    return False


def pseudo(message):
    """The message with accents on its vowels, and all markup as it was."""
    parts = MARKUP.split(message)
    return "".join(
        part if place % 2 else part.translate(str.maketrans(PLAIN, ACCENTED))
        for place, part in enumerate(parts)
    )


def plain(text):
    """Of a pseudo translation, what was translated."""
    return text.translate(str.maketrans(ACCENTED, PLAIN))


def fill(templates, locale):
    """Catalogues of the trial language for all templates; the number of messages.

    Args:
        templates: folder that ``sphinx-build -b gettext`` wrote.
        locale: folder of the catalogues, a ``locale_dirs`` of Sphinx.
    """
    from babel.messages import mofile, pofile

    count = 0
    for path in sorted(templates.rglob("*.pot")):
        with path.open("rb") as file:
            catalogue = pofile.read_po(file, locale=LANGUAGE)
        for message in catalogue:
            if message.id:
                message.string = pseudo(message.id)
                count += 1
        target = locale / LANGUAGE / "LC_MESSAGES" / path.relative_to(templates)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".mo").open("wb") as file:
            mofile.write_mo(file, catalogue)
    return count


def setup(app):
    for transform in (MoreMessages, KeepAnchors, PutAnchorsBack):
        app.add_transform(transform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Fill catalogues with accented English.")
    parser.add_argument("templates", type=Path, help="folder of what sphinx-build -b gettext wrote")
    parser.add_argument("locale", type=Path, help="folder of the catalogues")
    asked = parser.parse_args(arguments)
    if not list(asked.templates.rglob("*.pot")):
        sys.exit(f"{asked.templates}: no .pot file; build them by `sphinx-build -b gettext` first")
    print(f"{fill(asked.templates, asked.locale)} messages in {asked.locale / LANGUAGE}")
    return 0


if __name__ == "__main__":
    console.run(main)
