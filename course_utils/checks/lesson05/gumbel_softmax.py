"""Check of exercise 5.2: ``gumbel_softmax``."""

import numpy as np

from course_utils.checks._compare import show, verify
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._draws import (
    COPIES,
    counts_of,
    repeated_logits,
    wrong_draws,
    wrong_frequencies,
)
from course_utils.checks._gumbel import LIMIT, NOISES, cdf_logistic, closest, misfit, softmax
from course_utils.checks._remote import CheckFailed

SUM_OFF = 1e-3  # logits / temperature are large, and float32 has seven digits


@check("5.2")
def gumbel_softmax(answer, seed):
    """``gumbel_softmax(logits, temperature)``: (..., K) -> relaxed one-hot samples (..., K)."""
    rng = np.random.default_rng(seed)
    logits, rows = repeated_logits(rng)
    for temperature in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5), 100.0, 0.01):
        temperature = round(float(temperature), 3)
        y, again = (call(answer, logits, temperature, seed=2 * seed + draw) for draw in (1, 2))
        about = {
            "checked": f"logits of shape {logits.shape}, temperature {temperature:g}",
            "expected": "softmax((logits + g) / temperature), g Gumbel noise, drawn anew",
            "received": show(y),
        }
        mistake = _wrong_rows(y, logits, temperature) or wrong_draws(y, again, logits)
        if not mistake and temperature > 0.1:  # below, many y are 0, which has no logarithm
            mistake = _wrong_noise(y, logits, temperature)
        mistake = mistake or wrong_frequencies(counts_of(y.argmax(-1), logits.shape[-1]), rows)
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
