"""Gaussian log-densities and KLs as lesson 01 has them: right values, wrong formulas, inputs."""

import itertools

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from course_utils.checks._compare import doubles, floats, show
from course_utils.checks._contract import gradient
from course_utils.checks._formulas import candidates, gaussian_formulas, kl_formulas
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import PART, exactly, probe_of, slopes_of, verify_slope

EXTREMES = (
    "right for moderate values, wrong for log_var between -9 and 5: is something clamped, or a "
    "small number added?"
)
BEYOND = (
    "right for log_var between -9 and 5, wrong beyond, between -25 and 25: is something clamped, "
    "or a small number added?"
)
UNDERFLOWS = (
    "is the logarithm of a product taken, which underflows to 0 or overflows? Take the logarithm "
    "before the product: then it is a sum"
)
RANGE, FAR = "extremes: ", "log_var down to -25 and up to 25: "
DISTANT = "x up to 300 standard deviations from mu: "
CUT = "right where x is near mu, wrong where it is far: is something clamped?"
HINTS = {RANGE: EXTREMES, FAR: BEYOND}
MODERATE, LOW, HIGH = (-2.5, 1.5), (-25, -9), (9, 25)  # (low, high) of log_var


def log_prob(x, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp()).log_prob(x).sum(-1)


def standard_kl(mu, log_var):
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(Normal(mu, (0.5 * log_var).exp()), prior).sum(-1)


def parameters(rng, shape, label="", bounds=()):
    """mu and log_var of a diagonal Gaussian: moderate, of ``RANGE``, ``FAR`` or within bounds.

    Where they are ``FAR``, mu is a few standard deviations: next to a larger one, float32 would
    not hold what is added.
    """
    if label == FAR and not bounds:
        log_var = rng.choice([-1, 1], shape) * rng.uniform(9, 25, shape)
        return floats(rng.normal(0, 1.5, shape) * np.exp(0.5 * log_var), log_var)
    low, high = bounds or {RANGE: (-9, 5)}.get(label, MODERATE)
    return floats(rng.normal(0, 1.5, shape), rng.uniform(low, high, shape))


def verify_gradients(
    answer,
    arrays,
    names,
    function,
    rng,
    *,
    scales=None,
    hint="",
    of="the result",
    absent=(),
    **options,
):
    """Compare the answer's gradients with those of ``function`` in float64, weighted at random.

    Args:
        names: of the arguments; None where no gradient is wanted.
        scales: for each argument the size of what its gradient adds up, by default the mean size;
            extremes need it, where the entries have very different sizes.
        absent: numbers of the arguments of which the output is no function, and their names.
        hint: said where no pattern shows. of, options: of ``verify_slope``, and ``output``.
    """
    output = options.pop("output", 0)
    value = exactly(function, arrays)
    probe = probe_of(rng, np.shape(value[output] if isinstance(value, tuple) else value))
    right = slopes_of(function, arrays, probe, output)
    found = gradient(answer, *arrays, output=output, probe=probe)
    scales = [None] * len(arrays) if scales is None else scales
    for name, received, expected, scale in zip(names, found, right, scales, strict=True):
        if name is not None and expected is not None:
            verify_slope(name, received, expected, of, scale=scale, hint=hint or PART, **options)
    for place, name in absent:
        if found[place] is not None and np.abs(found[place]).max() > 1e-6:
            raise CheckFailed(
                f"the values are right, but {of} has a gradient with respect to {name}, of which "
                "it is no function",
                checked=f"the gradient of {of} with respect to {name}",
                expected="no gradient, or zeros",
                received=show(found[place]),
            )


def draw_near(rng, mu, log_var, shape):
    """A float32 value within a few standard deviations of mu."""
    return floats(mu + np.exp(0.5 * log_var) * rng.normal(0, 1.2, shape))[0]


def gaussian_scale(x, mu, log_var):
    """Size of what the log-density adds up."""
    x, mu, log_var = doubles(x, mu, log_var)
    return (1 + np.abs(log_var) + (x - mu) ** 2 / np.exp(log_var)).sum(-1)


def kl_scale(mu, log_var):
    mu, log_var = doubles(mu, log_var)
    return (1 + np.abs(log_var) + mu**2 + np.exp(log_var)).sum(-1)


def wrong_gaussian(arrays, factor=1, sign="the sign is wrong: this is minus the log-density"):
    formulas = [(what, factor * terms) for what, terms in gaussian_formulas(*doubles(*arrays))]
    with np.errstate(all="ignore"):
        density = factor * np.exp(factor * formulas[0][1].sum(-1))
    last = ("this is the density: the logarithm is missing", density)
    return itertools.chain(candidates(formulas, sign=sign), [last])


def wrong_kl(arrays):
    return candidates(kl_formulas(*doubles(*arrays)), sign="the sign is wrong: a KL is >= 0")
