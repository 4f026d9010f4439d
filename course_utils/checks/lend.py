"""What the lessons lend to readers who are stuck: it lets them go on, and earns no points.

``gumbel_max = checks.lend.gumbel_max``. The grading leaves all of ``course_utils.checks`` out.
"""

import math

import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.nn import functional

from course_utils import evaluation, exact, losses, nets
from course_utils.checks._lent import (  # noqa: F401
    VAE,
    gaussian_like,
    linear_probe,
    spherical_line,
)
from course_utils.data import binarise, dequantise  # noqa: F401  lent as they are
from course_utils.losses import (  # noqa: F401
    categorical_kl_uniform,
    gaussian_kl,
    importance_weighted_bound,
)

# --- lessons 01 to 04 ----------------------------------------------------------------------------


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


def bernoulli_log_prob(x, logits):
    """Of exercise 2.2."""
    return losses.bernoulli_log_prob(x, logits, event_dim=3)


def active_units(mu, threshold=0.01):
    """Of exercise 2.4."""
    return evaluation.active_units(mu, threshold)[0]


def traverse(mu, dimension, values):
    """Of exercise 2.5."""
    return torch.where(torch.arange(len(mu)) == dimension, values[:, None], mu)


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


# --- lessons 05 to 08 ----------------------------------------------------------------------------


def gumbel_max(logits):
    """Of exercise 5.1."""
    return Categorical(logits=logits).sample()


def gumbel_softmax(logits, tau):
    """Of exercise 5.2."""
    return functional.gumbel_softmax(logits, tau)


def straight_through(y):
    """Of exercise 5.3."""
    return torch.zeros_like(y).scatter(-1, y.argmax(-1, keepdim=True), 1.0) + (y - y.detach())


def mutual_information(codes, labels, num_codes, num_labels):
    """Of exercise 5.5."""
    from sklearn.metrics import mutual_info_score  # here, since it takes long to import

    return float(mutual_info_score(codes, labels))


def flow_log_prob(z, s, m):
    """Of exercise 6.1."""
    return (s - 0.5 * ((z * s.exp() + m).square() + math.log(2 * math.pi))).sum(-1)


def masks(dim, hidden, num_outputs):
    """Of exercise 6.2."""
    return [part.mask for part in nets.MADE(dim, list(hidden), num_outputs).net[::2]]


class AutoregressivePrior(nets.AutoregressivePrior):
    """Of exercise 6.3."""

    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, (num_hidden, num_hidden))


def flow_rate(log_var, log_p_z):
    """Of exercise 6.4."""
    return -0.5 * (log_var + math.log(2 * math.pi) + 1).sum(-1) - log_p_z


def log_aggregate(z, mu, log_var):
    """Of exercise 6.5."""
    posteriors = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu))), posteriors).log_prob(z)


def nearest(z_e, codebook):
    """Of exercise 7.1."""
    return torch.cdist(z_e.double(), codebook.double()).argmin(1)


def follow(codebook, usage, z_e, indices, decay):
    """Of exercise 7.2."""
    weight = (1 - decay) * len(codebook) / len(z_e)
    usage = decay * usage + weight * indices.bincount(minlength=len(codebook))
    pull = torch.zeros_like(codebook).index_add_(0, indices, z_e - codebook[indices])
    return codebook + weight * pull / usage.clamp(min=1e-30)[:, None], usage


def straight_through_code(z_e, e):
    """Of exercise 7.3."""
    return e.detach() + (z_e - z_e.detach())


def quantisation_losses(z_e, e):
    """Of exercise 7.4."""
    pairs = ((e, z_e.detach()), (z_e, e.detach()))
    return tuple((one - other).square().flatten(1).mean(1) for one, other in pairs)


def code_table(codes, labels, num_labels, num_codes, alpha):
    """Of exercise 7.5."""
    one_hot = functional.one_hot(codes, num_codes).double()
    counts = torch.stack([one_hot[labels == label].sum(0) for label in range(num_labels)]) + alpha
    return counts / counts.sum(-1, keepdim=True)


def js_distance(p, q):
    """Of exercise 7.6."""
    from scipy.spatial.distance import jensenshannon

    return torch.tensor((jensenshannon(p, q, axis=-1) ** 2).mean() ** 0.5)


def causal_mask(kernel_size, mask_type):
    """Of exercise 8.1."""
    return nets.MaskedConv2d(1, 1, kernel_size, "AB"[mask_type]).mask[0, 0]


def code_log_prob(logits, codes):
    """Of exercise 8.2."""
    return -functional.cross_entropy(logits, codes, reduction="none").flatten(1).sum(1)


def stack_masks(kernel_size, first):
    """Of exercise 8.3."""
    line = torch.arange(kernel_size) < kernel_size // 2 + 1 - first
    centre = torch.arange(kernel_size) == kernel_size // 2
    return line[:, None].float().expand(kernel_size, kernel_size), (centre[:, None] & line).float()


def conv_at(x, weight, bias, row, column):
    """Of exercise 8.4."""
    return functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)[:, :, row, column]


def free_bits(rate, k):
    """Of exercise 8.5."""
    return torch.where(rate > k, rate, k + 0 * rate)


# --- lessons 09 to 11 ----------------------------------------------------------------------------


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
