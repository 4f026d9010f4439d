"""Checks of lesson 05: drawing categories by Gumbel-max, and the relaxed draw."""

import numpy as np

from course_utils.checks._compare import floats, show, verify
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._gumbel import (
    LIMIT,
    NOISES,
    cdf_logistic,
    cdf_reversed,
    closest,
    dependent,
    misfit,
    softmax,
    surprise,
    winner,
)
from course_utils.checks._remote import CheckFailed

COPIES = 1500  # draws from each row of logits
NEVER = 40  # so far below the others, a category is never drawn
SUM_OFF = 1e-3  # logits / temperature are large, and float32 has seven digits


@check("5.1", seals=("nets.categorical.CategoricalVAE",))
def gumbel_max(answer, seed):
    """``gumbel_max(logits)``: (..., K) -> indices (...), each from Categorical(softmax(logits))."""
    rng = np.random.default_rng(seed)
    logits, rows = _logits(rng)
    shape, categories = logits.shape[:-1], logits.shape[-1]
    k, again = (call(answer, logits, seed=2 * seed + draw) for draw in (1, 2))
    about = {
        "checked": f"logits of shape {logits.shape}",
        "expected": f"integers of shape {shape}, each drawn with P(k) = softmax(logits)_k",
        "received": show(k),
    }
    mistake = _wrong_indices(k, logits) or _wrong_draws(k, again, logits)
    mistake = mistake or _wrong_frequencies(_counts(k, categories), rows)
    if mistake:
        raise CheckFailed(f"{mistake}.", **about)
    for small in (logits[0], logits[0, 0]):
        k = call(answer, small)
        if not isinstance(k, np.ndarray) or k.shape != small.shape[:-1]:
            verify(k, np.zeros(small.shape[:-1], int), checked=f"logits of shape {small.shape}")
    return (
        "Integers with the frequencies of softmax(logits), drawn anew for every variable, example "
        "and call."
    )


def _logits(rng):
    """Logits (2 COPIES, N, K), and their different rows, (N + 1, K) in float64.

    The first half repeats N rows, which are unnormalised and some of them very unequal. In the
    second half all rows are the same, which shows whether noise is shared.
    """
    variables, categories = rng.permutation([5, 6, 7, 8])[:2]
    rows = rng.normal(0, 1.2, (variables + 1, categories))
    rows[0, 0] += 3
    rows[1:4, :2] = [1.2, 0]  # two categories alone tell one noise from another
    rows[1:4, 2:] -= 8
    rows[-2, -1] -= NEVER
    rows[:-1] += rng.uniform(-20, 20, (variables, 1))
    rows[-1] = rng.uniform(-0.4, 0.4, categories)  # so that every category comes often
    (rows,) = floats(rows)
    same = np.tile(rows[-1], (COPIES, variables, 1))
    logits = np.concatenate([np.tile(rows[:-1], (COPIES, 1, 1)), same])
    return logits, rows.astype(np.float64)


def _wrong_indices(k, logits):
    """Names what came in place of indices."""
    shape, categories = logits.shape[:-1], logits.shape[-1]
    if not isinstance(k, np.ndarray):
        return "one array of indices is expected"
    if k.shape == logits.shape:
        if set(np.unique(k).tolist()) == {0, 1}:
            return "one-hot vectors came, the index of the 1 is wanted"
        return "a value for each category came, the index of the largest is wanted"
    if k.shape == (*shape, 1):
        return "the indices have an axis too many (keepdim?)"
    if k.shape == ():
        return "one index came: is the argmax taken over everything, without dim=-1?"
    if k.shape in (logits.shape[1:], (shape[0], categories)):
        return "the argmax is taken over the wrong dimension: the categories are the last one"
    if k.shape != shape:
        return f"the shape is {k.shape}, it should be {shape}"
    if k.dtype.kind not in "iu":
        return f"the indices are of type {k.dtype}: integers are wanted"
    if k.min() == 1 and k.max() == categories:
        return "the indices count from 1, they should count from 0"
    if k.min() < 0 or k.max() >= categories:
        return f"an index is outside 0, ..., K - 1: {k.min()} to {k.max()} came, K = {categories}"
    return ""


