"""Checks of lesson 04: weights of the two terms, and which latents they leave active."""

import math

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    named,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

ROUNDING = "g is c h up to rounding, and a thousandth of the largest |g| is allowed"
NOT_C = (
    "this is not the c of g = c h: is a small number added to h, or are entries averaged where h "
    "is 0?"
)
ABSOLUTE = "is the tolerance absolute? A thousandth of the largest |g| is meant"


@check("4.1")
def constant_ratio(answer, seed):
    """``constant_ratio(g, h)``: arrays of one shape -> c where g = c h, else NaN."""
    rng = np.random.default_rng(seed)
    for label, g, h, c, hint in _pairs(rng):
        checked = f"{label}, shape {g.shape}, {g.dtype}"
        received = call(answer, g, h)
        if c is None:
            _verify_nan(received, g, h, checked, hint)
            continue
        if _is_nan(received):
            raise CheckFailed(
                f"NaN came where g is a multiple of h; {hint}.",
                checked=checked,
                expected=show(np.array(c)),
                received=show(received),
            )
        verify(
            received,
            np.array(c),
            checked=checked,
            wrong=[
                ("this is 1 / c: the ratio is upside down, g = c h", np.array(1 / c if c else 0)),
                (
                    "the sign is lost: a ratio of norms or of absolute values is never negative",
                    np.array(-c),
                ),
                ("1 came: is it a cosine, or True? The factor c is wanted", np.array(1)),
                ("-1 came: is it a cosine, or a sign? The factor c is wanted", np.array(-1)),
                ("the ratios of all entries came: one number is wanted", np.full(g.shape, c)),
                ("the ratios are added up: they should all be the same c", np.array(c * g.size)),
                (
                    "the sum of g h is not divided by the sum of h^2",
                    np.array((g * h.astype(float)).sum()),
                ),
            ],
            tolerance=1e-3,
            hint=NOT_C,
        )
    verify_repeatable(answer, g, h)
    return (
        "c for proportional gradients of any scale, of either sign, with zeros in both, and for "
        "g = 0; NaN where g is no multiple of h, be it in a single entry."
    )


def _pairs(rng):
    """(what it is, g, h, c or None, hint); where c is None no factor comes near g."""

    def draw(count):
        """An array of ``count`` axes without zeros; most entries are positive: no sum is near 0."""
        shape = sizes(rng, count)
        return rng.choice([-1] + 7 * [1], shape) * rng.uniform(0.3, 1.5, shape)

    c = float(rng.uniform(1.5, 4))
    h = draw(2)
    yield "g = c h with c > 0", *floats(c * h, h), c, ROUNDING
    h = draw(3)
    yield "g = c h with c < 0", -c * h, h, -c, "c is negative: is it compared without its sign?"
    h = draw(2)
    h.flat[:2] = 0.3, 1.5  # far from each other, so that the cubes are no multiple
    cube = floats(c * h**3, h)
    yield "g = c h^3", *cube, None, "is the largest |g - c h| compared with the largest |g|?"
    h = draw(2)
    changed = np.where(np.abs(h) == np.abs(h).max(), 1.3, 1)
    text = "a single entry is off by 30 %: look at the largest difference, an average hides it"
    yield "g = c h, but one entry 30 % larger", *floats(c * changed * h, h), None, text
    h = draw(2)
    signs = rng.permuted(np.resize([-1, 1], h.size)).reshape(h.shape)
    text = "the signs of half of the entries differ: does the test look at absolute values?"
    yield "g = c h, the sign changed in half of the entries", *floats(c * signs * h, h), None, text
    h = draw(4)
    text = "g is h plus a constant: a constant difference is no constant ratio"
    yield "g = h + constant", *floats(h + c, h), None, text

    h = draw(3)
    zero = rng.uniform(size=h.shape) < 0.6
    zero.flat[:4] = True, False, False, True
    sparse = np.where(zero, 0, h)
    text = "entries that are 0 in both are proportional too, and 0 / 0 is NaN"
    yield "g = c h, many entries 0 in both", *floats(c * sparse, sparse), c, text
    only_h, only_g = sparse.copy(), sparse.copy()
    only_h.flat[3], only_g.flat[2] = 1, 0
    text = "g is not 0 where h is 0: such an entry must not be left out"
    yield "g not 0 in an entry where h is", *floats(c * only_h, sparse), None, text
    text = "g is 0 in an entry where h is not: such an entry must not be left out"
    yield "g = 0 in an entry where h is not", *floats(c * only_g, sparse), None, text
    text = "g = 0 * h, so c = 0: the difference 0 is not below 0, and 0 / 0 is NaN"
    yield "g = 0 everywhere", *floats(0 * h, h), 0.0, text

    h = draw(2)
    rounded = c * h * rng.uniform(1 - 1e-4, 1 + 1e-4, h.shape)
    yield "g = c h, entries off by up to 1e-4 of themselves", *floats(rounded, h), c, ROUNDING
    h = 1e-6 * draw(2)
    yield "g = c h, h about 1e-6", *floats(c * h, h), c, ABSOLUTE
    tiny = floats(1e-6 * cube[0], 1e-6 * cube[1])
    yield "g no multiple of h, h about 1e-6", *tiny, None, ABSOLUTE
    h = 1e5 * draw(2)
    yield "g = c h, h about 1e5", *floats(c * h, h), c, ABSOLUTE


