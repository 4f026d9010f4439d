"""Check of exercise 1.4: ``reparameterise``."""

import numpy as np

from course_utils.checks._compare import doubles, sizes, verify, verify_gradient
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._gaussian import EXTREMES, RANGE, parameters
from course_utils.checks._noise import OTHER, noise_mistake
from course_utils.checks._remote import CheckFailed


@check(
    "1.4",
    seals=(
        "nets.vae.VAE.reparameterise",
        "nets.vae.Gaussian.sample",
        "nets.hierarchy._draw",
    ),
)
def reparameterise(answer, seed):
    """``reparameterise(mu, log_var)``: (B, L) each -> z ~ N(mu, exp(log_var)), (B, L)."""
    rng = np.random.default_rng(seed)
    batch, dims = 4000 + int(rng.integers(500)), sizes(rng, 1)[0]
    for extreme in (False, True):
        shape = (batch, dims)
        mu, log_var = parameters(rng, shape, RANGE if extreme else "")
        checked = f"z for mu and log_var of shape {shape}, log_var from {log_var.min():.1f} to "
        checked += f"{log_var.max():.1f}"
        z, again = (call(answer, mu, log_var, seed=3 * seed + draw) for draw in (1, 2))
        if not isinstance(z, np.ndarray) or z.shape != shape or not np.isfinite(z).all():
            verify(z, np.zeros(shape), checked=checked)
        mistake, received = noise_mistake(z, again, *doubles(mu, log_var))
        if mistake:
            raise CheckFailed(
                f"{EXTREMES if extreme and mistake == OTHER else mistake}.",
                checked=checked,
                expected="(z - mu) / exp(log_var / 2) is standard normal, independent everywhere",
                received=received,
            )
    single = call(answer, mu[:1, :1], log_var[:1, :1])
    verify(single, single.reshape(-1)[:1].reshape(1, 1), checked="one example, one dimension")
    _verify_noise_gradient(answer, *parameters(rng, (batch, dims)))
    return (
        "z has mean mu and variance exp(log_var) with Gaussian noise, drawn anew for every "
        "example, dimension and call; gradients reach mu and log_var."
    )


def _verify_noise_gradient(answer, mu, log_var):
    arrays, names, seed = (mu, log_var), ("mu", "log_var"), 7
    z = call(answer, *arrays, seed=seed)
    if all(found is None for found in gradient(answer, *arrays, seed=seed)):
        raise CheckFailed(
            "no gradient reaches mu and log_var: is z drawn by sample() in place of rsample(), "
            "detached, or drawn under no_grad?",
            checked="dz/dmu = 1 and dz/dlog_var = (z - mu) / 2",
        )
    slope = 0.5 * (z - mu.astype(np.float64))
    if not np.array_equal(z, call(answer, *arrays, seed=seed)):
        slope = None  # noise from a generator of the answer's own: it cannot be drawn again
    verify_gradient(answer, arrays, names, (np.ones_like(mu), slope), of="z", seed=seed)
