"""What noise tells that was drawn: is it of the right shape, fresh, and independent everywhere?

All limits are so wide that right noise passes them but for once in 10^5 checks.
"""

import numpy as np
from scipy.special import ndtr

from course_utils.checks._compare import show
from course_utils.checks._contract import call
from course_utils.checks._remote import CheckFailed

OTHER = "the noise (z - mu) / exp(log_var / 2) is not standard normal"
EDGES = np.array([1e-4, 1e-3, 5e-3, 0.01, 0.02, *np.arange(0.05, 0.5, 0.05), 0.5])
QUANTILES = np.concatenate([EDGES, 1 - EDGES[-2::-1]])
SIGMAS = 8  # of a correlation


def noise_mistake(z, again, mu, log_var, axes=("example", "dimension")):
    """(mistake, what was received), or ("", "") where the noise is standard normal.

    Args:
        z, again: of two calls. axes: what an entry along each axis is.
    """
    std = np.exp(0.5 * log_var)
    if np.allclose(z, mu, atol=1e-6 * std.min()):
        return "z is mu: no noise is added", show(z)
    if np.array_equal(z, again):
        absent = _no_noise(z - mu, std, log_var)
        if absent:
            return absent, show(z)
        return "the same noise comes in every call: is a generator or a seed fixed?", show(z)
    noise, again = (z - mu) / std, (again - mu) / std
    told = f"(z - mu) / exp(log_var / 2) with mean {noise.mean():.3f}, standard deviation "
    told += f"{noise.std():.3f}, from {noise.min():.2f} to {noise.max():.2f}"
    if shared(noise, axes):
        return shared(noise, axes), told
    if not is_normal(noise):
        if is_uniform((noise - noise.min()) / max(np.ptp(noise), 1e-9)):
            return shape_of(noise), told
        for phrase, found in _formulas(z, mu, std, log_var):
            same = shared(found, axes)
            if same or is_normal(found):
                return "; and ".join(text for text in (same, phrase) if text), told
        is_near = 0.9 < noise.std() < 1.1 and (noise**4).mean() < 4
        return (is_near and dependent(noise, axes)) or shape_of(noise), told
    mistake = dependent(noise, axes, again)
    if not mistake and z.shape[-1] > 2 and (np.abs(noise) < 1e-4).all(-1).any():
        mistake = "some examples get no noise at all"
    return (mistake, told) if mistake else ("", "")


@np.errstate(all="ignore")
def _no_noise(away, std, log_var):
    """Names what is added to mu, in every call the same, in place of noise; or ""."""
    for phrase, added in (
        ("the standard deviation", std),
        ("the variance", std**2),
        ("log_var", log_var),
        ("half of log_var", 0.5 * log_var),
    ):
        ratio = away / added
        if ratio.size > 1 and np.ptp(ratio) < 1e-3 * np.abs(ratio).max():
            times = "" if abs(ratio.mean() - 1) < 1e-3 else f"{ratio.mean():.4g} times "
            return f"no random noise: z is mu plus {times}{phrase}, in every call"
    return ""


def shape_of(noise):
    """Names noise that is not standard normal."""
    scale = noise.std()
    if len(np.unique(noise.round(2))) < 5:
        return "the noise takes a few values only, it should be normal (randn)"
    if np.ptp(noise) < 4:
        return "the noise is uniform (rand), it should be normal (randn)"
    if np.isfinite(scale) and is_normal(noise / scale):
        return f"{OTHER}: its standard deviation is {scale:.3f}, it should be 1"
    if noise.size > 5000 and np.abs(noise).max() < 3.2:
        return f"{OTHER}: none of it is beyond {np.abs(noise).max():.1f}. Is it clamped?"
    return OTHER


def shared(noise, axes):
    """Names an axis along which ``noise`` is (but for rounding) the same number."""
    texts = {
        "sample": "the noise is shared by the samples in front: each needs its own",
        "example": "the noise is shared by the batch: each example needs its own",
        "dimension": "the noise is shared by the dimensions of an example: each needs its own",
    }
    if not np.isfinite(noise).all():
        return ""
    if noise.size > 1 and np.ptp(noise) < 1e-2:
        return "one number of noise is drawn for the whole batch"
    for axis, name in enumerate(axes):
        if noise.shape[axis] > 1 and np.ptp(noise, axis=axis).max() < 1e-2:
            return texts[name]
    return ""