def _is_nan(received):
    return isinstance(received, np.ndarray) and received.shape == () and bool(np.isnan(received))


def _verify_nan(received, g, h, checked, hint):
    """Raise unless one NaN came, with the name of the factor that came instead."""
    if _is_nan(received):
        return
    g, h = doubles(g, h)
    with np.errstate(all="ignore"):
        ratios = g / h
        factors = [
            ("the least-squares factor", (g * h).sum() / (h * h).sum()),
            ("the ratio of the sums", g.sum() / h.sum()),
            ("the ratio of the norms", np.linalg.norm(g) / np.linalg.norm(h)),
            ("the mean of the ratios", ratios.mean()),
            ("the median of the ratios", np.median(ratios)),
            ("the first entry's ratio", ratios.flat[0]),
            ("the ratio of the largest entries", np.abs(g).max() / np.abs(h).max()),
            ("0 (or False)", 0),
            ("the array of the ratios", ratios),
        ]
    what = named(received, factors, 1e-5) if isinstance(received, np.ndarray) else ""
    raise CheckFailed(
        f"{what or 'something else'} came where g is no multiple of h and NaN is wanted; {hint}.",
        checked=checked,
        expected="nan (one number)",
        received=show(received),
    )


@check("4.2")
def equivalent_variance(answer, seed):
    """``equivalent_variance(se_weight, kl_weight)``: the v of SE / (2 v) + KL."""
    rng = np.random.default_rng(seed)
    se, v = rng.uniform(0.1, 0.12), rng.integers(13, 16) + rng.uniform(0.3, 0.7)
    pairs = [(float(se), float(2 * se * v))]  # here no two of the famous formulas agree
    pairs += [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (1 / (784 * 128), 1.0)]
    pairs += [tuple(np.exp(rng.uniform(-3, 3, 2)).tolist()) for _ in range(5)]
    for se, kl in pairs:
        v = kl / (2 * se)
        wrong = [
            ("upside down: the weight of the KL is divided by that of the squared error", 1 / v),
            ("upside down, and the 2 is on the wrong side", se / (2 * kl)),
            ("upside down, and the 2 is missing", se / kl),
            ("the 2 of SE / (2 v) is missing", 2 * v),
            ("the 2 of SE / (2 v) is on the wrong side: divide by it", 4 * v),
            ("this is the standard deviation: the variance is wanted", math.sqrt(v)),
            ("this is the square of the variance", v * v),
            ("this is the logarithm of the variance", math.log(v)),
            ("the weights are multiplied: only their ratio matters", se * kl),
            ("the weights are multiplied: only their ratio matters", 2 * se * kl),
            ("the weight of the KL is left out", 1 / (2 * se)),
            ("the weight of the KL is left out, and the 2", 1 / se),
            ("the weight of the squared error is left out", kl / 2),
            ("the weight of the squared error is left out", 1 / (2 * kl)),
            ("the 2 divides twice: v = kl_weight / (2 se_weight)", v / 2),
            ("rounded down to a whole number: / divides, // cuts off", v // 1),
        ]
        verify(
            call(answer, se, kl),
            np.array(v),
            checked=f"{se:.6g} * SE + {kl:.6g} * KL",
            wrong=wrong,
        )
    verify_repeatable(answer, se, kl)
    return (
        "v = kl_weight / (2 se_weight): 1/2 for SE + KL, 1 for SE/2 + KL, 50,176 where the mean "
        "over 784 pixels and 128 images stands against one KL."
    )


@check("4.3")
def num_active(answer, seed):
    """``num_active(eigenvalues, num_latents, beta, variance)``: how many are above the bar."""
    rng = np.random.default_rng(seed)
    for order, beta, variance, dtype in (
        ("falling", rng.uniform(3.9, 4.1), rng.uniform(0.095, 0.105), np.float32),
        ("rising", rng.uniform(0.245, 0.255), rng.uniform(1.57, 1.63), np.float64),
    ):
        beta, variance = float(beta), float(variance)
        values, right, bars = _spectrum(rng, beta, variance)
        values = (values if order == "rising" else values[::-1]).astype(dtype)
        latents = len(values) - 1  # as many as no wrong count reaches
        _verify_count(answer, values, latents, beta, variance, f"in {order} order", right, bars)
    values = rng.permutation(values)
    for latents in (right - 2, 1):
        _verify_count(answer, values, latents, beta, variance, "in no order", right, bars)
    verify_repeatable(answer, values, latents, beta, variance)
    return (
        "Counts the eigenvalues above beta * variance, in whatever order they come, and never "
        "more than there are latents."
    )


def _spectrum(rng, beta, variance):
    """Eigenvalues in rising order, how many are active, and the bars of famous wrong formulas.

    Every wrong bar has eigenvalues of its own between it and the next one.
    """
    bar = beta * variance
    bars = [
        ("beta is left out: an eigenvalue is compared with the variance", variance),
        ("the variance is left out: an eigenvalue is compared with beta", beta),
        ("the standard deviation is taken for the variance", beta * math.sqrt(variance)),
        ("divided by beta: a larger beta raises the bar, beta * variance", variance / beta),
        ("the root of the eigenvalue is compared with beta * variance", bar**2),
        ("beta is squared: are roots compared, with beta outside of the root?", beta * bar),
        ("a 2 too many: the bar is beta * variance, not 2 * beta * variance", 2 * bar),
    ]
    edges = np.sort([bar, *(value for _, value in bars)])
    middles = np.concatenate([np.sqrt(edges[1:] * edges[:-1]), [2 * edges[-1]]])
    values = np.repeat(middles, rng.integers(2, 4, len(middles)))
    right = int((values > bar).sum())
    # With these the number of inactive ones is larger than every other count.
    small = edges[0] * rng.uniform(0.05, 0.7, right + 2)
    values = np.concatenate([small, values]) * rng.uniform(0.97, 1.03, len(small) + len(values))
    return np.sort(values), right, bars


def _verify_count(answer, values, latents, beta, variance, order, right, bars):
    active = values > beta * variance
    wrong = [(phrase, min(latents, (values > bar).sum())) for phrase, bar in bars]
    wrong += [
        ("more are active than there are latents: num_latents is not used", right),
        ("the inactive ones are counted", min(latents, (~active).sum())),
        ("the inactive ones are counted", (~active).sum()),
        ("num_latents came: how many of them are active?", latents),
        (
            "only the first num_latents entries are looked at, they need not be the largest",
            active[:latents].sum(),
        ),
        (
            "only the last num_latents entries are looked at, they need not be the largest",
            active[-latents:].sum(),
        ),
        ("True or False for each eigenvalue came, their number is wanted", active),
        ("True or False for each latent came, their number is wanted", active[:latents]),
        ("the active eigenvalues came, their number is wanted", values[active]),
        ("the active eigenvalues are added up, not counted", values[active].sum()),
        ("a fraction came, the number is wanted", active.mean()),
        ("a fraction came, the number is wanted", min(latents, right) / latents),
    ]
    verify(
        call(answer, values, latents, beta, variance),
        np.array(min(latents, right)),
        checked=f"{len(values)} eigenvalues {order}, num_latents = {latents}, "
        f"beta = {beta:.3f}, variance = {variance:.3f}",
        wrong=wrong,
        tolerance=1e-6,
    )
