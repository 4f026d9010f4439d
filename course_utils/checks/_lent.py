"""What lessons 02 and 02x lend, a part of :mod:`course_utils.checks.lend`."""

import torch
from torch.distributions import MultivariateNormal
from torch.nn import functional

from course_utils import nets


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