def is_normal(noise):
    """Whether moments and quantiles are those of N(0, 1): overall, in each half and column."""
    rows, flat = noise.reshape(-1, noise.shape[-1]), noise.ravel()
    if not np.isfinite(flat).all():
        return False
    parts = [flat[:, None], flat[: flat.size // 2, None], flat[flat.size // 2 :, None]]
    parts += [flat[::2, None], rows] if len(rows) >= 200 else []
    for values in parts:
        squares = values * values
        powers = (values, squares, squares * values, squares * squares)
        moments = np.array([power.mean(0) for power in powers])
        errors = np.sqrt(np.array([1, 2, 15, 96]) / len(values)) * np.array([6, 6, 7, 9])
        if (np.abs(moments - [[0], [1], [0], [3]]) > errors[:, None]).any():
            return False
    return all(is_uniform(ndtr(values)) for values in parts[:3])


def is_uniform(values, quantiles=QUANTILES):
    """Whether the right share of ``values`` is below each of the quantiles of U[0, 1].

    By Chernoff, a share k / n of what has the probability p comes by chance with less than
    exp(-n KL(k / n || p)) on either side: e^-18 is 10^-8.
    """
    count = values.size
    share = np.searchsorted(np.sort(values, axis=None), quantiles) / max(count, 1)
    with np.errstate(all="ignore"):
        terms = [
            np.where(part > 0, part * np.log(part / right), 0)
            for part, right in ((share, quantiles), (1 - share, 1 - quantiles))
        ]
    return bool((count * sum(terms) < 18).all())


def dependent(noise, axes, again=None, squares=True):
    """Names what noise of mean 0 and variance 1 depends on, or "".

    Looks at neighbours and pairs along every axis, at all pairs that are some fixed distance apart
    in memory, at mirrored ones and, with ``again``, at another call.

    Args:
        axes: what an entry along each axis is. squares: whether sizes are looked at too.
    """
    pairs = [("is correlated", noise, again)]
    if squares:
        sizes = [None if one is None else _standardised(one * one) for one in (noise, again)]
        pairs += [("has related sizes", *sizes)]
    for what, values, other in pairs:
        for axis, name in enumerate(axes):
            lines = np.moveaxis(values, axis, 0)
            if len(lines) > 1 and _is_far(lines[:-1] * lines[1:]):
                return f"the noise of one {name} and the next {what}"
            lines = lines.reshape(len(lines), -1)
            if len(lines) <= 16 and lines.shape[1] > 200:
                products = np.triu(lines @ lines.T, 1)
                if np.abs(products).max() > SIGMAS * np.sqrt(lines.shape[1]):
                    return f"the noise of one {name} and another {what}"
            if _lags(lines) or _lags(lines, mirrored=True):
                return f"the noise of one {name} and another {what}"
        if other is not None and any(
            _lags(values.reshape(-1, 1), other.reshape(-1, 1), mirrored) for mirrored in (0, 1)
        ):
            return f"the noise of one call and the next {what}"
        if _lags(values.reshape(-1, 1)):
            return f"the noise of one number and another {what}"
    return ""


def _standardised(values):
    return (values - values.mean()) / max(values.std(), 1e-9)


def _is_far(products):
    return np.abs(products.sum()) > SIGMAS * np.sqrt(products.size)


def _lags(lines, other=None, mirrored=False):
    """Whether lines some distance apart (or mirrored at some place) depend on each other."""
    size = 2 ** int(np.ceil(np.log2(max(len(lines), 2))))
    one = np.fft.rfft(lines, size, axis=0)
    two = one if other is None else np.fft.rfft(other, size, axis=0)
    sums = np.fft.irfft((one * (two if mirrored else two.conj())).sum(1), size)
    limit = SIGMAS * np.sqrt(lines.size)
    if other is None:  # twice each pair, and once each line's square
        limit = 1.5 * limit + 3 * lines.shape[1] if mirrored else limit
        sums = sums if mirrored else sums[1:]
    return np.abs(sums).max() > limit


@np.errstate(all="ignore")
def _formulas(z, mu, std, log_var):
    """(phrase, noise): the noise that was drawn if the formula is the one that phrase names."""
    return [
        ("the noise is multiplied by the variance exp(log_var) in place of the standard "
         "deviation exp(log_var / 2)", (z - mu) / std**2),
        ("the noise is multiplied by log_var: exp is missing", (z - mu) / log_var),
        ("the noise is multiplied by log_var / 2: exp is missing", 2 * (z - mu) / log_var),
        ("the noise is multiplied by the root of log_var", (z - mu) / np.sqrt(abs(log_var))),
        ("the noise is not scaled: log_var is not used", z - mu),
        ("mu is not added", z / std),
        ("mu is multiplied by the standard deviation too", z / std - mu),
        ("mu has the wrong sign", (z + mu) / std),
        ("log_var has the wrong sign", (z - mu) * std),
        ("log_var is multiplied by 2 where it should be halved", (z - mu) / std**4),
        ("the noise is divided by the variance", (z - mu) * std**2),
        ("the result is reparameterised twice", ((z - mu) / std - mu) / std),
        ("mu and log_var are taken for each other", (z - log_var) / np.exp(0.5 * mu)),
    ]  # fmt: skip


def drawn(answer, what, expected, images, seed):
    """What an answer draws for uint8 images: an array of their shape, one number for each ``what``.

    Raises:
        CheckFailed: something else came; ``expected`` says what is wanted.
    """
    x = call(answer, images, seed=seed)
    if isinstance(x, np.ndarray) and x.shape == images.shape:
        return x
    told = f"the shape is {x.shape}" if isinstance(x, np.ndarray) else "one array is expected"
    raise CheckFailed(
        f"{told}: each {what} gives one number, in the shape {images.shape} of the images",
        checked=f"uint8 images of shape {images.shape}",
        expected=expected,
        received=show(x),
    )
