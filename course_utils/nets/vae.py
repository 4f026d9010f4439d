"""One VAE for every encoder, decoder, prior and likelihood. Built in lessons 01 and 02."""

import contextlib
import math

import torch
from torch import nn

from course_utils import losses
from course_utils.arguments import is_number
from course_utils.nets.arguments import at_least_float32, normal, remembered, size, uniform
from course_utils.nets.layers import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder
from course_utils.settings import autocast

DECODER_ROWS = 5_000  # most images x samples decoded at a time for scores, on a CPU
LAYER_SIZE = 1_000_000  # most numbers of one layer's output in that: about a core's cache
BUFFER_ROWS = 1_024  # of those, as many as a core's cache holds in float32


class StandardNormal(nn.Module):
    """The prior p(z) = N(0, I) over ``num_latents`` dimensions."""

    @remembered()
    def __init__(self, num_latents):
        super().__init__()
        self.num_latents = num_latents
        self.register_buffer("like", torch.zeros(()), persistent=False)  # its precision

    def log_prob(self, z):
        """log p(z): (..., L) -> (...), nats."""
        return -0.5 * (at_least_float32(z).square() + math.log(2 * math.pi)).sum(-1)

    def rate(self, mu, log_var, z):
        """KL(q(z|x) || p(z)) in closed form: (B, L) -> (B,), nats. ``z`` is not needed."""
        return losses.gaussian_kl(mu, log_var)

    def sample(self, num_samples, generator=None):
        """(num_samples, L) draws, on the CPU: the same z on every device."""
        shape = (size("num_samples", num_samples, 0), self.num_latents)
        return normal(shape, self.like, generator)


