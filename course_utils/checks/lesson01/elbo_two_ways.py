"""Check of exercise 1.6: ``elbo_two_ways``."""

import itertools

import numpy as np
import torch

from course_utils.checks._compare import (
    close,
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._formulas import LOG_2_PI, candidates, kl_formulas
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import exactly

PARTS = ("log_joint", "entropy", "distortion", "rate")
DECODERS = "the constant 1/2 log(2 pi sigma^2)"
PRIORS = "the constant 1/2 log(2 pi) of the prior"
UNUSED = "in the spread of z: log_var is not used, its variance is exp(log_var)"
ORDER = f"a tuple of four: {', '.join(PARTS)}; one value for each example, in nats"


@check("1.6")
def elbo_two_ways(answer, seed):
    """``elbo_two_ways(x, weight, bias, sigma, mu, log_var)`` -> four expectations, (B,) each.

    x (B, D), weight (D, L), bias (D,), sigma a number, mu and log_var (B, L) of any diagonal q.
    """
    answer = in_pairs(answer, *PARTS)
    rng = np.random.default_rng(seed)
    batch, dims, latents = sizes(rng, 3)
    for label, count, data, codes, bounds, sigma in (
        ("", batch, dims, latents, (-2.5, 1.5), float(rng.uniform(0.5, 0.8))),
        ("a decoder with much noise: ", batch, dims, latents, (-2.5, 1.5), 1.7),
        ("B = 1: ", 1, dims, latents, (-2.5, 1.5), 0.6),
        ("D = 1, L = 1: ", batch, 1, 1, (-2.5, 1.5), 0.7),
        ("as many latents as data dimensions: ", batch, dims, dims, (-2.5, 1.5), 0.5),
        ("log_var from -9 to 5: ", batch, dims, latents, (-9, 5), 0.5),
    ):
        arrays = _arrays(rng, count, data, codes, bounds)
        arrays = (*arrays[:3], sigma, *arrays[3:])
        if not label:
            verify_repeatable(answer, *arrays, instead="use the closed forms")
        _verify_four(answer, arrays, label)
    return (
        "Four closed forms, for every diagonal q: log_joint + entropy and -distortion - rate are "
        "the same ELBO, and both are log p(x) minus KL(q || p(z|x))."
    )


def _arrays(rng, count, data, codes, bounds):
    mu, log_var = rng.normal(0, 1.5, (count, codes)), rng.uniform(*bounds, (count, codes))
    weight, bias = rng.normal(0, 1, (data, codes)), rng.normal(0, 1, data)
    z = mu + np.exp(0.5 * log_var) * rng.normal(0, 1, mu.shape)
    x = z @ weight.T + bias + rng.normal(0, 1, (count, data))
    return floats(x, weight, bias, mu, log_var)


def _verify_four(answer, arrays, label):
    x, weight, bias, sigma, mu, log_var = arrays
    numbers = (*doubles(x, weight, bias), sigma, *doubles(mu, log_var))
    terms = _terms(*numbers)
    right = {name: formulas[0][1].sum(-1) for name, formulas in terms.items()}
    shapes = f"x of shape {x.shape}, weight {weight.shape}, sigma = {sigma:.3g}, mu {mu.shape}"
    checked = f"{label}{shapes}"
    received = _four(call(answer, *arrays), right, checked)
    whole = right["log_joint"] + right["entropy"]
    scales = {name: np.abs(formulas[0][1]).sum(-1) for name, formulas in terms.items()}
    for part, value in zip(PARTS, received, strict=True):
        wrong = candidates(terms[part], sign="the sign is wrong")
        ahead = [] if part == "rate" else _ahead(part, right, whole, numbers)
        verify(
            value,
            right[part],
            checked=checked,
            wrong=itertools.chain(ahead, wrong),
            scale=scales[part],
            tolerance=2e-5,
            part=part,
        )


def _four(received, right, checked):
    about = {"checked": checked, "expected": ORDER, "received": show(received)}
    if not isinstance(received, tuple) or len(received) != len(PARTS):
        raise CheckFailed("four results are wanted, each one apart", **about)
    for (place, name), (other, value) in itertools.permutations(enumerate(right.items()), 2):
        name, value = name[0], value[1]
        if close(received[place], value, 0, 1e-3) and not close(received[place], right[name]):
            wanted = PARTS[other]
            raise CheckFailed(f"{name} and {wanted} are in each other's place", **about)
    return received


def _ahead(part, right, whole, numbers):
    """Wrong values that are made of more than this part alone."""
    x, weight, bias, sigma, mu, log_var = numbers
    if part == "log_joint":
        spread = exactly(_log_evidence, (x, weight, bias, sigma))
        yield "E[log p(z)] is missing: this is E[log p(x|z)]", -right["distortion"]
        yield "log p(z) is missing, and the sign is wrong", right["distortion"]
        yield "this is the whole ELBO: the entropy is a result of its own", whole
        yield "this is log p(x): the average of log p(x, z) over q is wanted", spread
    if part == "entropy":
        cross = 0.5 * (LOG_2_PI + mu**2 + np.exp(log_var)).sum(-1)
        yield "this is the cross-entropy of q and the prior: the entropy of q is wanted", cross
    if part == "distortion":
        yield "the rate is in it: -ELBO came", -whole


def _log_evidence(x, weight, bias, sigma):
    eye = torch.eye(len(bias), dtype=torch.float64)
    covariance = weight @ weight.T + sigma**2 * eye
    return torch.distributions.MultivariateNormal(bias, covariance).log_prob(x)


@np.errstate(all="ignore")
def _terms(x, weight, bias, sigma, mu, log_var):
    """Part -> (phrase, terms) of its famous formulas, the right one first.

    The terms of the distortion stand along D, those of the others along L.
    """
    var, std = np.exp(log_var), np.exp(0.5 * log_var)
    away = x - bias - mu @ weight.T
    constant = 0.5 * (LOG_2_PI + 2 * np.log(sigma))
    spread = var @ (weight**2).T
    halved, dims, latents = 2 * sigma**2, x.shape[-1], mu.shape[-1]

    def cost(squares):
        return constant + squares / halved

    distortion = [
        ("", cost(away**2 + spread)),
        ("the squared error is taken at z = mu: the spread of z under q is left out",
         cost(away**2)),
        ("in the spread of z: the standard deviation stands in place of the variance",
         cost(away**2 + std @ (weight**2).T)),
        ("in the spread of z: log_var is taken for the variance (exp is missing)",
         cost(away**2 + log_var @ (weight**2).T)),
        ("in the spread of z: weight is not squared", cost(away**2 + var @ weight.T)),
        ("in the spread of z: the variance is squared, weight is: Var[w z] = w^2 var",
         cost(away**2 + var**2 @ (weight**2).T)),
        ("in the spread of z: (w std)^2 is summed over the latents before it is squared",
         cost(away**2 + (std @ weight.T) ** 2)),
        ("the spread of z is not divided by 2 sigma^2", cost(away**2) + spread),
        ("the spread of z is not divided by sigma^2", cost(away**2) + 0.5 * spread),
        (UNUSED,
         cost(away**2 + (weight**2).sum(-1))),
        ("the spread of z is divided by sigma^2: the 1/2 is missing",
         cost(away**2) + spread / sigma**2),
        ("the spread of z has the wrong sign", cost(away**2 - spread)),
        ("sigma is taken for the variance",
         0.5 * (LOG_2_PI + np.log(sigma)) + (away**2 + spread) / (2 * sigma)),
        ("sigma is taken for the variance in the squared error",
         constant + (away**2 + spread) / (2 * sigma)),
        ("the constant is that of sigma = 1: log sigma is missing",
         cost(away**2 + spread) - np.log(sigma)),
        ("log sigma stands in place of log sigma^2", cost(away**2 + spread) - 0.5 * np.log(sigma)),
        *((f"off by the same constant: {DECODERS} {how}, it counts D times",
           cost(away**2 + spread) + constant * (count / dims - 1)) for how, count in (
              ("is missing", 0), ("counts once", 1), ("counts L times", latents))),
        *((f"{name} is handed over where log_var is expected, it should be 2 log(sigma){also}",
           0.5 * (LOG_2_PI + value) + 0.5 * away**2 / np.exp(value) + other)
          for name, value in (
              ("log(sigma)", np.log(sigma)), ("sigma", sigma), ("sigma^2", sigma**2))
          for also, other in (
              ("", spread / halved), ("; in the spread of z too", spread / np.exp(value) / 2))),
        ("the 1/2 is missing in front of the squared error",
         constant + (away**2 + spread) / sigma**2),
        ("bias is left out", cost((away + bias) ** 2 + spread)),
        ("bias has the wrong sign", cost((away + 2 * bias) ** 2 + spread)),
    ]  # fmt: skip
    log_2_pi = np.full_like(mu, 0.5 * LOG_2_PI)
    prior = -0.5 * (LOG_2_PI + mu**2 + var)
    entropy = 0.5 * (LOG_2_PI + 1 + log_var)
    total = {phrase: -value.sum(-1, keepdims=True) for phrase, value in distortion}

    def joint(first, second):  # of one value an example, spread over L
        return first / latents + second

    log_joint = [
        ("", joint(total[""], prior)),
        ("E[log p(z)] is taken at z = mu: E[z^2] = mu^2 + var",
         joint(total[""], prior + 0.5 * var)),
        ("E[log p(z)] lacks mu^2: E[z^2] = mu^2 + var", joint(total[""], prior + 0.5 * mu**2)),
        ("in E[log p(z)]: the standard deviation stands in place of the variance",
         joint(total[""], prior + 0.5 * var - 0.5 * std)),
        *((f"off by the same constant: {PRIORS} {how}, it counts L times",
           joint(total[""], prior + log_2_pi * (1 - count / latents))) for how, count in (
              ("is missing", 0), ("counts once", 1), ("counts D times", dims))),
        ("in E[log p(z)]: the 1/2 is missing", joint(total[""], 2 * prior)),
        ("in E[log p(z)]: the 1/2 is missing in front of mu^2 and the variance",
         joint(total[""], 2 * prior + log_2_pi)),
        ("in E[log p(z)]: the 1/2 is missing in front of log(2 pi)",
         joint(total[""], prior - log_2_pi)),
        ("E[log p(x|z)] has the wrong sign: the distortion is added", joint(-total[""], prior)),
        ("E[log p(z)] has the wrong sign", joint(total[""], -prior)),
        ("the rate stands in place of E[log p(z)]",
         joint(total[""], -0.5 * (mu**2 + var - 1 - log_var))),
        ("both are taken at z = mu: the spread of z under q is left out",
         joint(total[distortion[1][0]], prior + 0.5 * var)),
        *((phrase, joint(total[places], prior + 0.5 * var - 0.5 * value))
          for phrase, places, value in (
              ("the standard deviation stands in place of the variance of z, in both averages",
               distortion[2][0], std),
              ("log_var is taken for the variance of z (exp is missing), in both averages",
               distortion[3][0], log_var),
              ("log_var is not used: the variance of z is exp(log_var), in both averages",
               UNUSED, np.ones_like(var)))),
        ("in E[log p(z)]: log_var is taken for the variance (exp is missing)",
         joint(total[""], prior + 0.5 * var - 0.5 * log_var)),
        ("in E[log p(z)]: log_var is not used, the variance of z is exp(log_var)",
         joint(total[""], prior + 0.5 * var - 0.5)),
        *((f"in E[log p(x|z)]: {phrase}", joint(value, prior))
          for phrase, value in list(total.items())[1:]),
    ]  # fmt: skip
    entropies = [
        ("", entropy),
        ("the 1/2 of each latent is missing: E[(z - mu)^2 / var] = 1", entropy - 0.5),
        ("the constant 1/2 log(2 pi) is missing", entropy - 0.5 * LOG_2_PI),
        *((f"off by the same constant: {what} counts {how}, it counts L times",
           entropy + value * (count / latents - 1))
          for what, value in (
              ("the 1/2", 0.5), ("1/2 log(2 pi)", 0.5 * LOG_2_PI),
              ("1/2 (1 + log(2 pi))", 0.5 * (1 + LOG_2_PI)))
          for how, count in (("once", 1), ("D times", dims))),
        ("only 1/2 log_var is left: the constants are missing", 0.5 * log_var),
        ("log_var is taken for log_std: the 1/2 is missing in front of it",
         entropy + 0.5 * log_var),
        ("log_var has the wrong sign", entropy - log_var),
        ("the 1/2 is missing", 2 * entropy),
        ("the variance stands in place of its logarithm", entropy - 0.5 * log_var + 0.5 * var),
        ("log_var is not used", entropy - 0.5 * log_var),
        ("bits are returned, nats are wanted", entropy / np.log(2)),
    ]  # fmt: skip
    return {
        "log_joint": log_joint,
        "entropy": entropies,
        "distortion": distortion,
        "rate": kl_formulas(mu, log_var),
    }
