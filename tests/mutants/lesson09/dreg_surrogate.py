"""Answers to exercise 9.4, ``dreg_surrogate``: wrong and right ones."""

import math

import torch
from torch import distributions

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (1, 2, 4, 5)}


def _normal(value, mu, log_var):
    """log N(value; mu, exp(log_var)), summed over the last dimension."""
    terms = (value - mu).square() * torch.exp(-log_var) + log_var + math.log(2 * math.pi)
    return -0.5 * terms.sum(-1)


def _joint(x, z, weight, bias):
    """log p(x, z), (K, B)."""
    zero = torch.zeros(())
    return _normal(z, zero, zero) + _normal(x, z @ weight.T + bias, zero)


def _draw(mu, log_var, epsilon):
    return mu + (0.5 * log_var).exp() * epsilon


def _landing(x, mu, log_var, epsilon, weight, bias):
    """z, and log w with q's own parameters detached."""
    z = _draw(mu, log_var, epsilon)
    return z, _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())


def _plain(x, mu, log_var, epsilon, weight, bias):
    """z, and log w with nothing detached."""
    z = _draw(mu, log_var, epsilon)
    return z, _joint(x, z, weight, bias) - _normal(z, mu, log_var)


@right
def dreg_two_terms(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.detach().softmax(0)
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@right
def dreg_with_hook(x, mu, log_var, epsilon, weight, bias):
    z = mu + (0.5 * log_var).exp() * epsilon
    zero = torch.zeros(())
    log_q = losses.gaussian_log_prob(z, mu.detach(), log_var.detach())
    log_p = losses.gaussian_log_prob(x, z @ weight.T + bias, zero)
    log_w = losses.gaussian_log_prob(z, zero, zero) + log_p - log_q
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@right
def dreg_with_guarded_hook(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    if z.requires_grad:
        with torch.no_grad():
            w = torch.exp(log_w - log_w.logsumexp(0))
        z.register_hook(lambda slope: w.unsqueeze(-1) * slope)
    return losses.importance_weighted_bound(log_w)


@right
def dreg_with_scaled_z(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()[..., None]
    z = w * z + (1 - w) * z.detach()
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    return log_w.logsumexp(0)


@right
def dreg_in_closed_form(x, mu, log_var, epsilon, weight, bias):
    std = (0.5 * log_var).exp()
    with torch.no_grad():
        z = mu + std * epsilon
        rest = x - z @ weight.T - bias
        log_w = -0.5 * rest.square().sum(-1) - 0.5 * z.square().sum(-1)
        log_w = log_w + 0.5 * (epsilon.square() + log_var).sum(-1)
        w = log_w.softmax(0)[..., None]
        slope = rest @ weight - z + epsilon / std
    for_phi = (w**2 * slope * (mu + std * epsilon)).sum((0, 2))
    return for_phi + (w * rest * (z @ weight.T + bias)).sum((0, 2))


@right
def dreg_by_autograd(x, mu, log_var, epsilon, weight, bias):
    with torch.enable_grad():
        z = _draw(mu, log_var, epsilon).detach().requires_grad_()
        log_w = _joint(x, z, weight.detach(), bias.detach()) - _normal(
            z, mu.detach(), log_var.detach()
        )
        (slope,) = torch.autograd.grad(log_w.sum(), z)
    w = log_w.detach().softmax(0)
    by_z = (_draw(mu, log_var, epsilon) * slope).sum(-1)
    return (w**2 * by_z + w * _joint(x, z.detach(), weight, bias)).sum(0)


@right
def dreg_by_loop(x, mu, log_var, epsilon, weight, bias):
    values = []
    for b in range(len(x)):
        own = mu[b].detach(), log_var[b].detach()
        z = [mu[b] + torch.exp(log_var[b] / 2) * noise for noise in epsilon[:, b]]
        log_w = torch.stack([_joint(x[b], one, weight, bias) - _normal(one, *own) for one in z])
        w = torch.softmax(log_w, 0).detach()
        value = torch.zeros(())
        for one, share in zip(z, w, strict=True):
            fixed = _joint(x[b], one, weight.detach(), bias.detach()) - _normal(one, *own)
            value = value + share**2 * fixed + share * _joint(x[b], one.detach(), weight, bias)
        values.append(value)
    return torch.stack(values)


@right
def dreg_by_distributions(x, mu, log_var, epsilon, weight, bias):
    std = torch.exp(log_var / 2)
    z = mu + std * epsilon
    q_z = distributions.Normal(mu.detach(), std.detach())
    p_z, p_x = distributions.Normal(0, 1), distributions.Normal(z @ weight.T + bias, 1)
    log_w = (p_z.log_prob(z) - q_z.log_prob(z)).sum(-1) + p_x.log_prob(x).sum(-1)
    w = torch.softmax(log_w.detach(), dim=0)
    weights_only = (w * _joint(x, z.detach(), weight, bias)).sum(0)
    all_squared = (w**2 * log_w).sum(0)
    minus = (w**2 * _joint(x, z.detach(), weight, bias)).sum(0)
    return all_squared + weights_only - minus


class _Scale(torch.autograd.Function):
    """z with its gradient multiplied by the weights."""

    @staticmethod
    def forward(ctx, z, w):
        ctx.save_for_backward(w)
        return z.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope * ctx.saved_tensors[0][..., None], None


@right
def dreg_with_function(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    z = _Scale.apply(z, log_w.detach().softmax(0))
    return (_joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())).logsumexp(0)


@right
def dreg_with_small_value(x, mu, log_var, epsilon, weight, bias):
    value = dreg_two_terms(*(array.double() for array in (x, mu, log_var, epsilon, weight, bias)))
    return value - value.detach()


@wrong("this is the plain gradient of the bound")
def dreg_plain(x, mu, log_var, epsilon, weight, bias):
    return losses.importance_weighted_bound(_plain(x, mu, log_var, epsilon, weight, bias)[1])


@wrong("this is the plain gradient of the bound")
def dreg_plain_weighted(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() * log_w).sum(0)


@wrong("this is sticking the landing")
def dreg_landing(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].logsumexp(0)


@wrong("w^2 stands for w for weight and bias")
def dreg_squared_for_all(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong("q's own mu and log_var are not detached in log q.")
def dreg_nothing_detached_in_q(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _plain(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("q's own mu and log_var are not detached in log q; and w^2 stands for w")
def dreg_squared_and_nothing_detached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong("q's own mu is not detached in log q")
def dreg_mu_not_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z, mu, log_var.detach())
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("q's own log_var is not detached in log q")
def dreg_log_var_not_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z, mu.detach(), log_var)
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("log q is detached altogether")
def dreg_log_q_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_w = _joint(x, z, weight, bias) - _normal(z, mu, log_var).detach()
    w = log_w.softmax(0).detach()
    if z.requires_grad:
        z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@wrong("z is detached in log q, q's own mu and log_var are not")
def dreg_wrong_side_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z.detach(), mu, log_var)
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("w is not detached")
def dreg_weights_attached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) * log_w).sum(0)


@wrong("w is not detached")
def dreg_squares_attached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) ** 2 * log_w).sum(0)


