"""Raster masks of lesson 08: the famous wrong ones, and how a mask is shown."""

import itertools

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._remote import CheckFailed

KINDS = "mask_type is the number 0 for A, without the centre, or 1 for B, with it"
ONES = "nothing is masked: every entry is 1"
ZEROS = "everything is masked: every entry is 0"


def grid(size):
    """Rows and columns of the entries, counted from the centre: (k, k) each."""
    return np.mgrid[:size, :size] - size // 2


def raster_masks(size):
    """The right masks A and B, and [(phrase, mask A, mask B)] of wrong ones."""
    rows, columns = grid(size)
    order = rows * size + columns  # steps from the centre, in raster order
    above, left, beside = rows < 0, (rows == 0) & (columns < 0), (rows == 0) & (columns > 0)
    none, every, centre = order != order, order == order, order == 0
    right = (order < 0, order <= 0)
    upper_left = "the rows above are kept up to the centre's column: whole rows come before it"
    bases = [
        ("", above | left),
        ("the centre's whole row is kept: what is right of the centre comes after it",
         above | left | beside),
        ("the right of the centre is kept in place of the left: it comes after the centre",
         above | beside),
        ("the rows above alone are kept: left of the centre is past as well", above),
        ("the centre's row alone is kept: the rows above are past as well", left),
        ("the future is kept: ones stand after the centre, they should stand before it",
         order > 0),
        ("the rows below are kept in place of those above", (rows > 0) | left),
        ("rows and columns are exchanged: the order is row by row, not column by column",
         (columns < 0) | ((columns == 0) & (rows < 0))),
        ("all rows are kept left of the centre: the rows below come after it", columns < 0),
        (upper_left, (above & (columns <= 0)) | left),
        (upper_left, (above & (columns < 0)) | left),
        ("a triangle is kept (tril or triu): that is no raster order", rows > columns),
        ("a triangle is kept (tril or triu): that is no raster order", rows < columns),
        ("everything but the centre is kept", ~centre),
    ]  # fmt: skip
    centres = [
        ("", (False, True)),
        (f"the centre is kept in both masks: {KINDS}", (True, True)),
        (f"the centre is missing in both masks: {KINDS}", (False, False)),
        (f"A and B are exchanged: {KINDS}", (True, False)),
    ]
    wrong = [
        (ONES, every, every),
        (ZEROS, none, none),
        ("the mask is inverted: ones stand where zeros should", ~right[0], ~right[1]),
        ("off by one: the entry before the centre is missing", order < -1, order < 0),
        ("the centre's row is kept as a whole or not at all: its left part alone is past",
         above, rows <= 0),
        ("off by one: the entry after the centre is kept", order <= 0, order <= 1),
        ("off by one: the entry after the centre is kept", order < 0, order <= 1),
    ]  # fmt: skip
    for (what, base), (how, pair) in itertools.product(bases, centres):
        phrase = "; and ".join(text for text in (what, how) if text)
        wrong += [(phrase, *((base | centre) if own else base for own in pair))] if phrase else []
    return right, wrong


def zeros_and_ones(received, name, about, right):
    """The mask as booleans (k, k); :class:`CheckFailed` where its form is another."""
    size, mistake = len(right), ""
    if not isinstance(received, np.ndarray):
        mistake = f"{name} should be one tensor of shape (k, k)"
    elif received.shape == (size, size) and not np.isin(received, (0, 1)).all():
        mistake = f"{name} holds other values than 0 and 1: it multiplies the weights"
    elif received.shape == (size, size) and received.dtype == np.float64:
        mistake = f"{name} is of float64, the weights that it multiplies are of float32, and a "
        mistake += "convolution takes no two kinds of numbers: .float() makes it float32"
    elif received.shape == (size, size):
        return received.astype(bool)
    elif received.shape == (size**2,):
        mistake = f"{name} is one-dimensional: it has to be folded to (k, k)"
    elif received.size == size**2 and received.ndim > 2:
        mistake = f"{name} has axes too many: (k, k) is wanted, for all channels alike"
    elif received.ndim == 2 and received.shape[1] == size and received.shape[0] < size:
        mistake = f"{name} has {len(received)} of its {size} rows: those of zeros belong to it"
    else:
        mistake = f"the shape of {name} is {received.shape}, it should be {(size, size)}"
    kind = f", {received.dtype}" if mistake.endswith("float32") else ""
    raise CheckFailed(
        f"{mistake}.",
        checked=about,
        expected=f"shape {(size, size)}, such as\n{grids_of(('',), (right,))}",
        received=f"{show(received)}{kind}",
    )


def is_same(found, masks):
    return all(np.array_equal(one, other) for one, other in zip(found, masks, strict=True))


def entries_of(found, right, name):
    """What is wrong with a mask that is no famous one."""
    row, column = np.argwhere(found != right)[0].tolist()
    place = f"row {row + 1}, column {column + 1}"
    if found[row, column]:
        return f"{name} has a 1 in {place}, where it should have a 0"
    return f"{name} has a 0 in {place}, where it should have a 1"


def grids_of(titles, masks):
    """Masks beside each other, each below its title, row by row."""
    grids = []
    for title, mask in zip(titles, masks, strict=True):
        rows = [" ".join(str(int(entry)) for entry in row) for row in mask]
        width = max(len(title), len(rows[0]))
        grids.append([line.ljust(width) for line in ([title] if title else []) + rows])
    return "\n".join("   ".join(lines).rstrip() for lines in zip(*grids, strict=True))


SQUEEZED = "one example lost its axis: squeeze() takes away every axis of length 1, the batch too"