class Bernoulli(nn.Module):
    """p(x|z) = prod_j Bernoulli(x_j; sigmoid(logits_j)) over the last ``event_dim`` dimensions."""

    params_per_value = 1

    @remembered()
    def __init__(self, event_dim=3):
        super().__init__()
        self.event_dim = event_dim

    def log_prob(self, x, logits):
        """log p(x|z), nats, one value for each example (and sample)."""
        tensors = isinstance(x, torch.Tensor) and isinstance(logits, torch.Tensor)
        of_samples = tensors and logits.shape[1:] == x.shape and logits.numel() and self.event_dim
        if of_samples and logits.is_floating_point() and not torch.is_grad_enabled():
            # Even odds by the plain road, which refuses what is no x.
            losses.bernoulli_log_prob(x, logits.new_zeros(()), self.event_dim)
            found = self._log_prob_of_samples(x, logits)
            if found is not None:
                return found
        return losses.bernoulli_log_prob(x, logits, self.event_dim)

    def _log_prob_of_samples(self, x, logits):
        """The same for x (B, ...) and logits (K, B, ...), faster, without a gradient.

        p(x|z) = prod_j sigmoid(+-logits_j): up to eight factors are multiplied before the
        logarithm, which is exact to rounding unless a product underflows; such a block goes by the
        plain road. Blocks of samples in one buffer stay in the processor's cache. None where a
        logit is not finite: the plain road says which.
        """
        logits, sign = logits.flatten(-self.event_dim), (2 * x - 1).flatten(-self.event_dim)
        step = len(logits) if logits.is_cuda else max(1, BUFFER_ROWS // logits.shape[1:-1].numel())
        dtype = at_least_float32(torch.promote_types(logits.dtype, sign.dtype))
        buffer = torch.empty_like(logits[:step], dtype=dtype)
        found = []
        for part in logits.split(step):
            signed = buffer[: len(part)].copy_(part).mul_(sign)
            if not signed.sum().isfinite():  # a logit is not either; the sigmoid may hide it
                return None
            factors = signed.sigmoid_().unflatten(-1, (math.gcd(part.shape[-1], 8), -1)).prod(-2)
            if factors.amin() >= torch.finfo(dtype).tiny:
                found.append(factors.log_().sum(-1))
            else:
                found.append(losses.bernoulli_log_prob((sign + 1) / 2, part))
        return torch.cat(found)

    def mean(self, logits):
        """E[x|z]: the probability of a one."""
        return logits.sigmoid()

    def sample(self, logits, generator=None):
        """A draw of x, zeros and ones."""
        draw = uniform(logits.shape, logits, generator).to(logits.device)
        return (draw < at_least_float32(logits).sigmoid()).to(logits.dtype)


class Gaussian(nn.Module):
    """p(x|z) = N(x; mu, variance), diagonal, over the last ``event_dim`` dimensions.

    Args:
        event_dim: trailing dimensions of one example.
        variance: a number; None, then the decoder gives mu and log_var (the two halves of the
            first event dimension); or "shared", one variance for all values, a parameter that is
            learnt with the rest (at its optimum the mean squared error).
        bounded: only for None: log sigma = tanh(raw) + log 2, at least 1/e of the range from
            black to white where x lies in [-1, 1] (lesson 10).

    Raises:
        ValueError: another ``variance``, or ``bounded`` without None.
    """

    @remembered(other=("variance",))
    def __init__(self, event_dim=1, variance=None, bounded=False):
        super().__init__()
        if is_number(variance) and 0 < variance < math.inf:
            variance = self.arguments["variance"] = float(variance)
        elif not (variance is None or (isinstance(variance, str) and variance == "shared")):
            raise ValueError(
                f"variance: expected a positive number, None or 'shared', got {variance!r}"
            )
        if bounded and variance is not None:
            raise ValueError(f"bounded: expected with variance None alone, got {variance!r}")
        self.event_dim, self.variance, self.bounded = event_dim, variance, bounded
        self.params_per_value = 2 if variance is None else 1
        if variance == "shared":
            self.log_var = nn.Parameter(torch.zeros(()))

    @torch.no_grad()
    def start(self, bias, log_scale=-2.0):
        """Set the bias of a decoder's last layer: mu of 0; a learnt sigma starts at e^log_scale."""
        bias.zero_()
        if self.variance == "shared":
            self.log_var.fill_(2 * log_scale)
        elif self.variance is None and not self.bounded:
            bias.chunk(2)[1].fill_(2 * log_scale)

    def split(self, params):
        """``params`` -> (mu, log_var), each of the shape of x."""
        params = at_least_float32(params)
        if self.variance == "shared":
            return params, self.log_var.to(params.dtype).expand_as(params)
        if self.variance:
            return params, params.new_full((), math.log(self.variance)).expand_as(params)
        mu, log_var = params.chunk(2, dim=-self.event_dim)
        if self.bounded:
            log_var = 2 * (torch.tanh(log_var) + math.log(2))
        return mu, log_var

    def log_prob(self, x, params):
        """log p(x|z), nats, one value for each example (and sample)."""
        return losses.gaussian_log_prob(x, *self.split(params), self.event_dim)

    def mean(self, params):
        """E[x|z] = mu."""
        return self.split(params)[0]

    def sample(self, params, generator=None):
        """A draw of x, with the decoder's noise."""
        mu, log_var = self.split(params)
        noise = normal(mu.shape, mu, generator).to(mu.device)
        return mu + (0.5 * log_var).exp() * noise


class VAE(nn.Module):
    """Variational autoencoder from its four parts.

    ``encoder`` maps x (B, ...) to (B, 2L): mu and log_var of q(z|x) = N(mu, exp(log_var)).
    ``decoder`` maps z (B, L) to the parameters of ``likelihood``. ``prior`` has ``log_prob``,
    ``rate`` and ``sample``. Networks run in bfloat16 where the hardware has it, unless
    ``mixed_precision`` is False; what they return, and every log-probability, is float32.

    Source: Kingma and Welling 2014, arXiv:1312.6114; Rezende et al. 2014, arXiv:1401.4082.
    """

    def __init__(self, encoder, decoder, prior, likelihood, mixed_precision=True):
        super().__init__()
        self.mixed_precision = mixed_precision
        self.encoder, self.decoder = encoder, decoder
        self.prior, self.likelihood = prior, likelihood

    def encode(self, x):
        """Parameters of q(z|x): x (B, ...) -> mu (B, L), log_var (B, L)."""
        with autocast(self.mixed_precision):
            out = self.encoder(x)
        mu, log_var = at_least_float32(out).chunk(2, dim=-1)
        return mu, log_var

    def decode(self, z):
        """Parameters of p(x|z): z (..., L) -> (..., *shape of the parameters)."""
        return at_least_float32(self._decode(z))

    def _decode(self, z):
        """As :meth:`decode`, in the precision in which the decoder ran."""
        with autocast(self.mixed_precision):
            return self.decoder(z.flatten(0, -2)).unflatten(0, z.shape[:-1])

    def reparameterise(self, mu, log_var, num_samples=None):
        """z = mu + exp(log_var / 2) * epsilon, epsilon ~ N(0, I).

        (B, L) without ``num_samples``, else (num_samples, B, L).
        """
        more = () if num_samples is None else (size("num_samples", num_samples, 0),)
        epsilon = torch.randn((*more, *mu.shape), dtype=mu.dtype, device=mu.device)
        return mu + (0.5 * log_var).exp() * epsilon

    def forward(self, x):
        """One-sample terms of the ELBO, (B,) each, nats: ``loss`` = ``rate`` + ``distortion``.

        rate = KL(q(z|x) || p(z)), distortion = -log p(x|z) for one z ~ q(z|x).
        """
        mu, log_var = self.encode(x)
        z = self.reparameterise(mu, log_var)
        rate = self.prior.rate(mu, log_var, z)
        distortion = -self.likelihood.log_prob(x, self.decode(z))
        return {"loss": rate + distortion, "rate": rate, "distortion": distortion}

    def log_weights(self, x, num_samples):
        """log w = log p(x|z) + log p(z) - log q(z|x) for ``num_samples`` z ~ q(z|x): (K, B)."""
        mu, log_var = self.encode(x)
        z = self.reparameterise(mu, log_var, size("num_samples", num_samples, 0))  # (K, B, L)
        blocks = [z]
        if not (torch.is_grad_enabled() or z.is_cuda):  # decode what fits in the cache at a time
            blocks = z.split(max(1, decoder_rows(self.decoder, z) // max(1, len(x))))
        with autocast(self.mixed_precision):  # around all: weights become bfloat16 once
            log_p_x = [self.likelihood.log_prob(x, self._decode(block)) for block in blocks]
        return (
            torch.cat(log_p_x) + self.prior.log_prob(z) - losses.gaussian_log_prob(z, mu, log_var)
        )

    def sample(self, num_samples, generator=None):
        """Parameters of p(x|z) for ``num_samples`` z ~ p(z)."""
        z = self.prior.sample(num_samples, generator)
        return self.decode(z.to(next(self.parameters())))

    def header(self):
        """What :func:`nets.build` needs to make this model again: names and arguments, as JSON."""
        parts = ("encoder", "decoder", "prior", "likelihood")
        made = {part: getattr(self, part) for part in parts}
        return {"model": "VAE", "mixed_precision": self.mixed_precision} | {
            part: [type(module).__name__, module.arguments] for part, module in made.items()
        }


def _size(output):
    return output.numel() if isinstance(output, torch.Tensor) else 0


def decoder_rows(decoder, z):
    """Rows of z (..., L) to decode at a time for scores: those whose widest layer fits in a cache.

    The layers are counted on one row. In train mode nothing is tried: statistics would move.
    """
    if decoder.training:
        return DECODER_ROWS
    sizes = [1]
    with contextlib.ExitStack() as hooks:
        for layer in decoder.modules():
            hook = layer.register_forward_hook(lambda *seen: sizes.append(_size(seen[-1])))
            hooks.callback(hook.remove)
        decoder(z.reshape(-1, z.shape[-1])[:1])
    return max(1, min(DECODER_ROWS, LAYER_SIZE // max(sizes)))


def colour_vae(prior=StandardNormal, widths=(32, 64, 128), num_latents=16):
    """Lesson 03's VAE of 3 x 32 x 32 images in [-1, 1]: p(x|z) = N(x; mu(z), 1/2 I).

    Its loss is SE + KL + 1536 log(pi) nats. Built in lesson 03.

    Args:
        prior: class of the prior. It is made last, so that with the same seed every prior gets
            the same initial encoder and decoder.
        widths: channels of the encoder's convolutions; the decoder's are the same, reversed.
        num_latents: L.
    """
    shape = (3, 32, 32)
    encoder = ConvEncoder(shape, widths, num_latents, "silu")
    decoder = ConvDecoder(num_latents, widths, shape, activation="silu")
    return VAE(encoder, decoder, prior(num_latents), Gaussian(event_dim=3, variance=0.5))


def image_vae(num_latents, kind="fc", mean_image=None):
    """Lesson 02's VAE of binary 28 x 28 images: 400 hidden units, or ("conv") convolutions.

    With ``mean_image`` (1, 28, 28), probabilities, the decoder begins there: by its last bias, one
    for each pixel ("fc") or one for all ("conv"). Built in lesson 02.
    """
    shape, widths = (1, 28, 28), {"fc": (400,), "conv": (16, 32)}.get(kind)
    if widths is None:
        raise ValueError(f"kind: expected 'fc' or 'conv', got {kind!r}")
    of = (MLPEncoder, MLPDecoder) if kind == "fc" else (ConvEncoder, ConvDecoder)
    model = VAE(of[0](shape, widths, num_latents), of[1](num_latents, widths, shape),
                StandardNormal(num_latents), Bernoulli())  # fmt: skip
    if mean_image is not None:
        bias = [layer.bias for layer in model.decoder if hasattr(layer, "bias")][-1]
        mean = mean_image.flatten() if kind == "fc" else mean_image.mean()
        bias.data.copy_(mean.clamp(1e-3, 1 - 1e-3).logit())
    return model
