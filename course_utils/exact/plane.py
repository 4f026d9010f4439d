"""The four Gaussians in the plane. Built in lesson 01."""

from dataclasses import dataclass

import torch

from course_utils.arguments import integer
from course_utils.exact._arguments import LOG_2_PI, require_tensor


@dataclass(frozen=True)
class Gaussian2D:
    """A Gaussian in the plane. ``mean`` (2,) and ``covariance`` (2, 2) are float64."""

    name: str
    mean: torch.Tensor
    covariance: torch.Tensor

    @property
    def entropy(self):
        """Differential entropy, log(2 pi e) + 1/2 log det covariance, in nats: the floor of the
        expected -ELBO of any model of this density."""
        return 1 + LOG_2_PI + 0.5 * torch.logdet(self.covariance).item()

    def log_prob(self, x):
        """Exact log p(x): (n, 2) -> (n,), nats, in the dtype of ``x`` (float32 at least)."""
        require_tensor("x", x)
        if x.shape[-1:] != (2,):
            raise ValueError(f"x: expected shape (n, 2), got shape {tuple(x.shape)}")
        residual = x.double() - self.mean.to(x.device)
        precision = torch.linalg.inv(self.covariance).to(x.device)
        quadratic = ((residual @ precision) * residual).sum(-1)
        log_prob = 1 - self.entropy - 0.5 * quadratic
        return log_prob.to(torch.promote_types(x.dtype, torch.float32))

    def sample(self, n, seed):
        """``n`` draws from a generator of their own: float32 (n, 2)."""
        n, seed = integer("n", n, 0), integer("seed", seed)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return (noise @ torch.linalg.cholesky(self.covariance).T + self.mean).float()


GAUSSIANS_2D = {
    "full1": ((1.0, 2.0), ((13.0, 12.0), (12.0, 13.0))),
    "full2": ((-1.0, 2.0), ((13.0, -12.0), (-12.0, 13.0))),
    "diag1": ((1.0, 2.0), ((25.0, 0.0), (0.0, 1.0))),
    "diag2": ((-1.0, 2.0), ((1.0, 0.0), (0.0, 25.0))),
}


def gaussian_2d(name):
    """One of the four densities of lesson 01, each with standard deviations 5 and 1.

    ``full1`` and ``full2`` are rotated by 45 degrees, ``diag1`` and ``diag2`` lie along the axes.
    The entropy of each is log(2 pi e) + log 5 = 4.4473 nats.

    Raises:
        ValueError: no density has that name.

    Source: homework 3 of UC Berkeley's CS294-158 Deep Unsupervised Learning, Spring 2020.
    """
    if not isinstance(name, str) or name not in GAUSSIANS_2D:
        raise ValueError(f"name: expected one of {', '.join(GAUSSIANS_2D)}, got {name!r}")
    mean, covariance = (torch.tensor(part, dtype=torch.float64) for part in GAUSSIANS_2D[name])
    return Gaussian2D(name, mean, covariance)
