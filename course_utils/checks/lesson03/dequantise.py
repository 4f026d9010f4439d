"""Check of exercise 3.1: ``dequantise``."""

import numpy as np
from scipy.special import ndtri

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import show, sizes
from course_utils.checks._contract import check
from course_utils.checks._noise import dependent, drawn, is_uniform
from course_utils.checks._remote import CheckFailed

CELLS = 1000  # of u: noise of 9 bits or fewer does not fill them
EXPECTED = "(v + u) / 128 - 1 with u uniform in [0, 1), drawn anew for every value"
AXES = ("image", "channel", "row", "column")


@check("3.1", seals=("pixels.dequantise",))
def dequantise(answer, seed):
    """``dequantise(images)``: uint8, any shape -> x = (v + u) / 128 - 1, u ~ U[0, 1) afresh."""
    rng = np.random.default_rng(seed)
    copies, grey = 60, int(rng.integers(60, 200))
    images = rng.integers(0, 256, (40, 3, 16, 16))
    same = np.full((copies, 3, 16, 16), grey)
    images = np.concatenate([images, same]).astype(np.uint8)
    x, again = (drawn(answer, "level", EXPECTED, images, 2 * seed + draw) for draw in (1, 2))
    mistake = _wrong_scale(x.astype(np.float64), images.astype(np.float64))
    mistake = mistake or _wrong_noise(x, again, images, copies)
    _raise(mistake, images, x)
    for shape, names in (
        ((*images.shape,), AXES),
        ((50, 3, 12, 12), AXES),
        ((30, 28, 28), ("image", "row", "column")),
        ((60, 300), ("image", "value")),
        ((6, 3000), ("image", "value")),
        ((3000,), ("value",)),
        ((2, *sizes(rng, 1), 3, 8, 8), ("sample", *AXES)),
    ):
        if shape != images.shape:
            images = rng.integers(0, 256, shape).astype(np.uint8)
            x, again = (
                drawn(answer, "level", EXPECTED, images, 2 * seed + draw) for draw in (3, 4)
            )
        scores = [ndtri(_noise(one, images).clip(1e-6, 1 - 1e-6)) for one in (x, again)]
        mistake = dependent(scores[0], names, scores[1])
        u = _noise(x, images)
        if not mistake and (not is_uniform(u) or (u.size > 50 * CELLS and _is_coarse(u))):
            mistake = "u is not uniform in [0, 1)"
        _raise(mistake, images, x)
    verify_as_given(answer, images, seed=seed, wanted=np.dtype(np.float32))
    return "Every x lies in its own level's bin of width 1/128, uniformly, drawn anew each time."


def _raise(mistake, images, x):
    if mistake:
        checked = f"uint8 images of shape {images.shape}"
        raise CheckFailed(mistake, checked=checked, expected=EXPECTED, received=show(x))


def _noise(x, images):
    return (x.astype(np.float64) + 1) * 128 - images


