"""How the pages are written: figures with their captions, folds with their names, lines of code.

An extension of Sphinx, which docs/conf.py names.
"""

import html
import re

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from pygments.formatters import HtmlFormatter
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform

from tools.site import parts

PLAIN = ("n", "p")  # names and punctuation: of one colour in both themes
NUMBER = re.compile(r"\S+ (\d+\w?)\.(\d+)\.")  # "Figure 5.3.", in any language
OPENED, CLOSED = re.compile(r"[(\[“‘]+$"), re.compile(r"[.,;:!?)\]”’%]+(?:s\b)?")
SUMMARY = '<summary><span class="shut">{}</span><span class="open">{}</span></summary>\n'


class Figures(SphinxPostTransform):
    """A picture and the caption under it become one figure, with an anchor such as figure-5-3."""

    default_priority = 210  # after MyST-NB has chosen what is shown of an output
    formats = ("html",)

    def run(self, **kwargs):
        for paragraph in list(self.document.findall(nodes.paragraph)):
            first = next((child for child in paragraph.children if child.astext()), None)
            if not isinstance(first, nodes.strong):
                continue
            number = NUMBER.fullmatch(first.astext())
            if number is None:
                continue
            parent, place = paragraph.parent, paragraph.parent.index(paragraph)
            if place == 0 or not is_output(parent):
                continue
            shown = parent[place - 1]
            caption = nodes.caption(paragraph.rawsource, "", *paragraph.children)
            mark_slider(caption)
            figure = nodes.figure("", ids=[f"figure-{'-'.join(number.groups())}"])
            parent.remove(paragraph)
            parent.replace(shown, figure)
            figure += [shown, caption]


class Together(SphinxPostTransform):
    """A formula and the sign right after or before it stay on one line."""

    default_priority = 880  # after mentions became links
    formats = ("html",)

    def run(self, **kwargs):
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            before, after = parent[max(0, place - 1) : place], parent[place + 1 : place + 2]
            opened = OPENED.search(before[0]) if before and is_text(before[0]) else None
            closed = CLOSED.match(after[0]) if after and is_text(after[0]) else None
            if not opened and not closed:
                continue
            kept = nodes.inline("", "", classes=["kept"])
            parent.replace(formula, kept)
            kept += formula
            if opened:
                kept.insert(0, nodes.Text(opened[0]))
                parent.replace(before[0], nodes.Text(before[0][: opened.start()]))
            if closed:
                kept += nodes.Text(closed[0])
                parent.replace(after[0], nodes.Text(after[0][closed.end() :]))


def is_output(node):
    """Whether a node is part of what a cell made; a lesson's own text has no numbered captions."""
    while node is not None and "cell_output" not in node.get("classes", ()):
        node = node.parent
    return node is not None


def is_text(node):
    """Whether a node is nothing but text."""
    return isinstance(node, nodes.Text)


def mark_slider(caption):
    """What a caption says of its slider is known to the style sheet, for places without one."""
    for text in list(caption.findall(nodes.Text)):
        found = parts.OF_SLIDER.search(text)
        if found:
            before, after = text[: found.start()], text[found.end() :]
            of_slider = nodes.inline("", found[0], classes=["of-slider"])
            text.parent.replace(text, [nodes.Text(before), of_slider, nodes.Text(after)])


def visit_fold(translator, node):
    """The summary of a folded cell is its name, which says what a click does."""
    translator.body.append('<details class="hide">\n')
    said = (html.escape(node[name]) for name in ("prompt_show", "prompt_hide"))
    translator.body.append(SUMMARY.format(*said))


def depart_fold(translator, node):
    """The end of a folded cell."""
    translator.body.append("</details>\n")


class Lines(HtmlFormatter):
    """Code whose lines are elements, so that a long one can hang where it has to be wrapped."""

    def wrap(self, source):
        """Each line in a span of its own."""
        lines = ((is_line, self.one(text) if is_line else text) for is_line, text in source)
        return super().wrap(lines)

    @staticmethod
    def one(text):
        """One line; its indentation is known to the style sheet."""
        plain = re.sub(r"<[^>]*>", "", text)
        indent = len(plain) - len(plain.lstrip(" "))
        known = f' style="--in:{indent}"' if indent else ""
        return f'<span class="line"{known}>{text}</span>'

    def _get_css_classes(self, ttype):
        """No element around what has the colour of the ground text: a tenth of a page's bytes."""
        given = super()._get_css_classes(ttype)
        return "" if given in PLAIN else given


def context(app, page, template, shown, doctree):
    """What the templates ask: whether a page is a lesson's."""
    shown["is_lesson"] = page.startswith("lessons/")


def setup(app):
    """Called by Sphinx."""
    app.add_post_transform(Figures)
    app.add_post_transform(Together)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    app.connect("html-page-context", context)
    PygmentsBridge.html_formatter = Lines
    return {"parallel_read_safe": True, "parallel_write_safe": True}
