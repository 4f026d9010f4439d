"""What a decoder says about a pixel of 256 levels: discretised logistics. Built in lesson 10.

Each maps the decoder's output to a probability mass over the levels; x is on their grid in [-1, 1].
"""

import math

import torch
from torch import nn

from course_utils import losses
from course_utils.nets.arguments import at_least_float32, remembered, size

# Learnt scales are held between e^-7, as in PixelCNN++, and e^7. At most 0.04 bits are lost at a
# pixel, and a wild image of a training costs much, not infinitely much.
LEAST_LOG_SCALE, MOST_LOG_SCALE = -7.0, 7.0


class DiscretizedLogistic(nn.Module):
    """P(x|z) = prod_j P(x_j), a logistic variable of mu_j and log_scale_j rounded to its level.

    The decoder gives mu and log_scale, the two halves of the first event dimension. With
    ``bounded`` log_scale = tanh(raw) + log 2: a scale of at least 1/e of the range from black to
    white. No value in the interior then has a probability above 1/375 (8.55 bits). Without, it is
    held between ``LEAST_LOG_SCALE`` and ``MOST_LOG_SCALE``.

    Source: Kingma et al. 2016, arXiv:1606.04934.
    """

    params_per_value = 2

    @remembered()
    def __init__(self, event_dim=3, levels=256, bounded=False):
        super().__init__()
        size("levels", levels, 2)
        self.event_dim, self.levels, self.bounded = event_dim, levels, bounded

    def split(self, params):
        """``params`` -> (mu, log_scale), each of the shape of x."""
        mu, log_scale = at_least_float32(params).chunk(2, dim=-self.event_dim)
        if self.bounded:
            log_scale = torch.tanh(log_scale) + math.log(2)
        return mu, log_scale.clamp(LEAST_LOG_SCALE, MOST_LOG_SCALE)

    @torch.no_grad()
    def start(self, bias, log_scale=-2.0):
        """Set the bias (2C,) of a decoder's last layer: a learnt scale starts at e^log_scale."""
        bias.zero_()
        if not self.bounded:
            bias.chunk(2)[1].fill_(log_scale)

    def log_prob(self, x, params):
        """log P(x|z), nats, one value for each example (and sample)."""
        mu, log_scale = self.split(params)
        return losses.discretized_logistic_log_prob(x, mu, log_scale, self.levels, self.event_dim)

    def mean(self, params):
        """E[x|z] of the rounded and clipped variable, not mu: -1 + 2/n sum_k P(level >= k)."""
        mu, log_scale = self.split(params)
        n, above = self.levels - 1, torch.zeros_like(mu)
        for k in range(1, self.levels):
            above += torch.sigmoid((mu - (2 * k - n - 1) / n) * torch.exp(-log_scale))
        return 2 / n * above - 1

    def sample(self, params, generator=None):
        """A draw of x, on the grid."""
        mu, log_scale = self.split(params)
        uniform = torch.rand(mu.shape, generator=generator, dtype=torch.float64)
        noise = torch.logit(uniform, eps=1e-16).to(mu.device)
        n = self.levels - 1
        k = ((mu + log_scale.exp() * noise + 1) * (n / 2)).round().clamp(0, n)
        return ((2 * k - n) / n).to(mu.dtype)


class LogisticMixture(nn.Module):
    """P(x|z) = prod_hw sum_m pi_m prod_c P(x_c), a mixture of discretised logistics each pixel.

    With ``coupled`` the means of green and blue are linear in the channels before
    (``losses.discretized_logistic_mixture_log_prob``); without, the channels of a pixel share the
    mixture index alone. log_scale is held between
    ``LEAST_LOG_SCALE`` and ``MOST_LOG_SCALE``.

    Args:
        num_mixtures: components.
        channels: C, 1 or 3.
        levels: number of grey levels.
        coupled: whether the decoder gives the coefficients of the coupling.

    Source: Salimans et al. 2017 (PixelCNN++), arXiv:1701.05517.
    """

    event_dim = 3

    @remembered()
    def __init__(self, num_mixtures=5, channels=3, levels=256, coupled=True):
        super().__init__()
        size("levels", levels, 2)
        if channels not in (1, 3):
            raise ValueError(f"channels: expected 1 or 3, got {channels!r}")
        self.channels, self.levels = channels, levels
        pairs = num_mixtures * channels * (channels - 1) // 2
        self.missing = 0 if coupled else pairs
        self.num_params = num_mixtures * (1 + 2 * channels) + pairs - self.missing
        scales = slice(num_mixtures * (1 + channels), num_mixtures * (1 + 2 * channels))
        for name, limit in (("least", LEAST_LOG_SCALE), ("most", MOST_LOG_SCALE)):
            limits = torch.full((scales.stop + pairs, 1, 1), math.copysign(math.inf, limit))
            limits[scales] = limit
            self.register_buffer(name, limits, persistent=False)

    @torch.no_grad()
    def start(self, bias, log_scale=-2.0):
        """Set the bias (num_params,) of a decoder's last layer: equal weights, no coupling, scales
        of e^log_scale, and means from -1/2 to 1/2, or all components would learn the same."""
        M, C = self.arguments["num_mixtures"], self.channels
        bias.zero_()
        means = torch.linspace(-0.5, 0.5, M) if M > 1 else torch.zeros(1)
        bias[M : M + M * C] = means.repeat_interleave(C)
        bias[M + M * C : M + 2 * M * C] = log_scale

    def _whole(self, params):
        """``params`` with scales held, and coefficients of 0 where the decoder gives none."""
        zeros = params.new_zeros(*params.shape[:-3], self.missing, *params.shape[-2:])
        params = at_least_float32(torch.cat([params, zeros], -3) if self.missing else params)
        return params.clamp(self.least.to(params), self.most.to(params))

    def log_prob(self, x, params):
        """log P(x|z), nats, one value for each example (and sample)."""
        return losses.discretized_logistic_mixture_log_prob(x, self._whole(params), self.levels)

    def mean(self, params):
        """E[x|z] before rounding, each component's mean held in [-1, 1]."""
        return losses.discretized_logistic_mixture_mean(self._whole(params), self.channels)

    def sample(self, params, generator=None):
        """A draw of x, on the grid."""
        return losses.sample_discretized_logistic_mixture(
            self._whole(params), self.channels, self.levels, generator
        )
