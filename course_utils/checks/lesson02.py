"""Checks of lesson 02: binarising, the Bernoulli log-likelihood, traversals, active units."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
from course_utils.checks._formulas import bernoulli_formulas, candidates
from course_utils.checks._remote import CheckFailed

UNSTABLE = (
    "right for moderate logits, wrong or not finite for large ones: log(sigmoid(logits)) "
    "underflows, and a clamp or a small number added inside the logarithm changes the value"
)
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


@check(
    "2.2",
    seals=(
        "losses.likelihoods.bernoulli_log_prob",
        "losses.likelihoods.log_sigmoid_sum",
        "losses.likelihoods.grey_cross_entropy",
        "nets.vae.Bernoulli",
    ),
)
def bernoulli_log_prob(answer, seed):
    """``bernoulli_log_prob(x, logits)``: x (B, 1, 28, 28), logits (..., B, 1, 28, 28) -> (..., B).

    Nats, summed over the last three dimensions.
    """
    rng = np.random.default_rng(seed)
    samples, batch = sizes(rng, 2)
    for label, lead, spread in (
        ("", (batch,), 2.0),
        ("K samples of the logits in front: ", (samples, batch), 2.0),
        ("one example: ", (1,), 2.0),
        ("logits up to 20: ", (batch,), 20.0),
        ("logits up to 10,000: ", (batch,), 1e4),
    ):
        x, logits = floats(
            rng.integers(0, 2, (lead[-1], *IMAGE)),
            spread * np.clip(rng.normal(0, 1, (*lead, *IMAGE)), -1, 1),
        )
        formulas = bernoulli_formulas(*doubles(x, logits))
        right = formulas[0][1]
        sign = "the sign is wrong: this is minus the log-probability (the cross-entropy)"
        verify(
            call(answer, x, logits),
            right.sum((-3, -2, -1)),
            checked=f"{label}x of shape {x.shape}, logits of shape {logits.shape}",
            wrong=candidates(formulas, 3, "pixels", sign) if spread == 2 else (),
            scale=0.1 * np.abs(logits.astype(float)).sum((-3, -2, -1)),
            hint=UNSTABLE if spread > 2 else "",
            undefined="" if spread > 2 else "are logits taken for probabilities?",
        )
        slope = x - np.exp(-np.logaddexp(0, -logits.astype(float)))
        verify_gradient(answer, (x, logits), ("x", "logits"), (None, slope))
    verify_repeatable(answer, x, logits)
    return (
        "Sums over the pixels, one value for each example, also with samples in front; values and "
        "gradients are finite and right for logits of 10,000."
    )


@check("2.5")
def traverse(answer, seed):
    """``traverse(mu, dimension, values)``: mu (L,), an int, values (V,) -> (V, L)."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    latents, count = sizes(rng, 2)
    mu, values = floats(rng.normal(0, 1, latents) + 3, rng.uniform(-2.5, 2.5, count))
    for dimension in (int(rng.integers(1, latents - 1)), 0, latents - 1):
        rows, column = np.tile(mu, (count, 1)), np.arange(latents) == dimension
        right = np.where(column, values[:, None], rows)
        shifted = [np.where(np.roll(column, step), values[:, None], rows) for step in (1, -1)]
        verify(
            call(answer, mu, dimension, values),
            right,
            checked=f"{latents} dimensions, dimension {dimension}, {count} values",
            wrong=[
                ("the value is added to mu, it should replace the entry", rows + column * right),
                ("the value multiplies mu, it should replace the entry",
                 np.where(column, rows * values[:, None], rows)),
                ("the other dimensions are set to 0, they should stay those of mu", column * right),
                ("the other dimensions are changed too",
                 np.repeat(values[:, None], latents, axis=1)),
                ("the other dimensions are changed too", rows + values[:, None]),
                ("every row holds the last value: is one tensor changed again and again? (clone)",
                 np.tile(right[-1], (count, 1))),
                ("every row holds the first value", np.tile(right[0], (count, 1))),
                ("the wrong dimension is replaced: indices count from 0", shifted[0]),
                ("the wrong dimension is replaced: indices count from 0", shifted[1]),
                ("mu comes back unchanged", rows),
                ("the axes are swapped: (L, V) in place of (V, L)", right.T),
                ("only the column of values came back: whole rows are wanted", values),
                ("only the last row came back", right[-1]),
                ("there is an axis too many", right[:, None]),
                ("the values are sorted", right[np.argsort(values)]),
            ],
            tolerance=1e-5,
        )  # fmt: skip
    verify_repeatable(answer, mu, dimension, values)
    return "Every row is mu with one entry replaced by its value; the others stay."


@check("2.4", seals=("evaluation.active_units",))
def active_units(answer, seed):
    """``active_units(mu, threshold=0.01)``: posterior means (N, L) -> number of active latents."""
    rng = np.random.default_rng(seed)
    counts = rng.permutation([2, 3, 4, 8])  # no two sums of pairs agree
    ranges = [(0.3, 2), (0.02, 0.06), (1e-3, 3e-3), (1e-6, 1e-5)]
    variances = np.concatenate(
        [rng.uniform(*bounds, count) for bounds, count in zip(ranges, counts, strict=True)]
    )
    variances = rng.permutation(variances)
    mu = rng.normal(0, 1, (300 + int(rng.integers(99)), len(variances)))
    mu = (mu - mu.mean(0)) / mu.std(0) * np.sqrt(variances)
    mu = floats(mu + rng.choice([-1, 1], len(variances)) * rng.uniform(0.5, 1.5, len(variances)))[0]
    for arguments, threshold in (((), 0.01), ((0.1,), 0.1), ((1e-4,), 1e-4)):
        active = variances > threshold
        right = int(active.sum())
        square, across = (mu.astype(float) ** 2).mean(0), mu.var(1)
        verify(
            call(answer, mu, *arguments),
            np.array(right),
            checked=f"posterior means of shape {mu.shape}, threshold {threshold:g}",
            wrong=[
                ("the threshold is not used: it is given as the second argument",
                 np.array((variances > 0.01).sum() if arguments else np.nan)),
                ("the inactive dimensions are counted", np.array((~active).sum())),
                ("the standard deviation is compared with the threshold, not the variance",
                 np.array((np.sqrt(variances) > threshold).sum())),
                ("the mean square is taken for the variance: the mean is not subtracted",
                 np.array((square > threshold).sum())),
                ("the variance is taken over the latents, not over the data",
                 np.array((across > threshold).sum())),
                ("a fraction came, the number is wanted", np.array(active.mean())),
                ("True or False for each dimension came, their number is wanted", active),
                *(("the variances came, the number above the threshold is wanted",
                   mu.astype(float).var(0, ddof=ddof)) for ddof in (0, 1)),
                ("the variances of the active dimensions are added, not counted",
                 np.array(variances[active].sum())),
                ("the variance is taken over the latents, not over the data", across > threshold),
            ],
            tolerance=1e-6,
        )  # fmt: skip
    verify_repeatable(answer, mu)
    return "Counts the dimensions whose mean varies over the data by more than the threshold."
