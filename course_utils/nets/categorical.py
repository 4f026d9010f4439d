"""A VAE whose latents are categorical variables. Built in lesson 05."""

import math

import torch
from torch import nn

from course_utils import losses
from course_utils.nets.arguments import at_least_float32, size
from course_utils.settings import autocast


class CategoricalVAE(nn.Module):
    """N categorical latents of K categories each, uniform prior p(z) = K^-N.

    ``encoder`` maps x (B, ...) to (B, N * K), the logits of q(z|x) = prod_n Categorical(z_n).
    ``decoder`` maps z, one-hot or relaxed and flattened to (B, N * K), to the parameters of
    ``likelihood``. What scores and samples uses one-hot codes alone: the discrete model. Networks
    run in bfloat16 where the hardware has it; what they return is float32.

    Source: Jang et al. 2017, arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712.
    """

    def __init__(
        self, encoder, decoder, num_variables, num_categories, likelihood, mixed_precision=True
    ):
        super().__init__()
        self.mixed_precision = mixed_precision
        self.num_variables = size("num_variables", num_variables)
        self.num_categories = size("num_categories", num_categories)
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood

    def encode(self, x):
        """Logits of q(z|x): x (B, ...) -> (B, N, K)."""
        with autocast(self.mixed_precision):
            out = self.encoder(x)
        return at_least_float32(out).unflatten(1, (self.num_variables, self.num_categories))

    def decode(self, z):
        """Parameters of p(x|z): z (..., N, K) -> (..., *shape of the parameters)."""
        with autocast(self.mixed_precision):
            out = self.decoder(z.flatten(0, -3).flatten(1))
        return at_least_float32(out).unflatten(0, z.shape[:-2])

    def draw(self, logits, num_samples):
        """One-hot codes z ~ q(z|x): logits (B, N, K) -> (num_samples, B, N, K)."""
        num_samples = size("num_samples", num_samples, 0)
        noise = logits.new_empty(num_samples, *logits.shape).exponential_()
        codes = (logits.softmax(-1) / noise).argmax(-1)  # a race of exponentials: Gumbel-max
        return nn.functional.one_hot(codes, self.num_categories).to(logits.dtype)

    def forward(self, x):
        """One-sample terms of the discrete ELBO, (B,) each, nats: ``loss`` = ``rate`` +
        ``distortion``. For scores: no gradient reaches the encoder through the sample.

        rate = KL(q(z|x) || p(z)), exact; distortion = -log p(x|z) for one one-hot z ~ q(z|x).
        """
        logits = self.encode(x)
        rate = losses.categorical_kl_uniform(logits)
        distortion = -self.likelihood.log_prob(x, self.decode(self.draw(logits, 1)[0]))
        return {"loss": rate + distortion, "rate": rate, "distortion": distortion}

    def log_weights(self, x, num_samples):
        """log w = log p(x|z) + log p(z) - log q(z|x) for ``num_samples`` one-hot z: (K', B)."""
        logits = self.encode(x)
        z = self.draw(logits, num_samples)
        log_q = (z * logits.log_softmax(-1)).sum((-2, -1))
        log_p_z = -self.num_variables * math.log(self.num_categories)
        return self.likelihood.log_prob(x, self.decode(z)) + log_p_z - log_q

    def sample(self, num_samples, generator=None):
        """Parameters of p(x|z) for ``num_samples`` z ~ p(z), drawn on the CPU."""
        shape = (size("num_samples", num_samples, 0), self.num_variables)
        codes = torch.randint(0, self.num_categories, shape, generator=generator)
        z = nn.functional.one_hot(codes, self.num_categories)
        return self.decode(z.to(next(self.parameters())))

    def header(self):
        """What :func:`nets.build` needs to make this model again: names and arguments, as JSON."""
        parts = ("encoder", "decoder", "likelihood")
        made = {part: getattr(self, part) for part in parts}
        sizes = {
            "num_variables": self.num_variables,
            "num_categories": self.num_categories,
            "mixed_precision": self.mixed_precision,
        }
        return {"model": "CategoricalVAE", **sizes} | {
            part: [type(module).__name__, module.arguments] for part, module in made.items()
        }
