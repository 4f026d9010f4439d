"""What the pages' own makers leave unsaid to those who listen, mended after Sphinx wrote them.

tests/test_axe.py judges the finished pages; what is mended in the browser, since only there it is
known which box scrolls, is ``docs/_static/a11y.js``.
"""

import re


def _arguments(found):
    """Lines of a signature in the place of a list."""
    inside = found[1].replace("<dd>", '<span class="sig-argument">').replace("</dd>", "</span>")
    return f'<span class="sig-arguments">\n{inside}</span>'


# Each entry: what is written, what stands in its place, and whose it is. An entry that its maker
# has mended changes nothing more.
MENDS = (
    # Sphinx, issue 14030: a heading of the contents without its level.
    (
        re.compile(r'<p class="caption" role="heading">'),
        '<p class="caption" role="heading" aria-level="2">',
    ),
    # Furo: two side bars that are told apart by their place alone.
    (
        re.compile(r'<aside class="sidebar-drawer">'),
        '<aside class="sidebar-drawer" aria-label="Contents of the course">',
    ),
    (
        re.compile(r'<aside class="toc-drawer( no-toc)?">'),
        r'<aside class="toc-drawer\1" aria-label="Contents of this page">',
    ),
    # Sphinx: the arguments of a long signature as a list of descriptions of nothing.
    (re.compile(r"<dl>\n((?:<dd>(?:(?!</?dd>).)*</dd>\n)+)</dl>", re.DOTALL), _arguments),
    # docutils and pandas: the empty corner of a table as a header, of nothing.
    (re.compile(r"<th( class=\"[^\"]*\")?>\s*(?:<p>\s*</p>)?\s*</th>"), r"<td\1></td>"),
)


def mended(page):
    """The text of a page with every entry of ``MENDS`` put right."""
    for written, wanted in MENDS:
        page = written.sub(wanted, page)
    return page


def mend(folder):
    """Put right every page under a folder."""
    for path in sorted(folder.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        path.write_text(mended(page), encoding="utf-8")
