"""Masked autoencoder for distribution estimation, and the flow prior made of it.

Built in lesson 06.
"""

import math
from itertools import pairwise

import torch
from torch import nn

from course_utils.nets.arguments import at_least_float32, normal, remembered, size
from course_utils.nets.layers import _activation

MOST_LOG_SCALE = 5.0  # of the flow: tanh keeps a scale between exp(-5) and exp(5)


class MaskedLinear(nn.Linear):
    """Linear layer whose weights are multiplied by a fixed mask (out, in) of zeros and ones."""

    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.to(self.weight.dtype), persistent=False)

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    """Masked autoencoder: (B, dim) -> (B, dim, out_per_dim), entry i computed from inputs < i.

    Each unit has a degree. Input i has degree i (from 1); the units of a hidden layer have the
    degrees 1, ..., dim - 1 in turn; output i has degree i. A hidden unit sees units of its degree
    or less, an output sees hidden units of a smaller degree: one comparison makes each mask.

    Args:
        dim: D.
        hidden_dims: widths of the hidden layers, each at least D - 1, so that every degree occurs
            and no output misses an input before it.
        out_per_dim: parameters for each dimension.
        activation: a name of ``layers.ACTIVATIONS``.

    Raises:
        ValueError: a size that cannot be; a hidden layer that is too narrow.

    Source: Germain et al. 2015, arXiv:1502.03509.
    """

    @remembered(lists=("hidden_dims",), other=("activation",))
    def __init__(self, dim, hidden_dims, out_per_dim, activation="relu"):
        super().__init__()
        if min(hidden_dims) < max(1, dim - 1):
            raise ValueError(
                f"hidden_dims: expected widths of at least {max(1, dim - 1)}, so that an output "
                f"sees all inputs before it, got {tuple(hidden_dims)!r}"
            )
        self.dim, self.out_per_dim = dim, out_per_dim
        degrees = [torch.arange(1, dim + 1)]
        degrees += [torch.arange(width) % max(1, dim - 1) + 1 for width in hidden_dims]
        layers = []
        for before, after in pairwise(degrees):
            layers += [MaskedLinear(after[:, None] >= before), _activation(activation)]
        outputs = torch.arange(1, dim + 1).repeat_interleave(out_per_dim)
        layers.append(MaskedLinear(outputs[:, None] > degrees[-1]))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x).unflatten(-1, (self.dim, self.out_per_dim))


class AutoregressivePrior(nn.Module):
    """The prior p(z) of an autoregressive flow: epsilon = z * exp(log_scale(z)) + shift(z).

    epsilon ~ N(0, I); log_scale_i and shift_i are computed by a MADE from z_1, ..., z_(i-1), so
    the Jacobian d epsilon / d z is lower triangular with the diagonal exp(log_scale), and
    log p(z) = log N(epsilon; 0, I) + sum_i log_scale_i.

    The density needs one pass, a sample needs one pass for each dimension. It starts as N(0, I).

    Args:
        num_latents: L.
        hidden: widths of the MADE's hidden layers.

    Source: Papamakarios et al. 2017, arXiv:1705.07057; as a VAE's prior: Chen et al. 2017,
    arXiv:1611.02731.
    """

    @remembered()
    def __init__(self, num_latents, hidden=(512, 512)):
        super().__init__()
        self.num_latents = num_latents
        self.made = MADE(num_latents, hidden, 2)
        nn.init.zeros_(self.made.net[-1].weight)
        nn.init.zeros_(self.made.net[-1].bias)

    def scale_and_shift(self, z):
        """log_scale and shift, (..., L) each, entry i from z_1, ..., z_(i-1)."""
        found = at_least_float32(self.made(z.reshape(-1, z.shape[-1])))
        log_scale, shift = found.reshape(*z.shape, 2).unbind(-1)
        return MOST_LOG_SCALE * torch.tanh(log_scale / MOST_LOG_SCALE), shift

    def transform(self, z):
        """epsilon (..., L) and log |det d epsilon / d z| (...)."""
        log_scale, shift = self.scale_and_shift(z)
        return z * log_scale.exp() + shift, log_scale.sum(-1)

    @torch.no_grad()
    def invert(self, epsilon):
        """z (..., L) with ``transform(z)[0]`` = epsilon, one dimension after the other."""
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[..., i] = (epsilon[..., i] - shift[..., i]) * (-log_scale[..., i]).exp()
        return z

    def log_prob(self, z):
        """log p(z): (..., L) -> (...), nats."""
        epsilon, log_det = self.transform(z)
        return -0.5 * (epsilon.square() + math.log(2 * math.pi)).sum(-1) + log_det

    def rate(self, mu, log_var, z):
        """One-sample estimate of KL(q(z|x) || p(z)): (B,), nats.

        -log p(z) for the given z ~ q(z|x), and the exact negative entropy of q.
        """
        entropy = 0.5 * (log_var + math.log(2 * math.pi) + 1).sum(-1)
        return -entropy - self.log_prob(z)

    def sample(self, num_samples, generator=None):
        """(num_samples, L) draws. The noise is drawn on the CPU: the same on every device."""
        weight = self.made.net[0].weight
        shape = (size("num_samples", num_samples, 0), self.num_latents)
        epsilon = normal(shape, weight, generator)
        return self.invert(epsilon.to(weight))
