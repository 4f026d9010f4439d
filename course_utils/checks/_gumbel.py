"""What draws of categories tell about the noise that made them (Gumbel, or another)."""

import math

import numpy as np
import torch

LIMIT = 6.5  # standard errors
RARE = 7.5  # of the largest of some 100,000 sums
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
    """Surprise of u, which should be uniform in [0, 1]: each column of each block, and all."""
    columns = u.reshape(len(u) // copies, copies, -1).swapaxes(1, 2).reshape(-1, copies)
    bins = np.clip(np.nan_to_num(columns) * 16, 0, 15).astype(int)
    counts = np.stack([np.bincount(column, minlength=16) for column in bins])
    return max(surprise(counts, np.full(counts.shape, 1 / 16)), _pooled(u))


def winner(rows, cdf):
    """P(k has the largest rows_k + noise_k), noise drawn from ``cdf``."""
    grid = np.linspace(-15, 30, 9001)
    below = cdf(grid - (rows - rows.max(-1, keepdims=True))[..., None])
    middle = (below[..., 1:] + below[..., :-1]) / 2
    others = [np.delete(middle, k, axis=1).prod(1) for k in range(rows.shape[1])]
    p = (np.diff(below) * np.stack(others, axis=1)).sum(-1)
    return p / p.sum(-1, keepdims=True)


def _pooled(u):
    """As :func:`misfit`, of all u at once: a small change of scale, and what the tails lack."""
    edges = np.concatenate([[0, 1e-3, 3e-3, 0.01, 0.03], np.arange(1, 16) / 16])
    edges = np.concatenate([edges, 1 - edges[4::-1]])
    counts = np.histogram(np.nan_to_num(u), edges)[0][None]
    return surprise(counts, np.diff(edges)[None])


def dependent(draw, again):
    """Names draws that go together; draw and again are (COPIES, N, values), of equal logits.

    At every distance between examples, forwards and mirrored, the correlations of each pair of
    variables and of each pair of values are looked at, and those of all variables together. Sums of
    products of independent draws are above the limits with probability exp(-RARE^2 / 2), about
    1e-12, by Bernstein's inequality, which holds for rare values too.
    """
    copies, variables, values = draw.shape
    draw, again = (part - part.mean(0) for part in (draw, again))
    flat = np.concatenate([draw, again]).reshape(-1, values)
    spread, top, far = flat.T @ flat / len(flat), np.abs(flat).max(0), (flat**2).sum(1).max()
    each, all_values = np.sqrt(np.outer(np.diag(spread), np.diag(spread))), np.linalg.norm(spread)

    def limits(size):
        """Of a sum of ``size`` products: for each pair of values, and for the sum over values."""
        rare, tail = RARE * math.sqrt(size), RARE**2 * 2 / 3
        pairs = rare * each + tail * np.maximum(np.outer(top, top), 1e-6 * far)
        return pairs, rare * all_values + tail * far

    columns = draw.reshape(copies, -1)
    inside = np.abs(columns.T @ columns) / np.tile(limits(copies)[0], (variables, variables))
    inside *= 1 - np.kron(np.eye(variables), np.ones((values, values)))  # not with itself
    if inside.max() > 1:
        return "the noise of one variable and another is correlated"
    first, second = (np.fft.rfft(part, axis=0) for part in (draw, again))
    for text, other, most in (
        ("", first.conj(), 1),
        ("one example and another", first, 2),  # mirrored: each pair counts twice
        ("one call and the next", second.conj(), 1),
        ("one call and the next", second, 1),
    ):
        by_variable = np.fft.irfft(first @ other.swapaxes(1, 2), copies, axis=0)
        by_value = np.fft.irfft(first.swapaxes(1, 2) @ other, copies, axis=0)
        if not text:  # at the distance 0 each goes with itself
            by_value[0] = 0
            np.fill_diagonal(by_variable[0], 0)
        found = [np.abs(by_variable).max((1, 2)) / limits(copies)[1]]
        found.append((np.abs(by_value) / limits(copies * variables)[0]).max((1, 2)))
        for apart in range(variables):
            total = np.abs(np.trace(by_variable, apart, 1, 2))
            found.append(total / limits(copies * (variables - apart))[1])
        largest = np.max(found, axis=0)
        if largest.max() > most:
            which = "one example and another" if largest.argmax() else "one variable and another"
            return f"the noise of {text or which} is correlated"
    return ""
