"""Models whose evidence log p(x) is known exactly. Built in lesson 01.

What an estimate or a bound says can be held against the truth here: a linear-Gaussian VAE, the
four 2-D Gaussians of lesson 01, and a discrete VAE small enough to enumerate.
"""

import math
from dataclasses import dataclass

import torch

from course_utils import losses

LOG_2_PI = math.log(2 * math.pi)


class LinearGaussianVAE:
    """p(z) = N(0, I), p(x|z) = N(W z + bias, sigma^2 I): probabilistic PCA.

    Evidence    p(x) = N(bias, W W^T + sigma^2 I)
    Posterior   p(z|x) = N(M^-1 W^T (x - bias) / sigma^2, M^-1), precision M = I + W^T W / sigma^2

    All is computed in the dtype of ``weight``, from one Cholesky factor of the L x L matrix M.

    Args:
        weight: W, (D, L).
        bias: (D,).
        sigma: standard deviation of the decoder, a positive number.

    Raises:
        TypeError: ``weight`` or ``bias`` is no floating-point tensor; ``sigma`` no number.
        ValueError: shapes do not fit; NaN or infinity; ``sigma`` is not positive.

    Source: Tipping and Bishop 1999, Probabilistic principal component analysis; Lucas et al.
    2019, arXiv:1911.02469, on it as a VAE.
    """

    def __init__(self, weight, bias, sigma):
        for name, value, ndim in (("weight", weight, 2), ("bias", bias, 1)):
            _require_tensor(name, value)
            if value.ndim != ndim or value.shape[0] != weight.shape[0]:
                raise ValueError(
                    f"{name}: expected {'(D, L)' if ndim == 2 else 'one value a row of weight'}, "
                    f"got shape {tuple(value.shape)}"
                )
        sigma = _number("sigma", sigma)
        if not 0 < sigma < math.inf:
            raise ValueError(f"sigma: expected a positive finite number, got {sigma!r}")
        self.weight = weight.detach().clone()
        self.bias = bias.detach().to(weight.dtype).clone()
        self.sigma = sigma
        identity = torch.eye(weight.shape[1], dtype=weight.dtype, device=weight.device)
        self.precision = identity + self.weight.T @ self.weight / sigma**2  # M
        self._factor = torch.linalg.cholesky(self.precision)

    def log_prob(self, x):
        """Exact evidence log p(x): (B, D) -> (B,), nats.

        With m the posterior mean of z, log p(x) = log p(x, m) - log p(m|x), which is
        -1/2 [ |x - bias - W m|^2 / sigma^2 + |m|^2 + log det M + D log(2 pi sigma^2) ].
        Each term is positive or constant, so nothing cancels.
        """
        mean, _ = self.posterior(x)
        log_det = 2 * self._factor.diagonal().log().sum()
        # log p(x, m) holds L/2 log(2 pi) too many.
        return self.log_joint(x, mean) + 0.5 * (self.weight.shape[1] * LOG_2_PI - log_det)

    def log_joint(self, x, z):
        """log p(x|z) + log p(z): x (B, D), z (B, L) or (K, B, L) -> (B,) or (K, B), nats."""
        log_var = 2 * math.log(self.sigma)
        log_p_x_z = losses.gaussian_log_prob(self._data(x), z @ self.weight.T + self.bias, log_var)
        return log_p_x_z + losses.gaussian_log_prob(z, 0.0, 0.0)

    def posterior(self, x):
        """Exact p(z|x): x (B, D) -> mean (B, L), covariance (L, L), the same for every x."""
        residual = self._data(x) - self.bias
        mean = torch.cholesky_solve((residual @ self.weight).T / self.sigma**2, self._factor).T
        return mean, torch.cholesky_inverse(self._factor)

    def best_diagonal_posterior(self, x):
        """The diagonal Gaussian q(z|x) of least KL(q || p(z|x)): mu (B, L), log_var (B, L).

        KL = 1/2 sum_i [ M_ii var_i - log var_i ] + const at the right mean, so var_i = 1 / M_ii.
        Reverse KL keeps the diagonal of the precision. It does not keep the marginal variances,
        the diagonal of M^-1, which are larger.
        """
        mean, _ = self.posterior(x)
        return mean, (-self.precision.diagonal().log()).expand_as(mean)

    def elbo_gap(self):
        """log p(x) - ELBO with the best diagonal posterior, in nats; the same for every x.

        KL(q || p(z|x)) = 1/2 (sum_i log M_ii - log det M), a float; 0 iff M is diagonal.
        """
        log_det = 2 * self._factor.diagonal().log().sum()
        return 0.5 * (self.precision.diagonal().log().sum() - log_det).item()

    def sample(self, n, generator=None):
        """``n`` draws of x from p(x): (n, D)."""
        rows, latents = self.weight.shape

        def normal(size):
            draw = torch.randn(n, size, generator=generator, dtype=self.weight.dtype)
            return draw.to(self.weight.device)

        return normal(latents) @ self.weight.T + self.bias + self.sigma * normal(rows)

    def _data(self, x):
        _require_tensor("x", x)
        if x.ndim == 0 or x.shape[-1] != self.bias.shape[0]:
            raise ValueError(
                f"x: expected shape (B, {self.bias.shape[0]}), got shape {tuple(x.shape)}"
            )
        return x.to(self.weight.dtype)


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
        _require_tensor("x", x)
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
        for part in x.split(chunk):
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
        self._require(num_latents, sigma)
        excess = (self.values[:num_latents] - sigma**2).clamp(min=0)
        return LinearGaussianVAE(self.vectors[:, :num_latents] * excess.sqrt(), self.mean, sigma)

    def neg_log_likelihood(self, num_latents, sigma):
        """Mean of -log p(x) over the data themselves, in nats, for :meth:`vae`.

        1/2 [ D log(2 pi sigma^2) + sum_active (1 + log(lambda_i / sigma^2))
        + sum_rest lambda_i / sigma^2 ]; active are the largest ``num_latents`` eigenvalues, as far
        as they are above sigma^2. Errors: as :meth:`vae`.
        """
        self._require(num_latents, sigma)
        ratio = self.values / sigma**2
        active = (torch.arange(len(ratio), device=ratio.device) < num_latents) & (ratio > 1)
        terms = torch.where(active, 1 + ratio.clamp(min=1).log(), ratio)
        return 0.5 * (len(ratio) * (LOG_2_PI + 2 * math.log(sigma)) + terms.sum()).item()

    def _require(self, num_latents, sigma):
        most = len(self.values)
        if not isinstance(num_latents, int) or not 1 <= num_latents <= most:
            raise ValueError(
                f"num_latents: expected an integer from 1 to {most}, got {num_latents!r}"
            )
        if not 0 < _number("sigma", sigma) < math.inf:
            raise ValueError(f"sigma: expected a positive finite number, got {sigma!r}")


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
        _require_tensor("x", x)
        if x.shape[-1:] != (2,):
            raise ValueError(f"x: expected shape (n, 2), got shape {tuple(x.shape)}")
        residual = x.double() - self.mean.to(x.device)
        precision = torch.linalg.inv(self.covariance).to(x.device)
        quadratic = ((residual @ precision) * residual).sum(-1)
        log_prob = 1 - self.entropy - 0.5 * quadratic
        return log_prob.to(torch.promote_types(x.dtype, torch.float32))

    def sample(self, n, seed):
        """``n`` draws from a generator of their own: float32 (n, 2)."""
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
    if name not in GAUSSIANS_2D:
        raise ValueError(f"name: expected one of {', '.join(GAUSSIANS_2D)}, got {name!r}")
    mean, covariance = (torch.tensor(part, dtype=torch.float64) for part in GAUSSIANS_2D[name])
    return Gaussian2D(name, mean, covariance)


def all_codes(num_latents, num_categories):
    """Every code of N variables of K categories, the first variable slowest: int64 (K^N, N)."""
    values = torch.arange(num_categories)
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
        _require_tensor("logits_x", logits_x)
        if isinstance(num_categories, bool) or not isinstance(num_categories, int):
            raise TypeError(f"num_categories: expected an integer, got {num_categories!r}")
        if num_categories < 2:
            raise ValueError(f"num_categories: expected at least 2, got {num_categories}")
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


def _require_tensor(name, value):
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        what = value.dtype if isinstance(value, torch.Tensor) else type(value).__name__
        raise TypeError(f"{name}: expected a floating-point tensor, got {what}")
    if not value.isfinite().all():
        raise losses.NotFiniteError(f"{name}: expected finite numbers, got NaN or infinity")


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}") from error
