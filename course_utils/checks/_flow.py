"""The inverse autoregressive flow of lesson 06: its famous wrong formulas."""

import itertools

import numpy as np

from course_utils.checks._formulas import LOG_2_PI, candidates

OTHER_WAY = (
    "epsilon = (z - shift) * exp(-log_scale) is the other direction, from noise to z: here "
    "epsilon = z * exp(log_scale) + shift"
)


@np.errstate(all="ignore")
def flow_formulas(z, log_scale, shift):
    """(phrase, terms) of log p(z) for each dimension: the right one first."""
    scale, constant, latents = np.exp(log_scale), 0.5 * LOG_2_PI, z.shape[-1]

    def of(epsilon, log_det=log_scale):
        return log_det - constant - 0.5 * epsilon**2

    epsilon, other = z * scale + shift, (z - shift) / scale
    square, right = 0.5 * epsilon**2, of(epsilon)
    exp_missing = "log_scale is taken for the scale: exp is missing"
    halved = "log_scale is halved, as if it were a log-variance"
    return [
        ("", right),
        ("the log-determinant, the sum of log_scale, is missing", of(epsilon, 0)),
        ("log_scale has the wrong sign in the log-determinant: it is added",
         of(epsilon, -log_scale)),
        ("the log-determinant is counted twice", of(epsilon, 2 * log_scale)),
        ("exp(-2 log_scale) is the variance of z_i given those before it: Normal takes its root",
         of(epsilon * scale, 2 * log_scale)),
        ("log_scale is averaged over the dimensions, it has to be summed",
         right - log_scale + log_scale / latents),
        ("the determinant's logarithm is missing: exp(log_scale) is added", of(epsilon, scale)),
        ("the constant 1/2 log(2 pi) is missing", right + constant),
        ("the constant is counted once for an example, not for each dimension",
         right + constant * (latents - 1) / latents),
        ("the 1/2 is missing", log_scale - 2 * constant - 2 * square),
        ("the 1/2 is missing in front of epsilon squared", right - square),
        ("the 1/2 is missing in front of log(2 pi)", right - constant),
        ("the 1/2 multiplies log_scale too", right - 0.5 * log_scale),
        ("epsilon squared has the wrong sign", right + 2 * square),
        ("the constant has the wrong sign", right + 2 * constant),
        ("epsilon is not squared", log_scale - constant - 0.5 * epsilon),
        ("epsilon is not squared", log_scale - constant - 0.5 * np.abs(epsilon)),
        (OTHER_WAY, of(other)),
        (OTHER_WAY, of(other, -log_scale)),
        ("shift is added before the scaling: epsilon = z * exp(log_scale) + shift",
         of((z + shift) * scale)),
        ("shift is subtracted, and before the scaling: epsilon = z * exp(log_scale) + shift",
         of((z - shift) * scale)),
        ("shift is subtracted: epsilon = z * exp(log_scale) + shift", of(z * scale - shift)),
        ("z is divided by exp(log_scale), it should be multiplied", of(z / scale + shift)),
        ("z is divided by exp(log_scale), it should be multiplied",
         of(z / scale + shift, -log_scale)),
        ("shift is missing in epsilon", of(z * scale)),
        ("exp(log_scale) is missing in epsilon", of(z + shift)),
        ("the normal density is taken at z, it should be at epsilon", of(z)),
        (exp_missing, of(z * log_scale + shift)),
        (exp_missing, of(z * log_scale + shift, np.log(np.abs(log_scale)))),
        (halved, of(z * np.sqrt(scale) + shift)),
        (halved, of(z * np.sqrt(scale) + shift, 0.5 * log_scale)),
        ("log_scale and shift are taken for each other", of(z * np.exp(shift) + log_scale, shift)),
    ]  # fmt: skip


@np.errstate(all="ignore")
def wrong_flow(formulas):
    """(phrase, values) of wrong log p(z), fewest mistakes first."""
    density = ("this is the density: the logarithm is missing", np.exp(formulas[0][1].sum(-1)))
    sign = "the sign is wrong: this is minus the log-density"
    return itertools.chain([density], candidates(formulas, sign=sign))
