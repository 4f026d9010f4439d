"""Answers to exercise 4.1, ``constant_ratio``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
NAN = float("nan")
GRADIENTS = {}  # c is a float: it is read and compared, nothing is trained with it


def _least_squares(g, h):
    return (g * h).sum() / (h * h).sum()


def _fits(g, h, c):
    return (g - c * h).abs().max() <= 1e-3 * g.abs().max()


@right
def ratio_plain(g, h):
    c = _least_squares(g, h)
    return c if _fits(g, h, c) else torch.full_like(c, NAN)


@right
def ratio_float(g, h):
    c = (torch.dot(g.flatten(), h.flatten()) / h.square().sum()).item()
    return c if float((g - c * h).abs().max()) <= 1e-3 * float(g.abs().max()) else float("nan")


@right
def ratio_numpy_style(g, h):
    g, h = g.numpy().astype(np.float64).ravel(), h.numpy().astype(np.float64).ravel()
    (c,), *_ = np.linalg.lstsq(h[:, None], g, rcond=None)
    return np.nan if np.any(np.abs(g - c * h) > 1e-3 * np.abs(g).max()) else c


@right
def ratio_at_the_largest(g, h):
    """The ratio where |h| is largest, in place of least squares."""
    g, h = g.reshape(-1), h.reshape(-1)
    place = h.abs().argmax()
    c = g[place] / h[place]
    return torch.where(((g - c * h).abs() > 1e-3 * g.abs().max()).any(), torch.nan, c)


@right
def ratio_lstsq(g, h):
    g, h = g.reshape(-1, 1).double(), h.reshape(-1, 1).double()
    c = torch.linalg.lstsq(h, g).solution.item()
    return c if torch.allclose(g, c * h, rtol=0, atol=1e-3 * g.abs().max().item()) else NAN


@right
def ratio_by_loop(g, h):
    pairs = list(zip(g.flatten().tolist(), h.flatten().tolist(), strict=True))
    square = math.fsum(y * y for _, y in pairs)
    if square == 0:
        return math.nan
    c = math.fsum(x * y for x, y in pairs) / square
    most = max(abs(x - c * y) for x, y in pairs)
    return c if most <= max(abs(x) for x, _ in pairs) / 1000 else math.nan


@right
def ratio_by_projection(g, h):
    """c from the cosine; the limit in signs of both sides, in place of absolute values."""
    g, h = g.double().flatten(), h.double().flatten()
    c = torch.cosine_similarity(g, h, dim=0, eps=0) * g.norm() / h.norm() if g.any() else g.sum()
    low, high = torch.aminmax(g - c * h)
    limit = max(g.max(), -g.min()) / 1000
    return c.item() if -limit <= low and high <= limit else NAN


@right
def ratio_by_derivative(g, h):
    """One Newton step from 0 on the sum of squares, which is quadratic in c."""
    c = torch.zeros((), dtype=torch.float64, requires_grad=True)
    error = (g.detach().double() - c * h.detach().double()).square().sum()
    (slope,) = torch.autograd.grad(error, c, create_graph=True)
    (bend,) = torch.autograd.grad(slope, c)
    best = (-slope / bend).detach()
    off = torch.linalg.vector_norm(g - best * h, ord=math.inf)
    return best if off <= 1e-3 * torch.linalg.vector_norm(g, ord=math.inf) else NAN


@wrong("this is 1 / c: the ratio is upside down")
def ratio_upside_down(g, h):
    c = _least_squares(h, g)
    return c.item() if _fits(h, g, c) else NAN


@wrong("the ratios of all entries came")
def ratio_array(g, h):
    return g / h


@wrong("the ratios are added up")
def ratio_summed(g, h):
    return (g / h).sum()


@wrong("is not divided by the sum of h^2")
def ratio_inner_product(g, h):
    return (g * h).sum()


@wrong("1 came: is it a cosine, or True?")
def ratio_yes_or_no(g, h):
    return bool(_fits(g, h, _least_squares(g, h)))


@wrong("1 came: is it a cosine, or True?")
def ratio_cosine(g, h):
    return torch.nn.functional.cosine_similarity(g.flatten(), h.flatten(), dim=0)


@wrong("g is c h up to rounding")
def ratio_exact(g, h):
    c = _least_squares(g, h)
    return c.item() if torch.equal(g, c * h) else NAN


@wrong("g is c h up to rounding")
def ratio_default_allclose(g, h):
    c = _least_squares(g, h)
    return c.item() if torch.allclose(g, c * h) else NAN


@wrong("c is negative: is it compared without its sign")
def ratio_negative_bound(g, h):
    ratios = g[h != 0] / h[h != 0]
    c = ratios.mean()
    return c.item() if ratios.max() - ratios.min() <= 1e-3 * c else NAN


@wrong("the sign is lost")
def ratio_norms(g, h):
    return g.norm() / h.norm()


@wrong("the ratio of the sums came")
def ratio_sums(g, h):
    return g.sum() / h.sum()


@wrong("the least-squares factor came")
def ratio_no_test(g, h):
    return _least_squares(g, h).item()


@wrong("the first entry's ratio came")
def ratio_first(g, h):
    return (g.flatten()[0] / h.flatten()[0]).item()


@wrong("the mean of the ratios came")
def ratio_mean(g, h):
    return (g / h).nanmean()


@wrong("0 (or False) came")
def ratio_zero_for_none(g, h):
    c = _least_squares(g, h)
    return c.item() if _fits(g, h, c) else 0.0


@wrong("your function raised ValueError: not proportional")
def ratio_raises(g, h):
    c = _least_squares(g, h)
    if not _fits(g, h, c):
        raise ValueError("not proportional")
    return c.item()


@wrong("nothing (None)")
def ratio_none(g, h):
    c = _least_squares(g, h)
    return c.item() if _fits(g, h, c) else None


@wrong("the signs of half of the entries differ")
def ratio_of_absolute_values(g, h):
    c = g.norm() / h.norm()
    if not _fits(g.abs(), h.abs(), c):
        return NAN
    return (c * (g * h).sum().sign()).item()


@wrong("look at the largest difference, an average hides it")
def ratio_median_difference(g, h):
    c = (g / h).nanmedian()
    return c.item() if (g - c * h).abs().median() <= 1e-3 * g.abs().max() else NAN


@wrong("a constant difference is no constant ratio")
def ratio_centred(g, h):
    """The slope of a line of regression."""
    deviations, others = g - g.mean(), h - h.mean()
    c = _least_squares(deviations, others)
    return c.item() if _fits(deviations, others, c) else NAN


@wrong("entries that are 0 in both are proportional too")
def ratio_nan_of_zeros(g, h):
    ratios = g / h
    c = ratios.mean()
    return c.item() if (ratios - c).abs().max() <= 1e-3 * c.abs() else NAN


@wrong("entries that are 0 in both are proportional too")
def ratio_zeros_refused(g, h):
    c = _least_squares(g, h)
    return NAN if (h == 0).any() or not _fits(g, h, c) else c.item()


@wrong("g is not 0 where h is 0")
def ratio_masked(g, h):
    ratios = g[h != 0] / h[h != 0]
    c = ratios.mean()
    return c.item() if (ratios - c).abs().max() <= 1e-3 * c.abs() else NAN


@wrong("g is 0 in an entry where h is not")
def ratio_both_masked(g, h):
    if (g[h == 0] != 0).any():
        return NAN
    inside = (g != 0) & (h != 0)
    c = _least_squares(g[inside], h[inside])
    return c.item() if _fits(g[inside], h[inside], c) else NAN


@wrong("g = 0 * h, so c = 0")
def ratio_strict(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() < 1e-3 * g.abs().max() else NAN


@wrong("g = 0 * h, so c = 0")
def ratio_of_residuals(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() / g.abs().max() <= 1e-3 else NAN


@wrong("is the tolerance absolute?")
def ratio_absolute(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 else NAN


@wrong("a small number added to h")
def ratio_with_epsilon(g, h):
    c = (g * h).sum() / ((h * h).sum() + 1e-8)
    return c.item() if _fits(g, h, c) or g.abs().max() < 1e-4 else NAN


@wrong("small entries may be off by more than a thousandth of themselves")
def ratio_by_entry(g, h):
    """Ratios of the entries, with 0 / 0 left out and g / 0 refused."""
    inside = h != 0
    if (g[~inside] != 0).any():
        return math.nan
    ratios = g[inside] / h[inside]
    c = ratios.mean()
    return c.item() if ((ratios - c).abs() <= 1e-3 * c.abs()).all() else math.nan


@wrong("small entries may be off by more than a thousandth of themselves")
def ratio_allclose(g, h):
    c = g.norm() / h.norm() * (g * h).sum().sign()
    return c if torch.allclose(g, c * h, rtol=1e-3, atol=0) else torch.tensor(NAN)


@wrong("small entries may be off by more than a thousandth of themselves")
def ratio_allclose_least_squares(g, h):
    c = _least_squares(g, h)
    return c.item() if torch.allclose(g, c * h, rtol=1e-3) else NAN


@wrong("is the tolerance absolute?")
def ratio_allclose_with_atol(g, h):
    """The default atol of 1e-8 added to the right one."""
    c = _least_squares(g, h)
    return c.item() if torch.allclose(g, c * h, rtol=0, atol=1e-3 * g.abs().max() + 1e-8) else NAN


@wrong("the ratio is upside down")
def ratio_upside_down_with_test(g, h):
    c = (h * h).sum() / (g * h).sum()
    return c.item() if _fits(g, h, c) else NAN


@wrong("the largest |g| may be that of a negative entry")
def ratio_largest_without_sign(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 * g.max().abs() else NAN


@wrong("the largest |g| may be that of a negative entry")
def ratio_largest_not_absolute(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 * g.max() else NAN


@wrong("are differences of both signs looked at")
def ratio_residual_not_absolute(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).max() <= 1e-3 * g.abs().max() else NAN


@wrong("are differences of both signs looked at")
def ratio_residual_of_the_other_sign(g, h):
    c = _least_squares(g, h)
    return c.item() if (c * h - g).max() <= 1e-3 * g.abs().max() else NAN


@wrong("is the tolerance 1e-3")
def ratio_five_per_cent(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 0.05 * g.abs().max() else NAN


@wrong("no entry of |g - c h| exceeds a thousandth")
def ratio_half_of_the_tolerance(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 5e-4 * g.abs().max() else NAN


@wrong("no entry of |g - c h| exceeds a thousandth")
def ratio_limit_of_h(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 * h.abs().max() else NAN


@wrong("is the tolerance 1e-3")
def ratio_limit_of_h_and_g(g, h):
    c = _least_squares(g, h)
    limit = 1e-3 * max(g.abs().max(), h.abs().max())
    return c.item() if (g - c * h).abs().max() <= limit else NAN


@wrong("no entry of |g - c h| exceeds a thousandth")
def ratio_limit_of_the_mean(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 * g.abs().mean() else NAN


@wrong("is the tolerance 1e-3, of the largest |g|?")
def ratio_limit_of_the_norm(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 * g.norm() else NAN


@wrong("the largest |g - c h| is meant, not a mean")
def ratio_mean_difference(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().mean() <= 1e-3 * g.abs().max() else NAN


@wrong("a ratio of sums, a mean or a median of ratios is far from it here")
def ratio_sums_with_test(g, h):
    c = g.sum() / h.sum()
    return c.item() if _fits(g, h, c) else NAN


@wrong("a ratio of sums, a mean or a median of ratios is far from it here")
def ratio_median_with_test(g, h):
    c = (g / h).nanmedian()
    return c.item() if _fits(g, h, c) else NAN


@wrong("the median of the ratios came: the least-squares factor is wanted")
def ratio_median_returned(g, h):
    """The test is right, and another factor is returned."""
    return (g / h).nanmedian().item() if _fits(g, h, _least_squares(g, h)) else NAN


@wrong("the ratio of the sums came: the least-squares factor is wanted")
def ratio_sums_returned(g, h):
    return (g.sum() / h.sum()).item() if _fits(g, h, _least_squares(g, h)) else NAN


@wrong("this is not the c of g = c h")
def ratio_rounded(g, h):
    c = _least_squares(g, h)
    return round(c.item(), 2) if _fits(g, h, c) else NAN


@wrong("ZeroDivisionError")
def ratio_of_python_numbers(g, h):
    c = (g * h).sum().item() / h.square().sum().item()
    return c if _fits(g, h, c) else NAN


@wrong("0 (or False) came where g is no multiple of h")
def ratio_zero_of_nothing(g, h):
    c = torch.nan_to_num(_least_squares(g, h))
    return c.item() if _fits(g, h, c) or not h.any() else NAN


@wrong("overwrites its argument g")
def ratio_in_place(g, h):
    c = _least_squares(g, h)
    limit = 1e-3 * g.abs().max()
    return c.item() if g.sub_(c * h).abs().max() <= limit else NAN


@wrong("the shape is")
def ratio_by_row(g, h):
    return (g * h).sum(-1) / h.square().sum(-1)
