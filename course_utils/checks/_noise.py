"""What the reparameterisation's noise tells about the formula that used it."""

import numpy as np

from course_utils.checks._compare import show

OTHER = "the noise (z - mu) / exp(log_var / 2) is not standard normal"


def noise_mistake(z, again, mu, log_var):
    """(mistake, what was received), or ("", "") where the noise is standard normal."""
    std = np.exp(0.5 * log_var)
    if np.allclose(z, mu, atol=1e-6):
        return "z is mu: no noise is added", show(z)
    if np.array_equal(z, again):
        return "the same noise comes in every call: is a generator or a seed fixed?", show(z)
    noise = (z - mu) / std
    told = f"(z - mu) / exp(log_var / 2) with mean {noise.mean():.3f}, standard deviation "
    told += f"{noise.std():.3f}, from {noise.min():.2f} to {noise.max():.2f}"
    if _shared(noise):
        return _shared(noise), told
    if not _is_normal(noise):
        for phrase, found in _formulas(z, mu, std, log_var):
            shared = _shared(found)
            if shared or _is_normal(found):
                return "; and ".join(text for text in (shared, phrase) if text), told
        uniform = np.ptp(noise) < 4
        what = "the noise is uniform (rand), it should be normal (randn)" if uniform else OTHER
        return what, told
    again = (again - mu) / std
    spectrum = (np.abs(np.fft.fft(noise, axis=0)) ** 2).sum(1)
    for text, correlation in (
        ("one dimension and the next", (noise[:, :-1] * noise[:, 1:]).mean()),
        ("one call and the next", (noise * again).mean()),
        ("one example and another", np.fft.ifft(spectrum).real[1:] / noise.size),  # of every lag
    ):
        if np.abs(correlation).max() > 10 / np.sqrt(noise.size - len(noise)):
            return f"the noise of {text} is correlated", told
    return "", ""


def _shared(noise):
    """Names an axis along which ``noise`` is (but for rounding) the same number."""
    for axis, text in (
        (None, "one number of noise is drawn for the whole batch"),
        (0, "the noise is shared by the batch: each example needs its own"),
        (1, "the noise is shared by the dimensions of an example: each needs its own"),
    ):
        if np.isfinite(noise).all() and np.ptp(noise, axis=axis).max() < 1e-2:
            return text
    return ""


def _is_normal(noise):
    """Whether the first four moments are those of N(0, 1), overall and in each column."""
    for values in (noise, *noise.T):
        if not np.isfinite(values).all():
            return False
        size, moments = values.size, [(values**power).mean() for power in (1, 2, 3, 4)]
        errors = np.sqrt(np.array([1, 2, 15, 96]) / size) * np.array([6, 6, 7, 9])
        if (np.abs(np.array(moments) - [0, 1, 0, 3]) > errors).any():
            return False
    return True


@np.errstate(all="ignore")
def _formulas(z, mu, std, log_var):
    """(phrase, noise): the noise that was drawn if the formula is the one that phrase names."""
    with np.errstate(all="ignore"):
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
