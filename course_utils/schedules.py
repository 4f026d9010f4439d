"""How the learning rate changes over a training."""

import math

WARM_UP = 0.1  # share of the steps in which one_cycle climbs to its peak


def learning_rate(step, total, peak, schedule):
    """The rate of step ``step`` of ``total``: a pure function, so that a resume is exact.

    ``one_cycle``: from peak / 25 up by half a cosine over a tenth of the steps, then down on a
    straight line towards 0. ``constant``: the peak.

    Source: Smith and Topin 2018, arXiv:1708.07120.
    """
    if schedule == "constant":
        return peak
    climb = max(1, round(WARM_UP * total))
    if step < climb:
        low, share = peak / 25, step / climb
        return low + (peak - low) * (1 - math.cos(math.pi * share)) / 2
    return peak * (total - step) / (total - climb)
