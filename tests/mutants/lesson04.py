"""Answers to the exercises of lesson 04: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch

from . import registry

WRONG, RIGHT, wrong, right = registry()
RATIO, VARIANCE, ACTIVE, BUGS = (
    "constant_ratio",
    "equivalent_variance",
    "num_active",
    "diagnose",
)
NAN = float("nan")


# --- 4.1 constant_ratio --------------------------------------------------------------------------


def _least_squares(g, h):
    return (g * h).sum() / (h * h).sum()


def _fits(g, h, c):
    return (g - c * h).abs().max() <= 1e-3 * g.abs().max()


@right(RATIO)
def ratio_plain(g, h):
    c = _least_squares(g, h)
    return c if _fits(g, h, c) else torch.full_like(c, NAN)


@right(RATIO)
def ratio_float(g, h):
    c = (torch.dot(g.flatten(), h.flatten()) / h.square().sum()).item()
    return c if float((g - c * h).abs().max()) <= 1e-3 * float(g.abs().max()) else float("nan")


@right(RATIO)
def ratio_numpy_style(g, h):
    g, h = g.numpy().astype(np.float64).ravel(), h.numpy().astype(np.float64).ravel()
    (c,), *_ = np.linalg.lstsq(h[:, None], g, rcond=None)
    return np.nan if np.any(np.abs(g - c * h) > 1e-3 * np.abs(g).max()) else c


@right(RATIO)
def ratio_at_the_largest(g, h):
    """The ratio where |h| is largest, in place of least squares."""
    g, h = g.reshape(-1), h.reshape(-1)
    place = h.abs().argmax()
    c = g[place] / h[place]
    return torch.where(((g - c * h).abs() > 1e-3 * g.abs().max()).any(), torch.nan, c)


@right(RATIO)
def ratio_by_entry(g, h):
    """Ratios of the entries, with 0 / 0 left out and g / 0 refused."""
    inside = h != 0
    if (g[~inside] != 0).any():
        return math.nan
    ratios = g[inside] / h[inside]
    c = ratios.mean()
    return c.item() if ((ratios - c).abs() <= 1e-3 * c.abs()).all() else math.nan


@right(RATIO)
def ratio_allclose(g, h):
    c = g.norm() / h.norm() * (g * h).sum().sign()
    return c if torch.allclose(g, c * h, rtol=1e-3, atol=0) else torch.tensor(NAN)


@wrong(RATIO, "this is 1 / c: the ratio is upside down")
def ratio_upside_down(g, h):
    c = _least_squares(h, g)
    return c.item() if _fits(h, g, c) else NAN


@wrong(RATIO, "the ratios of all entries came")
def ratio_array(g, h):
    return g / h


@wrong(RATIO, "the ratios are added up")
def ratio_summed(g, h):
    return (g / h).sum()


@wrong(RATIO, "is not divided by the sum of h^2")
def ratio_inner_product(g, h):
    return (g * h).sum()


@wrong(RATIO, "1 came: is it a cosine, or True?")
def ratio_yes_or_no(g, h):
    return bool(_fits(g, h, _least_squares(g, h)))


@wrong(RATIO, "1 came: is it a cosine, or True?")
def ratio_cosine(g, h):
    return torch.nn.functional.cosine_similarity(g.flatten(), h.flatten(), dim=0)


@wrong(RATIO, "g is c h up to rounding")
def ratio_exact(g, h):
    c = _least_squares(g, h)
    return c.item() if torch.equal(g, c * h) else NAN


@wrong(RATIO, "g is c h up to rounding")
def ratio_default_allclose(g, h):
    c = _least_squares(g, h)
    return c.item() if torch.allclose(g, c * h) else NAN


@wrong(RATIO, "c is negative: is it compared without its sign")
def ratio_negative_bound(g, h):
    ratios = g[h != 0] / h[h != 0]
    c = ratios.mean()
    return c.item() if ratios.max() - ratios.min() <= 1e-3 * c else NAN


@wrong(RATIO, "the sign is lost")
def ratio_norms(g, h):
    return g.norm() / h.norm()


@wrong(RATIO, "the ratio of the sums came")
def ratio_sums(g, h):
    return g.sum() / h.sum()


@wrong(RATIO, "the least-squares factor came")
def ratio_no_test(g, h):
    return _least_squares(g, h).item()


@wrong(RATIO, "the first entry's ratio came")
def ratio_first(g, h):
    return (g.flatten()[0] / h.flatten()[0]).item()


@wrong(RATIO, "the mean of the ratios came")
def ratio_mean(g, h):
    return (g / h).nanmean()


@wrong(RATIO, "0 (or False) came")
def ratio_zero_for_none(g, h):
    c = _least_squares(g, h)
    return c.item() if _fits(g, h, c) else 0.0


@wrong(RATIO, "your function raised ValueError: not proportional")
def ratio_raises(g, h):
    c = _least_squares(g, h)
    if not _fits(g, h, c):
        raise ValueError("not proportional")
    return c.item()


@wrong(RATIO, "nothing (None)")
def ratio_none(g, h):
    c = _least_squares(g, h)
    return c.item() if _fits(g, h, c) else None


@wrong(RATIO, "the signs of half of the entries differ")
def ratio_of_absolute_values(g, h):
    c = g.norm() / h.norm()
    if not _fits(g.abs(), h.abs(), c):
        return NAN
    return (c * (g * h).sum().sign()).item()


@wrong(RATIO, "look at the largest difference, an average hides it")
def ratio_median_difference(g, h):
    c = (g / h).nanmedian()
    return c.item() if (g - c * h).abs().median() <= 1e-3 * g.abs().max() else NAN


@wrong(RATIO, "a constant difference is no constant ratio")
def ratio_centred(g, h):
    """The slope of a line of regression."""
    deviations, others = g - g.mean(), h - h.mean()
    c = _least_squares(deviations, others)
    return c.item() if _fits(deviations, others, c) else NAN


@wrong(RATIO, "entries that are 0 in both are proportional too")
def ratio_nan_of_zeros(g, h):
    ratios = g / h
    c = ratios.mean()
    return c.item() if (ratios - c).abs().max() <= 1e-3 * c.abs() else NAN


@wrong(RATIO, "entries that are 0 in both are proportional too")
def ratio_zeros_refused(g, h):
    c = _least_squares(g, h)
    return NAN if (h == 0).any() or not _fits(g, h, c) else c.item()


@wrong(RATIO, "g is not 0 where h is 0")
def ratio_masked(g, h):
    ratios = g[h != 0] / h[h != 0]
    c = ratios.mean()
    return c.item() if (ratios - c).abs().max() <= 1e-3 * c.abs() else NAN


@wrong(RATIO, "g is 0 in an entry where h is not")
def ratio_both_masked(g, h):
    if (g[h == 0] != 0).any():
        return NAN
    inside = (g != 0) & (h != 0)
    c = _least_squares(g[inside], h[inside])
    return c.item() if _fits(g[inside], h[inside], c) else NAN


@wrong(RATIO, "g = 0 * h, so c = 0")
def ratio_strict(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() < 1e-3 * g.abs().max() else NAN


@wrong(RATIO, "g = 0 * h, so c = 0")
def ratio_of_residuals(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() / g.abs().max() <= 1e-3 else NAN


@wrong(RATIO, "is the tolerance absolute?")
def ratio_absolute(g, h):
    c = _least_squares(g, h)
    return c.item() if (g - c * h).abs().max() <= 1e-3 else NAN


@wrong(RATIO, "a small number added to h")
def ratio_with_epsilon(g, h):
    c = (g * h).sum() / ((h * h).sum() + 1e-8)
    return c.item() if _fits(g, h, c) or g.abs().max() < 1e-4 else NAN


# --- 4.2 equivalent_variance ---------------------------------------------------------------------


@right(VARIANCE)
def variance_tensor(se_weight, kl_weight):
    return torch.tensor(kl_weight) / (2 * torch.tensor(se_weight))


@right(VARIANCE)
def variance_plain(se_weight, kl_weight):
    return kl_weight / (2 * se_weight)


@right(VARIANCE)
def variance_half_of_ratio(se_weight, kl_weight):
    """Divide the loss by kl_weight, then compare with 1 / (2 v)."""
    weight = se_weight / kl_weight
    return 0.5 / weight


@right(VARIANCE)
def variance_in_logs(se_weight, kl_weight):
    return np.float32(math.exp(math.log(kl_weight) - math.log(se_weight) - math.log(2)))


@wrong(VARIANCE, "upside down: the weight of the KL is divided")
def variance_upside_down(se_weight, kl_weight):
    return 2 * se_weight / kl_weight


@wrong(VARIANCE, "upside down, and the 2 is on the wrong side")
def variance_swapped(se_weight, kl_weight):
    return se_weight / (2 * kl_weight)


@wrong(VARIANCE, "upside down, and the 2 is missing")
def variance_upside_down_no_half(se_weight, kl_weight):
    return se_weight / kl_weight


@wrong(VARIANCE, "the 2 of SE / (2 v) is missing")
def variance_no_half(se_weight, kl_weight):
    return kl_weight / se_weight


@wrong(VARIANCE, "on the wrong side: divide by it")
def variance_doubled(se_weight, kl_weight):
    return 2 * kl_weight / se_weight


@wrong(VARIANCE, "this is the standard deviation")
def variance_std(se_weight, kl_weight):
    return math.sqrt(kl_weight / (2 * se_weight))


@wrong(VARIANCE, "this is the logarithm of the variance")
def variance_log(se_weight, kl_weight):
    return math.log(kl_weight / (2 * se_weight))


@wrong(VARIANCE, "only their ratio matters")
def variance_product(se_weight, kl_weight):
    return kl_weight * se_weight


@wrong(VARIANCE, "only their ratio matters")
def variance_precedence(se_weight, kl_weight):
    """The brackets are missing, and the 2 is a half."""
    return kl_weight / 0.5 * se_weight


@wrong(VARIANCE, "the weight of the KL is left out")
def variance_of_error(se_weight, kl_weight):
    return 1 / (2 * se_weight)


@wrong(VARIANCE, "the weight of the squared error is left out")
def variance_of_kl(se_weight, kl_weight):
    return 1 / (2 * kl_weight)


@wrong(VARIANCE, "the weight of the squared error is left out")
def variance_half_kl(se_weight, kl_weight):
    return kl_weight / 2


@wrong(VARIANCE, "the 2 divides twice")
def variance_quarter(se_weight, kl_weight):
    return kl_weight / (2 * se_weight) / 2


@wrong(VARIANCE, "rounded down to a whole number")
def variance_floor(se_weight, kl_weight):
    return kl_weight // (2 * se_weight)


@wrong(VARIANCE, "the values differ from the right ones")
def variance_constant(se_weight, kl_weight):
    return 0.5


# --- 4.3 num_active ------------------------------------------------------------------------------


@right(ACTIVE)
def active_tensor(eigenvalues, num_latents, beta, variance):
    return (eigenvalues > beta * variance).sum().clamp(max=num_latents)


@right(ACTIVE)
def active_plain(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance).sum()))


@right(ACTIVE)
def active_largest(eigenvalues, num_latents, beta, variance):
    """The largest ones, then the bar."""
    return (eigenvalues.topk(num_latents).values / variance > beta).sum().item()


@right(ACTIVE)
def active_loop(eigenvalues, num_latents, beta, variance):
    count = 0
    for value in sorted(eigenvalues.tolist(), reverse=True)[:num_latents]:
        if value <= beta * variance:
            break
        count += 1
    return count


@right(ACTIVE)
def active_numpy_style(eigenvalues, num_latents, beta, variance):
    largest = np.sort(eigenvalues.numpy())[::-1][:num_latents]
    return float(np.count_nonzero(largest - beta * variance > 0))


@wrong(ACTIVE, "beta is left out")
def active_no_beta(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > variance).sum()))


@wrong(ACTIVE, "the variance is left out")
def active_no_variance(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta).sum()))


@wrong(ACTIVE, "the standard deviation is taken for the variance")
def active_std(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance**0.5).sum()))


@wrong(ACTIVE, "the root of the eigenvalue is compared")
def active_root(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues.sqrt() > beta * variance).sum()))


@wrong(ACTIVE, "beta is squared")
def active_both_roots(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues.sqrt() > beta * variance**0.5).sum()))


@wrong(ACTIVE, "divided by beta: a larger beta raises the bar")
def active_divided(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > variance / beta).sum()))


@wrong(ACTIVE, "a 2 too many")
def active_doubled(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > 2 * variance * beta).sum()))


@wrong(ACTIVE, "num_latents is not used")
def active_not_cut(eigenvalues, num_latents, beta, variance):
    return int((eigenvalues > beta * variance).sum())


@wrong(ACTIVE, "the inactive ones are counted")
def active_inactive(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues < beta * variance).sum()))


@wrong(ACTIVE, "num_latents came")
def active_all(eigenvalues, num_latents, beta, variance):
    return max(num_latents, int((eigenvalues > beta * variance).sum()))


@wrong(ACTIVE, "only the first num_latents entries are looked at")
def active_first(eigenvalues, num_latents, beta, variance):
    return int((eigenvalues[:num_latents] > beta * variance).sum())


@wrong(ACTIVE, "only the last num_latents entries are looked at")
def active_last(eigenvalues, num_latents, beta, variance):
    """As if in the rising order of eigvalsh."""
    return int((eigenvalues[-num_latents:] > beta * variance).sum())


@wrong(ACTIVE, "True or False for each eigenvalue came")
def active_mask(eigenvalues, num_latents, beta, variance):
    return eigenvalues > beta * variance


@wrong(ACTIVE, "True or False for each latent came")
def active_mask_of_latents(eigenvalues, num_latents, beta, variance):
    return eigenvalues.sort(descending=True).values[:num_latents] > beta * variance


@wrong(ACTIVE, "the active eigenvalues came")
def active_values(eigenvalues, num_latents, beta, variance):
    return eigenvalues[eigenvalues > beta * variance]


@wrong(ACTIVE, "are added up, not counted")
def active_sum(eigenvalues, num_latents, beta, variance):
    return eigenvalues[eigenvalues > beta * variance].sum()


@wrong(ACTIVE, "a fraction came")
def active_fraction(eigenvalues, num_latents, beta, variance):
    return (eigenvalues > beta * variance).float().mean()


# --- 4.4 diagnose --------------------------------------------------------------------------------


@right(BUGS)
def bugs_tensor():
    return torch.tensor([3, 5, 6, 1, 8, 9])


@right(BUGS)
def bugs_tuple():
    return 3, 5, 6, 1, 8, 9


@right(BUGS)
def bugs_list():
    found = {"a": 3, "f": 9, "b": 5, "e": 8, "c": 6, "d": 1}
    return [found[letter] for letter in "abcdef"]


@right(BUGS)
def bugs_numpy_style():
    return np.array([3, 5, 6, 1, 8, 9], dtype=np.uint8)


@right(BUGS)
def bugs_of_tensors():
    return tuple(torch.tensor(number) for number in (3, 5, 6, 1, 8, 9))


@wrong(BUGS, "of the six, only five are named rightly yet")
def bugs_one_wrong():
    return 3, 5, 6, 1, 7, 9


@wrong(BUGS, "of the six, only four are named rightly yet")
def bugs_swapped():
    return 3, 9, 6, 1, 8, 5


@wrong(BUGS, "of the six, only three are named rightly yet")
def bugs_three_wrong():
    return torch.tensor([6, 5, 3, 2, 8, 9])


@wrong(BUGS, "of the six, only one is named rightly yet")
def bugs_all_the_same():
    return [3] * 6


@wrong(BUGS, "of the six, none is named rightly yet")
def bugs_shifted():
    return 9, 3, 5, 6, 1, 8


@wrong(BUGS, "counted from 0: the list begins at 1")
def bugs_from_zero():
    return 2, 4, 5, 0, 7, 8


@wrong(BUGS, "every number is one too large")
def bugs_one_too_large():
    return 4, 6, 7, 2, 9, 10


@wrong(BUGS, "numbers from 1 to 9 are wanted, as in the list; 0, 10 came")
def bugs_out_of_range():
    return 3, 10, 6, 0, 8, 10


@wrong(BUGS, "5 numbers came: six are wanted")
def bugs_five():
    return 3, 5, 6, 1, 8


@wrong(BUGS, "1 number came: six are wanted")
def bugs_one_number():
    return 356189


@wrong(BUGS, "the numbers are of type float32: integers are wanted")
def bugs_floats():
    return torch.tensor([3.0, 5.0, 6.0, 1.0, 8.0, 9.0])


@wrong(BUGS, "the numbers are of type bool: integers are wanted")
def bugs_yes_or_no():
    return True, True, True, True, True, True


@wrong(BUGS, "one number for each loss is wanted, without further axes")
def bugs_column():
    return torch.tensor([[3], [5], [6], [1], [8], [9]])


@wrong(BUGS, "a dict came")
def bugs_dict():
    return {"a": 3, "b": 5, "c": 6, "d": 1, "e": 8, "f": 9}


@wrong(BUGS, "your function returned an object of type str")
def bugs_in_words():
    return "the KL's sign is wrong", "the KL is left out", "", "", "", ""


@wrong(BUGS, "nothing (None): is the return missing?")
def bugs_printed():
    pass
