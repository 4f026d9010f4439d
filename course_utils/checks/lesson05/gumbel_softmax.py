"""Check of exercise 5.2: ``gumbel_softmax``."""

import numpy as np

from course_utils.checks._compare import refuse_other_dtype, show, verify
from course_utils.checks._contract import call, check, value_and_gradient
from course_utils.checks._draws import (
    COPIES,
    counts_of,
    related,
    repeated_logits,
    wrong_draws,
    wrong_elsewhere,
    wrong_frequencies,
)
from course_utils.checks._gumbel import LIMIT, NOISES, cdf_logistic, closest, misfit, softmax
from course_utils.checks._remote import CheckFailed

DRAWN = "softmax((logits + g) / temperature), g Gumbel noise, drawn anew"
SUM_OFF = 1e-3  # logits / temperature are large, and float32 has seven digits


@check("5.2")
def gumbel_softmax(answer, seed):
    """``gumbel_softmax(logits, temperature)``: (..., K) -> relaxed one-hot samples (..., K)."""
    rng = np.random.default_rng(seed)
    logits, rows = repeated_logits(rng)
    for temperature in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5), 100.0, 0.01):
        temperature = round(float(temperature), 3)
        y, mistake = _draw(answer, logits, temperature, 40 * seed + 1), ""
        if 0.1 < temperature < 1:
            again = _draw(answer, logits, temperature, 40 * seed + 2)
            mistake = wrong_draws(y, again, logits) or _twice(y) or related(y, again)
        if not mistake and temperature > 0.1:  # below, many y are 0, which has no logarithm
            mistake = _wrong_noise(y, logits, temperature)
        mistake = mistake or wrong_frequencies(counts_of(y.argmax(-1), logits.shape[-1]), rows)
        if not mistake and temperature < 0.1:
            mistake = _wrong_corners(y, logits, temperature)
        if mistake:
            mistake = mistake.replace("sign: it is", "sign, or is subtracted: add -log E, which is")
            raise CheckFailed(f"{mistake}.", **_about(logits, temperature, y))
    mistake = wrong_elsewhere(
        lambda logits, number: _draw(answer, logits, 0.8, 40 * seed + number).argmax(-1), rng
    )
    if mistake:
        raise CheckFailed(f"{mistake}.", expected=DRAWN)
    _draw(answer, logits[:2], 1, 0)  # a whole number for the temperature
    for few, temperature in (
        (logits[:4], 0.7),
        (logits[0], 0.05),
        (logits[0], 4.0),
        (logits[-1, 0].astype(np.float64), 1.0),
    ):
        _verify_gradient(answer, few, temperature, rng.normal(size=few.shape))
    return (
        "Rows sum to 1, log-ratios have the noise of two Gumbels, the temperature acts on the "
        "whole, the largest entry has the frequencies of softmax(logits), the gradient is right."
    )


def _about(logits, temperature, y):
    return {
        "checked": f"logits of shape {logits.shape}, temperature {temperature:g}",
        "expected": DRAWN,
        "received": show(y),
    }


def _draw(answer, logits, temperature, seed):
    y = call(answer, logits, temperature, seed=seed)
    mistake = _wrong_rows(y, logits, temperature)
    if mistake:
        raise CheckFailed(f"{mistake}.", **_about(logits, temperature, y))
    refuse_other_dtype(
        y, logits, "logits", "the decoder", _about(logits, temperature, y)["checked"]
    )
    return y


def _verify_gradient(answer, logits, temperature, probe):
    """The gradient of sum(probe * y) is y (probe - sum(probe * y)) / temperature, of that y."""
    y, (found, _) = value_and_gradient(answer, logits, temperature, probe=probe)
    if y.shape != logits.shape or not np.isfinite(y).all():
        about = f"logits of shape {logits.shape}, temperature {temperature:g}"
        verify(y, np.zeros(logits.shape), checked=about)
    about = {"checked": f"the gradient with respect to logits, temperature {temperature:g}"}
    if found is None:
        what = (
            "no gradient reaches logits: was it detached, or drawn without the reparameterisation?"
        )
        raise CheckFailed(what, **about, received="no gradient")
    if not np.isfinite(found).all():
        raise CheckFailed("the gradient is not finite.", **about, received=show(found))
    right = y * (probe - (probe * y).sum(-1, keepdims=True).astype(np.float64))
    verify(
        found,
        right / temperature,
        **about,
        part="the values are right, the gradient is not",
        wrong=[
            ("it lacks the factor 1 / temperature", right),
            ("it has the factor 1 / temperature twice", right / temperature**2),
            ("it is twice what it should be", 2 * right / temperature),
            ("it has the wrong sign", -right / temperature),
            ("it is that of the one-hot code's own entry alone", y * probe / temperature),
            ("it is that of logits, as if y were logits", probe),
        ],
        tolerance=1e-4,
        scale=1 / temperature,
        hint="it should be that of softmax((logits + g) / temperature), with g a constant",
    )


def _wrong_corners(y, logits, temperature):
    """At a low temperature: how often the first two categories are near each other."""
    pair = np.s_[:COPIES, 1:4, :2]  # of rows where these two alone are probable
    with np.errstate(all="ignore"):
        ratio = temperature * np.abs(np.diff(np.log(y[pair].astype(np.float64))))
    gap = np.diff(logits[pair].astype(np.float64))[~np.isnan(ratio)]
    ratio = ratio[~np.isnan(ratio)]
    for apart in (0.1, 0.3, 0.6):  # far above what float32 takes for 0
        p = cdf_logistic(apart - gap) - cdf_logistic(-apart - gap)
        off = (ratio < apart).sum() - p.sum()
        if np.abs(off) > LIMIT * np.sqrt((p * (1 - p)).sum()):
            if off < 0:
                return "y is nearer to one-hot than it should be: is the temperature clamped?"
            return "y should be nearly one-hot here: is y smoothed, or is the temperature clamped?"
    return ""


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
    if temperature > 0.1 and y.size > 1000 and np.abs(y - (y > 0.5)).max() < 1e-6:
        return "one-hot vectors came, relaxed ones are wanted (hard=False, no argmax)"
    if np.abs(y - softmax(logits.astype(np.float64) / temperature)).max() < 1e-4:
        return "no noise reaches y: it is missing, or the same for all categories"
    return ""


def _twice(y):
    if y.max() < 2.72 * y.min():
        return "the softmax is applied twice: no entry is more than e times another"
    return ""


def _wrong_noise(y, logits, temperature):
    """Names what log y_i - log y_j tells: (logits_i - logits_j + logistic noise) / temperature."""
    with np.errstate(all="ignore"):
        log_y, exact = np.log(y.astype(np.float64)), logits.astype(np.float64)
        r, d, p = (_differences(values) for values in (log_y, exact, softmax(exact)))
        noise = temperature * r - d
        if misfit(cdf_logistic(noise), COPIES) < LIMIT:
            return ""
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
