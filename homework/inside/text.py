"""Lines of Python source, split where Python splits them and nowhere else.

``str.splitlines`` also splits at form feeds and at Unicode's separators, which may stand in any
comment or string.
"""

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines(text, ends=False):
    """The lines of ``text``; with ``ends`` each keeps its line break."""
    found = _LINE.findall(text)
    return found if ends else [line.rstrip("\r\n") for line in found]
