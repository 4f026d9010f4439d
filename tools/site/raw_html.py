"""Links in HTML that no parser of Sphinx reads: hints in their folds, tables that cells made."""

import re
from html import escape, unescape

PIECE = re.compile(r"<!--.*?-->|<[^>]*>|\$\$?[^$<]+\$\$?", re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^>]*?(/?)>")
INLINE = re.compile(r"</?(?:a|b|code|em|i|span|strong|sub|sup)\b[^>]*>", re.IGNORECASE)
# Nothing becomes a link inside these.
CLOSED = set("a button code pre script style svg summary textarea h1 h2 h3 h4 h5 h6".split())


def texts(html):
    """(start, end) of each piece of open text."""
    depth, place = 0, 0
    for piece in PIECE.finditer(html):
        if depth == 0 and piece.start() > place:
            yield place, piece.start()
        place = piece.end()
        tag = TAG.fullmatch(piece[0])
        if tag and tag[2].lower() in CLOSED and not tag[3]:
            depth = max(0, depth + (-1 if tag[1] else 1))
    if depth == 0 and place < len(html):
        yield place, len(html)


def plain(html):
    """The text of a piece of HTML without that of its scripts and styles."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL | re.IGNORECASE)
    html = INLINE.sub("", html)
    return unescape(re.sub(r"<!--.*?-->|<[^>]*>", " ", html, flags=re.DOTALL))


def linked(html, find):
    """The HTML with links.

    Args:
        html: of one raw piece of a page.
        find: gives (start, end, attributes of the link) of each mention in a text.
    """
    parts, place = [], 0
    for start, end in texts(html):
        for first, last, attributes in find(html[start:end]):
            said = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
            parts += [
                html[place : start + first],
                f"<a {said}>{html[start + first : start + last]}",
            ]
            parts.append("</a>")
            place = start + last
    return "".join([*parts, html[place:]])
