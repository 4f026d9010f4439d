"""What draws of categories tell about the noise that made them (Gumbel, or another)."""

import math

import numpy as np
import torch

LIMIT = 6.5  # standard errors
ONE_LOGARITHM = "the noise has one logarithm, log(u) or -log(u), it should be Gumbel: -log(-log(u))"


def softmax(logits, axis=-1):
    p = np.exp(logits - logits.max(axis, keepdims=True))
    return p / p.sum(axis, keepdims=True)


def _cdf_normal(x):
    return torch.special.ndtr(torch.from_numpy(np.asarray(x, dtype=np.float64))).numpy()


def cdf_logistic(x):
    return np.exp(-np.logaddexp(0, -x))


def _cdf_laplace(x):
    return np.where(x < 0, 0.5 * np.exp(-np.abs(x)), 1 - 0.5 * np.exp(-np.abs(x)))


def _cdf_triangular(x):
    x = np.clip(x, -1, 1)
    return 0.5 + x - 0.5 * x * np.abs(x)


# (phrase, distribution function of the noise, the same of the difference of two draws)
NOISES = (
    (
        "the noise is uniform (rand), it should be Gumbel: -log(-log(u))",
        lambda x: np.clip(x, 0, 1),
        _cdf_triangular,
    ),
    (
        "the noise is normal (randn), it should be Gumbel: -log(-log(u))",
        _cdf_normal,
        lambda x: _cdf_normal(x / math.sqrt(2)),
    ),
    (
        ONE_LOGARITHM,
        lambda x: 1 - np.exp(-np.maximum(x, 0)),
        _cdf_laplace,
    ),
    (
        ONE_LOGARITHM,
        lambda x: np.exp(np.minimum(x, 0)),
        _cdf_laplace,
    ),
)


def cdf_reversed(x):
    return -np.expm1(-np.exp(np.minimum(x, 50)))


def surprise(counts, p):
    """How many standard errors the chi-square of counts (R, K) lies above what p (R, K) gives.

    Rare categories of a row are counted together, since a chi-square of few draws has long tails.
    """
    expected = counts.sum(-1, keepdims=True) * p
    rare = expected < 10
    off = counts - expected
    together = (off * rare).sum(-1) ** 2 / np.maximum((expected * rare).sum(-1), 10)
    chi_square = (off**2 / np.where(rare, np.inf, expected)).sum() + together.sum()
    freedom = (~rare).sum() + rare.any(-1).sum() - len(counts)
    spread = 2 / (9 * freedom)  # Wilson and Hilferty 1931: its third root is nearly normal
    return ((chi_square / freedom) ** (1 / 3) - 1 + spread) / math.sqrt(spread)


def closest(pairs):
    """Phrase of the smallest surprise of (phrase, surprise), "" if none is small."""
    phrase, surprise = min(pairs, key=lambda pair: pair[1])
    return phrase if surprise < LIMIT else ""


def misfit(u, copies):
    """Surprise of u, which should be uniform in [0, 1] in each column of each block of copies."""
    columns = u.reshape(len(u) // copies, copies, -1).swapaxes(1, 2).reshape(-1, copies)
    bins = np.clip(np.nan_to_num(columns) * 16, 0, 15).astype(int)
    counts = np.stack([np.bincount(column, minlength=16) for column in bins])
    return surprise(counts, np.full(counts.shape, 1 / 16))


def winner(rows, cdf):
    """P(k has the largest rows_k + noise_k), noise drawn from ``cdf``."""
    grid = np.linspace(-15, 30, 9001)
    below = cdf(grid - (rows - rows.max(-1, keepdims=True))[..., None])
    middle = (below[..., 1:] + below[..., :-1]) / 2
    others = [np.delete(middle, k, axis=1).prod(1) for k in range(rows.shape[1])]
    p = (np.diff(below) * np.stack(others, axis=1)).sum(-1)
    return p / p.sum(-1, keepdims=True)


def dependent(draw, again):
    """Names draws that go together; draw and again are (COPIES, N, values), of equal logits."""
    draw, again = (values - values.mean(0) for values in (draw, again))
    flat = draw.reshape(-1, draw.shape[-1])
    scale = np.linalg.norm(flat.T @ flat / len(flat))  # spread of a product of independent draws
    spectrum = (np.abs(np.fft.rfft(draw, axis=0)) ** 2).sum((1, 2))
    lags = np.fft.irfft(spectrum, len(draw))[1:]  # of every distance between examples
    for text, total, size in (
        ("one variable and the next", (draw[:, 1:] * draw[:, :-1]).sum(), draw[:, 1:, 0].size),
        ("one example and another", lags, len(flat)),
        ("one call and the next", (draw * again).sum(), len(flat)),
    ):
        if np.abs(total).max() > (LIMIT + 0.5) * scale * math.sqrt(size):
            return f"the noise of {text} is correlated"
    return ""