def _wrong_draws(draw, again, logits):
    """Names noise that is missing, fixed or shared, in indices or in relaxed samples."""
    is_index = draw.ndim < logits.ndim
    if is_index and all(np.array_equal(k, logits.argmax(-1)) for k in (draw, again)):
        return "no noise reaches the argmax: the largest logit wins every time"
    same = np.stack([draw, again])[:, COPIES:]
    for axes, text in (
        ((1, 2), "all variables and examples share one draw: each needs its own"),
        ((2,), "the variables of an example share their noise: each needs its own"),
        ((1,), "the examples of a batch share their noise: each needs its own"),
    ):
        if np.ptp(same, axis=axes).max() < 1e-4:
            return text
    if np.array_equal(draw, again):
        return "the same draw comes in every call: is a generator or a seed fixed?"
    return dependent(*(np.eye(logits.shape[-1])[same] if is_index else same.astype(np.float64)))


def _counts(k, categories):
    """How often each category came, for each of the different rows: (N + 1, K)."""
    hits = np.eye(categories)[k]
    return np.concatenate([hits[:COPIES].sum(0), hits[COPIES:].sum((0, 1))[None]])


def _wrong_frequencies(counts, rows):
    p = softmax(rows)
    if surprise(counts, p) < LIMIT:
        return ""
    missing = (counts.sum(0) == 0) & ((len(counts) * COPIES * p).mean(0) > 30)
    if missing.any():
        return f"category {missing.argmax()} is never drawn"
    wrong = [
        (
            "every category comes equally often, whatever the logits are",
            np.full_like(p, 1 / p[0].size),
        ),
        ("probabilities are taken for logits: softmax(logits) + noise", softmax(p)),
        ("the logits have the wrong sign", softmax(-rows)),
        ("the Gumbel noise has the wrong sign: it is -log(-log(u))", winner(rows, cdf_reversed)),
        (
            "argmin and argmax are mixed up: improbable categories win",
            winner(-rows, cdf_reversed),
        ),
        *((phrase, winner(rows, cdf)) for phrase, cdf, _ in NOISES),
    ]
    found = closest((phrase, surprise(counts, other)) for phrase, other in wrong)
    return found or "the frequencies of the categories are not softmax(logits)"


@check("5.2")
def gumbel_softmax(answer, seed):
    """``gumbel_softmax(logits, temperature)``: (..., K) -> relaxed one-hot samples (..., K)."""
    rng = np.random.default_rng(seed)
    logits, rows = _logits(rng)
    for temperature in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5), 100.0, 0.01):
        temperature = round(float(temperature), 3)
        y, again = (call(answer, logits, temperature, seed=2 * seed + draw) for draw in (1, 2))
        about = {
            "checked": f"logits of shape {logits.shape}, temperature {temperature:g}",
            "expected": "softmax((logits + g) / temperature), g Gumbel noise, drawn anew",
            "received": show(y),
        }
        mistake = _wrong_rows(y, logits, temperature) or _wrong_draws(y, again, logits)
        if not mistake and temperature > 0.1:  # below, many y are 0, which has no logarithm
            mistake = _wrong_noise(y, logits, temperature)
        mistake = mistake or _wrong_frequencies(_counts(y.argmax(-1), logits.shape[-1]), rows)
        if not mistake and temperature < 0.1 and (y[COPIES:].max(-1) > 0.99).mean() < 0.85:
            mistake = "y should be nearly one-hot here: is the temperature clamped?"
        if mistake:
            raise CheckFailed(f"{mistake}.", **about)
    for small in (logits[0], logits[0, 0]):
        y, about = call(answer, small, 0.05), f"logits of shape {small.shape}, temperature 0.05"
        if not isinstance(y, np.ndarray) or y.shape != small.shape:
            verify(y, np.zeros(small.shape), checked=about)
        sums, ones = np.asarray(y.sum(-1)), np.ones(small.shape[:-1])
        verify(sums, ones, checked=about, part="sum of a row", tolerance=SUM_OFF)
        _verify_connected(answer, small)
        _verify_slope(answer, small, rng.normal(size=small.shape))
    return (
        "Rows sum to 1, log-ratios have the noise of two Gumbels, the temperature acts on the "
        "whole, the largest entry has the frequencies of softmax(logits), the gradient is right."
    )