def _wrong_scale(x, v):
    """Names the map from v to x when the noise is not in the right bin."""
    u = (x + 1) * 128 - v
    if not np.isfinite(x).all():
        return "there is NaN or infinity"
    if 1e-4 < u.min() and u.max() < 1 and np.ptp(u) < 1e-4 < abs(u.min() - 0.5):
        return "one number is drawn for the whole batch: each value needs its own"
    for phrase, base in (
        ("nothing is drawn: the levels came back on the grid of [-1, 1]", (2 * v - 255) / 255),
        ("nothing is drawn: the lower edges of the bins came back", v / 128 - 1),
        ("nothing is drawn: the middles of the bins came back", (v + 0.5) / 128 - 1),
        ("nothing is drawn: the bytes came back", v),
        ("nothing is drawn: grey values in [0, 1] came back", v / 255),
    ):
        if np.abs(x - base).max() < 1e-3 * max(1, np.abs(base).max()):
            return phrase
    if u.min() >= -1e-3 and u.max() <= 1 + 1e-3 and np.ptp(u) > 0.5:
        return ""
    for phrase, scale, shift in (
        ("x lies in [0, 1): the scale should be [-1, 1)", 256, 0),
        ("x lies in [0, 2): the 1 is not subtracted", 128, 0),
        ("the bins are those of 2 v / 255 - 1, which reach beyond 1: divide by 128", 127.5, 1),
        ("x lies in [0, 1]: divided by 255, not by 256, and not on [-1, 1)", 255, 0),
        ("x lies in [0, 256): it is not scaled", 1, 0),
        ("x lies in [-1/2, 1/2): the scale should be [-1, 1)", 256, 0.5),
    ):
        found = (x + shift) * scale - v
        if found.min() >= -2e-2 and found.max() <= 1.02 and np.ptp(found) > 0.5:
            return phrase
    if -0.51 < u.min() < -0.4 and 0.4 < u.max() < 0.51:
        return "u lies in [-1/2, 1/2): a level would reach below -1, and its bin begins at its edge"
    if u.max() > 1.2 or u.min() < -0.2:
        wide = np.ptp(u)
        if 100 < wide < 140:
            return (
                "the noise is added after the scaling, where a bin is only 1/128 wide; or bytes "
                "were multiplied, and ran over 255"
            )
        return f"u goes from {u.min():.2f} to {u.max():.2f}, it should stay in [0, 1)"
    return "the noise does not fill the bin from edge to edge: u should be uniform in [0, 1)"


def _wrong_noise(x, again, images, copies):
    u = ((x.astype(np.float64) + 1) * 128 - images).clip(0, 1)
    if np.array_equal(x, again):
        return "the same noise comes in every call: is a generator or a seed fixed?"
    if u.max() >= 1 and (u >= 1).mean() > 1e-3:
        return "u reaches 1: the value belongs to the next level's bin"
    levels = [u[images == level] for level in range(256)]
    if all(np.ptp(one) < 1e-2 for one in levels if one.size):
        return "all pixels of one level share one draw: each value needs its own"
    part = u[-copies:]
    for axes, text in (
        ((1, 2, 3), "all values of an image share one draw: each needs its own"),
        ((0,), "all images share their noise: each needs its own"),
        ((1,), "the three channels of a pixel share one draw: each needs its own"),
    ):
        if np.ptp(part, axis=axes).max() < 1e-2:
            return text
    values = len(np.unique(u.round(5)))
    if values < 3000:
        return f"u takes about {values} values, no more: it should be uniform, with 16 bits or more"
    parts = [("", u.ravel()), *((f"channel {c}: ", u[:, c].ravel()) for c in range(3))]
    for name, values in parts:
        error = 1 / values.size**0.5
        if abs(values.mean() - 0.5) > 6.5 * (1 / 12) ** 0.5 * error:
            return f"{name}the mean of u is {values.mean():.3f}, it should be 1/2"
        if abs(((values - 0.5) ** 2).mean() - 1 / 12) > 6.5 * (1 / 180) ** 0.5 * error:
            return f"{name}u is not uniform: its variance is {values.var():.4f}, it should be 1/12"
    rare = [level for level, values in enumerate(levels) if values.size < u.size / 100]
    wrong = [level for level in rare if not is_uniform(levels[level])]
    if 0 < len(wrong) < 9:
        return f"u is not uniform where the level is {wrong[0]}"
    for name, values in parts:
        if wrong or not is_uniform(values):
            return f"{name}u is not uniform in [0, 1)"
    return ""


def _is_coarse(u):
    """Whether the cells of [0, 1) are not filled alike, as by noise of few bits."""
    each = u.size / CELLS
    errors = (np.histogram(u, CELLS, (0, 1))[0] - each) ** 2 / each
    return errors.sum() > CELLS + 8 * (2 * CELLS) ** 0.5
