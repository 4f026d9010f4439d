"""Check of exercise 4.1: ``constant_ratio``."""

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
ROUNDED = 2e-4  # entries of one case are off by 1e-4, and so is a ratio of two of them
NOT_C = (
    "this is not the c of g = c h: is a small number added to h, or are entries averaged where h "
    "is 0?"
)
ABSOLUTE = "is the tolerance absolute? A thousandth of the largest |g| is meant"
INSIDE = (
    "no entry of |g - c h| exceeds a thousandth of the largest |g|: c is the least-squares factor "
    "(a ratio of sums, a mean or a median of ratios is far from it here), the largest |g| may be "
    "that of a negative entry, and small entries may be off by more than a thousandth of themselves"
)
OUTSIDE = (
    "one entry of |g - c h| exceeds a thousandth of the largest |g|: are differences of both signs "
    "looked at, and all, not a mean, and is the tolerance 1e-3, of the largest |g|?"
)


@check("4.1")
def constant_ratio(answer, seed):
    """``constant_ratio(g, h)``: arrays of one shape -> c where g = c h, else NaN."""
    rng = np.random.default_rng(seed)
    for label, g, h, c, hint in (*_pairs(rng), *_near_the_limit(rng), *_extremes(rng)):
        checked = f"{label}, shape {g.shape}, {g.dtype}"
        received = call(answer, g, h)
        if c is None:
            if not _is_nan(received):
                _refuse(answer, received, g, h, checked, hint)
            continue
        factors = _factors(*doubles(g, h))
        c = factors[0][1]
        if _is_nan(received):
            if _is_upside_down(answer, h):
                hint = "the ratio is upside down: g = c h, and not h = c g"
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
                *((f"{what} came: the least-squares factor is wanted", f) for what, f in factors),
            ],
            tolerance=ROUNDED,
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


def _near_the_limit(rng):
    """As :func:`_pairs`: the largest |g - c h| lies by 3 % within or beyond the limit.

    Most entries are tiny, and off by more than themselves; the sum of h is near 0. One entry is the
    largest of g and of h, and exact: c is its ratio, too.
    """
    for share, c, side in (
        (0.97, rng.uniform(1.5, 4), 1),
        (0.97, -rng.uniform(0.2, 0.5), -1),
        (0.97, 1e-3 * rng.uniform(1, 4), 1),
        (1.03, rng.uniform(0.2, 0.5), 1),
        (1.03, -rng.uniform(1.5, 4), -1),
    ):
        large = np.resize([1, -1], 38) * rng.uniform(0.5, 1.5, 38)
        small = 1e-3 * rng.uniform(0.5, 1.5, 80)
        large -= (2 + large.sum() + small.sum() - 0.03) / 38
        off = side * np.concatenate([rng.uniform(-0.5, 0.5, 38), rng.uniform(0.3, 0.9, 80)])
        off[0] = -share * side if share > 1 else share * side
        h = np.concatenate([large, small])
        off -= (off @ h) / (h @ h) * h  # so that c is the least-squares factor
        limit = 2e-3 * abs(c)
        off *= share * limit / np.abs(off).max()
        g, h = np.append(c * h + off, 2 * c), np.append(h, 2.0)
        order = rng.permutation(h.size)
        shape = (-1,) if share < 1 and c > 1 else (7, -1)
        g, h = (values[order].reshape(shape) for values in (g, h))
        g, h = (g, h) if c < 0 else floats(g, h)
        label = f"the largest |g - c h| is {share:.2f} thousandths of the largest |g|"
        yield label, g, h, *((c, INSIDE) if share < 1 else (None, OUTSIDE))


def _extremes(rng):
    """As :func:`_pairs`: tiny gradients, and an h of zeros."""
    h = rng.choice([-1, 1], (5, 7)) * rng.uniform(0.3, 1.5, (5, 7))
    h.flat[:2] = 0.3, 1.5  # as for the cubes above
    yield "g = c h, h about 1e-10", *floats(3e-10 * h, 1e-10 * h), 3.0, ABSOLUTE
    yield "g no multiple of h, h about 1e-10", *floats(1e-10 * h**3, 1e-10 * h), None, ABSOLUTE
    h.flat[0] = 0
    text = "no c gives g, since c * 0 = 0, so NaN is wanted"
    yield "h = 0 everywhere, g not", *floats(h, 0 * h), None, text


def _is_nan(received):
    return isinstance(received, np.ndarray) and received.shape == () and bool(np.isnan(received))


def _is_upside_down(answer, h):
    """Whether g = h has a factor, and g = 2 h, which no rounding touches, has none."""
    one = call(answer, h, h)
    is_one = isinstance(one, np.ndarray) and one.shape == () and abs(one - 1) < 1e-3
    return is_one and _is_nan(call(answer, 2 * h, h))


@np.errstate(all="ignore")
def _factors(g, h):
    """(what it is, value): the least-squares factor, then what is taken for it."""
    ratios = g / h
    return [
        ("the least-squares factor", (g * h).sum() / (h * h).sum()),
        ("the ratio of the sums", g.sum() / h.sum()),
        ("the ratio of the norms", np.linalg.norm(g) / np.linalg.norm(h)),
        ("the mean of the ratios", ratios.mean()),
        ("the median of the ratios", np.median(ratios)),
        ("the first entry's ratio", ratios.flat[0]),
        ("the ratio of the largest entries", np.abs(g).max() / np.abs(h).max()),
    ]


def _is_one_sided(answer):
    """Whether one entry that is too large is seen and one that is too small is not, or reversed.

    Of many entries, so that the least-squares factor of all moves by less than the limit.
    """
    g, h = np.ones((2, 2000))
    g[0] = 1.5
    return _is_nan(call(answer, g, h)) != _is_nan(call(answer, 2 - g, h))


def _takes_a_mean(answer):
    """Whether a cube is refused, and one entry of many that is off to either side is not."""
    g, h = np.ones((2, 2000))
    g[0] = 1.5
    rising = np.linspace(1, 2, 50)
    passes = [not _is_nan(call(answer, one, h)) for one in (g, 2 - g)]
    return all(passes) and _is_nan(call(answer, rising**3, rising))


def _refuse(answer, received, g, h, checked, hint):
    """Raise with the name of the factor that came where NaN is wanted."""
    g, h = doubles(g, h)
    with np.errstate(all="ignore"):
        factors = [*_factors(g, h), ("0 (or False)", 0), ("the array of the ratios", g / h)]
    what = named(received, factors, 1e-5) if isinstance(received, np.ndarray) else ""
    if what.startswith("the least") and _is_one_sided(answer):
        hint = "are differences of both signs looked at? |g - c h| is meant"
    elif what.startswith("the least") and _takes_a_mean(answer):
        hint = "the largest |g - c h| is meant, not a mean, which hides one entry among many"
    raise CheckFailed(
        f"{what or 'something else'} came where g is no multiple of h and NaN is wanted; {hint}.",
        checked=checked,
        expected="nan (one number)",
        received=show(received),
    )
