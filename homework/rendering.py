"""Markdown with formulas made HTML: offline, without scripts, with nothing in it but text.

Raw HTML is escaped, a link is shown as its text and address, a picture as its name. Formulas become
MathML, which browsers draw by themselves; one that cannot be read stays as it was written.
"""

import functools
import html
import xml.etree.ElementTree as elements

import mistune
from mistune.plugins.math import math
from mistune.plugins.table import table

from homework import clean

MOST_RENDERED = 6_000  # characters; a longer text is shown as it was written
MOST_FORMULA = 1_000  # characters
MOST_FORMULAS = 100  # of one text
MOST_ELEMENTS = 2_000  # of one formula
ROWS = ("math", "mrow", "mtd", "mstyle", "msqrt")  # whose children stand side by side
THIN = "0.167em"
MATHML = "http://www.w3.org/1998/Math/MathML"
TAGS = set(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts none mtable mtr mtd mstyle mpadded mphantom "
    "menclose".split()
)
# Sizes and colours are the writer's whim, and links and styles could do harm.
ATTRIBUTES = {
    "display": {"inline", "block"},
    "stretchy": {"true", "false"},
    "fence": {"true", "false"},
    "accent": {"true", "false"},
    "movablelimits": {"true", "false"},
    "displaystyle": {"true", "false"},
    "columnalign": {"left", "center", "right"},
    "mathvariant": {"normal", "bold", "italic", "bold-italic", "double-struck", "script"},
    "linebreak": {"newline"},
    "form": {"prefix"},
    "width": {"-0.167em", THIN, "0.222em", "0.278em", "1em", "2em"},
}


@functools.lru_cache(maxsize=256)
def markdown(text):
    """HTML of a text in Markdown; with ``$...$`` and ``$$...$$`` as formulas."""
    text, reader = clean.text(text), _reader()
    if len(text) <= MOST_RENDERED:
        try:
            return reader(text)
        except Exception:  # nested too deeply, say
            pass
    return f"<pre>{html.escape(text)}</pre>"


def _reader():
    reader = mistune.Markdown(Plain(), plugins=[math, table])
    reader.block.rules.remove("nptable")  # without outer bars: its time grows with the square
    reader.block.rules.remove("raw_html")  # tags are text like any other
    reader.inline.rules.remove("inline_html")
    return reader


class Plain(mistune.HTMLRenderer):
    """A renderer that lets nothing through but text and its plainest marks."""

    def __init__(self):
        super().__init__(escape=True)
        self.formulas = 0

    def link(self, text, url, title=None):
        is_web = url.lower().startswith(("http://", "https://"))
        address = html.unescape(url)
        return f"{text} ({html.escape(address)})" if is_web and address != text else text

    def image(self, text, url, title=None):
        return f"[picture: {text}]"

    def heading(self, text, level, **attributes):
        return f"<p><strong>{text}</strong></p>\n"

    def block_code(self, code, info=None):
        return f"<pre><code>{html.escape(code)}</code></pre>\n"

    def table(self, text):
        return f'<div class="wide"><table>{text}</table></div>\n'

    def table_cell(self, text, align=None, head=False):
        tag = "th" if head else "td"
        return f"<{tag}>{text}</{tag}>"

    def inline_math(self, text):
        return self._formula(text, "inline", "$")

    def block_math(self, text):
        return f"<p>{self._formula(text, 'block', '$$')}</p>\n"

    def _formula(self, text, display, mark):
        self.formulas += 1
        made = formula(text, display) if self.formulas <= MOST_FORMULAS else ""
        return made or f"<code>{html.escape(mark + text + mark)}</code>"


def formula(text, display="inline"):
    """MathML of a formula in LaTeX, or an empty string where it cannot be read."""
    from latex2mathml.converter import convert_to_element

    if len(text) > MOST_FORMULA:
        return ""
    try:
        root = convert_to_element(text, display=display)
        if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
            return ""
        return elements.tostring(_plain(root), encoding="unicode")
    except Exception:  # it meets what a student wrote: then the text itself is shown
        return ""


def _plain(element):
    """A copy with known elements and attributes alone, its texts as texts.

    Raises:
        ValueError: an element that is not known.
    """
    if element.tag not in TAGS:
        raise ValueError(f"an element {element.tag!r}")
    kept = {k: v for k, v in element.attrib.items() if v in ATTRIBUTES.get(k, ())}
    kept |= {"xmlns": MATHML} if element.tag == "math" else {}
    made = elements.Element(element.tag, kept)
    made.text = clean.text(html.unescape(element.text or ""))  # \unicode makes any character
    children = [_plain(child) for child in element]
    made.extend(_spaced(children) if element.tag in ROWS else children)
    return made


def _spaced(children):
    """With the thin spaces that TeX puts around ``log`` and the like; browsers put none."""
    spaced = []
    for one in children:
        before = spaced[-1] if spaced else None
        if before is not None and (_is_function(one) or _is_function(before)):
            if "mo" not in (one.tag, before.tag) and "mspace" not in (one.tag, before.tag):
                spaced.append(elements.Element("mspace", {"width": THIN}))
        spaced.append(one)
    if len(spaced) == 1 and spaced[0].tag == "mo":  # a sign alone, as before a word
        spaced[0].set("form", "prefix")
    return spaced


def _is_function(element):
    if element.tag in ("msub", "msup", "msubsup") and len(element):
        return _is_function(element[0])
    name = element.text or ""
    return element.tag == "mi" and len(name) > 1 and name.isascii() and name.isalpha()
