"""The frame of every page that the grader writes: one file, no script, nothing from elsewhere.

A page is read in a browser, on a phone, in a system that shows it apart (Moodle) or cleaned
(Canvas's preview), and on paper: so it says by words what it says by colour, and no rule of its
style is needed to understand it.
"""

import html

from homework import clean

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """\
:root { color-scheme: light dark; --text: #1a1a1a; --page: #ffffff; --soft: #f4f4f4;
  --line: #767676; --right: #00694a; --wrong: #b34700 }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --page: #161616; --soft: #262626;
  --line: #8c8c8c; --right: #4cc38a; --wrong: #ff9352 } }
@media print { :root { color-scheme: light; --text: #000000; --page: #ffffff; --soft: #f4f4f4;
  --line: #767676; --right: #00694a; --wrong: #b34700 } body { max-width: none; margin: 0 }
  h2, h3, h4 { break-after: avoid } tr, pre { break-inside: avoid } .wide { overflow: visible }
  pre, blockquote { border: 1px solid var(--line) } th, td { overflow-wrap: anywhere } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--text); background: var(--page); overflow-wrap: break-word }
table { border-collapse: collapse; margin: 1rem 0 } th, td { border: 1px solid var(--line);
  padding: .3rem .6rem; text-align: left; vertical-align: top }
.wide { overflow-x: auto } td ul { margin: 0; padding-left: 1.2rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); padding: .6rem;
  margin: 0 } code { font-family: ui-monospace, monospace; font-size: .95em }
math[display="block"] { max-width: 100%; overflow-x: auto; overflow-y: hidden }
dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }
blockquote { margin: .4rem 0; padding: .1rem .8rem; background: var(--soft) }
blockquote blockquote { border-left: 4px solid var(--line) } blockquote pre {
  background: var(--page) }
.right { border-left: 6px solid var(--right); padding-left: .8rem }
.wrong { border-left: 6px solid var(--wrong); padding-left: .8rem }
"""


def safe(text):
    """Cleaned and escaped for HTML; line breaks stay."""
    return html.escape(clean.text(text))


def whole(title, body):
    """A page with the given body, which is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def table(title, names, rows, count):
    """A section with a table, or nothing; ``count``: of rows, of which some may be left out."""
    if not rows:
        return ""
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    more = f"<p>and {count - len(rows):,} more</p>" if count > len(rows) else ""
    inner = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
    return f'<h2>{title}</h2><div class="wide">{inner}</div>{more}'