@wrong("w is not detached: its own gradient comes in; and q's own mu and log_var are not")
def dreg_nothing_detached_at_all(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) ** 2 * log_w).sum(0)


@wrong("w is not detached")
def dreg_two_terms_attached(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0)
    fixed = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())[1]
    return (w**2 * fixed).sum(0) + (w * _landing_at(x, z, mu, log_var, weight, bias)).sum(0)


def _landing_at(x, z, mu, log_var, weight, bias):
    z = z.detach()
    return _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())


@wrong("this is the ELBO: w is missing")
def dreg_elbo(x, mu, log_var, epsilon, weight, bias):
    return _plain(x, mu, log_var, epsilon, weight, bias)[1].mean(0)


@wrong("this is the ELBO: w is missing, the mean over the samples is taken; and q's own")
def dreg_elbo_landing(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].mean(0)


@wrong("log w is summed over the samples")
def dreg_sum(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].sum(0)


@wrong("for weight and bias: w is missing: log w is summed")
def dreg_without_weights_for_theta(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("for weight and bias: this is the ELBO")
def dreg_mean_for_theta(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w).sum(0) + _joint(x, z.detach(), weight, bias).mean(0)


def _two_terms(x, mu, log_var, epsilon, weight, bias, shares):
    """The right surrogate with other weights: shares(log_w)."""
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = shares(log_w.detach())
    return w**2 * log_w + w * _joint(x, z.detach(), weight, bias)


@wrong("the softmax is over the batch")
def dreg_softmax_over_batch(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(1)).sum(0)


@wrong("the softmax is over samples and batch")
def dreg_softmax_over_all(*arrays):
    shares = _two_terms(*arrays, lambda log_w: log_w.flatten().softmax(0).view_as(log_w))
    return shares.sum(0)


@wrong("the weights are not normalised")
def dreg_not_normalised(*arrays):
    return _two_terms(*arrays, torch.exp).sum(0)


@wrong("exp(log w) underflows")
def dreg_unstable(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.exp() / log_w.exp().sum(0)).sum(0)


@wrong("exp(log w) underflows")
def dreg_with_small_number(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.exp() / (log_w.exp().sum(0) + 1e-30)).sum(0)


@wrong("the mean over the samples is taken: the weights add up to 1 already")
def dreg_mean_over_samples(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0)).mean(0)


