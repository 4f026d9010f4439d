"""The log-mass of a grey level under a logistic variable, and its famous wrong formulas."""

import math

import numpy as np

HALF = 1 / 255  # of a bin


def log_s(value):
    """log of the sigmoid."""
    return -np.logaddexp(0, -value)


def sigmoid(value):
    return np.exp(log_s(value))


def inside(x, mu, scale, half=HALF):
    """log of the mass of the bin of half-width ``half`` about x."""
    a, b = (x + half - mu) / scale, (x - half - mu) / scale
    return log_s(a) + log_s(-b) + np.log(-np.expm1(b - a))


def _normal(value):
    return np.vectorize(math.erfc)(-value / math.sqrt(2)) / 2


@np.errstate(all="ignore")
def wrong_masses(x, mu, log_scale):
    """(phrase, values) of wrong log-masses of levels that are not at an end."""
    scale = np.exp(log_scale)
    right, mid = inside(x, mu, scale), (x - mu) / scale
    density = mid - log_scale + 2 * log_s(-mid)
    a, b = (x + HALF - mu) / scale, (x - HALF - mu) / scale
    zero_one = (x + 1) / 2
    wide = "the bin is twice too wide: its edges are x +- 1/255, the levels are 2/255 apart"
    as_std = "scale is taken for the standard deviation, which is scale pi / sqrt(3)"
    found = [
        ("the sign is wrong: this is -log P", -right),
        ("this is P: the logarithm is missing", np.exp(right)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("this is the log-density: the mass of a bin is wanted, s(upper) - s(lower)", density),
        ("this is the density times the bin's width, not the mass of the bin",
         density + np.log(2 * HALF)),
        ("the edges are x +- 1/256: 256 levels from -1 to 1 are 2/255 apart, so 1/255",
         inside(x, mu, scale, 1 / 256)),
        (wide, inside(x, mu, scale, 2 * HALF)),
        (wide, inside(x, mu, scale, 1 / 128)),
        ("the bin is twice too narrow: its edges are x +- 1/255 (1/510 belongs to pixels in "
         "[0, 1])", inside(x, mu, scale, HALF / 2)),
        ("the bin is twice too narrow: its edges are x +- 1/255", inside(x, mu, scale, 1 / 512)),
        ("the edges are x +- 1/2, as for bytes: here the levels are 2/255 apart",
         inside(x, mu, scale, 0.5)),
        ("the bin begins at x: its edges are x +- 1/255", inside(x + HALF, mu, scale)),
        ("the bin ends at x: its edges are x +- 1/255", inside(x - HALF, mu, scale)),
        ("the bin goes from x to x + 1/255, half of it is missing",
         inside(x + HALF / 2, mu, scale, HALF / 2)),
        ("the bin goes from x - 1/255 to x, half of it is missing",
         inside(x - HALF / 2, mu, scale, HALF / 2)),
        ("all mass below the upper edge is counted, for every level: s(lower) is not subtracted",
         log_s(a)),
        ("all mass above the lower edge is counted, for every level", log_s(-b)),
        ("all mass below x is counted: the bin's two edges are missing", log_s(mid)),
        ("the sigmoids' logarithms are subtracted: log comes after the difference",
         log_s(a) - log_s(b)),
        ("log s(a) + log s(-b) is there, log(1 - exp(b - a)) is missing", log_s(a) + log_s(-b)),
        ("log(1 - exp(b - a)) alone is there: log s(a) + log s(-b) is missing",
         np.log(-np.expm1(b - a))),
        ("mu has the wrong sign: x - mu is due", inside(x, -mu, scale)),
        ("mu is not used", inside(x, 0, scale)),
        ("the scale is not used", inside(x, mu, 1)),
        ("multiplied by the scale, it divides: is exp(-log_scale) meant?",
         inside(x, mu, 1 / scale)),
        ("log_scale is taken for a log-variance: the scale is exp(log_scale)",
         inside(x, mu, np.sqrt(scale))),
        ("the scale is squared: exp(log_scale) divides", inside(x, mu, scale**2)),
        ("log_scale is taken for the scale: exp is missing", inside(x, mu, log_scale)),
        ("log_scale is taken for the inverse of the scale", inside(x, mu, 1 / log_scale)),
        ("softplus stands for exp: the scale is exp(log_scale)",
         inside(x, mu, np.logaddexp(0, log_scale))),
        ("the scale is 10^log_scale or 2^log_scale", inside(x, mu, 10**log_scale)),
        ("the scale is 10^log_scale or 2^log_scale", inside(x, mu, 2**log_scale)),
        (as_std, inside(x, mu, scale * np.sqrt(3) / np.pi)),
        (f"{as_std}; the other way round", inside(x, mu, scale * np.pi / np.sqrt(3))),
        ("this is the normal distribution function: the sigmoid is due",
         np.log(_normal(a) - _normal(b))),
        ("this is a Gaussian log-density: the mass under a logistic is wanted",
         -0.5 * (mid**2 + np.log(2 * np.pi)) - log_scale),
        ("this is a Gaussian log-density times the bin's width: the mass under a logistic is due",
         -0.5 * (mid**2 + np.log(2 * np.pi)) - log_scale + np.log(2 * HALF)),
        ("tanh stands for the sigmoid", np.log(np.tanh(a) - np.tanh(b))),
        ("x and its edges are on [0, 1] here: it lies in [-1, 1]",
         inside(zero_one, mu, scale, HALF / 2)),
        ("x is mapped to [0, 1]: it lies in [-1, 1], as mu does", inside(zero_one, mu, scale)),
        ("x is mapped to [-1, 1] once more: it lies there already",
         inside(2 * x - 1, mu, scale)),
        ("x and its edges are on 0, 1, ..., 255, mu is not: all are on [-1, 1]",
         inside(127.5 * (x + 1), mu, scale, 0.5)),
        ("the edges are not divided by the scale: it divides the whole of x +- 1/255 - mu",
         np.log(sigmoid(mid + HALF) - sigmoid(mid - HALF))),
    ]  # fmt: skip
    found += [
        ("the first level is looked for at 0: it is at -1", np.where(x < 0.001, log_s(a), right))
    ]
    one = "the result has the shape of x: one value for each pixel and channel"
    for minus, values in (("", right), ("; and the sign is wrong", -right)):
        found += [
            (f"summed over the example: {one}{minus}", values.sum((1, 2, 3))),
            (f"the mean over the example is taken: {one}{minus}", values.mean((1, 2, 3))),
            (f"summed over the channels: {one}{minus}", values.sum(1)),
            (f"the mean over the channels is taken: {one}{minus}", values.mean(1)),
            (f"summed over the pixels: {one}{minus}", values.sum((2, 3))),
            (f"summed over everything: {one}{minus}", values.sum()),
            (f"the mean over everything is taken: {one}{minus}", values.mean()),
            (f"the mean over the batch is taken: {one}{minus}", values.mean(0)),
            (f"flattened: {one}{minus}", values.reshape(len(x), -1)),
        ]
    return found


@np.errstate(all="ignore")
def wrong_ends(x, mu, log_scale):
    """(phrase, values) of log-masses that are right but for the levels at the ends."""
    scale = np.exp(log_scale)
    a, b, mid = (x + HALF - mu) / scale, (x - HALF - mu) / scale, (x - mu) / scale
    closed = inside(x, mu, scale)
    (low, high), (second, last_but_one) = (x < -0.999, x > 0.999), (x < -0.99, x > 0.99)

    def ends(at_low, at_high, low=low, high=high):
        return np.where(low, at_low, np.where(high, at_high, closed))

    first, last = log_s(a), log_s(-b)
    return [
        ("the ends are closed: the first level takes all mass below its upper edge, the last all "
         "above its lower edge", closed),
        ("the ends are exchanged: the first level takes the mass below its upper edge, not above "
         "its lower edge", ends(last, first)),
        ("the last level is closed: it takes all mass above its lower edge", ends(first, closed)),
        ("the first level is closed: it takes all mass below its upper edge", ends(closed, last)),
        ("both ends take the mass below: the last level takes all above its lower edge",
         ends(first, first)),
        ("both ends take the mass above: the first level takes all below its upper edge",
         ends(last, last)),
        ("at the ends the edge is x itself, it should be x + 1/255 at -1 and x - 1/255 at 1",
         ends(log_s(mid), log_s(-mid))),
        ("at the ends the edge is on the wrong side of x", ends(log_s(b), log_s(-a))),
        ("the logarithm is missing at the ends", ends(np.exp(first), np.exp(last))),
        ("the ends have mass 1", ends(0, 0)),
        ("the levels next to the ends are open too: the ends are -1 and 1 alone",
         ends(first, last, second, last_but_one)),
        ("the sign of the ends is wrong", ends(-first, -last)),
    ]  # fmt: skip
