"""A VAE with few discrete codes, summed over all of them. Built in lesson 05."""

import math

import torch

from course_utils import losses
from course_utils.arguments import integer
from course_utils.exact._arguments import require_tensor


def all_codes(num_latents, num_categories):
    """Every code of N variables of K categories, the first variable slowest: int64 (K^N, N)."""
    num_latents = integer("num_latents", num_latents, 1)
    values = torch.arange(integer("num_categories", num_categories, 1))
    return torch.cartesian_prod(*[values] * num_latents).reshape(-1, num_latents)


class DiscreteVAE:
    """N categorical latents with a uniform prior and Bernoulli pixels, summed over all codes.

    p(x) = sum_z K^-N prod_j Bernoulli(x_j; sigmoid(logits_x[z]_j)), all K^N codes z enumerated.

    Args:
        logits_x: (K^N, D), the decoder's logits for each row of :func:`all_codes`.
        num_categories: K, at least 2.

    Raises:
        TypeError: ``logits_x`` is no floating-point tensor; ``num_categories`` no integer.
        ValueError: the number of rows is no power of ``num_categories``; NaN or infinity.
    """

    def __init__(self, logits_x, num_categories):
        require_tensor("logits_x", logits_x)
        num_categories = integer("num_categories", num_categories, 2)
        num_latents = 0
        while num_categories**num_latents < len(logits_x if logits_x.ndim == 2 else ()):
            num_latents += 1
        if num_latents == 0 or num_categories**num_latents != len(logits_x):
            raise ValueError(
                f"logits_x: expected shape (K^N, D) with K = {num_categories} and N at least 1, "
                f"got shape {tuple(logits_x.shape)}"
            )
        self.logits_x = logits_x.detach().clone()
        self.num_categories, self.num_latents = num_categories, num_latents
        self.codes = all_codes(num_latents, num_categories).to(logits_x.device)

    def log_joint(self, x, z_index):
        """log p(x|z) + log p(z): x (B, D), z_index rows of ``codes``, int64 (B,) or (K, B) ->
        the shape of ``z_index``, nats."""
        log_p_z = -self.num_latents * math.log(self.num_categories)
        return losses.bernoulli_log_prob(x, self.logits_x[z_index]) + log_p_z

    def log_prob(self, x):
        """Exact evidence log p(x) = logsumexp_z log p(x, z): (B, D) -> (B,), nats."""
        return self._log_joint_all(x).logsumexp(0)

    def posterior(self, x):
        """Exact p(z|x) over all codes: (B, D) -> (B, K^N), rows sum to 1."""
        return self._log_joint_all(x).softmax(0).T

    def _log_joint_all(self, x):  # (K^N, B)
        rows = torch.arange(len(self.codes), device=self.logits_x.device)
        return self.log_joint(x, rows[:, None].expand(-1, len(x)))