def _verify_connected(answer, logits):
    """At a low temperature the gradient arrives and is finite. (The sum of y is constant.)"""
    found, _ = gradient(answer, logits, 0.05)
    about = {"checked": "the gradient with respect to logits, temperature 0.05"}
    if found is None:
        what = (
            "no gradient reaches logits: was it detached, or drawn without the reparameterisation?"
        )
        raise CheckFailed(what, **about, received="no gradient")
    if not np.isfinite(found).all():
        raise CheckFailed("the gradient is not finite.", **about, received=show(found))


def _verify_slope(answer, logits, probe, temperature=0.7):
    """The gradient of sum(probe * y) is y (probe - sum(probe * y)) / temperature."""
    y = call(answer, logits, temperature).astype(np.float64)  # the same noise as below
    found, _ = gradient(answer, logits, temperature, probe=probe)
    right = y * (probe - (probe * y).sum(-1, keepdims=True))
    verify(
        np.zeros_like(y) if found is None else found,
        right / temperature,
        checked=f"the gradient with respect to logits, temperature {temperature}",
        part="the values are right, the gradient is not",
        wrong=[
            ("it lacks the factor 1 / temperature", right),
            ("it is that of the one-hot code's own entry alone", y * probe / temperature),
        ],
        tolerance=1e-3,
        scale=1,
    )


def _wrong_rows(y, logits, temperature):
    """Names values that are no relaxed one-hot vectors."""
    if not isinstance(y, np.ndarray) or y.shape != logits.shape:
        came = "indices came: relaxed vectors of K entries are wanted"
        is_index = isinstance(y, np.ndarray) and y.shape == logits.shape[:-1]
        return came if is_index else f"the result should be one array of shape {logits.shape}"
    if not np.isfinite(y).all():
        return "NaN or infinity came out: subtract the maximum, or use torch.softmax"
    y = y.astype(np.float64)
    if np.abs(y.sum(-1) - 1).max() > SUM_OFF or y.min() < -1e-6:
        for axis, name in ((0, "batch"), (1, "variables")):
            if np.abs(y.sum(axis) - 1).max() < SUM_OFF:
                return f"the softmax is taken over the wrong dimension, the {name}: use dim=-1"
        if y.max() < 1e-6 and np.abs(np.exp(y).sum(-1) - 1).max() < SUM_OFF:
            return "logarithms came (log_softmax), the softmax itself is wanted"
        return "the rows do not sum to 1: is the softmax missing, or something added after it?"
    if temperature > 0.1 and np.abs(y - (y > 0.5)).max() < 1e-6:
        return "one-hot vectors came, relaxed ones are wanted (hard=False, no argmax)"
    if np.abs(y - softmax(logits.astype(np.float64) / temperature)).max() < 1e-4:
        return "no noise reaches y: it is missing, or the same for all categories"
    return ""


def _wrong_noise(y, logits, temperature):
    """Names what log y_i - log y_j tells: (logits_i - logits_j + logistic noise) / temperature."""
    with np.errstate(all="ignore"):
        log_y, exact = np.log(y.astype(np.float64)), logits.astype(np.float64)
        r, d, p = (_differences(values) for values in (log_y, exact, softmax(exact)))
        noise = temperature * r - d
        if misfit(cdf_logistic(noise), COPIES) < LIMIT:
            return ""
        if np.ptp(log_y, axis=-1).max() < 1.001:
            return "the softmax is applied twice: no entry is more than e times another"
        formulas = [
            ("", noise),
            ("the temperature divides the logits alone, not the noise", r - d / temperature),
            ("the temperature divides the noise alone, not the logits", temperature * (r - d)),
            ("multiplied by the temperature, it should be divided", r / temperature - d),
            ("the temperature is not used", r - d),
            ("divided by the temperature twice", temperature**2 * r - d),
            ("probabilities are taken for logits: softmax(logits) + noise", temperature * r - p),
            ("the logits have the wrong sign", temperature * r + d),
        ]
        found = [
            ("; and ".join(text for text in (what, which) if text), misfit(cdf(values), COPIES))
            for what, values in formulas
            for which, cdf in (("", cdf_logistic), *((text, of) for text, _, of in NOISES))
        ]
    other = "temperature * (log y_i - log y_j) - (logits_i - logits_j) is not logistic noise, "
    return closest(found) or other + "the difference of two Gumbel draws"


def _differences(values):
    """Of categories 0 and 1, 2 and 3, ... : independent of each other; the last one is left out."""
    end = (values.shape[-1] - 1) // 2 * 2
    return values[..., 0:end:2] - values[..., 1:end:2]
