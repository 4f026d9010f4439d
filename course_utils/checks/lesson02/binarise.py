"""Check of exercise 2.1: ``binarise``."""

import numpy as np

from course_utils.checks._compare import show, sizes, verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

IMAGE = (1, 28, 28)
COPIES = 40  # images of one grey level, which show whether pixels and images share their noise


@check(
    "2.1",
    seals=(
        "pixels.binarise",
        "pixels.fixed_binarised",
    ),
)
def binarise(answer, seed):
    """``binarise(images)``: uint8, any shape -> floats 0 and 1, P(1) = v / 255, a fresh draw."""
    rng = np.random.default_rng(seed)
    grey = int(rng.integers(100, 156))
    images = np.concatenate(
        [
            rng.integers(0, 256, (40, *IMAGE)),
            np.full((COPIES, *IMAGE), grey),
            np.full((30, *IMAGE), 255),
            np.zeros((5, *IMAGE)),
        ]
    ).astype(np.uint8)
    about = {"checked": f"uint8 images of shape {images.shape}"}
    x, again = (call(answer, images, seed=2 * seed + draw) for draw in (1, 2))
    about["expected"] = "zeros and ones (floats) with P(1) = v / 255"
    about["received"] = show(x)
    if not isinstance(x, np.ndarray) or x.shape != images.shape:
        verify(x, np.zeros(images.shape), checked=about["checked"])
    mistake = _wrong_values(x, again, images)
    mistake = mistake or _shared_noise(x[40 : 40 + COPIES, 0])
    mistake = mistake or _wrong_frequencies(x, again, images)
    if mistake:
        raise CheckFailed(f"{mistake}.", **about)
    flat = rng.integers(0, 256, sizes(rng, 2)).astype(np.uint8)
    x = call(answer, flat)
    if not isinstance(x, np.ndarray) or x.shape != flat.shape:
        verify(x, np.zeros(flat.shape), checked=f"uint8 values of shape {flat.shape}")
    return "Zeros and ones with P(1) = v / 255, drawn anew for every pixel, image and call."


def _wrong_values(x, again, images):
    if np.array_equal(x, images):
        return "the bytes came back: nothing was drawn"
    if np.allclose(x, images / 255, atol=1e-3) or np.allclose(x, images / 256, atol=1e-3):
        return "grey values came back, between 0 and 1: nothing was drawn"
    values = np.unique(x)
    if set(values.tolist()) == {-1, 1}:
        return "the values are -1 and 1, they should be 0 and 1"
    if not set(values.tolist()) <= {0, 1}:
        return "there are other values than 0 and 1"
    if len(values) == 1:
        return f"every value is {values[0]:g}: were the bytes divided by 255, as floats?"
    if np.array_equal(x, images > 0):
        return "every byte above 0 gives a 1: were the bytes divided by 255, as floats?"
    if np.array_equal(x, again):
        if images[x == 0].max() < images[x == 1].min():
            return "the images are thresholded: P(1) should be v / 255, a fresh draw"
        if images[x == 1].max() < images[x == 0].min():
            return "the images are thresholded, and the wrong way round"
        return "the same draw comes in every call: is a generator or a seed fixed?"
    if x.dtype.kind != "f":
        return f"the values are of type {x.dtype}: the network needs floats"
    return ""


def _wrong_frequencies(x, again, images):
    grey, bright, dark = (images > 0) & (images < 255), images == 255, images == 0
    for phrase, p in (
        ("", images / 255.0),
        ("black and white are taken for each other: P(1) is 1 - v / 255", 1 - images / 255.0),
        ("P(1) is the square of v / 255", (images / 255.0) ** 2),
        ("P(1) is the root of v / 255", (images / 255.0) ** 0.5),
        ("P(1) is 1/2 whatever the grey value is", np.full(images.shape, 0.5)),
    ):
        if _agrees(x[grey], images[grey], p[grey]):
            if phrase:
                return phrase
            break
    else:
        return "the frequency of ones is not v / 255"
    if not x[bright].all():
        return "a byte of 255 should always give 1: are the bytes divided by 256?"
    if x[dark].any():
        return "a byte of 0 should always give 0"
    p = images[grey] / 255.0
    correlation = ((x[grey] - p) * (again[grey] - p) / (p * (1 - p))).mean()
    return "one call repeats a part of the call before" if correlation > 0.1 else ""


def _agrees(x, levels, p):
    """Frequencies of ones in bands of 16 grey levels, within 6.5 standard errors."""
    for band in range(16):
        inside = levels // 16 == band
        error = np.sqrt((p[inside] * (1 - p[inside])).sum())
        if abs((x[inside] - p[inside]).sum()) > 6.5 * error + 1:
            return False
    return True


def _shared_noise(x):
    """Names the axis of x (copies, height, width), all of one grey level, that shares noise."""
    p = x.mean()
    for axes, text in (
        ((1, 2), "all pixels of an image share one draw: each needs its own"),
        ((0,), "the images of a batch share their noise: each needs its own"),
        ((1,), "the pixels of a column share their noise: each needs its own"),
        ((2,), "the pixels of a row share their noise: each needs its own"),
    ):
        means = x.mean(axes)
        expected = max(p * (1 - p), 0.1) * means.size / x.size
        if means.var() > expected * (1 + 9 * np.sqrt(2 / means.size)):
            return text
    return ""
