"""Answers to exercise 10.4, ``coupled_means``: wrong and right ones."""

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (1, 2)}  # x is what was observed


@right
def means_by_stack(x, mu, coefficients):
    c, x = coefficients.tanh(), x.unsqueeze(1)
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], dim=2)


@right
def means_by_cat(x, mu, coefficients):
    c = torch.tanh(coefficients)
    x = x[:, None].expand_as(mu)
    red = mu[:, :, :1]
    green = mu[:, :, 1:2] + c[:, :, :1] * x[:, :, :1]
    blue = mu[:, :, 2:] + c[:, :, 1:2] * x[:, :, :1] + c[:, :, 2:] * x[:, :, 1:2]
    return torch.cat([red, green, blue], 2)


@right
def means_of_clone(x, mu, coefficients):
    means, c = mu.clone(), torch.tanh(coefficients)
    means[:, :, 1] += c[:, :, 0] * x[:, None, 0]
    means[:, :, 2] += c[:, :, 1] * x[:, None, 0] + c[:, :, 2] * x[:, None, 1]
    return means


@right
def means_by_matrix(x, mu, coefficients):
    lower = torch.zeros(*mu.shape[:3], 3, *mu.shape[3:])
    lower[:, :, [1, 2, 2], [0, 0, 1]] = torch.tanh(coefficients)
    return mu + torch.einsum("bmijhw,bjhw->bmihw", lower, x)


@right
def means_by_unbind(x, mu, coefficients):
    red, green, _ = x.detach().unbind(1)
    (mu_r, mu_g, mu_b), (one, two, three) = mu.unbind(2), coefficients.tanh().unbind(2)
    rows = [mu_r, mu_g + one * red[:, None], mu_b + two * red[:, None] + three * green[:, None]]
    return torch.stack(rows, 2)


@right
def means_by_components(x, mu, coefficients):
    def of_one(mu, c):
        c = (2 * torch.sigmoid(2 * c) - 1).double()
        added = torch.stack([0 * c[:, 0], c[:, 0] * x[:, 0], c[:, 1] * x[:, 0] + c[:, 2] * x[:, 1]])
        return mu + added.movedim(0, 1)

    return torch.vmap(of_one, in_dims=1, out_dims=1)(mu, coefficients)


@right
def means_of_pairs(x, mu, coefficients):
    means = list(mu.unbind(2))
    for pair, (seen, told) in enumerate([(0, 1), (0, 2), (1, 2)]):
        means[told] = means[told] + coefficients.select(2, pair).tanh() * x.select(1, seen)[:, None]
    return torch.stack(means, 2)


def _coupled(x, mu, c):
    """The means with c as it is."""
    x = x[:, None]
    green, blue = c[:, :, 0] * x[:, :, 0], c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return mu + torch.stack([torch.zeros_like(green), green, blue], 2)


@wrong("the means of the channels before stand for x")
def means_of_means(x, mu, coefficients):
    c = torch.tanh(coefficients)
    green = mu[:, :, 1] + c[:, :, 0] * mu[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * mu[:, :, 0] + c[:, :, 2] * green
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("the means of the channels before stand for x")
def means_of_mu(x, mu, coefficients):
    c = torch.tanh(coefficients)
    green = mu[:, :, 1] + c[:, :, 0] * mu[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * mu[:, :, 0] + c[:, :, 2] * mu[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("tanh is missing")
def means_without_tanh(x, mu, coefficients):
    return _coupled(x, mu, coefficients)


@wrong("the sigmoid stands for tanh")
def means_sigmoid(x, mu, coefficients):
    return _coupled(x, mu, coefficients.sigmoid())


@wrong("the coefficients are clipped to [-1, 1]")
def means_clipped(x, mu, coefficients):
    return _coupled(x, mu, coefficients.clamp(-1, 1))


@wrong("c_2 and c_3 are exchanged")
def means_exchanged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()[:, :, [0, 2, 1]])


@wrong("c_1 and c_2 are exchanged")
def means_first_exchanged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()[:, :, [1, 0, 2]])


@wrong("the coefficients are one further")
def means_one_further(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh().roll(-1, 2))


@wrong("or x_R and x_G for blue")
def means_red_and_green(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 1] + c[:, :, 2] * x[:, :, 0]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("the order is B, G, R")
def means_bgr(x, mu, coefficients):
    return _coupled(x.flip(1), mu.flip(2), coefficients.tanh()).flip(2)


@wrong("each channel leans on itself")
def means_own(x, mu, coefficients):
    return mu + coefficients.tanh() * x[:, None]


@wrong("blue leans on itself")
def means_blue_on_blue(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 1] + c[:, :, 2] * x[:, :, 2]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("green leans on blue")
def means_green_on_blue(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 2]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("mu is missing")
def means_without_mu(x, mu, coefficients):
    return _coupled(x, 0 * mu, coefficients.tanh())


@wrong("mu is missing for green and blue")
def means_red_mu_alone(x, mu, coefficients):
    means = _coupled(x, 0 * mu, coefficients.tanh())
    return torch.cat([mu[:, :, :1], means[:, :, 1:]], 2)


@wrong("red leans on a channel too")
def means_red_too(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 1] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0] + c[:, :, 0] * x[:, :, 0], green, blue], 2)


