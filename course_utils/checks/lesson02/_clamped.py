"""Is the log-variance of exercise 2.3 clamped, where the network encodes or where it is used?"""

import numpy as np
from scipy.optimize import brentq

from course_utils.checks._compare import show, sizes
from course_utils.checks._contract import build, call
from course_utils.checks._network import encoded, exact_weights, posterior
from course_utils.checks._remote import CheckFailed

# What the encoder gives for every image, far out: two values that come as one are clamped.
FAR_OUT = ((-25.0, -22.0), (12.0, 11.0))
CLAMPED = "log_var is clamped: {} is that of {:.4g}, where the encoder's last layer gives {:g}"


def verify_unclamped(answer, seed):
    """Raise where two values of log_var, both far out, come or count in the rate as one."""
    rng = np.random.default_rng(seed)
    batch, hidden, latents = sizes(rng, 3)
    own = exact_weights(rng, hidden + 20, latents)
    x = (rng.random((batch, 1, 28, 28)) < 0.4).astype(np.float32)
    mu = encoded(own, x)[:, :latents]
    for pair in FAR_OUT:
        models = [
            build(answer, hidden + 20, latents, weights=posterior(own, slope=0, log_var=value))
            for value in pair
        ]
        for what in ("encode's", "the rate"):
            came = [call(one.encode if what == "encode's" else one, x) for one in models]
            found = [_log_var(what, *one, mu) for one in zip(came, pair, strict=True)]
            if None not in found and abs(found[0] - found[1]) < 0.1:
                told = f"images of shape {x.shape}, weights with which log_var is {pair[0]:g}"
                raise CheckFailed(
                    CLAMPED.format(what, found[0], pair[0]), checked=told, received=show(came[0])
                )


def _log_var(what, received, log_var, mu):
    """The log_var that explains what came, if it is one number; or None."""
    if not isinstance(received, tuple) or len(received) != 2:
        return None
    if what == "encode's":
        values = received[1] if received[1].shape == mu.shape else np.full(1, np.nan)
    else:
        rate = received[0] if received[0].shape == (len(mu),) else np.full(len(mu), np.nan)
        values = _from_rate(rate.astype(float), mu, log_var)
    if not np.isfinite(values).all() or np.ptp(values) > 2e-3 * np.abs(values).max():
        return None
    return float(values.mean())


def _from_rate(rate, mu, log_var):
    """log_var of each image, if it is one number in all dimensions and the rate is right."""
    terms = 2 * rate / mu.shape[1] - (mu**2).mean(1)
    ends = sorted((0.0, 2 * log_var))
    if not ((terms > 0) & (terms < _excess(2 * log_var, 0.0))).all():
        return np.full(len(terms), np.nan)
    return np.array([brentq(_excess, *ends, args=(term,)) for term in terms])


def _excess(log_var, term):
    """Twice the rate of one dimension with mu 0, less ``term``."""
    return np.expm1(log_var) - log_var - term