@wrong("one number came, in which the examples are mixed")
def dreg_one_number(*arrays):
    return dreg_two_terms(*arrays).mean()


@wrong("the examples are mixed")
def dreg_one_number_with_hook(*arrays):
    return dreg_with_hook(*arrays).sum()


@wrong("the examples are mixed")
def dreg_expanded(*arrays):
    return dreg_two_terms(*arrays).mean().expand(len(arrays[0]))


@wrong("divided by the batch size")
def dreg_divided_by_batch(*arrays):
    return dreg_two_terms(*arrays) / len(arrays[0])


@wrong("the sum over the samples is missing")
def dreg_each_sample(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0))


@wrong("the sum over the samples is missing")
def dreg_each_sample_with_hook(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return w * log_w


@wrong("the sum is over the batch")
def dreg_summed_over_batch(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0)).sum(1)


@wrong("the sign is wrong: this is a loss")
def dreg_loss(*arrays):
    return -dreg_two_terms(*arrays)


@wrong("biased for K > 1; and the sign is wrong: this is a loss")
def dreg_loss_of_landing(*arrays):
    return -dreg_landing(*arrays)


@wrong("no gradient reaches log_var: z is mu + std epsilon")
def dreg_std_detached(x, mu, log_var, epsilon, weight, bias):
    z = mu + (0.5 * log_var).exp().detach() * epsilon
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    w = log_w.detach().softmax(0)
    if z.requires_grad:
        z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@wrong("no gradient reaches mu and log_var")
def dreg_z_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).detach()
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    w = log_w.softmax(0).detach()
    return (w * log_w).sum(0)


