"""Compare what an answer gave with what is right, and name the mistake by its numbers.

A wrong value is looked up among the values of famous wrong formulas (see _formulas).
"""

import numpy as np

from course_utils.checks._contract import call, gradient
from course_utils.checks._remote import CheckFailed


def show(value, dtype=False):
    """A short text of an array: a number, or some values and the shape (and the dtype)."""
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}: " + "; ".join(show(entry) for entry in value[:3])
    if isinstance(value, dict):
        keys = [key if len(key) <= 40 else f"{key[:40]}..." for key in list(value)[:5]]
        return f"a dict with the keys {', '.join(keys)}{', ...' if len(value) > 5 else ''}"
    flat = value.reshape(-1)
    values = ", ".join(f"{number:.6g}" for number in flat[:4])
    kind = f", {value.dtype}" if dtype else ""
    if value.ndim == 0:
        return f"{values} (one number{kind})"
    more = ", ..." if flat.size > 4 else ""
    return f"[{values}{more}]  shape {value.shape}{kind}"


def told(value):
    """What came, in a few words, where one array is wanted."""
    if isinstance(value, tuple) and all(entry.ndim == 0 for entry in value):
        return f"a tuple or list of {len(value)} numbers"
    return f"a tuple or list of {len(value)}" if isinstance(value, tuple) else show(value)


def refuse_dict(received, names=(), checked=""):
    """Raise where several results came as a dict: to unpack it gives its keys.

    Args:
        names: of the results, in order. checked: what went in.
    """
    if isinstance(received, dict):
        raise CheckFailed(
            "return a tuple, not a dict: to unpack a dict gives its keys, no values",
            checked=checked,
            expected=f"a tuple ({', '.join(names)})" if names else "a tuple",
            received=show(received),
        )


def refuse_other_dtype(received, like, name, use, checked=""):
    """Raise where a result is of float64 and its argument of float32: torch mixes the two nowhere.

    Args:
        received: an array. like: the argument, and ``name`` its name. use: what takes the result.
    """
    if received.dtype != like.dtype:
        raise CheckFailed(
            f"the result is of {received.dtype}, {name} is of {like.dtype}: {use} takes that "
            f"alone. Draw noise like {name}, or end with .to({name}.dtype)",
            checked=checked,
            expected=f"a tensor of {like.dtype}",
            received=f"a tensor of {received.dtype}",
        )


def sizes(rng, count):
    """``count`` different sizes of axes, no two of them neighbours, so that mix-ups show."""
    return [int(size) for size in rng.permutation([3, 5, 7, 9, 11, 13])[:count]]


def floats(*arrays):
    """The arrays in float32, which notebooks use."""
    return tuple(np.asarray(array, dtype=np.float32) for array in arrays)


def doubles(*arrays):
    """The arrays in float64, for the right answer."""
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays)


def close(received, expected, scale=0.0, tolerance=1e-4):
    """True when shapes agree and no entry is off by more than tolerance * (|expected| + scale).

    ``scale`` is the size of what was added up. NaN is close to nothing.
    """
    received, expected = np.asarray(received), np.asarray(expected)
    if received.shape != expected.shape or received.size == 0:
        return False
    return bool(np.all(_is_close(received, expected, scale, tolerance)))


@np.errstate(all="ignore")
def _is_close(received, expected, scale, tolerance):
    allowed = tolerance * (np.abs(expected) + scale) + 1e-7
    return np.abs(received.astype(np.float64) - expected) <= allowed


@np.errstate(all="ignore")
def named(received, wrong, tolerance=1e-3, expected=None):
    """Phrase of the first of ``wrong`` (phrase, values) that ``received`` equals, else "".

    Wrong values that cannot be told from the ``expected`` ones name nothing.
    """
    for phrase, values in wrong:
        values = np.asarray(values, dtype=np.float64)
        if values.shape == received.shape and np.isfinite(values).all():
            scale = 0.1 * np.abs(values).mean()
            same = expected is not None and close(expected, values, scale, tolerance)
            if close(received, values, scale, tolerance) and not same:
                return phrase
    return ""


@np.errstate(all="ignore")
def _named_closely(received, wrong, expected, scale, tolerance):
    """As :func:`named`, of what lies within the tolerance that a right answer has.

    Next to large values a constant is small, and only so do two formulas differ.
    """
    for phrase, values in wrong:
        values = np.asarray(values, dtype=np.float64)
        if values.shape == received.shape == expected.shape and np.isfinite(values).all():
            differs = not close(expected, values, scale, 5 * tolerance)
            if differs and close(received, values, scale, tolerance):
                return phrase
    return ""


def verify(
    received,
    expected,
    *,
    checked,
    wrong=(),
    scale=0.0,
    tolerance=1e-4,
    hint="",
    part="",
    undefined="",
):
    """Raise :class:`CheckFailed` unless ``received`` is close to ``expected``.

    Args:
        received: what :func:`call` returned.
        expected: the right array.
        checked: what went in, for the message.
        wrong: iterable of pairs (phrase, values) of famous wrong answers.
        scale, tolerance: of :func:`close`.
        hint: said in place of a general message where no famous mistake fits.
        undefined: said where NaN or infinity came.
        part: which of several results this is, such as ``rate``.
    """
    part = f"{part}: " if part else ""
    expected = np.asarray(expected)
    kinds = {value.dtype.kind for value in (received, expected) if isinstance(value, np.ndarray)}
    texts = [show(value, dtype=len(kinds) > 1) for value in (expected, received)]
    about = {"checked": checked, "expected": texts[0], "received": texts[1]}
    if not isinstance(received, np.ndarray):
        raise CheckFailed(f"{part}one array is expected; {told(received)} came.", **about)
    if close(received, expected, scale, tolerance):
        return
    about |= _where(received, expected, scale, tolerance, texts)
    with np.errstate(all="ignore"):
        wrong = list(wrong)
    mistake = _named_closely(received, wrong, expected, scale, tolerance)
    mistake = mistake or named(received, wrong, max(1e-3, tolerance), expected)
    if not mistake and received.shape != expected.shape:
        mistake = f"the shape is {received.shape}, it should be {expected.shape}"
    if not mistake and not np.isfinite(received).all():
        bad = "NaN" if np.isnan(received).any() else "infinity"
        mistake = f"{bad} came out, where every value should be finite"
        mistake += f" ({undefined or hint})" if undefined or hint else ""
    if not mistake:
        mistake = hint or _pattern(received.astype(np.float64), expected.astype(np.float64))
    raise CheckFailed(f"{part}{mistake}.", **about)


