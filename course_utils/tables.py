"""Tables: a pandas frame with numbers, errors and units, as HTML and as plain text."""

import html
import math
import textwrap
from dataclasses import dataclass
from numbers import Integral, Real

import pandas as pd

from course_utils import plotting, settings
from course_utils.arguments import kind, number

NOTHING = "–"
WIDEST = 80  # characters of a table in plain text
CAPTION = '<caption style="caption-side:top;text-align:left;padding:0.2em 0.7em">'
GLUE = "\u00a0±\u00a0"  # no line ends beside it
SIGNIFICANT = 4  # digits of the largest number of a column


@dataclass(frozen=True)
class Measured:
    """A measured number, its standard error (None where there is none), and a note after it."""

    value: float
    error: float | None = None
    note: str = ""

    def __str__(self):
        return f"{told(self.value, self.error)} {self.note}".rstrip()


def measured(value, error=None):
    """A cell that shows ``value ± error``, with the digits that the error allows.

    Args:
        value: a number, or a tensor or array without dimensions.
        error: its standard error, at least 0, or None where there is none.

    Raises:
        TypeError: one of them is no number.
        ValueError: ``error`` is negative.
    """
    value = number("value", plain(value), "a number", lambda _: True)
    error = plain(error)
    if error is None or (isinstance(error, float) and math.isnan(error)):
        return Measured(value)
    return Measured(value, number("error", error, "at least 0", lambda found: found >= 0))


def told(value, error=None, digits=None):
    """A number in words: ``97.12 ± 0.05``; the error keeps one or two digits, the value as many.

    One digit where the error's first three are 355 or more, else two: so rounding never changes an
    error by more than a sixth. Without an error: four digits, or ``digits`` decimals.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if digits is None:
        digits = (
            _decimals([float(value)]) if not error or not math.isfinite(error) else _of_error(error)
        )
    said = _rounded(value, digits)
    return said if error is None else f"{said} ± {_rounded(error, digits)}"


def _of_error(error):
    """Decimals that an error allows."""
    place = math.floor(math.log10(error))
    first = round(error / 10.0 ** (place - 2))  # its first three digits
    return max(0, -place if first >= 355 else 1 - place)


def _decimals(values):
    """Decimals with which the largest of these numbers has four digits; whole ones need none."""
    if all(value.is_integer() for value in values):
        return 0
    largest = max(map(abs, values))
    return min(6, max(0, SIGNIFICANT - 1 - math.floor(math.log10(largest))))


def _rounded(value, digits):
    """With ``digits`` decimals, or with two digits where those would leave nothing of it."""
    if value and abs(value) < 0.5 * 10.0**-digits:
        return f"{value:.2g}".replace("-", "−", 1) if value < 0 else f"{value:.2g}"
    return f"{value:,.{digits}f}".replace("-", "−")


def plain(cell):
    """A tensor's or array's one number as Python's, anything else as it is."""
    return cell.item() if hasattr(cell, "item") and getattr(cell, "ndim", 0) == 0 else cell


def _column(name, cells, digits):
    """The texts of a column, and whether they are numbers."""
    cells = [plain(cell) for cell in cells]
    floats = [x for x in cells if isinstance(x, float) and math.isfinite(x)]
    if digits is None and floats:
        digits = _decimals(floats)
    texts = [_text(name, cell, digits) for cell in cells]
    numeric = [isinstance(cell, Measured | Real) for cell, text in zip(cells, texts, strict=True)]
    missing = [text == NOTHING for text in texts]
    right = any(numeric) and all(a or b for a, b in zip(numeric, missing, strict=True))
    return texts, right and not any(isinstance(cell, bool) for cell in cells)


def _text(name, cell, digits):
    if isinstance(cell, str):
        return cell or NOTHING
    if isinstance(cell, Measured):
        return NOTHING if math.isnan(cell.value) else str(cell)
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return NOTHING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Integral):
        return f"{cell:,}".replace("-", "−")
    if isinstance(cell, Real):
        return NOTHING if cell != cell else told(float(cell), digits=digits)
    raise TypeError(
        f"frame: expected numbers, texts, tables.measured(...) or None in column {name!r}, "
        f"got {kind(cell)}"
    )


