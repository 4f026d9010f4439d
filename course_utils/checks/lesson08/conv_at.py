"""Check of exercise 8.4: ``conv_at``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

FEWER = "a smaller kernel: "


@check("8.4")
def conv_at(answer, seed):
    """``conv_at(x, weight, bias, row, column)``: (B, C, H, W), (O, C, k, k), (O,) -> (B, O)."""
    rng = np.random.default_rng(seed)
    size = 7  # so large that a padding of 1 is neither k // 2 nor off by one
    half = size // 2
    row = half + int(rng.integers(1, 4))
    column = row + 2 + int(rng.integers(0, 2))
    row, column = rng.permutation([row, column]).tolist()
    least = max(row, column) + size + 1  # windows that begin or end at the place fit as well
    height, width = rng.permutation([least, least + 2 + int(rng.integers(0, 3))]).tolist()
    cases = [("", size, height, width, row, column)]
    cases += [(FEWER, 5, height, width, row, column), (FEWER, 3, height, width, row, column)]
    height, width = rng.permutation([7, 8, 10])[:2].tolist()
    row, column = int(rng.integers(3, height - 3)), int(rng.integers(3, width - 3))
    bottom, right = height - 1, width - 1
    cases += [
        (f"at the {place}: ", int(rng.choice([3, 5])), height, width, i, j)
        for place, i, j in (
            ("upper left corner", 0, 0),
            ("lower right corner", bottom, right),
            ("upper right corner", 0, right),
            ("lower left corner", bottom, 0),
            ("upper edge", 0, column),
            ("lower edge", bottom, column),
            ("left edge", row, 0),
            ("right edge", row, right),
        )
    ]
    low, high = int(rng.integers(2, 5)), int(rng.integers(8, 11))
    for shape in ((low, high), (high, low)):
        place = [int(rng.integers(0, length)) for length in shape]
        cases += [("an image smaller than the kernel: ", 7, *shape, *place)]
    cases += [
        ("kernel of 1: ", 1, height, width, row, column),
        ("one number everywhere: ", 1, 1, 1, 0, 0),
        ("one pixel: ", 3, 1, 1, 0, 0),
    ]
    for label, size, height, width, row, column in cases:
        batch, channels, out = rng.permutation([2, 3, 4, 5])[:3].tolist()
        if label.startswith("one number"):
            batch = channels = out = 1
        x = rng.normal(size=(batch, channels, height, width)) + 0.5
        weight = rng.normal(size=(out, channels, size, size))
        arrays = floats(x, weight, rng.choice([-1, 1], out) * rng.uniform(2, 5, out))
        about = f"{label}x {x.shape}, weight {weight.shape}, row {row}, column {column}"
        exact = (*doubles(*arrays), row, column)
        expected = _product(_window(exact[0], row, column, size), *exact[1:3])
        try:
            received = call(answer, *arrays, row, column)
        except CheckFailed as failure:
            failure.checked = about
            if label and failure.written:
                raise CheckFailed(f"{_beyond(label)}: {failure.mistake}", checked=about) from None
            raise
        verify(
            received,
            expected,
            checked=about,
            wrong=_in_the_middle(*exact) if label in ("", FEWER) else _at_edges(*exact),
            scale=np.abs(expected).mean() + size * np.sqrt(channels),
            tolerance=2e-5,
            hint=_beyond(label) if label else "",
        )
    return (
        "The same as conv2d with a padding of k // 2: in the middle, at edges and corners, and in "
        "images smaller than the kernel; one value for each example and channel."
    )


def _beyond(label):
    where = label.removesuffix(": ")
    if label == FEWER:
        return "right for a kernel of 7, not for a smaller one: is a number written in place of k?"
    if "at the " not in label and "smaller" not in label:
        return f"right in the middle of an image, not here ({where})"
    return f"right in the middle, not here ({where}): beyond each of the four edges stand zeros"


def _window(x, row, column, size, mode="constant"):
    """(B, C, k, k) around a place, which may be outside."""
    wide = size + max(x.shape[2:]) + 2
    padded = np.pad(x, ((0, 0), (0, 0), (wide, wide), (wide, wide)), mode=mode)
    top, left = row + wide - size // 2, column + wide - size // 2
    return padded[:, :, top : top + size, left : left + size]


def _product(window, weight, bias):
    return np.einsum("bcij,ocij->bo", window, weight) + bias


def _in_the_middle(x, weight, bias, row, column):
    """[(phrase, values)] of wrong results, far from the edges."""
    size = weight.shape[-1]
    half, channels, flat = size // 2, x.shape[1], weight.reshape(len(weight), -1)

    def of(window, kernel=weight):
        return _product(window, kernel, bias)

    def around(down, right):
        return of(_window(x, row + down, column + right, size))

    window = _window(x, row, column, size)
    right, sums = of(window), of(window) - bias
    flipped = "the kernel is flipped: a convolution layer does not flip it"
    order = "window and kernel are flattened in different orders: channels, rows, columns"
    moved = np.moveaxis(window, 1, -1).reshape(len(x), -1)
    return [
        (flipped, of(window, weight[:, :, ::-1, ::-1])),
        (f"{flipped} (here only the rows are)", of(window, weight[:, :, ::-1])),
        (f"{flipped} (here only the columns are)", of(window, weight[..., ::-1])),
        ("the rows and columns of the kernel are exchanged",
         of(window, np.swapaxes(weight, 2, 3))),
        ("row and column are exchanged", of(_window(x, column, row, size))),
        ("the bias is missing", sums),
        ("the bias is added twice", right + bias),
        ("the bias is subtracted", sums - bias),
        ("the bias is summed over the channels", sums + bias.sum()),
        ("the bias is averaged over the channels", sums + bias.mean()),
        ("the bias is counted at each entry of the kernel", sums + size**2 * bias),
        ("the bias is counted at each entry of kernel and channels",
         sums + channels * size**2 * bias),
        ("the bias is counted for each channel of x", sums + channels * bias),
        ("the mean over the window is taken, a sum is wanted", sums / (channels * size**2) + bias),
        ("the mean over the window is taken, a sum is wanted", right / (channels * size**2)),
        ("the mean over rows and columns is taken, a sum is wanted", sums / size**2 + bias),
        ("the mean over the channels is taken, a sum is wanted", sums / channels + bias),
        ("the pixel at the centre is taken alone: the kernel has a window",
         np.einsum("bc,oc->bo", x[:, :, row, column], weight[:, :, half, half]) + bias),
        ("one pixel is multiplied with the whole kernel: the kernel has a window",
         np.einsum("bc,ocij->bo", x[:, :, row, column], weight) + bias),
        (order, moved @ flat.T + bias),
        (order, window.reshape(len(x), -1) @ np.moveaxis(weight, 1, -1).reshape(flat.shape).T
         + bias),
        ("the weight is reshaped to (C k k, O): flatten it to (O, C k k) and transpose",
         window.reshape(len(x), -1) @ weight.reshape(-1, len(weight)) + bias),
        ("the first channel of x is used alone", of(window[:, :1], weight[:, :1])),
        ("the result is transposed: (B, O) is wanted", right.T),
        ("axes too many: (B, O) is wanted", right[:, :, None, None]),
        ("summed over the batch: one row for each example is wanted", sums.sum(0) + bias),
        ("the window begins at the place: it should be centred there (pad first)",
         around(half, half)),
        ("the window ends at the place: it should be centred there", around(-half, -half)),
        ("only the columns are padded: pad wants four numbers, left, right, above and below",
         around(half, 0)),
        ("only the rows are padded: the columns want it as well", around(0, half)),
        ("the padding is 1, whatever the kernel: k // 2 is wanted", around(half - 1, half - 1)),
        ("the padding is k: k // 2 is wanted, so that the place is the window's centre",
         around(half - size, half - size)),
        ("the padding is 3, whatever the kernel: k // 2 is wanted", around(half - 3, half - 3)),
        ("off by one: the window is one row too low", around(1, 0)),
        ("off by one: the window is one row too high", around(-1, 0)),
        ("off by one: the window is one column too far right", around(0, 1)),
        ("off by one: the window is one column too far left", around(0, -1)),
        ("off by one: the window is too low and too far right", around(1, 1)),
        ("off by one: the window is too high and too far left", around(-1, -1)),
    ]  # fmt: skip


def _at_edges(x, weight, bias, row, column):
    """[(phrase, values)] of results that are right in the middle alone."""
    size, (height, width) = weight.shape[-1], x.shape[2:]
    half = size // 2
    top, left = max(0, row - half), max(0, column - half)
    part = x[:, :, top : row + half + 1, left : column + half + 1]
    rows, columns = part.shape[2:]
    cut = "at an edge the kernel is cut on the wrong side"
    wrong = [
        ("beyond the edges the outermost pixels are repeated, zeros are wanted",
         _window(x, row, column, size, "edge"), weight),
        ("beyond the edges the image is mirrored, zeros are wanted",
         _window(x, row, column, size, "reflect"), weight),
        ("beyond the edges the image begins again (negative indices?), zeros are wanted",
         _window(x, row, column, size, "wrap"), weight),
        (cut, part, weight[:, :, :rows, :columns]),
        (cut, part, weight[:, :, size - rows :, size - columns :]),
    ]  # fmt: skip
    if height >= size and width >= size:
        top, left = min(top, height - size), min(left, width - size)
        pushed = x[:, :, top : top + size, left : left + size]
        text = "at an edge the window is pushed back into the image: beyond it stand zeros"
        wrong += [(text, pushed, weight)]
    found = [(text, _product(window, kernel, bias)) for text, window, kernel in wrong]
    lost = "axes of length 1 are lost (squeeze?): (B, O) is wanted, also where both are 1"
    if len(x) == len(weight) == 1:
        found += [(lost, _product(_window(x, row, column, size), weight, bias)[0, 0])]
    return found