def _where(received, expected, scale, tolerance, texts):
    """The first entry that is off, where the few that are shown are not: {} or both texts."""
    if received.shape != expected.shape or received.size < 5:
        return {}
    place = int(np.flatnonzero(~_is_close(received, expected, scale, tolerance).reshape(-1))[0])
    if place < 4:
        return {}
    index = ", ".join(str(one) for one in np.unravel_index(place, received.shape))
    values = (f"{array.reshape(-1)[place]:.6g}" for array in (expected, received))
    words = (f"{text}; at [{index}]: {value}" for text, value in zip(texts, values, strict=True))
    return dict(zip(("expected", "received"), words, strict=True))


def _pattern(received, expected):
    """What a wrong array has in common with the right one."""
    offset = received - expected
    rounding, size = 5e-7 * np.abs(expected).max(), np.abs(expected).mean()
    if received.size > 1 and np.ptp(offset) < 1e-3 * np.abs(offset.mean()) + rounding:
        doubt = ": is something clamped, or a small number added?"
        small = np.abs(offset.mean()) < 1e-3 * size
        return (
            f"every value is off by the same constant, {offset.mean():+.4g}{doubt if small else ''}"
        )
    if np.abs(offset).max() < 0.05 * size:
        return "near the right values: is something clamped or rounded, or a small number added?"
    if received.size > 1 and np.abs(expected).min() > 0:
        ratio = received / expected
        if close(ratio, np.full_like(ratio, ratio.mean()), tolerance=1e-3):
            return (
                f"every value is {ratio.mean():.4g} times the right one: a factor too many or few?"
            )
        if close(offset, np.full_like(offset, offset.mean()), np.abs(expected).mean()):
            return f"every value is off by the same constant, {offset.mean():+.4g}"
    return "the values differ from the right ones"


def verify_repeatable(answer, *arrays, instead=""):
    """Raise unless two calls with other noise agree; ``instead`` says what is due."""
    first, second = (call(answer, *arrays, seed=seed) for seed in (1, 2))
    first, second = (value if isinstance(value, tuple) else (value,) for value in (first, second))
    for one, other in zip(first, second, strict=False):
        if isinstance(one, np.ndarray) and not _is_same(one, other):
            raise CheckFailed(
                "two calls with the same input gave different values: nothing is to be drawn here"
                f"{', ' if instead else ''}{instead}.",
                expected="the same values twice",
                received=f"{show(one)} and {show(other)}",
            )


def _is_same(one, other):
    return isinstance(other, np.ndarray) and np.array_equal(one, other, equal_nan=True)


def verify_gradient(
    answer, arrays, names, expected, *, of="the result", output=0, seed=0, probe=None
):
    """Compare the gradients with ``expected`` (None: not looked at), naming the argument.

    With ``probe``, those of the sum of probe * output, so that no entry's gradient stands for
    another's.
    """
    found = gradient(answer, *arrays, output=output, seed=seed, probe=probe)
    of += "" if probe is None else ", its entries weighted by random numbers,"
    for name, received, right in zip(names, found, expected, strict=True):
        if right is None:
            continue
        if received is None or (not received.any() and right.any()):
            raise CheckFailed(
                f"no gradient reaches {name}: was it detached, or turned into a number or a numpy "
                "array on the way?",
                checked=f"the gradient of {of} with respect to {name}",
                expected=show(right),
                received="no gradient" if received is None else "zero everywhere",
            )
        if not close(received, right, 1 + np.abs(right).mean(), 1e-3):
            raise CheckFailed(
                f"the values are right, but the gradient with respect to {name} is not: is a part "
                "of the formula detached or clamped?",
                checked=f"the gradient of {of} with respect to {name}",
                expected=show(right),
                received=show(received),
            )


def split_pair(received, rate, distortion, checked):
    """The two arrays of ``received``; :class:`CheckFailed` where they are no pair in order."""
    refuse_dict(received, ("rate", "distortion"), checked)
    about = {"checked": checked, "received": show(received)}
    about["expected"] = "a tuple (rate, distortion), in nats"
    if isinstance(received, np.ndarray):
        total = rate + distortion
        sums = [("they came added up, as the negative ELBO", total)]
        sums += [("they came added up, with the sign of the ELBO", -total)]
        sums += [("they came added up, as one mean over the batch", total.mean())]
        what = named(received, sums, 2e-2) or "one array came"
        raise CheckFailed(f"rate and distortion are wanted apart: {what}.", **about)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(f"expected a tuple of two, got {show(received)}.", **about)
    straight = close(received[0], rate, 0, 2e-2) and close(received[1], distortion, 0, 2e-2)
    crossed = close(received[0], distortion, 0, 2e-2) and close(received[1], rate, 0, 2e-2)
    if crossed and not straight:
        raise CheckFailed("the two are swapped: the rate comes first.", **about)
    return received
