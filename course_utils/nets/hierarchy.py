"""VAEs with two layers of latents: bottom-up, and as a ladder. Built in lesson 11."""

from typing import NamedTuple

import torch
from torch import nn
from torch.func import functional_call

from course_utils import losses
from course_utils.nets.arguments import at_least_float32, normal, size
from course_utils.nets.vae import decoder_rows
from course_utils.settings import autocast

# log-variances are held within: a latent of z_1 that says nothing costs nothing at any scale that p
# and q share, so that nothing else would keep a training from one of e^-180.
MOST_LOG_VAR = 10.0


class Layer(NamedTuple):
    """One layer of latents: a draw z of q, and there q and p = N(mu, exp(log_var)); (..., L)."""

    z: torch.Tensor
    mu_q: torch.Tensor
    log_var_q: torch.Tensor
    mu_p: torch.Tensor
    log_var_p: torch.Tensor

    @property
    def log_ratio(self):
        """log q(z) - log p(z), nats: (...)."""
        log_q = losses.gaussian_log_prob(self.z, self.mu_q, self.log_var_q)
        return log_q - losses.gaussian_log_prob(self.z, self.mu_p, self.log_var_p)

    @property
    def kl(self):
        """KL(q || p), nats: (...). The rate only where p does not know more of z than q does."""
        return losses.gaussian_kl(self.mu_q, self.log_var_q, self.mu_p, self.log_var_p)


