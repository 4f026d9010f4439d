"""The linear-Gaussian VAE, or probabilistic PCA. Built in lesson 01."""

import math

import torch

from course_utils import losses
from course_utils.arguments import integer
from course_utils.exact._arguments import LOG_2_PI, positive, require_tensor


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
            require_tensor(name, value)
            if value.ndim != ndim or value.shape[0] != weight.shape[0]:
                raise ValueError(
                    f"{name}: expected {'(D, L)' if ndim == 2 else 'one value a row of weight'}, "
                    f"got shape {tuple(value.shape)}"
                )
        sigma = positive("sigma", sigma)
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
        n, (rows, latents) = integer("n", n, 0), self.weight.shape

        def normal(size):
            draw = torch.randn(n, size, generator=generator, dtype=self.weight.dtype)
            return draw.to(self.weight.device)

        return normal(latents) @ self.weight.T + self.bias + self.sigma * normal(rows)

    def _data(self, x):
        require_tensor("x", x)
        if x.ndim == 0 or x.shape[-1] != self.bias.shape[0]:
            raise ValueError(
                f"x: expected shape (B, {self.bias.shape[0]}), got shape {tuple(x.shape)}"
            )
        return x.to(self.weight.dtype)
