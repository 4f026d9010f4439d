"""Check of exercise 10.1: ``least_bits``."""

import math

import numpy as np

from course_utils.checks._compare import close, named, show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers
from course_utils.checks._remote import CheckFailed

LOG_2_PI = math.log(2 * math.pi)


@check("10.1")
def least_bits(answer, seed):
    """``least_bits(log_scale)``: a number -> (gaussian, logistic), bits per dimension."""
    answer = in_pairs(answer, "gaussian", "logistic")
    rng = np.random.default_rng(seed)
    scales = [-1 + math.log(2), *rng.uniform((-5, -3, 0.2), (-3.5, -1, 1)), -7.0, 2.0, 0.0]
    _verify_bits(answer, scales, 1e-4)
    # In float32 the logistic's two sigmoids leave few digits of so small a difference.
    _verify_bits(answer, [-10.0, -7.5, *rng.uniform((-9, 3), (-8, 4))], 1e-3)
    return (
        "The bits of a Gaussian at its peak, on bins of 1/128, and of a logistic about the middle "
        "of its bin of 2/255, for log_scale from -7 to 2; 7.8829 and 8.5517 at -1 + log 2."
    )


def _verify_bits(answer, scales, tolerance):
    about = f"log_scale = {', '.join(f'{scale:.4f}' for scale in scales)}"
    log_scale = np.array(scales)
    pairs = [
        two_numbers(call(answer, scale), f"log_scale = {scale:.4f}", "(gaussian, logistic)")
        for scale in scales
    ]
    gaussian, logistic = (np.array(values) for values in zip(*pairs, strict=True))
    formulas = [_with_other_scales(bits, log_scale) for bits in (_gaussian_bits, _logistic_bits)]
    right = [found[0][1] for found in formulas]
    if close(gaussian, right[1], 1, 1e-3) and close(logistic, right[0], 1, 1e-3):
        raise CheckFailed(
            "the two are exchanged: the Gaussian comes first.",
            checked=about,
            expected=show(np.array(right)),
            received=show(np.array([gaussian, logistic])),
        )
    for part, received, found in zip(
        ("gaussian", "logistic"), (gaussian, logistic), formulas, strict=True
    ):
        hint = "the same number came for every log_scale: it is an argument"
        # The naming must tell 1/128 from 2/255: the bits differ by 0.006.
        verify(
            received,
            found[0][1],
            checked=about,
            part=part,
            hint=named(received, found[1:], 1e-4, found[0][1])
            or (hint if np.ptp(received) < 1e-6 else ""),
            undefined="log_scale may be negative: the scale is its exp",
            scale=0.1,
            tolerance=tolerance,
        )


def _with_other_scales(bits, log_scale):
    """The formulas of ``bits``, then the right one at a log_scale that was changed."""
    found = bits(log_scale)
    right = found[0][1]
    bound = math.log(2)
    changed = (
        ("log_scale is held at -7 or above, as the logistics of section 4 are: here it is a number "
         "like any other", np.maximum(log_scale, -7)),
        ("log_scale is held at -1 + log 2 or above: it is the least log scale already",
         np.maximum(log_scale, -1 + bound)),
        ("log_scale goes through tanh: it is the least log scale already", np.tanh(log_scale)),
        ("log_scale goes through tanh: it is the least log scale already",
         np.tanh(log_scale) + bound),
    )  # fmt: skip
    below = "held at 0 or above: a density may cost less than 0 bits at a small scale"
    found += [(phrase, bits(other)[0][1]) for phrase, other in changed]
    return [*found, (below, np.maximum(right, 0)), (below, np.abs(right))]


