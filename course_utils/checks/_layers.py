"""Two stochastic layers: what the checks of lesson 11 share."""

import numpy as np

LOG_2_PI = np.log(2 * np.pi)
BELOW = "held at 0 or above: the rate of one layer of a chain may be negative"
HELD = (
    "right for moderate log-variances, wrong for some from -9 to 5: is one clamped, or a small "
    "number added?"
)
VARIANCE = "the variance exp(log_var) is given for log_var, in"
STD = "log_var is taken for the logarithm of a standard deviation"


def log_variances(rng, shape, low, high):
    """Log-variances, evenly from low to high; the first is near low, the last near high."""
    values = rng.uniform(low, high, shape)
    values.flat[0], values.flat[-1] = low + 0.01, high - 0.01
    return values


def log_normal(z, mu, log_var):
    """log N(z; mu, exp(log_var)) of each dimension."""
    return -0.5 * (LOG_2_PI + log_var + (z - mu) ** 2 / np.exp(log_var))


def gaussian_kl(mu, log_var, mu_p=0.0, log_var_p=0.0):
    """KL of each dimension."""
    ratio = (np.exp(log_var) + (mu - mu_p) ** 2) / np.exp(log_var_p)
    return 0.5 * (log_var_p - log_var + ratio - 1)
