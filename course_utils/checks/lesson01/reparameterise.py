"""Check of exercise 1.4: ``reparameterise``."""

import numpy as np

from course_utils.checks._compare import doubles, refuse_other_dtype, show, sizes
from course_utils.checks._contract import call, check, value_and_gradient
from course_utils.checks._gaussian import FAR, HINTS, RANGE, parameters
from course_utils.checks._noise import OTHER, dependent, is_normal, noise_mistake, shape_of
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import probe_of, verify_slope

NORMAL = "(z - mu) / exp(log_var / 2) is standard normal, independent everywhere"
DRAWN = (
    "no gradient reaches mu and log_var: is z drawn by sample() in place of rsample(), by "
    "torch.normal, detached, or drawn under no_grad?"
)
AXES = ("sample", "sample", "example", "dimension")
CALLS = 120  # of a small batch


@check(
    "1.4",
    seals=(
        "nets.vae.VAE.reparameterise",
        "nets.vae.Gaussian.sample",
        "nets.hierarchy._draw",
    ),
)
def reparameterise(answer, seed):
    """``reparameterise(mu, log_var)``: (..., L) each -> z ~ N(mu, exp(log_var)), (..., L)."""
    rng = np.random.default_rng(seed)
    batch, dims = 4000 + int(rng.integers(500)), sizes(rng, 1)[0]
    pooled = []
    cases = (
        ("", (batch, dims), AXES[2:]),
        (RANGE, (batch, dims), AXES[2:]),
        ("samples in front: ", (5, 300, dims), AXES[1:]),
        ("no axis but L: ", (1500,), AXES[3:]),
        ("two axes of samples in front: ", (4, 3, 70, dims), AXES),
        (FAR, (300, dims), AXES[2:]),
    )
    for number, (label, shape, axes) in enumerate(cases):
        mu, log_var = parameters(rng, shape, label)
        checked = f"{label}z for mu and log_var of shape {shape}, log_var from "
        checked += f"{log_var.min():.1f} to {log_var.max():.1f}"
        first = 50 * seed + 2 * number  # a stream of its own for each: all are pooled
        z, again = (_draw(answer, mu, log_var, first + draw, checked) for draw in (1, 2))
        mistake, received = noise_mistake(z, again, *doubles(mu, log_var), axes)
        if mistake:
            hint = HINTS.get(label, mistake) if mistake.startswith(OTHER) else mistake
            _fail(hint, checked, received)
        pooled += [((z - mu) / np.exp(0.5 * log_var.astype(float))).ravel()]
        pooled += [((again - mu) / np.exp(0.5 * log_var.astype(float))).ravel()]
    noise = np.concatenate(pooled)
    if not is_normal(noise[:, None]):
        told = f"mean {noise.mean():.3f}, standard deviation {noise.std():.3f}"
        _fail(shape_of(noise), f"{noise.size} numbers of all calls together", told)
    _verify_small_batches(answer, rng, seed)
    mu, log_var = parameters(rng, (1, 1))
    _draw(answer, mu, log_var, seed, "one example, one dimension")
    for label, shape in (("", (200, dims)), (RANGE, (200, dims)), ("", (3, 20, dims)), ("", (5,))):
        _verify_noise_gradient(answer, rng, seed, *parameters(rng, shape, label))
    return (
        "z has mean mu and variance exp(log_var) with Gaussian noise, drawn anew for every "
        "example, dimension and call; gradients reach mu and log_var."
    )


def _fail(mistake, checked, received):
    raise CheckFailed(mistake, checked=checked, expected=NORMAL, received=received)


def _draw(answer, mu, log_var, seed, checked):
    z = call(answer, mu, log_var, seed=seed)
    if not isinstance(z, np.ndarray) or z.shape != mu.shape:
        told = (
            "one array is expected" if not isinstance(z, np.ndarray) else f"the shape is {z.shape}"
        )
        raise CheckFailed(
            f"{told}, it should be z, of the shape {mu.shape} of mu",
            checked=checked,
            expected=f"an array of shape {mu.shape}",
            received=show(z),
        )
    refuse_other_dtype(z, mu, "mu", "the decoder", checked)
    if not np.isfinite(z).all():
        _fail("NaN or infinity came out, where every value should be finite", checked, show(z))
    return z


def _verify_small_batches(answer, rng, seed):
    """Many calls of two examples: noise that is balanced within a batch, or repeated, shows."""
    mu, log_var = parameters(rng, (2, 2))
    checked = f"{CALLS} calls for mu and log_var of shape (2, 2)"
    z = [_draw(answer, mu, log_var, CALLS * seed + 11 + one, checked) for one in range(CALLS)]
    noise = (np.array(z, dtype=np.float64) - mu) / np.exp(0.5 * log_var.astype(float))
    told = f"mean {noise.mean():.3f}, standard deviation {noise.std():.3f}"
    if 8 <= len(np.unique(noise.round(3))) < noise.size / 2:
        _fail("the same noise comes again after some calls", checked, told)
    if not is_normal(noise):
        _fail(f"in small batches: {shape_of(noise)}", checked, told)
    lines = noise.reshape(CALLS, -1)
    products = np.triu(np.corrcoef(lines.T), 1)
    if np.abs(products).max() > 0.6:  # 6.6 standard errors, by Fisher's transform 7.5
        _fail("in small batches the noise of one number and another is correlated", checked, told)
    mistake = dependent(noise, ("call", "example", "dimension"))
    if mistake:
        _fail(f"in small batches {mistake}", checked, told)


def _verify_noise_gradient(answer, rng, seed, mu, log_var):
    probe = probe_of(rng, mu.shape)
    z, found = value_and_gradient(answer, mu, log_var, seed=seed, probe=probe)
    checked = f"shape {mu.shape}, dz/dmu = 1 and dz/dlog_var = (z - mu) / 2"
    if z.shape != mu.shape:
        _fail(f"the shape is {z.shape}, it should be {mu.shape}", checked, show(z))
    if all(one is None or not one.any() for one in found):
        raise CheckFailed(DRAWN, checked=checked)
    slope = 0.5 * (z - mu.astype(np.float64))
    std = np.exp(0.5 * log_var.astype(np.float64))
    for name, received, right, scale in (
        ("mu", found[0], probe, None),
        ("log_var", found[1], probe * slope, std),
    ):
        verify_slope(name, received, right, "z", scale=scale, about=f"shape {mu.shape}")