def _laid_out(frame, digits):
    """(heads, columns of texts, whether each is right-aligned, how many are row headers)."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame: expected a pandas DataFrame, got {kind(frame)}")
    if frame.empty:
        raise ValueError(f"frame: expected at least one row and column, got {frame.shape}")
    numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    if not numbered:
        names = [name or "" for name in frame.index.names]
        levels = [list(frame.index.get_level_values(n)) for n in range(len(names))]
    else:
        names, levels = [], []
    heads = [*names, *frame.columns]
    cells = [*levels, *(list(frame.iloc[:, n]) for n in range(frame.shape[1]))]
    laid = [
        _column(head, column, digits.get(head) if isinstance(digits, dict) else digits)
        for head, column in zip(heads, cells, strict=True)
    ]
    rows = max(1, len(names))
    heads = [", ".join(map(str, head)) if isinstance(head, tuple) else str(head) for head in heads]
    right = [is_right and n >= rows for n, (_, is_right) in enumerate(laid)]
    return heads, [texts for texts, _ in laid], right, rows


def _escaped(text):
    return html.escape(text, quote=False).replace(" ± ", GLUE)


def to_html(frame, says, digits=None):
    """The table as HTML that needs no style sheet: attributes for pages that strip styles.

    Colours are the page's own, so it is readable in both themes; the first column, or the frame's
    index, holds the rows' headers.
    """
    heads, columns, right, rows = _laid_out(frame, digits)

    def cell(kind, text, is_right, scope=""):
        side = "right" if is_right else "left"
        style = f"text-align:{side};vertical-align:top;padding:0.2em 0.7em"
        style += ";border-bottom:1px solid" * (scope == "col")  # in the text's own colour
        style += ";font-weight:normal" * (scope == "row")
        scope = f' scope="{scope}"' if kind == "th" else ""  # an empty corner is no header
        return f'<{kind}{scope} align="{side}" style="{style}">{_escaped(text)}</{kind}>'

    lines = ['<div style="overflow-x:auto">', "<table>"]
    lines.append(f"{CAPTION}{_escaped(says)}</caption>")
    top = (
        cell("th", head, side, "col") if head else cell("td", head, side, "col")
        for head, side in zip(heads, right, strict=True)
    )
    lines += [f"<thead><tr>{''.join(top)}</tr></thead>", "<tbody>"]
    for texts in zip(*columns, strict=True):
        parts = [
            cell("th", text, side, "row") if n < rows else cell("td", text, side)
            for n, (text, side) in enumerate(zip(texts, right, strict=True))
        ]
        lines.append(f"<tr>{''.join(parts)}</tr>")
    return "\n".join([*lines, "</tbody>", "</table>", "</div>"])


def to_text(frame, says, digits=None):
    """The table in plain text, at most 80 characters wide: long cells are folded.

    Where even then the columns have no room side by side, each row is a paragraph.
    """
    heads, columns, right, _ = _laid_out(frame, digits)
    columns = [
        [head, *(text.replace(" ± ", GLUE) for text in texts)]
        for head, texts in zip(heads, columns, strict=True)
    ]
    widths = [max(map(len, column)) for column in columns]
    words = [" ".join(column).split(" ") for column in columns]
    _narrow(widths, [max(map(len, column)) for column in words])  # between words, at first
    lines = textwrap.wrap(says, WIDEST)
    if sum(widths) + 2 * (len(widths) - 1) > WIDEST:  # too many columns to stand side by side
        lines += _stacked(columns)
        return "\n".join(lines).replace(GLUE, " ± ")
    for place, texts in enumerate(zip(*columns, strict=True)):
        folded = [
            textwrap.wrap(text, width, break_long_words=False) or [""]
            for text, width in zip(texts, widths, strict=True)
        ]
        for line in range(max(map(len, folded))):
            parts = [part[line] if line < len(part) else "" for part in folded]
            padded = [
                part.rjust(width) if is_right else part.ljust(width)
                for part, width, is_right in zip(parts, widths, right, strict=True)
            ]
            lines.append("  ".join(padded).rstrip())
        if place == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines).replace(GLUE, " ± ")


def _stacked(columns):
    """A paragraph for each row: its first cell, then a line for each of the others."""
    lines = []
    for row in range(1, len(columns[0])):
        named = [f"{column[0]}: {column[row]}" for column in columns]
        lines.append(named[0])
        for text in named[1:]:
            lines += textwrap.wrap(
                text, WIDEST, initial_indent="  ", subsequent_indent="    ", break_long_words=False
            )
    return lines


def _narrow(widths, least):
    """Take from the widest columns, down to the least each, until the table has its width."""
    while sum(widths) + 2 * (len(widths) - 1) > WIDEST:
        room = [n for n, width in enumerate(widths) if width > least[n]]
        if not room:
            return
        widths[max(room, key=widths.__getitem__)] -= 1


def show(frame, *, says, digits=None):
    """Show a pandas frame as a table, with one sentence that says what stands in it.

    Args:
        frame: cells are numbers, texts, :func:`measured`, or None and NaN (shown as a dash). Units
            stand in the names of the columns. The index gives the rows' headers; where it only
            counts the rows it is left out, and the first column gives them.
        says: the caption, which names the table for those who hear it. In ``smoke`` it begins with
            "Trial run:".
        digits: decimals of numbers without an error, or a dict of column -> decimals. By default
            the largest number of a column has four digits.

    Raises:
        TypeError: ``frame`` is no pandas frame, or a cell is something else.
        ValueError: ``says`` or ``frame`` is empty.
    """
    if not isinstance(says, str) or not says.strip():
        raise ValueError(f"says: expected a sentence on what the table shows, got {kind(says)}")
    says = settings.caption(says)
    _publish(to_html(frame, says, digits), to_text(frame, says, digits))


def notice(title, text):
    """Show a box that no reader overlooks; a line of text where there are no boxes."""
    _publish(
        '<div role="note" style="border-left:6px solid #D55E00;background:#FFF3E0;'
        f'color:#1A1A1A;padding:0.6em 1em"><b>{_escaped(title)}</b> {_escaped(text)}</div>',
        textwrap.fill(f"{title} {text}", settings.LINE),
    )


def _publish(page, text):
    """HTML with its text for front ends that show none; the text alone in a terminal."""
    if not plotting.in_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/html": page, "text/plain": text}, raw=True)
