"""Of lessons 05 to 08 and their extras."""

import math

import torch
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    Normal,
)
from torch.nn import functional

from course_utils import nets


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


def walk(code, variable, num_categories):
    """Of exercise 5y.1."""
    moved = torch.arange(len(code)) == variable
    return torch.where(moved, torch.arange(num_categories)[:, None], code)


def prior_codes(num, num_variables, num_categories):
    """Of exercise 5y.2."""
    return Categorical(logits=torch.zeros(num_variables, num_categories)).sample((num,))


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


def least_waste(log_r, log_p):
    """Of exercise 6.5."""
    each = (log_r - log_p).mean(0)
    return each.mean(), each.var().div(len(each)).sqrt()


def log_aggregate(z, mu, log_var):
    """Of exercise 6x.1."""
    posteriors = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu))), posteriors).log_prob(z)


def responsibilities(z, mu, log_var):
    """Of exercise 6x.2."""
    log_q = Normal(mu, (0.5 * log_var).exp()).log_prob(z[:, None]).sum(-1)
    return (log_q - log_q.logsumexp(1, keepdim=True)).exp()


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


def leave_one_out(cost):
    """Of exercise 5x.1."""
    return (cost - cost.mean(0)) / (len(cost) - 1)


def reinmax(z, logits):
    """Of exercise 5x.2: for each category its share of the slopes along the edges."""
    pi = logits.softmax(-1)
    middle = ((pi + z) / 2).detach()
    log_ratio = logits - (middle * logits).sum(-1, keepdim=True)
    path = (
        2 * middle * log_ratio
        - pi.detach() * (logits - (pi.detach() * logits).sum(-1, keepdim=True)) / 2
    )
    return z + (path - path.detach())


def disarm(cost, twin_cost, z, twin, logits):
    """Of exercise 5x.3."""
    p = torch.sigmoid(logits)
    return (cost - twin_cost).unsqueeze(-1) * (z - twin) * torch.maximum(p, 1 - p) / 2
