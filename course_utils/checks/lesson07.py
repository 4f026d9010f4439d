"""Checks of lesson 07: the nearest code, and a codebook that follows its vectors."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, named, show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

SMALL = 2e-3  # a number of 1e-5 added to the usage, as many do, is no mistake
MARGIN = 2e-3  # of the squared norms, by which the nearest code wins
SAME, OTHER = 0.97, 0.9  # share of equal indices that names a mistake; where no two are mixed up


@check("7.1", seals=("nets.quantizer.VectorQuantizer",))
def nearest(answer, seed):
    """``nearest(z_e, codebook)``: (N, D), (K, D) -> number of the nearest code, integers (N,)."""
    rng = np.random.default_rng(seed)
    num_codes, dim = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    for label, count, codes, size in (
        ("", 150, num_codes, 1.0),
        ("more codes than vectors: ", 4, 40, 1.0),
        ("numbers near 0.001: ", 60, num_codes, 1e-3),
        ("one code: ", 6, 1, 1.0),
        ("one vector: ", 1, num_codes, 1.0),
    ):
        z_e, codebook = _separated(rng, count, codes, dim, size, told_apart=not label)
        formulas = _choices(*doubles(z_e, codebook))
        right = formulas[0][1]
        received = call(answer, z_e, codebook)
        mistake = _wrong_choice(received, right, formulas, *doubles(z_e, codebook))
        if mistake:
            raise CheckFailed(
                f"{mistake}.",
                checked=f"{label}z_e of shape {z_e.shape}, codebook of shape {codebook.shape}",
                expected=show(right),
                received=show(received),
            )
    return "Integers, one for each vector, of the code at the smallest distance, K = 1 included."


def _squares(z_e, codebook):
    return ((z_e[:, None] - codebook) ** 2).sum(-1)


def _separated(rng, count, num_codes, dim, size, told_apart):
    """z_e (count, dim) and codes of very unequal norms; rounding cannot decide what is nearest."""
    while True:
        norms = np.exp(np.linspace(-1.6, 1.6, num_codes))[:, None]
        directions = rng.normal(size=(num_codes, dim))
        codebook = norms * directions / np.linalg.norm(directions, axis=1, keepdims=True)
        at = codebook[rng.integers(num_codes, size=20 * count)]
        reach = rng.uniform(0.1, 1, (len(at), 1)) * np.exp(rng.uniform(-1, 1, (len(at), 1)))
        z_e, codebook = floats(size * (at + reach * rng.normal(size=at.shape)), size * codebook)
        squares = np.sort(_squares(*doubles(z_e, codebook)), 1)
        largest = (z_e**2).sum(1) + (codebook**2).sum(1).max()
        if num_codes > 1:
            z_e = z_e[squares[:, 1] - squares[:, 0] > MARGIN * largest]
        z_e = z_e[:count]
        choices = _choices(*doubles(z_e, codebook)) if told_apart else []
        pairs = itertools.combinations(choices, 2)
        mixed_up = any((a == b).mean() > OTHER for (one, a), (other, b) in pairs if one != other)
        if len(z_e) == count and not mixed_up:
            return z_e, codebook


@np.errstate(all="ignore")
def _choices(z_e, codebook):
    """(phrase, indices (N,)): the right ones first."""
    squares, product, norms = _squares(z_e, codebook), z_e @ codebook.T, (codebook**2).sum(1)
    cosine = product / np.sqrt(norms)
    absolute = np.abs(z_e[:, None] - codebook).sum(-1)
    return [
        ("", squares.argmin(1)),
        ("the largest inner product is taken: |e|^2 is missing, or the same for all codes",
         product.argmax(1)),
        ("the smallest inner product is taken: the nearest code is wanted", product.argmin(1)),
        ("the product has the wrong sign: it is |e|^2 - 2 z.e", (norms + 2 * product).argmin(1)),
        ("the factor 2 is missing: it is |e|^2 - 2 z.e", (norms - product).argmin(1)),
        ("the most distant code is taken: argmax stands for argmin", squares.argmax(1)),
        ("the cosine similarity is taken: the codes' lengths count as well", cosine.argmax(1)),
        ("|e| stands for |e|^2: the squares are summed, without a root",
         (np.sqrt(norms) - 2 * product).argmin(1)),
        ("|e|^2 is a mean over the dimensions, a sum is wanted",
         ((codebook**2).mean(1) - 2 * product).argmin(1)),
        ("|e|^2 has the wrong sign: it is |e|^2 - 2 z.e", (-norms - 2 * product).argmin(1)),
        ("the entries of e are summed without being squared",
         (codebook.sum(1) - 2 * product).argmin(1)),
        ("absolute differences are summed, squared ones are wanted", absolute.argmin(1)),
        ("the differences are summed without being squared",
         (z_e[:, None] - codebook).sum(-1).argmin(1)),
    ]  # fmt: skip


def _wrong_choice(received, right, formulas, z_e, codebook):
    """Names what came in place of the indices ``right``; "" where they came."""
    count, num_codes = len(z_e), len(codebook)
    if isinstance(received, tuple):
        return "a tuple came: torch.min returns values and indices, the indices are wanted"
    if not isinstance(received, np.ndarray):
        return f"one array of {count} integers is expected"
    if received.shape == (count, num_codes) != (count, 1):
        one_hot = set(np.unique(received).tolist()) == {0, 1}
        came = "one-hot vectors" if one_hot else "a value for each code"
        return f"{came} came, the number of the nearest code is wanted"
    if received.shape == z_e.shape:
        return "vectors came, the numbers of the codes are wanted"
    if received.shape == (num_codes,) != (count,):
        return "the minimum is taken over the wrong axis: one code for each vector is wanted"
    if received.shape == (count, 1):
        return "the indices have an axis too many (keepdim?)"
    if received.shape == () and count > 1:
        return "one index came: is the argmin taken over everything, without dim=1?"
    if received.shape != (count,):
        return f"the shape is {received.shape}, it should be {(count,)}"
    if received.dtype.kind not in "iu":
        if np.isin(received, range(num_codes)).all():
            return f"the indices are of type {received.dtype}: integers are wanted"
        return "distances came, the numbers of the codes are wanted (argmin, not min)"
    if np.array_equal(received, right):
        return ""
    if np.array_equal(received, right + 1):
        return "the numbers count from 1, they should count from 0"
    if received.min() < 0 or received.max() >= num_codes:
        return f"a number is outside 0, ..., K - 1: {received.min()} to {received.max()} came"
    best, phrase = max(((received == other).mean(), text) for text, other in formulas[1:])
    if best >= SAME and count > 30:
        return phrase
    wrong = int((received != right).sum())
    return f"{wrong} of {count} vectors get a code that is not the nearest"


@check("7.2", seals=("nets.quantizer.VectorQuantizer",))
def follow(answer, seed):
    """``follow(codebook, usage, z_e, indices, decay)`` -> (new codebook (K, D), new usage (K,))."""
    rng = np.random.default_rng(seed)
    num_codes, dim = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    many = int(rng.integers(40, 60))
    for label, codes, dim_of, count, decay in (
        ("", num_codes, dim, many, rng.uniform(0.55, 0.75)),
        ("usage of 0 and 1e-30: ", num_codes + 3, dim, many, rng.uniform(0.55, 0.75)),
        ("one dimension: ", num_codes, 1, 1000, rng.uniform(0.8, 0.95)),
        ("one code: ", 1, dim, many, rng.uniform(0.8, 0.95)),
        ("one vector: ", num_codes, dim, 1, rng.uniform(0.8, 0.95)),
        ("slow: ", num_codes, dim, many, 0.999),
        ("fast: ", num_codes, dim, many, 0.01),
    ):
        usage = rng.uniform(0.3, 2.5, codes)
        chosen = rng.permutation(codes)[: max(1, codes - 2)]  # nobody chooses two of them
        if label.startswith("usage"):
            usage[chosen[:2]] = 0, 1e-30  # dead codes: two are chosen, four are not
            usage[np.setdiff1d(range(codes), chosen[:-2])[:4]] = 0, 1e-30, 0, 1e-30
            chosen = chosen[:-2]
        indices = rng.choice(chosen, count)
        codebook = rng.normal(size=(codes, dim_of)) + 1
        z_e = 2 * rng.normal(size=(count, dim_of)) + rng.normal(size=(codes, dim_of))[indices]
        arrays = floats(codebook, usage, z_e)
        decay = round(float(decay), 3)
        about = f"{label}codebook {codebook.shape}, z_e {z_e.shape}, decay {decay:g}"
        _verify_step(call(answer, *arrays, indices, decay), arrays, indices, decay, about)
    return (
        "The usage is a running mean of K times the share; codes go to the running mean of their "
        "vectors, and those that nobody chose stay, also where the usage is 0."
    )


def _verify_step(received, arrays, indices, decay, about):
    (usages, wrong_usages), (codebooks, wrong_codebooks) = _steps(*doubles(*arrays), indices, decay)
    told = {"checked": about, "expected": "a tuple (new codebook, new usage)"}
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            "a tuple of two is expected: the new codebook, the new usage.",
            **told,
            received=show(received),
        )
    shapes = [value.shape for value in received]
    if shapes == [usages.shape, codebooks.shape]:
        what = "the two are swapped: the codebook comes first."
        raise CheckFailed(what, **told, received=show(received))
    codebook, usage = received
    verify(usage, usages, checked=about, wrong=wrong_usages, part="usage", scale=1)
    verify(
        codebook,
        codebooks,
        checked=about,
        wrong=wrong_codebooks,
        part="codebook",
        scale=np.abs(codebooks).mean(),
        tolerance=SMALL,
        undefined="a code that nobody chose: 0/0? nothing may be divided by its count or by a "
        "usage of 0",
        hint=_moved(codebook, arrays, indices, decay, usages),
    )


@np.errstate(all="ignore")
def _steps(codebook, usage, z_e, indices, decay):
    """(right, [(phrase, values)]) of the new usage, and of the new codebook."""
    num_codes, num_vectors = len(codebook), len(z_e)
    choice, new = np.eye(num_codes)[indices], 1 - decay
    count = choice.sum(0)
    share, mean = count / num_vectors, choice.T @ z_e / np.maximum(count, 1)[:, None]
    fresh = num_codes * share
    usages = decay * usage + new * fresh
    lost = "repeats are lost: usage[indices] += ... counts a code once, however often it is chosen"
    both = "the decay and 1 - decay are exchanged"
    old = new * usage + decay * fresh
    wrong_usages = [
        (both, old),
        ("K is missing: the share is K times the count over N", decay * usage + new * share),
        ("N is missing: the share is K times the count over N",
         decay * usage + new * num_codes * count),
        ("K and N are missing: the share is K times the count over N",
         decay * usage + new * count),
        ("the decay is missing in front of the old usage", usage + new * fresh),
        ("1 - decay is missing in front of the new share", decay * usage + fresh),
        ("the share is added without the decay", usage + fresh),
        ("the old usage came back", usage),
        ("this is the share of the batch: the running mean is missing", fresh),
        ("this is the share of the batch: the running mean is missing", share),
        ("these are the counts of the batch: the running mean is missing", count),
        ("it is divided by its sum", usages / usages.sum()),
        ("it is divided by its mean", usages / usages.mean()),
        (lost, decay * usage + new * num_codes * (count > 0) / num_vectors),
        (lost, usage + new * (num_codes / num_vectors - usage) * (count > 0)),
        ("codes that nobody chose keep their usage, it should decay",
         np.where(count > 0, usages, usage)),
        ("the count stands for what it is divided by: N and K are exchanged",
         decay * usage + new * num_vectors * count / num_codes),
    ]  # fmt: skip
    e, used = codebook, (count > 0)[:, None]
    difference = np.where(used, mean - e, 0)  # mean of z - e
    rate = np.where(count > 0, new * fresh / usages, 0)[:, None]  # how far it goes there
    total = count[:, None] * mean
    weight = new * num_codes / num_vectors
    pulled = "codes that nobody chose are pulled towards 0, they have to stay"
    mean_only = "the mean of the batch's vectors came: the running mean is missing"
    counted = "divided by the count: it is the share over the new usage that says how far to go"
    sums = decay * e * usage[:, None] + new * num_codes / num_vectors * total
    wrong_codebooks = [
        ("the old usage stands in the denominator: the usage is updated first",
         e + rate * (usages / usage)[:, None] * difference),
        (both, e + decay / new * rate * difference),
        ("K is missing", e + rate / num_codes * difference),
        ("N is missing", e + rate * num_vectors * difference),
        ("K and N are missing", e + rate * num_vectors / num_codes * difference),
        ("1 - decay is missing", e + rate / new * difference),
        ("the usage is missing in the denominator", e + rate * usages[:, None] * difference),
        ("multiplied by the usage, it should be divided",
         e + rate * (usages**2)[:, None] * difference),
        (counted, e + new * difference),
        (counted, e + new * fresh[:, None] * difference / np.maximum(count, 1)[:, None]),
        (counted, e + rate / np.maximum(count, 1)[:, None] * difference),
        (mean_only, e + difference),
        (f"{mean_only}; and {pulled}", mean),
        (pulled, decay * e + new * mean),
        (pulled, e + rate * difference - np.where(used, 0, new * e)),
        (pulled, np.where(used, e + rate * difference, 0)),
        ("the running sums came: they have to be divided by the new usage", sums),
        ("the running sums came: they have to be divided by the new usage", decay * e + sums),
        ("the old code is not multiplied by its old usage before it enters the running sum",
         (decay * e + weight * total) / usages[:, None]),
        ("e is not subtracted: the sum is of z_e - e", e + rate * np.where(used, mean, 0)),
        ("e is subtracted once, not for each vector at the code",
         e + weight / usages[:, None] * np.where(used, total - e, 0)),
        ("e is subtracted once, not for each vector at the code",
         e + weight / usages[:, None] * (total - e)),
        ("the wrong sign: the codes go away from their vectors", e - rate * difference),
        ("the old codebook came back", e),
        ("these are the steps: the old codebook has to be added", rate * difference),
        ("all codes go towards the mean of all vectors", e + rate * (z_e.mean(0) - e)),
    ]  # fmt: skip
    return (usages, wrong_usages), (e + rate * difference, wrong_codebooks)


def _moved(received, arrays, indices, decay, usages):
    """What a wrong codebook did, where no formula is recognised."""
    codebook, _, z_e = doubles(*arrays)
    if received.shape != codebook.shape or not np.isfinite(received).all():
        return ""
    count = np.bincount(indices, minlength=len(codebook))
    if np.abs(received - codebook)[count == 0].max(initial=0) > 1e-4:
        return "codes that nobody chose moved, they have to stay where they are"
    step = (1 - decay) * len(codebook) / len(z_e) / np.where(count > 0, usages, 1)
    last = codebook.copy()
    for vector, code in zip(z_e, indices, strict=True):
        last[code] = codebook[code] + step[code] * (vector - codebook[code])
    lost = "repeats are lost: codebook[indices] += ... moves a code to one of its vectors alone"
    return named(received, [(lost, last)])
