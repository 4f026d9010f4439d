"""Principal components of data, and the linear VAEs that they give. Built in lesson 03."""

import math
from dataclasses import dataclass

import torch

from course_utils.arguments import integer
from course_utils.exact._arguments import LOG_2_PI, positive, require_tensor
from course_utils.exact.linear_gaussian import LinearGaussianVAE


@dataclass(frozen=True)
class PrincipalComponents:
    """Mean and covariance of data x (N, D), and the linear VAEs they give. Built in lesson 03.

    Attributes:
        mean: (D,). values: eigenvalues of the covariance (divisor N), falling, (D,).
        vectors: eigenvectors, one a column, (D, D), zeros where N < D. All float64.

    Source: Tipping and Bishop 1999, Probabilistic principal component analysis.
    """

    mean: torch.Tensor
    values: torch.Tensor
    vectors: torch.Tensor

    @classmethod
    def of(cls, x, chunk=5_000):
        """From x (N, D), read ``chunk`` rows at a time.

        Raises:
            TypeError: ``x`` is no floating-point tensor.
            ValueError: not two dimensions, or fewer than two rows; NaN or infinity.
        """
        require_tensor("x", x)
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"x: expected shape (N, D) with N >= 2, got {tuple(x.shape)}")
        mean = x.mean(0, dtype=torch.float64)
        missing = max(0, len(mean) - len(x))
        if missing:  # the smaller N x N matrix of products has the same eigenvalues
            centred = x.double() - mean
            values, left = (part.flip(-1) for part in torch.linalg.eigh(centred @ centred.T))
            inverse = torch.where(values > 1e-10 * values[0], values, torch.inf).rsqrt()
            found = values * (inverse > 0) / len(x), centred.T @ left * inverse
            return cls(mean, *(torch.nn.functional.pad(part, (0, missing)) for part in found))
        covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=x.device)
        for part in x.split(integer("chunk", chunk, 1)):
            centred = part - mean.to(x.dtype)
            covariance += centred.T @ centred
        values, vectors = torch.linalg.eigh(covariance / len(x))
        return cls(mean, values.flip(0).clamp(min=0), vectors.flip(1))

    def vae(self, num_latents, sigma):
        """The linear VAE of highest likelihood with ``num_latents`` latents and a fixed sigma.

        W = U_L (Lambda_L - sigma^2 I)^(1/2) over the largest eigenvalues, 0 where one is not above
        sigma^2. The columns are orthogonal, so its ELBO with a diagonal posterior is log p(x).

        Raises:
            ValueError: ``num_latents`` is no integer from 1 to D; ``sigma`` is not positive.
        """
        num_latents, sigma = self._checked(num_latents, sigma)
        excess = (self.values[:num_latents] - sigma**2).clamp(min=0)
        return LinearGaussianVAE(self.vectors[:, :num_latents] * excess.sqrt(), self.mean, sigma)

    def neg_log_likelihood(self, num_latents, sigma):
        """Mean of -log p(x) over the data themselves, in nats, for :meth:`vae`.

        1/2 [ D log(2 pi sigma^2) + sum_active (1 + log(lambda_i / sigma^2))
        + sum_rest lambda_i / sigma^2 ]; active are the largest ``num_latents`` eigenvalues, as far
        as they are above sigma^2. Errors: as :meth:`vae`.
        """
        num_latents, sigma = self._checked(num_latents, sigma)
        ratio = self.values / sigma**2
        active = (torch.arange(len(ratio), device=ratio.device) < num_latents) & (ratio > 1)
        terms = torch.where(active, 1 + ratio.clamp(min=1).log(), ratio)
        return 0.5 * (len(ratio) * (LOG_2_PI + 2 * math.log(sigma)) + terms.sum()).item()

    def _checked(self, num_latents, sigma):
        most = len(self.values)
        num_latents = integer("num_latents", num_latents, 1, error=ValueError)
        if num_latents > most:
            raise ValueError(f"num_latents: expected at most {most}, got {num_latents}")
        return num_latents, positive("sigma", sigma)
