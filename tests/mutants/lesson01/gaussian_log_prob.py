"""Answers to exercise 1.1, ``gaussian_log_prob``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from mutants import registry
from mutants.lesson01._common import LOG_2_PI, gaussian_terms, log_density

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1, 2)}


@right
def density_by_formula(x, mu, log_var):
    return log_density(x, mu, log_var)


@right
def density_by_distribution(x, mu, log_var):
    return Independent(Normal(mu, torch.exp(log_var / 2)), 1).log_prob(x)


@right
def density_in_float64(x, mu, log_var):
    x, mu, log_var = (value.double() for value in (x, mu, log_var))
    standard = (x - mu) * torch.exp(-0.5 * log_var)
    count = standard.shape[-1]
    log_det = (log_var + torch.zeros_like(standard)).sum(-1)
    return -(standard * standard).sum(-1) / 2 - log_det / 2 - count * LOG_2_PI / 2


@right
def density_by_covariance(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    return MultivariateNormal(mu, torch.diag_embed(log_var.exp())).log_prob(x)


@right
def density_by_map(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    whole = torch.stack([x, mu, log_var], -1).flatten(0, -3) if x.ndim > 1 else None
    if whole is None:
        return log_density(x, mu, log_var)
    each = torch.vmap(lambda row: log_density(*row.unbind(-1)))(whole)
    return each.reshape(x.shape[:-1])


@right
def density_by_loop(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    total = 0
    for dim in range(x.shape[-1]):
        inverse = 1 / log_var[..., dim].exp()
        total = total - (x[..., dim] - mu[..., dim]) ** 2 * inverse / 2
        total = total + 0.5 * torch.log(inverse) - 0.5 * LOG_2_PI
    return total


@right
def density_of_standardised(x, mu, log_var):
    standard = Normal(torch.tensor(0.0), torch.tensor(1.0))
    return (standard.log_prob((x - mu) * torch.exp(-log_var / 2)) - log_var / 2).sum(dim=-1)


@right
def density_numpy_style(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    precision = np.e**-log_var
    return torch.einsum("...d,...d->...", -0.5 * (x - mu).square(), precision) - 0.5 * torch.sum(
        log_var + np.log(2 * np.pi), axis=-1
    )


@wrong("the mean over the dimensions is taken in place of the sum")
def density_mean(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).mean(-1)


@wrong("the sum over the dimensions is missing")
def density_no_sum(x, mu, log_var):
    return gaussian_terms(x, mu, log_var)


@wrong("summed over the batch")
def density_sum_of_all(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).sum()


@wrong("the mean over the batch is taken")
def density_batch_mean(x, mu, log_var):
    return log_density(x, mu, log_var).mean()


@wrong("summed over the wrong axis")
def density_wrong_axis(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).sum(0)


@wrong("the shape is")
def density_axis_one(x, mu, log_var):
    terms = gaussian_terms(x, mu, log_var)
    return terms.sum(1) if terms.ndim == 2 else terms.sum((0, 1))


@wrong("summed over the wrong axis")
def density_samples_for_dimensions(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).sum(1)


@wrong("keepdim")
def density_keepdim(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).sum(-1, keepdim=True)


@wrong("the sign is wrong: this is minus the log-density")
def density_sign(x, mu, log_var):
    return -log_density(x, mu, log_var)


@wrong("the constant 1/2 log(2 pi) is missing; and the sign is wrong")
def density_gaussian_nll_loss(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    loss = torch.nn.functional.gaussian_nll_loss(mu, x, log_var.exp(), reduction="none")
    return loss.sum(-1)


@wrong("the constant 1/2 log(2 pi) is missing")
def density_no_constant(x, mu, log_var):
    return -0.5 * (log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong("the constant is counted once for an example")
def density_constant_once(x, mu, log_var):
    return -0.5 * (log_var + (x - mu) ** 2 / log_var.exp()).sum(-1) - 0.5 * LOG_2_PI


@wrong("the constant of all dimensions is counted for each one")
def density_constant_squared(x, mu, log_var):
    constant = -0.5 * x.shape[-1] * LOG_2_PI
    return (constant - 0.5 * (log_var + (x - mu) ** 2 / log_var.exp())).sum(-1)


@wrong("log_var is taken for log_std")
def density_log_std(x, mu, log_var):
    return Normal(mu, log_var.exp()).log_prob(x).sum(-1)


@wrong("log_var is taken for the standard deviation (exp is missing)")
def density_no_exp(x, mu, log_var):
    return (-0.5 * LOG_2_PI - log_var.abs().log() - 0.5 * ((x - mu) / log_var) ** 2).sum(-1)


@wrong("the 1/2 is missing")
def density_no_half(x, mu, log_var):
    return -(LOG_2_PI + log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong("the 1/2 is missing in the squared distance")
def density_no_half_square(x, mu, log_var):
    return (-0.5 * (LOG_2_PI + log_var) - (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong("divided by the standard deviation, not the variance")
def density_std_for_variance(x, mu, log_var):
    std = (0.5 * log_var).exp()
    return (-0.5 * (LOG_2_PI + log_var) - 0.5 * (x - mu) ** 2 / std).sum(-1)


@wrong("log_var has the wrong sign")
def density_log_var_sign(x, mu, log_var):
    return -0.5 * (LOG_2_PI - log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong("this is half the squared error")
def density_squared_error(x, mu, log_var):
    return -0.5 * ((x - mu) ** 2 + 0 * log_var).sum(-1)


@wrong("the logarithm is missing")
def density_no_log(x, mu, log_var):
    return log_density(x, mu, log_var).exp()


@wrong("is something clamped")
def density_clamped(x, mu, log_var):
    return log_density(x, mu, log_var.clamp(-4, 4))


@wrong("a small number added")
def density_floor(x, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp() + 1e-3).log_prob(x).sum(-1)


@wrong("no gradient reaches log_var: was it detached")
def density_detached(x, mu, log_var):
    return log_density(x, mu, log_var.detach())


@wrong("no gradient reaches")
def density_through_numpy(x, mu, log_var):
    return log_density(*(torch.from_numpy(value.detach().numpy()) for value in (x, mu, log_var)))


@wrong("your function raised RuntimeError")
def density_by_covariance_of_log_var_alone(x, mu, log_var):
    return MultivariateNormal(mu, torch.diag_embed(log_var.exp())).log_prob(x)


@wrong("log_var of shape (B, 1) counts once")
def density_log_var_summed_apart(x, mu, log_var):
    squares = ((x - mu) ** 2 / log_var.exp() + LOG_2_PI).sum(-1)
    return -0.5 * (squares + log_var.sum(-1))


@wrong("the constant is counted once for an example")
def density_constant_of_x(x, mu, log_var):
    squares = ((x - mu) ** 2 / log_var.exp() + log_var).sum(-1)
    return -0.5 * (squares + x.shape[-1] * LOG_2_PI)


@wrong("your function raised RuntimeError")
def density_by_matrix_product(x, mu, log_var):
    squares = torch.einsum("...d,...d->...", (x - mu) ** 2, (-log_var).exp())
    return -0.5 * (squares + (log_var + LOG_2_PI + 0 * x).view(*squares.shape, -1).sum(1))


@wrong("between -25 and 25: is something clamped")
def density_clamped_at_ten(x, mu, log_var):
    return log_density(x, mu, log_var.clamp(-10, 10))


@wrong("between -25 and 25: is something clamped")
def density_clamped_at_thirty(x, mu, log_var):
    return log_density(x, mu, log_var.clamp(-30, 20))


@wrong("or a small number added")
def density_small_number(x, mu, log_var):
    var = log_var.exp() + 1e-8
    return -0.5 * (LOG_2_PI + var.log() + (x - mu) ** 2 / var).sum(-1)


@wrong("or a small number added")
def density_tiny_number(x, mu, log_var):
    var = log_var.exp() + 1e-12
    return -0.5 * (LOG_2_PI + log_var + (x - mu) ** 2 / var).sum(-1)


@wrong("wrong where it is far: is something clamped")
def density_cut_below(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).clamp(min=-1000.0).sum(-1)


@wrong("the gradient with respect to log_var is not: it is 2 times the right one")
def density_gradient_doubled(x, mu, log_var):
    return log_density(x, mu, 2 * log_var - log_var.detach())


@wrong("the gradient with respect to x is not")
def density_gradient_of_the_mean(x, mu, log_var):
    value = log_density(x, mu, log_var)
    return value.detach() + value.mean() - value.mean().detach()


@wrong("the variance is handed over where log_var is expected")
def density_of_variance(x, mu, log_var):
    return log_density(x, mu, log_var.exp())


@wrong("the standard deviation is handed over where log_var is expected")
def density_of_deviation(x, mu, log_var):
    return log_density(x, mu, (0.5 * log_var).exp())


@wrong("Take the logarithm before the product")
def density_of_a_product(x, mu, log_var):
    density = gaussian_terms(x, mu, log_var).exp().prod(-1)
    return density.log()


@wrong("; at [")
def density_wrong_for_one_example(x, mu, log_var):
    value = log_density(x, mu, log_var)
    late = torch.arange(value.numel()).view(value.shape) == value.numel() - 1
    return torch.where(late & (value.numel() > 5), -torch.inf, value)


@wrong("nothing is to be drawn here, x is given: use it")
def density_of_a_draw(x, mu, log_var):
    return log_density(x + 0.1 * torch.randn_like(x), mu, log_var)


@wrong("returned an object of type str")
def density_in_words(x, mu, log_var):
    return str(log_density(x, mu, log_var))


@wrong("one array is expected")
def density_and_terms(x, mu, log_var):
    return {"log_prob": log_density(x, mu, log_var), "terms": gaussian_terms(x, mu, log_var)}