def _gaussian_bits(log_scale):
    """[(phrase, bits)], the right ones first."""
    nats, log_128 = log_scale + 0.5 * LOG_2_PI + math.log(128), math.log(128)
    bits, one = nats / math.log(2), math.log(2)
    bins = "the bin width is that of {}: dequantised pixels in [-1, 1] have 1/128"
    return [
        ("", bits),
        ("nats are returned, bits are wanted: divide by log 2", nats),
        ("multiplied by log 2, it divides", nats * one),
        ("divided by log 10, it should be log 2", nats / math.log(10)),
        ("the sign is wrong: this is the log-likelihood, bits are its negative", -bits),
        ("the bin width is missing: log 128 is added to the negative log-density",
         (nats - log_128) / one),
        ("the bin width has the wrong sign: log 128 is added to the negative log-density",
         (nats - 2 * log_128) / one),
        (bins.format("the logistic, 2/255"), (nats - log_128 + math.log(127.5)) / one),
        (bins.format("pixels in [0, 1], 1/256"), (nats + one) / one),
        (bins.format("pixels in [0, 1], 1/255"), (nats - log_128 + math.log(255)) / one),
        (bins.format("half a bin, 1/64 stands there"), (nats - one) / one),
        ("the term log(2 pi) / 2 is missing", (nats - 0.5 * LOG_2_PI) / one),
        ("log(2 pi) is not halved", (nats + 0.5 * LOG_2_PI) / one),
        ("log(2 pi) / 2 has the wrong sign", (nats - LOG_2_PI) / one),
        ("log(2 pi) / 2 is halved once more, or the root is taken twice",
         (nats - 0.25 * LOG_2_PI) / one),
        ("log_scale is taken for a log-variance: the standard deviation is exp(log_scale)",
         (nats - 0.5 * log_scale) / one),
        ("log_scale is counted twice", (nats + log_scale) / one),
        ("log_scale has the wrong sign: a narrower Gaussian costs fewer bits",
         (nats - 2 * log_scale) / one),
        ("log_scale is missing", (nats - log_scale) / one),
        ("the scale stands for its logarithm", (nats - log_scale + np.exp(log_scale)) / one),
        ("this is the average over the Gaussian's own draws (its entropy): the least is at the "
         "peak, without the 1/2", (nats + 0.5) / one),
        ("this is the average of a draw one deviation off, with the 1/2 subtracted",
         (nats - 0.5) / one),
        ("log_scale is not divided by log 2", bits - log_scale / one + log_scale),
        ("log(2 pi) / 2 is not divided by log 2", bits - 0.5 * LOG_2_PI * (1 / one - 1)),
        ("log 128 is not divided by log 2", bits - log_128 * (1 / one - 1)),
        ("the bits of the bin are missing and log 2 is subtracted", (nats - log_128 - one) / one),
        ("the logistic's bits came for the Gaussian", _logistic_bits(log_scale)[0][1]),
        ("this is the logistic's peak density: the Gaussian's is 1 / (scale sqrt(2 pi))",
         (log_scale + math.log(4) + log_128) / one),
        ("bits for all 3 channels: one dimension is wanted", 3 * bits),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _logistic_bits(log_scale):
    """[(phrase, bits)], the right ones first."""
    scale = np.exp(log_scale)

    def mass(half, scale=scale):
        return np.tanh(half / (2 * scale))

    half = 1 / 255
    bits = -np.log2(mass(half))
    erf = np.vectorize(math.erf)
    narrow = "the bin is twice too narrow: it reaches 1/255 to each side of its middle"
    end = np.where(log_scale < 10, np.logaddexp(0, -half / scale) / math.log(2), 0)
    beside = np.where(scale > 0, (np.tanh(half / scale)) / 2, 0)
    density = np.log2(4 * scale)
    return [
        ("", bits),
        ("nats are returned, bits are wanted", bits * math.log(2)),
        ("divided by log 10, it should be log 2", bits * math.log10(2)),
        ("the sign is wrong: this is log2 P, bits are its negative", -bits),
        ("this is P: -log2 is missing", mass(half)),
        ("multiplied by log 2, it divides", bits * math.log(2) ** 2),
        ("the bin is twice too wide: it reaches 1/255 to each side of its middle, not 2/255",
         -np.log2(mass(2 * half))),
        (f"{narrow}, not 1/510", -np.log2(mass(half / 2))),
        ("the bin is that of the Gaussian's dequantised pixels, 1/128 wide: on the grid 2/255",
         -np.log2(mass(1 / 256))),
        ("the bin is 1/64 wide: on the grid 2/255", -np.log2(mass(1 / 128))),
        (f"{narrow}, not 1/512", -np.log2(mass(1 / 512))),
        ("this is the density at the peak times the bin's width: the mass saturates at 1",
         -np.log2(half / (2 * scale))),
        ("this is the density at the peak: the bin is missing", density),
        ("this is the mass of an open end: an interior level has two edges", end),
        ("the mean is at an edge of the bin: the least bits are with the mean in its middle",
         -np.log2(beside)),
        ("log_scale is taken for a log-variance: the scale is exp(log_scale)",
         -np.log2(mass(half, np.sqrt(scale)))),
        ("the scale is squared", -np.log2(mass(half, scale**2))),
        ("log_scale has the wrong sign, or the scale multiplies: it divides",
         -np.log2(mass(half, 1 / scale))),
        ("the scale is missing", np.full_like(bits, -math.log2(math.tanh(half / 2)))),
        ("exp(log_scale) is taken for the standard deviation of the logistic",
         -np.log2(mass(half, scale * math.sqrt(3) / math.pi))),
        ("the logistic's standard deviation, scale pi / sqrt(3), stands for its scale",
         -np.log2(mass(half, scale * math.pi / math.sqrt(3)))),
        ("this is the mass of a bin under a Gaussian",
         -np.log2(erf(half / (scale * math.sqrt(2))))),
        ("the Gaussian's bits came for the logistic", _peak_bits(log_scale, 128)),
        ("the Gaussian's density on bins of 2/255 came for the logistic",
         _peak_bits(log_scale, 127.5)),
        ("256 equal levels came, 8 bits", np.full_like(bits, 8)),
        ("bits for all 3 channels: one dimension is wanted", 3 * bits),
    ]  # fmt: skip


def _peak_bits(log_scale, levels):
    return (log_scale + 0.5 * LOG_2_PI + math.log(levels)) / math.log(2)
