"""Of lessons 01 to 04 and their extras."""

import math

import torch
from torch.distributions import (
    Independent,
    MultivariateNormal,
    Normal,
    kl_divergence,
)
from torch.nn import functional

from course_utils import evaluation, exact, losses, nets
from course_utils.losses import gaussian_kl


def gaussian_log_prob(x, mu, log_var):
    """Of exercise 1.1."""
    whole = torch.broadcast_tensors(x, torch.as_tensor(mu), torch.as_tensor(log_var))
    return losses.gaussian_log_prob(*whole)


def log_weight(x, z, mu_x, log_var_x, mu, log_var):
    """Of exercise 1.2."""
    log_p_x, log_q_z = gaussian_log_prob(x, mu_x, log_var_x), gaussian_log_prob(z, mu, log_var)
    return log_p_x + gaussian_log_prob(z, 0.0, 0.0) - log_q_z


def reparameterise(mu, log_var):
    """Of exercise 1.4."""
    return mu + (0.5 * log_var).exp() * torch.randn_like(mu)


def rate_and_distortion(x, mu_x, log_var_x, mu, log_var):
    """Of exercise 1.5."""
    return gaussian_kl(mu, log_var), -gaussian_log_prob(x, mu_x, log_var_x)


def elbo_two_ways(x, weight, bias, sigma, mu, log_var):
    """Of exercise 1.6."""
    spread = (log_var.exp() @ weight.square().sum(0)) / sigma**2
    at_mu = losses.gaussian_log_prob(x, mu @ weight.T + bias, 2 * math.log(sigma))
    distortion, rate = 0.5 * spread - at_mu, gaussian_kl(mu, log_var)
    entropy = Independent(Normal(mu, (0.5 * log_var).exp()), 1).entropy()
    return -distortion - rate - entropy, entropy, distortion, rate


def rate_and_gap(variances, noise):
    """Of exercise 1.7."""
    model = Normal(0.0, variances.clamp(min=noise).sqrt())
    rate = model.scale.square().div(noise).log().sum() / 2
    return rate, kl_divergence(Normal(0.0, variances.sqrt()), model).sum()


def bernoulli_log_prob(x, logits):
    """Of exercise 2.2."""
    return losses.bernoulli_log_prob(x, logits, event_dim=3)


def active_units(mu, threshold=0.01):
    """Of exercise 2.4."""
    return evaluation.active_units(mu, threshold)[0]


def traverse(mu, dimension, values):
    """Of exercise 2.5."""
    return torch.where(torch.arange(len(mu)) == dimension, values[:, None], mu)


class VAE(nets.VAE):
    """Of exercise 2.3."""

    def __init__(self, num_hidden, num_latents):
        parts = ((1, 28, 28), (num_hidden,), num_latents), (num_latents, (num_hidden,), (1, 28, 28))
        networks = nets.MLPEncoder(*parts[0]), nets.MLPDecoder(*parts[1])
        super().__init__(*networks, nets.StandardNormal(num_latents), nets.Bernoulli())
        self.num_latents = num_latents

    def forward(self, x):
        terms = super().forward(x)
        return terms["rate"], terms["distortion"]


def gaussian_like(codes, num_samples):
    """Of exercise 2.8."""
    return MultivariateNormal(codes.mean(0), torch.cov(codes.T)).sample((num_samples,))


def linear_probe(codes, labels, new_codes):
    """Of exercise 2x.1."""
    inputs, new = (functional.pad(one, (0, 1), value=1.0) for one in (codes, new_codes))
    targets = functional.one_hot(labels, 10).to(inputs.dtype)
    return new @ (torch.linalg.pinv(inputs) @ targets)


def spherical_line(a, b, step):
    """Of exercise 2x.2."""
    angle = functional.cosine_similarity(a, b, dim=-1).clamp(-1, 1).acos()[..., None]
    return (torch.sin(angle - step * angle) * a + torch.sin(step * angle) * b) / torch.sin(angle)


def split_rate(z, mu, log_var):
    """Of exercise 3x.1."""
    each = Independent(Normal(mu, (log_var / 2).exp()), 1)
    rows = [each.log_prob(point) for point in z]
    log_q = torch.stack([row.logsumexp(0) for row in rows]) - math.log(len(rows))
    return each.log_prob(z) - log_q, log_q - Normal(0.0, 1.0).log_prob(z).sum(-1)


def mismatch_parts(mean, covariance):
    """Of exercise 3x.2."""
    std = covariance.diagonal().sqrt()
    log_det = torch.linalg.eigvalsh(covariance / torch.outer(std, std)).log().sum()
    return mean @ mean / 2, (std**2 / 2 - std.log() - 0.5).sum(), -log_det / 2


def principal_weights(covariance, num_latents, variance):
    """Of exercise 3.3."""
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(covariance))
    parts = exact.PrincipalComponents(torch.zeros(len(values)), values, vectors)
    return parts.vae(num_latents, variance**0.5).weight


def logit_transform(x, alpha=0.05):
    """Of exercise 3.2."""
    p = alpha + (1 - 2 * alpha) * x
    log_det = math.log(1 - 2 * alpha) - p.log() - (-p).log1p()
    return p.logit(), log_det.flatten(1).sum(1)


def gaussian_bits_per_dim(squared_error, kl, variance, num_dims):
    """Of exercise 3.4."""
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return losses.bits_per_dim(distortion + kl, num_dims, 1 / 128)


def variance_explained(target, guess):
    """Of exercise 3.7."""
    lost = functional.mse_loss(guess, target)
    return 1 - lost / target.var(0, correction=0).mean()


def constant_ratio(g, h):
    """Of exercise 4.1."""
    c = float(torch.linalg.lstsq(h.flatten()[:, None].double(), g.flatten()[:, None].double())[0])
    return c if torch.allclose(g, c * h, 0, 1e-3 * float(g.abs().max())) else math.nan


def equivalent_variance(a, b):
    """Of exercise 4.2."""
    return 0.5 * b / a


def num_active(values, num_latents, beta, variance):
    """Of exercise 4.3."""
    return sum(sorted((values > beta * variance).tolist())[-num_latents:])


def best_variance(squared_error, num_values):
    """Of exercise 4x.1."""
    variance = squared_error.mean() / num_values
    log_prob = Normal(0.0, variance.sqrt()).log_prob
    return variance, -num_values * log_prob(variance.sqrt())


def table_terms(p_x, q_z, p_z, p_x_z):
    """Of exercise 4x.2."""
    rates = functional.kl_div(p_z.log().expand_as(q_z), q_z, reduction="none").sum(1)
    return p_x @ rates, -p_x @ torch.special.xlogy(q_z, p_x_z.T).sum(1)


def rate_weight(share, ramp, cycles=1):
    """Of exercise 4x.3."""
    return min(math.modf(share * cycles)[0] / ramp, 1.0)


def class_perplexity(labels):
    """Of exercise 4.7."""
    return evaluation.codebook_usage(labels, 10)[1]
