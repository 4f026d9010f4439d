"""Check of exercise 7.2: ``follow``."""

import re

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    named,
    refuse_dict,
    refuse_other_dtype,
    show,
    verify,
)
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

SMALL = 2e-5  # a number of 1e-5 added to the usage, as many do, is no mistake
ROUNDING = 2e-6  # of float32
ADDED = (
    "right for moderate usages, wrong for small ones: is something clamped, or more than 1e-5 "
    "added?"
)


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
        ("one vector, one dimension, one code: ", 1, 1, 1, rng.uniform(0.8, 0.95)),
        ("slow: ", num_codes, dim, many, 0.999),
        ("fast: ", num_codes, dim, many, 0.01),
        ("usage below 0.0003: ", num_codes, dim, many, 0.9999),
        ("decay 0: ", num_codes, dim, many, 0),
        ("decay 1: ", num_codes, dim, many, 1),
    ):
        usage = rng.uniform(0.3, 2.5, codes) * (1e-4 if label.startswith("usage below") else 1)
        chosen = rng.permutation(codes)[: max(1, codes - 2)]  # nobody chooses two of them
        if label.startswith("usage of"):
            usage[chosen[:2]] = 0, 1e-30  # dead codes: two are chosen, four are not
            usage[np.setdiff1d(range(codes), chosen[:-2])[:4]] = 0, 1e-30, 0, 1e-30
            chosen = chosen[:-2]
        indices = rng.choice(chosen, count)
        codebook = rng.normal(size=(codes, dim_of)) + 1
        z_e = 2 * rng.normal(size=(count, dim_of)) + rng.normal(size=(codes, dim_of))[indices]
        arrays = floats(codebook, usage, z_e)
        decay = round(float(decay), 4)
        about = f"{label}codebook {codebook.shape}, z_e {z_e.shape}, decay {decay:g}"
        received = _called(answer, *arrays, indices, decay)
        _verify_step(received, arrays, indices, decay, about)
        for value in received:
            refuse_other_dtype(value, arrays[0], "codebook", "the distance to a code", about)
    return (
        "The usage is a running mean of K times the share; codes go to the running mean of their "
        "vectors, and those that nobody chose stay, also where the usage is 0."
    )


def _called(answer, *arguments):
    """The result. A running mean may be taken in place, vectors and indices are needed after."""
    try:
        return call(answer, *arguments)
    except CheckFailed as failure:
        overwrites = "overwrites its argument" in failure.mistake
        if not overwrites or re.search(r"argument (z_e|indices):", failure.mistake):
            raise
    return call(answer, *arguments, in_place=True)


def _verify_step(received, arrays, indices, decay, about):
    (usages, wrong_usages), (codebooks, wrong_codebooks) = _steps(*doubles(*arrays), indices, decay)
    told = {"checked": about, "expected": "a tuple (new codebook, new usage)"}
    refuse_dict(received, ("new codebook", "new usage"), about)
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
    small = ADDED if usages.max() < 0.1 or (usages == 0).any() else ""
    verify(
        usage,
        usages,
        checked=about,
        wrong=wrong_usages,
        part="usage",
        scale=2,
        tolerance=SMALL / 2,
        hint=small,
    )
    before, chosen = doubles(arrays[0])[0], usages > 0
    step = np.abs(codebooks - before)
    allowed = np.where(chosen, SMALL / np.where(chosen, usages, 1), 0)[:, None] * step
    verify(
        codebook,
        codebooks,
        checked=about,
        wrong=wrong_codebooks,
        part="codebook",
        scale=allowed / ROUNDING + 50 * step + np.abs(before) + np.abs(arrays[2]).max(),
        tolerance=ROUNDING,
        undefined="a code that nobody chose: 0/0? nothing may be divided by its count or by a "
        "usage of 0",
        hint=_moved(codebook, arrays, indices, decay, usages) or small,
    )


@np.errstate(all="ignore")
def _steps(codebook, usage, z_e, indices, decay):
    """(right, [(phrase, values)]) of the new usage, and of the new codebook."""
    num_codes, num_vectors = len(codebook), len(z_e)
    choice, new = np.eye(num_codes)[indices], np.float64(1 - decay)
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