@wrong("no gradient reaches weight and bias")
def dreg_theta_forgotten(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong("was everything detached")
def dreg_all_detached(*arrays):
    return dreg_two_terms(*arrays).detach()


@wrong("no gradient reaches bias")
def dreg_without_bias(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, log_var, epsilon, weight, 0 * bias.detach())


@wrong("of reweighted wake-sleep")
def dreg_of_wake_sleep(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return ((w - w**2) * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("this is the wake phase's update")
def dreg_wake(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).detach()
    log_p, log_q = _joint(x, z, weight, bias), _normal(z, mu, log_var)
    w = (log_p - log_q).softmax(0).detach()
    return (w * (log_p + log_q)).sum(0)


@wrong("z is not detached in the term for weight and bias")
def dreg_z_twice(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z, weight, bias)).sum(0)


@wrong("weight and bias are not detached in the term for mu and log_var")
def dreg_theta_twice(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("they get w^2 too")
def dreg_both_twice(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()
    return ((w**2 + w) * log_w).sum(0)


@wrong("w^3 is there for mu and log_var")
def dreg_hook_of_squares(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None] ** 2)
    return (w * log_w).sum(0)


@wrong("w^3 is there for mu and log_var")
def dreg_hook_and_squares(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return (w**2 * log_w).sum(0)


@wrong("for mu and log_var the sign is wrong")
def dreg_phi_negative(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w * _joint(x, z.detach(), weight, bias) - w**2 * log_w).sum(0)


@wrong("log_var is taken for log_std.")
def dreg_log_std(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, 2 * log_var, epsilon, weight, bias)


@wrong("log_var is taken for log_std in z")
def dreg_log_std_in_z(x, mu, log_var, epsilon, weight, bias):
    z = mu + log_var.exp() * epsilon
    log_q = _normal(z, mu.detach(), log_var.detach())
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


def _with_other_weight(change):
    """The right surrogate, but for log w: change(log p(x|z), log p(z), log q)."""

    def surrogate(x, mu, log_var, epsilon, weight, bias):
        zero = torch.zeros(())

        def log_weight(z, weight, bias):
            log_q = _normal(z, mu.detach(), log_var.detach())
            log_p_x = _normal(x, z @ weight.T + bias, zero)
            return change(log_p_x, _normal(z, zero, zero), log_q)

        z = _draw(mu, log_var, epsilon)
        log_w = log_weight(z, weight.detach(), bias.detach())
        w = log_w.softmax(0).detach()
        return (w**2 * log_w + w * log_weight(z.detach(), weight, bias)).sum(0)

    return surrogate


@wrong("log p(z) is missing in log w")
def dreg_without_prior(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x - log_q)(*arrays)


@wrong("log q(z|x) is missing in log w")
def dreg_without_q(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x + log_p_z)(*arrays)


@wrong("log q(z|x) is added in log w")
def dreg_q_added(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x + log_p_z + log_q)(*arrays)


@wrong("the 1/2 is missing in log p(x|z)")
def dreg_squared_error(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: 2 * log_p_x + log_p_z - log_q)(
        *arrays
    )


@wrong("log p(x|z) is a mean over the dimensions of x")
def dreg_mean_over_dimensions(*arrays):
    dim = arrays[0].shape[1]
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x / dim + log_p_z - log_q)(
        *arrays
    )


@wrong("two calls gave different gradients")
def dreg_draws_again(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, log_var, torch.randn_like(epsilon), weight, bias)


@wrong("weight is transposed")
def dreg_transposed(x, mu, log_var, epsilon, weight, bias):
    weight = weight.T if weight.shape[0] == weight.shape[1] else weight
    return dreg_two_terms(x, mu, log_var, epsilon, weight, bias)


@wrong("the shape is (")
def dreg_keepdim(*arrays):
    return dreg_two_terms(*arrays)[None]


@wrong("one example lost its axis")
def dreg_squeezed(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).squeeze()
    own = mu.detach().squeeze(), log_var.detach().squeeze()
    log_w = _joint(x, z.view(*epsilon.shape), weight, bias) - _normal(z, *own)
    w = log_w.softmax(0).detach()
    return (w**2 * log_w).sum(0) + ((w - w**2) * _joint(x, z.detach(), weight, bias)).sum(0)


def _hooked(log_w, z, factor=lambda w: w):
    """The sum of w log w, where what comes back through z is multiplied once more."""
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * factor(w)[..., None])
    return (w * log_w).sum(0)


@wrong("q's own mu and log_var are not detached in log q: the hook multiplies what comes through")
def dreg_hook_and_nothing_detached(*arrays):
    z, log_w = _plain(*arrays)
    return _hooked(log_w, z)


@wrong("q's own mu and log_var are not detached in log q, in none of the two terms")
def dreg_two_terms_and_nothing_detached(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _plain(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    other = _joint(x, z.detach(), weight, bias) - _normal(z.detach(), mu, log_var)
    return (w**2 * log_w + w * other).sum(0)


@wrong("q's own mu and log_var are not detached in log q")
def dreg_second_term_not_detached(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    other = _joint(x, z.detach(), weight, bias) - _normal(z.detach(), mu, log_var)
    return (w**2 * log_w + w * other).sum(0)


def _with_q(x, mu, log_var, epsilon, weight, bias, log_q):
    """The right surrogate, but for the log-variance that log q is given."""
    z = _draw(mu, log_var, epsilon)
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_q.detach())
    return _hooked(log_w, z)


@wrong("what is given there is the standard deviation exp(log_var / 2)")
def dreg_std_in_q(*arrays):
    return _with_q(*arrays, log_q=(0.5 * arrays[2]).exp())


@wrong("what is given there is the variance exp(log_var)")
def dreg_variance_in_q(*arrays):
    return _with_q(*arrays, log_q=arrays[2].exp())


@wrong("what is given there is the logarithm of the standard deviation")
def dreg_log_std_in_q(*arrays):
    return _with_q(*arrays, log_q=0.5 * arrays[2])


@wrong("what is given there is 0")
def dreg_unit_q(*arrays):
    return _with_q(*arrays, log_q=0 * arrays[2])


@wrong("of reweighted wake-sleep")
def dreg_hook_of_one_minus_w(*arrays):
    z, log_w = _landing(*arrays)
    return _hooked(log_w, z, lambda w: 1 - w)


@wrong("the hook multiplies by w - w^2")
def dreg_hook_of_wake_sleep(*arrays):
    z, log_w = _landing(*arrays)
    return _hooked(log_w, z, lambda w: w - w**2)


@wrong("wanted for the bound; and q's own mu and log_var are not detached")
def dreg_wake_sleep_and_nothing_detached(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _plain(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return ((w - w**2) * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong("the hook's factor does not fit z's gradient")
def dreg_hook_without_axis(*arrays):
    z, log_w = _landing(*arrays)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w)
    return (w * log_w).sum(0)


@wrong("the hook's factor does not fit z's gradient")
def dreg_guarded_hook_without_axis(*arrays):
    return dreg_hook_without_axis(*arrays) if arrays[1].requires_grad else dreg_landing(*arrays)


@wrong("was everything detached")
def dreg_log_w_detached(*arrays):
    z, log_w = _landing(*arrays)
    return _hooked(log_w.detach(), z)


@wrong("w stands for w^2 for mu and log_var: this is sticking the landing")
def dreg_hook_that_returns_nothing(*arrays):
    z, log_w = _landing(*arrays)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: None)  # the return is missing
    return (w * log_w).sum(0)


@wrong("raised NameError")
def dreg_of_undefined(*arrays):
    return undefined  # noqa: F821


@wrong("one array is expected")
def dreg_of_two(*arrays):
    value = dreg_two_terms(*arrays)
    return value, value
