"""Of lessons 09 to 11 and their extras."""

import math

import torch

from course_utils import losses, nets
from course_utils.checks.lend.first import gaussian_log_prob
from course_utils.losses import gaussian_kl


def ess_share(precision, q_precision):
    """Of exercise 9.2."""
    roots = torch.linalg.eigvalsh(2 * precision - torch.diag(q_precision))
    ratio = (q_precision.prod() * roots.prod()).abs().sqrt() / torch.det(precision)
    return float(ratio) if all(roots > 0) else 0.0


def nested_bounds(log_w, k):
    """Of exercise 9.3."""
    return torch.stack([block.logsumexp(0) for block in log_w.split(k)]).mean(0) - math.log(k)


def dreg_surrogate(x, mu, log_var, epsilon, weight, bias):
    """Of exercise 9.4."""
    z = mu + epsilon * torch.exp(log_var / 2)
    log_p_x = gaussian_log_prob(x, z @ weight.T + bias, 0.0)
    log_q_z = gaussian_log_prob(z, mu.detach(), log_var.detach())
    return losses.dreg_surrogate(log_p_x + gaussian_log_prob(z, 0.0, 0.0) - log_q_z, z)


def signal_to_noise(g):
    """Of exercise 9.5."""
    return (g.sum(0) / len(g)).abs() / g.var(0).sqrt()


def least_bits(log_scale):
    """Of exercise 10.1."""
    s = math.exp(log_scale)
    return math.log2(128 * math.sqrt(2 * math.pi) * s), -math.log2(math.tanh(1 / (510 * s)))


def log_mass(x, mu, log_scale):
    """Of exercise 10.2."""
    return losses.discretized_logistic_log_prob(x, mu, log_scale, event_dim=0)


def sample_logistic(u, mu, log_scale):
    """Of exercise 10.3."""
    y = mu + log_scale.exp() * (u.log() - (-u).log1p())
    return (((y + 1) * 127.5).round().clip(0, 255) * 2 - 255) / 255


def coupled_means(x, mu, coefficients):
    """Of exercise 10.4."""
    t, shifted = torch.tanh(coefficients), mu.clone()
    shifted[:, :, 1] += t[:, :, 0] * x[:, None, 0]
    shifted[:, :, 2] += t[:, :, 1] * x[:, None, 0] + t[:, :, 2] * x[:, None, 1]
    return shifted


def mixture_log_prob(logits, log_p):
    """Of exercise 10.5."""
    log_weights = logits - logits.logsumexp(1, True)
    return torch.logsumexp(log_p.sum(2) + log_weights, 1).sum((-2, -1))


def _layer(z, mu_q, log_var_q, mu_p, log_var_p):
    return nets.Layer(z, mu_q.expand_as(z), log_var_q.expand_as(z), mu_p, log_var_p)


def joint_log_weight(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    """Of exercise 11.1."""
    zero = torch.zeros_like(z_2)
    upper = _layer(z_2, mu_2, log_var_2, zero, zero).log_ratio
    return log_p_x - _layer(z_1, mu_1, log_var_1, mu_p, log_var_p).log_ratio - upper


def layer_rates(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    """Of exercise 11.2."""
    lower = _layer(z_1, mu_1, log_var_1, mu_p, log_var_p).log_ratio
    return lower, gaussian_kl(mu_2, log_var_2)


def mean_rates(a, var_1, b, var_x):
    """Of exercise 11.3."""
    upper = math.log1p(a * a / var_1) / 2
    return math.log1p(b * b * (a * a + var_1) / var_x) / 2 - upper, upper