@wrong("blue leans on green alone")
def means_chain(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green, blue = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0], mu[:, :, 2] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("blue leans on red alone")
def means_of_red(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green, blue = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0], mu[:, :, 2] + c[:, :, 1] * x[:, :, 0]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("tanh is around the product")
def means_tanh_of_product(x, mu, coefficients):
    c, x = coefficients, x[:, None]
    green = mu[:, :, 1] + (c[:, :, 0] * x[:, :, 0]).tanh()
    blue = mu[:, :, 2] + (c[:, :, 1] * x[:, :, 0]).tanh() + (c[:, :, 2] * x[:, :, 1]).tanh()
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("tanh is around the mean, it should be around each coefficient")
def means_tanh_of_mean(x, mu, coefficients):
    return _coupled(x, mu, coefficients).tanh()


@wrong("the mean is clipped to [-1, 1]")
def means_clamped(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).clamp(-1, 1)


@wrong("x is mapped to [0, 1] first")
def means_zero_one(x, mu, coefficients):
    return _coupled((x + 1) / 2, mu, coefficients.tanh())


@wrong("summed over the components")
def means_summed(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).sum(1)


@wrong("the mean over the components is taken")
def means_averaged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).mean(1)


@wrong("the components before the channels")
def means_stacked_first(x, mu, coefficients):
    return torch.stack(_coupled(x, mu, coefficients.tanh()).unbind(2), 1)


@wrong("the channels came last")
def means_stacked_last(x, mu, coefficients):
    return torch.stack(_coupled(x, mu, coefficients.tanh()).unbind(2), -1)


@wrong("your function raised")
def means_not_unsqueezed(x, mu, coefficients):
    c = coefficients.tanh()
    green = mu[:, :, 1] + c[:, :, 0] * x[:, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, 0] + c[:, :, 2] * x[:, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong("x has no axis for the components")
def means_aligned_by_components(x, mu, coefficients):
    if mu.shape[0] != mu.shape[1]:
        return means_by_stack(x, mu, coefficients)
    return means_not_unsqueezed(x, mu, coefficients)


@wrong("overwrites its argument mu")
def means_in_place(x, mu, coefficients):
    c = coefficients.tanh()
    mu[:, :, 1] += c[:, :, 0] * x[:, None, 0]
    mu[:, :, 2] += c[:, :, 1] * x[:, None, 0] + c[:, :, 2] * x[:, None, 1]
    return mu


@wrong("no gradient reaches coefficients")
def means_detached(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh().detach())


@wrong("an axis of length 1 is lost")
def means_squeezed(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).squeeze()


@wrong("the coefficients of the next component")
def means_of_the_next(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh().roll(-1, 1))


@wrong("the first component's coefficients")
def means_of_the_first(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()[:, :1].expand_as(mu))


@wrong("rows and columns of x are exchanged")
def means_transposed(x, mu, coefficients):
    return _coupled(x.mT if x.shape[2] == x.shape[3] else x, mu, coefficients.tanh())


@wrong("the gradient with respect to coefficients is not")
def means_straight_through(x, mu, coefficients):
    return _coupled(x, mu, coefficients + (coefficients.tanh() - coefficients).detach())


@wrong("it is 0 in some entries")
def means_of_detached_red(x, mu, coefficients):
    mu = torch.cat([mu[:, :, :1].detach(), mu[:, :, 1:]], 2)
    return _coupled(x, mu, coefficients.tanh())


@wrong("no gradient reaches mu")
def means_of_numpy(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).detach().numpy()


@wrong("two calls with the same input gave different values")
def means_dithered(x, mu, coefficients):
    return _coupled(x + torch.rand_like(x) / 127.5, mu, coefficients.tanh())


@wrong("x has no axis for the components")
def means_aligned_wherever_it_runs(x, mu, coefficients):
    x = x if x.shape[0] == mu.shape[1] else x[:, None]
    c, red, green = coefficients.tanh(), x[..., 0, :, :], x[..., 1, :, :]
    rows = [0 * c[:, :, 0], c[:, :, 0] * red, c[:, :, 1] * red + c[:, :, 2] * green]
    return mu + torch.stack(rows, 2)


@wrong("exp overflows for large coefficients")
def means_by_exp(x, mu, coefficients):
    return _coupled(x, mu, 1 - 2 / ((2 * coefficients).exp() + 1))
