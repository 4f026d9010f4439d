"""Check of exercise 2.1: ``binarise``."""

import numpy as np

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import show, sizes
from course_utils.checks._contract import check
from course_utils.checks._noise import dependent, drawn, is_uniform
from course_utils.checks._remote import CheckFailed

IMAGE = (1, 28, 28)
COPIES = 40  # images of one grey level, which show whether pixels and images share their noise
GREY = 330  # images of all levels: about 1,000 pixels of each, which show steps of 1/16
LEVELS = np.arange(256)
EXPECTED = "zeros and ones (floats) with P(1) = v / 255"


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
    images = np.concatenate(
        [
            rng.integers(0, 256, (GREY, *IMAGE)),
            np.full((COPIES, *IMAGE), rng.integers(100, 156)),
            np.full((30, *IMAGE), 255),
            np.zeros((5, *IMAGE)),
        ]
    ).astype(np.uint8)
    x, again = (_drawn(answer, images, 2 * seed + draw) for draw in (1, 2))
    mistake = _wrong_values(x, again, images)
    mistake = mistake or _shared_noise(x[GREY : GREY + COPIES, 0])
    mistake = mistake or _wrong_frequencies(x, again, images)
    _raise(mistake, images, x)
    axes = ("image", "row", "column")
    for shape, names in (
        ((50, *IMAGE), axes),
        ((4, 12, *IMAGE), ("sample", *axes)),
        ((60, 784), ("image", "pixel")),
        ((20, 28, 28), axes),
        ((4000,), ("pixel",)),
        ((*sizes(rng, 1), 300, 2), ("image", "row", "column")),
        ((6, 4000), ("image", "pixel")),
    ):
        images = rng.integers(60, 196, shape).astype(np.uint8)  # neither is rare there
        p = images / 255.0
        scores = [
            ((_drawn(answer, images, 2 * seed + draw) - p) / np.sqrt(p * (1 - p))).squeeze()
            for draw in (3, 4)
        ]
        mistake = dependent(scores[0], names, scores[1], squares=False)
        if not mistake and np.abs(scores[0].sum()) > 6.5 * np.sqrt(p.size):
            mistake = "the frequency of ones is not v / 255"
        _raise(mistake, images, scores[0] > 0)
    verify_as_given(answer, images, seed=seed, wanted=np.dtype(np.float32))
    return "Zeros and ones with P(1) = v / 255, drawn anew for every pixel, image and call."


def _drawn(answer, images, seed):
    try:
        return drawn(answer, "pixel", EXPECTED, images, seed)
    except CheckFailed as failure:
        if "'Byte'" not in failure.mistake:
            raise
        hint = "bytes have no random numbers of their own kind: use torch.rand(images.shape), or "
        hint += "make the images floats first"
        told = {"checked": failure.checked, "written": failure.written}
        raise CheckFailed(f"{failure.mistake.rstrip('.')}; {hint}", **told) from failure


def _raise(mistake, images, x):
    if mistake:
        checked = f"uint8 images of shape {images.shape}"
        raise CheckFailed(mistake, checked=checked, expected=EXPECTED, received=show(1.0 * x))


def _wrong_values(x, again, images):
    if np.array_equal(x, images):
        return "the bytes came back: nothing was drawn"
    if np.allclose(x, images / 255, atol=1e-3) or np.allclose(x, images / 256, atol=1e-3):
        return "grey values came back, between 0 and 1: nothing was drawn"
    values = np.unique(x)
    if set(values.tolist()) == {-1, 1}:
        return "the values are -1 and 1, they should be 0 and 1"
    if set(values.tolist()) == {0, 255}:
        return "the values are 0 and 255, they should be 0 and 1"
    if not set(values.tolist()) <= {0, 1}:
        return "there are other values than 0 and 1"
    if len(values) == 1:
        return f"every value is {values[0]:g}: were the bytes divided by 255, as floats?"
    if np.array_equal(x, images == 255):
        return (
            "only bytes of 255 give a 1: is it an integer division (//), or are the grey values "
            "made integers before the draw?"
        )
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
    counts = np.bincount(images.ravel(), minlength=256)
    ones = np.bincount(images.ravel(), x.ravel(), minlength=256)
    for phrase, p in (
        ("", LEVELS / 255.0),
        ("black and white are taken for each other: P(1) is 1 - v / 255", 1 - LEVELS / 255.0),
        ("P(1) is the square of v / 255", (LEVELS / 255.0) ** 2),
        ("P(1) is the root of v / 255", (LEVELS / 255.0) ** 0.5),
        ("P(1) is 1/2 whatever the grey value is", np.full(256, 0.5)),
    ):
        if _agrees(ones, counts, p):
            if phrase:
                return phrase
            break
    else:
        return _where(ones, counts)
    if ones[255] < counts[255]:
        return "a byte of 255 should always give 1: are the bytes divided by 256?"
    if ones[0]:
        return "a byte of 0 should always give 0"
    grey = (images > 0) & (images < 255)
    p = images[grey] / 255.0
    correlation = ((x[grey] - p) * (again[grey] - p) / (p * (1 - p))).mean()
    return "one call repeats a part of the call before" if correlation > 0.1 else ""


def _where(ones, counts):
    """The level whose frequency is the least likely."""
    p = LEVELS[1:255] / 255.0
    share = ones[1:255] / counts[1:255]
    level = 1 + int(np.argmax(np.abs(share - p) * np.sqrt(counts[1:255] / (p * (1 - p)))))
    told = f"a byte of {level} gives a 1 in {ones[level] / counts[level]:.3f} of the draws"
    return f"the frequency of ones is not v / 255: {told}, not in {level / 255:.3f}"


def _agrees(ones, counts, p):
    """Frequencies of ones at each level, and the sum of their squared errors, are those of p."""
    ones, counts, p = ones[1:255], counts[1:255], p[1:255]
    each = all(
        is_uniform(np.repeat([0.0, 1.0], [one, count - one]), np.array([q]))
        for one, count, q in zip(ones.astype(int), counts, p, strict=True)
    )
    errors = (ones - counts * p) ** 2 / (counts * p * (1 - p))
    return each and errors.sum() < 430  # of 254 levels: 7 standard errors


def _shared_noise(x):
    """Names the axis of x (copies, height, width), all of one grey level, that shares noise."""
    if np.ptp(x) == 0:
        return "one number is drawn for the whole batch: each pixel needs its own"
    texts = (
        ((1, 2), "all pixels of an image share one draw: each needs its own"),
        ((0,), "the images of a batch share their noise: each needs its own"),
        ((1,), "the pixels of a column share their noise: each needs its own"),
        ((2,), "the pixels of a row share their noise: each needs its own"),
    )
    for axes, text in texts:
        if np.ptp(x, axis=axes).max() == 0:
            return text
    p = x.mean()
    for axes, text in texts:
        means = x.mean(axes)
        expected = max(p * (1 - p), 0.1) * means.size / x.size
        if means.var() > expected * (1 + 9 * np.sqrt(2 / means.size)):
            return text
    return ""