class TwoLayerVAE(nn.Module):
    """p(x, z_1, z_2) = p(x|z_1) p(z_1|z_2) p(z_2), with q(z_1, z_2|x) = q(z_1|x) q(z_2|z_1).

    All of z_1 and z_2 are diagonal Gaussians, with log-variances held within +-``MOST_LOG_VAR``.
    Networks run in bfloat16 where the hardware has it,
    unless ``mixed_precision`` is False.

    Args:
        encoder: x (B, ...) -> (B, 2 L_1), mu and log_var of q(z_1|x).
        encoder_2: z_1 (B, *its ``event_shape``) -> (B, 2 L_2), of q(z_2|z_1).
        decoder_2: z_2 (B, L_2) -> 2 L_1 values in any shape, of p(z_1|z_2); all of mu first.
        decoder: z_1 (B, L_1) -> the parameters of ``likelihood``.
        prior: p(z_2), a ``StandardNormal``.
        likelihood: p(x|z_1).

    Source: Burda et al. 2016, arXiv:1509.00519; Soenderby et al. 2016, arXiv:1602.02282.
    """

    PARTS = ("encoder", "encoder_2", "decoder_2", "decoder", "prior", "likelihood")

    def __init__(
        self, encoder, encoder_2, decoder_2, decoder, prior, likelihood, mixed_precision=True
    ):
        super().__init__()
        self.mixed_precision = mixed_precision
        self.encoder, self.encoder_2 = encoder, encoder_2
        self.decoder_2, self.decoder = decoder_2, decoder
        self.prior, self.likelihood = prior, likelihood

    def encode(self, x):
        """What the first encoder says: x (B, ...) -> mu, log_var (B, L_1)."""
        with autocast(self.mixed_precision):
            out = self.encoder(x)
        return _held(at_least_float32(out))

    def infer(self, x, num_samples=None):
        """Draws of q and both densities at them: (:class:`Layer` of z_1, of z_2).

        Latents are (B, L), or (num_samples, B, L).
        """
        return self._infer(self.encode(x), num_samples)

    def rates(self, layers):
        """rate_z1 = E[log q(z_1|x) - log p(z_1|z_2)], rate_z2 = E[KL(q(z_2|z_1) || p(z_2))].

        One draw of each, nats. rate_z1 has no closed form here: z_1 and z_2 depend on each other
        under q, so KL(q(z_1|x) || p(z_1|z_2)) at this z_2 is another number. It may be negative.
        """
        return layers[0].log_ratio, layers[1].kl

    def forward(self, x):
        """One-sample terms of the ELBO, (B,) each, nats: ``loss`` = ``rate`` + ``distortion``,
        ``rate`` = ``rate_z1`` + ``rate_z2``."""
        layers = self.infer(x)
        rate_z1, rate_z2 = self.rates(layers)
        distortion = -self.likelihood.log_prob(x, self.decode(layers[0].z))
        rate = rate_z1 + rate_z2
        found = {"loss": rate + distortion, "rate": rate, "distortion": distortion}
        return found | {"rate_z1": rate_z1, "rate_z2": rate_z2}

    def log_weights(self, x, num_samples):
        """log w = log p(x, z_1, z_2) - log q(z_1, z_2|x) for draws of q: (K, B)."""
        return self._log_weights(x, self.infer(x, size("num_samples", num_samples, 0)))

    def path_weights(self, x, num_samples):
        """log w and the z for :func:`losses.dreg_surrogate`: (K, B), (K, B, L_1 + L_2).

        As :meth:`log_weights`, but phi is held fixed in log q, so that it is reached through z
        alone. Both layers are one variable: in log q(z_2|z_1) the network is fixed and z_1 is not.
        """
        code = self.encode(x)
        z = torch.cat([layer.z for layer in self._infer(code, num_samples)], -1)
        layers = self._with_phi_fixed(code, *z.split([code[0].shape[-1], self._num_latents_2], -1))
        return self._log_weights(x, layers), z

    def decode(self, z_1):
        """Parameters of p(x|z_1): (..., L_1) -> (..., *shape of the parameters)."""
        return at_least_float32(self._decode(z_1))

    def decode_2(self, z_2):
        """Parameters of p(z_1|z_2): (..., L_2) -> mu, log_var (..., L_1)."""
        return self._pair(self.decoder_2, z_2, (self._num_latents_2,))

    def sample(self, num_samples, generator=None):
        """Parameters of p(x|z_1) for ``num_samples`` draws z_2 ~ p(z_2), z_1 ~ p(z_1|z_2)."""
        weight = next(self.parameters())
        mu, log_var = self.decode_2(self.prior.sample(num_samples, generator).to(weight))
        epsilon = normal(mu.shape, mu, generator).to(mu.device)
        return self.decode((mu + (0.5 * log_var).exp() * epsilon).to(weight))

    def header(self):
        """What :func:`nets.build` needs to make this model again: names and arguments, as JSON."""
        made = {part: getattr(self, part) for part in self.PARTS}
        return {"model": type(self).__name__, "mixed_precision": self.mixed_precision} | {
            part: [type(module).__name__, module.arguments] for part, module in made.items()
        }

    @property
    def _num_latents_2(self):
        return self.prior.num_latents

    def _infer(self, code, num_samples):
        z_1 = _draw(*code, num_samples)
        q_2 = self._encode_2(z_1)
        return self._layers(z_1, code, _draw(*q_2), q_2)

    def _with_phi_fixed(self, code, z_1, z_2):
        q_1 = [part.detach() for part in code]
        q_2 = self._encode_2(z_1, _fixed(self.encoder_2))
        return self._layers(z_1, q_1, z_2, q_2)

    def _layers(self, z_1, q_1, z_2, q_2, p_1=None):
        p_1 = self.decode_2(z_2) if p_1 is None else p_1
        zero = torch.zeros_like(z_2)
        q_1, q_2 = ([part.expand_as(z) for part in q] for q, z in ((q_1, z_1), (q_2, z_2)))
        return Layer(z_1, *q_1, *p_1), Layer(z_2, *q_2, zero, zero)

    def _encode_2(self, z_1, weights=None):
        return self._pair(self.encoder_2, z_1, self.encoder_2.arguments["event_shape"], weights)

    def _pair(self, net, z, shape, weights=None):
        """``net`` of every row of z (..., L), given to it as ``shape``: mu, log_var (..., L')."""
        rows = z.reshape(-1, *shape)
        with autocast(self.mixed_precision):
            out = net(rows) if weights is None else functional_call(net, weights, (rows,))
        return _held(at_least_float32(out).flatten(1).unflatten(0, z.shape[:-1]))

    def _decode(self, z_1):
        with autocast(self.mixed_precision):
            return self.decoder(z_1.flatten(0, -2)).unflatten(0, z_1.shape[:-1])

    def _log_weights(self, x, layers):
        blocks = [layers[0].z]
        if not (torch.is_grad_enabled() or x.is_cuda):  # decode what fits in the cache at a time
            blocks = layers[0].z.split(
                max(1, decoder_rows(self.decoder, layers[0].z) // max(1, len(x)))
            )
        with autocast(self.mixed_precision):  # around all: weights become bfloat16 once
            log_p_x = [self.likelihood.log_prob(x, self._decode(block)) for block in blocks]
        return torch.cat(log_p_x) - layers[0].log_ratio - layers[1].log_ratio


class LadderVAE(TwoLayerVAE):
    """The same parts, with q(z_1, z_2|x) = q(z_2|x) q(z_1|z_2, x): drawn from the top down.

    ``encoder_2`` reads the first encoder's mu, not a draw. q(z_1|z_2, x) is the normalised product
    of what the encoder says, N(mu, exp(log_var)), and of p(z_1|z_2): precisions add up. Each rate
    is a KL, given what was drawn above it, and at least 0.

    Source: Soenderby et al. 2016, arXiv:1602.02282.
    """

    def rates(self, layers):
        """rate_z1 = E[KL(q(z_1|z_2, x) || p(z_1|z_2))], rate_z2 = KL(q(z_2|x) || p(z_2)); nats."""
        return layers[0].kl, layers[1].kl

    def _infer(self, code, num_samples):
        q_2 = self._encode_2(code[0])
        z_2 = _draw(*q_2, num_samples)
        p_1 = self.decode_2(z_2)
        q_1 = precision_weighted(*code, *p_1)
        return self._layers(_draw(*q_1), q_1, z_2, q_2, p_1)

    def _with_phi_fixed(self, code, z_1, z_2):
        code = [part.detach() for part in code]
        q_2 = self._encode_2(code[0], _fixed(self.encoder_2))
        # decoder_2 is a part of q and of p: fixed in the one, not in the other.
        p_1 = self._pair(self.decoder_2, z_2, (self._num_latents_2,), _fixed(self.decoder_2))
        return self._layers(z_1, precision_weighted(*code, *p_1), z_2, q_2)


def precision_weighted(mu_a, log_var_a, mu_b, log_var_b):
    """The normalised product of two Gaussians: mu, log_var, of the shape of all four.

    1/var = 1/var_a + 1/var_b,  mu = var (mu_a / var_a + mu_b / var_b)

    Source: Soenderby et al. 2016, arXiv:1602.02282, equations 11 and 12. Built in lesson 11.
    """
    log_var = -torch.logaddexp(-log_var_a, -log_var_b)
    share = (log_var - log_var_a).exp()  # of a, between 0 and 1
    return share * mu_a + (1 - share) * mu_b, log_var


def _held(out):
    """What a network gives, (..., 2 L) -> mu, log_var (..., L)."""
    mu, log_var = out.chunk(2, -1)
    return mu, log_var.clamp(-MOST_LOG_VAR, MOST_LOG_VAR)


def _draw(mu, log_var, num_samples=None):
    more = () if num_samples is None else (size("num_samples", num_samples, 0),)
    epsilon = torch.randn((*more, *mu.shape), dtype=mu.dtype, device=mu.device)
    return mu + (0.5 * log_var).exp() * epsilon


def _fixed(net):
    return {name: weight.detach() for name, weight in net.named_parameters()}
