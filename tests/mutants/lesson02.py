"""Answers to the exercises of lesson 02: wrong ones that people write, and right ones."""

import numpy as np
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn import functional

from course_utils.settings import autocast

from . import registry

WRONG, RIGHT, wrong, right = registry()
BINARISE, LOG_PROB, VAE = "binarise", "bernoulli_log_prob", "vae_fc"
TRAVERSE, ACTIVE = "traverse", "active_units"
PIXELS = (-3, -2, -1)


def _cross_entropy(x, logits, **options):
    return functional.binary_cross_entropy_with_logits(
        logits, x.expand_as(logits), reduction="none", **options
    )


def _log_prob(x, logits):
    return -_cross_entropy(x, logits).sum(PIXELS)


def _kl(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


# --- 2.1 binarise --------------------------------------------------------------------------------


@right(BINARISE)
def binarise_bernoulli(images):
    return torch.bernoulli(images.float() / 255)


@right(BINARISE)
def binarise_by_distribution(images):
    return Bernoulli(probs=images.double() / 255).sample()


@right(BINARISE)
def binarise_by_comparison(images):
    return (torch.rand(images.shape) * 255 < images).float()


@right(BINARISE)
def binarise_numpy_style(images):
    images = images.numpy()
    return (np.random.default_rng().random(images.shape) < images / 255).astype(np.float32)


@wrong(BINARISE, "the images are thresholded")
def binarise_threshold(images):
    return (images > 127).float()


@wrong(BINARISE, "the images are thresholded")
def binarise_round(images):
    return torch.round(images / 255)


@wrong(BINARISE, "thresholded, and the wrong way round")
def binarise_inverted_threshold(images):
    return (images < 128).float()


@wrong(BINARISE, "grey values came back")
def binarise_grey(images):
    return images / 255


@wrong(BINARISE, "the bytes came back")
def binarise_nothing(images):
    return images.float()


@wrong(BINARISE, "were the bytes divided by 255")
def binarise_unscaled(images):
    return torch.bernoulli(images.clamp(max=1).float())


@wrong(BINARISE, "your function raised RuntimeError")
def binarise_raises(images):
    return torch.bernoulli(images.float())


@wrong(BINARISE, "black and white are taken for each other")
def binarise_inverted(images):
    return (torch.rand(images.shape) > images / 255).float()


@wrong(BINARISE, "are the bytes divided by 256")
def binarise_256(images):
    return torch.bernoulli(images / 256)


@wrong(BINARISE, "the images of a batch share their noise")
def binarise_shared_by_batch(images):
    return (torch.rand(images.shape[1:]) < images / 255).float()


@wrong(BINARISE, "all pixels of an image share one draw")
def binarise_shared_by_pixels(images):
    noise = torch.rand(images.shape[0], *[1] * (images.ndim - 1))
    return (noise < images / 255).float()


@wrong(BINARISE, "the same draw comes in every call")
def binarise_seeded(images):
    return torch.bernoulli(images / 255, generator=torch.Generator().manual_seed(0))


@wrong(BINARISE, "the values are -1 and 1")
def binarise_signed(images):
    return 2 * torch.bernoulli(images / 255) - 1


@wrong(BINARISE, "the network needs floats")
def binarise_bool(images):
    return torch.rand(images.shape) < images / 255


@wrong(BINARISE, "P(1) is 1/2 whatever")
def binarise_coin(images):
    return torch.where(
        (images == 0) | (images == 255), images / 255, torch.rand(images.shape)
    ).round()


# --- 2.2 bernoulli_log_prob ----------------------------------------------------------------------


@right(LOG_PROB)
def bernoulli_by_cross_entropy(x, logits):
    return _log_prob(x, logits)


@right(LOG_PROB)
def bernoulli_by_distribution(x, logits):
    return Independent(Bernoulli(logits=logits), 3).log_prob(x)


@right(LOG_PROB)
def bernoulli_by_logsigmoid(x, logits):
    terms = x * functional.logsigmoid(logits) + (1 - x) * functional.logsigmoid(-logits)
    return terms.flatten(-3).sum(-1)


@right(LOG_PROB)
def bernoulli_in_float64(x, logits):
    logits = logits.double()
    return (x * logits - torch.logaddexp(logits, torch.zeros_like(logits))).sum(dim=PIXELS)


@wrong(LOG_PROB, "the sign is wrong: this is minus the log-probability")
def bernoulli_sign(x, logits):
    return -_log_prob(x, logits)


@wrong(LOG_PROB, "the mean over the pixels is taken in place of the sum")
def bernoulli_mean(x, logits):
    return -_cross_entropy(x, logits).mean(PIXELS)


@wrong(LOG_PROB, "one value for each of the pixels: the sum over the pixels is missing")
def bernoulli_no_sum(x, logits):
    return -_cross_entropy(x, logits)


@wrong(LOG_PROB, "summed over the batch: one value for each example is wanted; and the sign")
def bernoulli_loss(x, logits):
    return functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="sum")


@wrong(LOG_PROB, "the mean over batch and pixels is taken")
def bernoulli_mean_loss(x, logits):
    return -_cross_entropy(x, logits).mean()


@wrong(LOG_PROB, "the sigmoid is applied twice")
def bernoulli_sigmoid_twice(x, logits):
    return _log_prob(x, logits.sigmoid())


@wrong(LOG_PROB, "are logits taken for probabilities")
def bernoulli_probabilities(x, logits):
    return (x * logits.log() + (1 - x) * (1 - logits).log()).sum(PIXELS)


@wrong(LOG_PROB, "your function raised")
def bernoulli_missing_sigmoid(x, logits):
    return -functional.binary_cross_entropy(logits, x, reduction="none").sum(PIXELS)


@wrong(LOG_PROB, "right for moderate logits")
def bernoulli_log_of_sigmoid(x, logits):
    p = logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(PIXELS)


@wrong(LOG_PROB, "a small number added inside the logarithm")
def bernoulli_small_number(x, logits):
    p = logits.sigmoid()
    return (x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()).sum(PIXELS)


@wrong(LOG_PROB, "right for moderate logits")
def bernoulli_clamped(x, logits):
    p = logits.sigmoid().clamp(1e-6, 1 - 1e-6)
    return Bernoulli(probs=p).log_prob(x).sum(PIXELS)


@wrong(LOG_PROB, "right for moderate logits")
def bernoulli_library_clamp(x, logits):
    p = logits.sigmoid()
    return -functional.binary_cross_entropy(p, x.expand_as(p), reduction="none").sum(PIXELS)


@wrong(LOG_PROB, "the term of the black pixels")
def bernoulli_half(x, logits):
    return (x * functional.logsigmoid(logits)).sum(PIXELS)


@wrong(LOG_PROB, "x and 1 - x are taken for each other")
def bernoulli_inverted(x, logits):
    return _log_prob(1 - x, logits)


@wrong(LOG_PROB, "this is the squared error")
def bernoulli_squared_error(x, logits):
    return -((x - logits.sigmoid()) ** 2).sum(PIXELS)


@wrong(LOG_PROB, "summed over the samples or the batch")
def bernoulli_samples_summed(x, logits):
    log_prob = _log_prob(x, logits)
    return log_prob.sum(0) if log_prob.ndim > 1 else log_prob


@wrong(LOG_PROB, "no gradient reaches logits")
def bernoulli_detached(x, logits):
    return _log_prob(x, logits.detach())


@wrong(LOG_PROB, "the gradient with respect to logits is not")
def bernoulli_gradient_clamped(x, logits):
    return _log_prob(x, logits) + 1e-3 * (logits - logits.detach()).sum(PIXELS) * 5


# --- 2.3 the fully connected VAE -----------------------------------------------------------------


class Network(nn.Module):
    """The right answer; wrong ones override a part of it."""

    def __init__(self, num_hidden, num_latents):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, num_hidden),
            nn.ReLU(),
            nn.Linear(num_hidden, 2 * num_latents),
        )
        self.decoder = nn.Sequential(
            nn.Linear(num_latents, num_hidden),
            nn.ReLU(),
            nn.Linear(num_hidden, 784),
            nn.Unflatten(1, (1, 28, 28)),
        )

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z):
        return self.decoder(z.flatten(0, -2)).unflatten(0, z.shape[:-1])

    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)

    def forward(self, x):
        mu, log_var = self.encode(x)
        z = self.sample(mu, log_var)
        return _kl(mu, log_var), -_log_prob(x, self.decode(z))


right(VAE)(Network)


@right(VAE)
class Bfloat16Network(Network):
    def encode(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = self.encoder(x)
        return out.float().chunk(2, dim=-1)

    def decode(self, z):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = self.decoder(z.flatten(0, -2))
        return out.float().unflatten(0, z.shape[:-1])


@right(VAE)
class DistributionNetwork(Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        q_z = Normal(mu, torch.exp(log_var / 2))
        p_x = Independent(Bernoulli(logits=self.decode(q_z.rsample())), 3)
        prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
        return kl_divergence(q_z, prior).sum(-1), -p_x.log_prob(x)


@right(VAE)
class OtherwiseWrittenNetwork(Network):
    def encode(self, x):
        with autocast():
            out = self.encoder(x).float()
        half = out.shape[1] // 2
        return out[:, :half], out[:, half:]

    def decode(self, z):
        flat = self.decoder[2](self.decoder[1](self.decoder[0](z)))
        return flat.view(*z.shape[:-1], 1, 28, 28)

    def forward(self, x):
        mu, log_var = self.encode(x.detach())
        z = mu.double() + log_var.double().exp().sqrt() * torch.randn(mu.shape).double()
        distortion = _cross_entropy(x, self.decode(z.float())).double()
        return [_kl(mu, log_var), distortion.flatten(1).sum(1)]


@wrong(VAE, "encode, mu: the halves are swapped")
class HalvesSwapped(Network):
    def encode(self, x):
        return super().encode(x)[::-1]


@wrong(VAE, "every other column")
class Interleaved(Network):
    def encode(self, x):
        return self.encoder(x).unflatten(-1, (-1, 2)).unbind(-1)


@wrong(VAE, "the variance came")
class EncodesVariance(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return mu, log_var.exp()


@wrong(VAE, "expected a tuple (mu, log_var)")
class EncodesOneTensor(Network):
    def encode(self, x):
        return self.encoder(x)


@wrong(VAE, "Module has no method encode")
class WithoutEncode(nn.Module):
    def __new__(cls, num_hidden, num_latents):
        network = nn.Module()
        made = Network(num_hidden, num_latents)
        network.encoder, network.decoder = made.encoder, made.decoder
        return network


@wrong(VAE, "has no parameter encoder.3.weight")
class OneLayer(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 2 * num_latents))


@wrong(VAE, "the parameter encoder.3.weight has the wrong shape")
class WithoutLogVar(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder[3] = nn.Linear(num_hidden, num_latents)


@wrong(VAE, "the parameter encoder.1.weight has the wrong shape")
class FixedSizes(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(400, 20)


@wrong(VAE, "has a parameter or buffer too many: extra.weight")
class ExtraLayer(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.extra = nn.Linear(1, 1)


@wrong(VAE, "raised AttributeError")
class WithoutSuper(Network):
    def __init__(self, num_hidden, num_latents):
        self.encoder = nn.Linear(1, 1)


@wrong(VAE, "the ReLU between the layers is missing")
class Linear(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder[2] = nn.Identity()


@wrong(VAE, "decode: LeakyReLU stands in place of ReLU")
class Leaky(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.decoder[1] = nn.LeakyReLU()


@wrong(VAE, "decode: probabilities came, logits are wanted")
class DecodesProbabilities(Network):
    def decode(self, z):
        return super().decode(z).sigmoid()


@wrong(VAE, "decode: the pixels are not put back into an image")
class DecodesFlat(Network):
    def decode(self, z):
        return super().decode(z).flatten(-3)


@wrong(VAE, "called with arguments of the shapes")
class WithoutSampleAxis(Network):
    def decode(self, z):
        return self.decoder(z)


@wrong(VAE, "merged and not parted again")
class SamplesMerged(Network):
    def decode(self, z):
        return self.decoder(z.flatten(0, -2))


class Terms(Network):
    """Forward from ``terms(x, mu, log_var, logits)``, which wrong answers define."""

    def forward(self, x):
        mu, log_var = self.encode(x)
        return self.terms(x, mu, log_var, self.decode(self.sample(mu, log_var)))


@wrong(VAE, "the two are swapped")
class Swapped(Terms):
    def terms(self, x, mu, log_var, logits):
        return -_log_prob(x, logits), _kl(mu, log_var)


@wrong(VAE, "they came added up, as the negative ELBO")
class Added(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var) - _log_prob(x, logits)


@wrong(VAE, "they came added up, as one mean over the batch")
class Loss(Terms):
    def terms(self, x, mu, log_var, logits):
        return (_kl(mu, log_var) - _log_prob(x, logits)).mean()


@wrong(VAE, "expected a tuple of two, got a dict")
class Dict(Terms):
    def terms(self, x, mu, log_var, logits):
        return {"rate": _kl(mu, log_var), "distortion": -_log_prob(x, logits)}


@wrong(VAE, "rate: the mean over the batch is taken")
class BatchMeans(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var).mean(), -_log_prob(x, logits).mean()


@wrong(VAE, "rate: the mean over the dimensions is taken in place of the sum")
class RateMean(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var) / mu.shape[-1], -_log_prob(x, logits)


@wrong(VAE, "rate: log_var is taken for log_std")
class RateLogStd(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, 2 * log_var), -_log_prob(x, logits)


@wrong(VAE, "rate: the 1/2 is missing")
class RateWithoutHalf(Terms):
    def terms(self, x, mu, log_var, logits):
        return 2 * _kl(mu, log_var), -_log_prob(x, logits)


@wrong(VAE, "distortion: the mean over the pixels is taken in place of the sum")
class DistortionMean(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), _cross_entropy(x, logits).mean(PIXELS)


@wrong(VAE, "distortion: the sign is wrong")
class DistortionSign(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), _log_prob(x, logits)


@wrong(VAE, "distortion: the sigmoid is applied twice")
class SigmoidTwice(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), -_log_prob(x, logits.sigmoid())


@wrong(VAE, "distortion: this is the squared error")
class SquaredError(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), ((x - logits.sigmoid()) ** 2).sum(PIXELS)


@wrong(VAE, "no noise is drawn: z is always mu")
class NoNoise(Network):
    def sample(self, mu, log_var):
        return mu + 0 * log_var


@wrong(VAE, "the noise is multiplied by exp(log_var), the variance")
class NoiseVariance(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(log_var) * torch.randn_like(mu)


@wrong(VAE, "z is far from mu where log_var = -14")
class NoiseUnscaled(Network):
    def sample(self, mu, log_var):
        return mu + torch.randn_like(mu) + 0 * log_var


@wrong(VAE, "z: mu is not added")
class MuMissing(Network):
    def sample(self, mu, log_var):
        return 0 * mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong(VAE, "the noise of z is shared by the batch")
class SharedNoise(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape[-1])


@wrong(VAE, "the same noise comes in every call")
class SeededNoise(Network):
    def sample(self, mu, log_var):
        generator = torch.Generator().manual_seed(0)
        return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape, generator=generator)


@wrong(VAE, "is z detached, or drawn by sample()")
class Detached(Network):
    def sample(self, mu, log_var):
        return Normal(mu, torch.exp(0.5 * log_var)).sample()


@wrong(VAE, "no gradient of the distortion reaches log_var")
class StdDetached(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var).detach() * torch.randn_like(mu)


# --- 2.4 traverse --------------------------------------------------------------------------------


@right(TRAVERSE)
def traverse_by_copies(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] = values
    return z


@right(TRAVERSE)
def traverse_by_loop(mu, dimension, values):
    rows = []
    for value in values.tolist():
        row = mu.double().clone()
        row[dimension] = value
        rows.append(row)
    return torch.stack(rows)


@right(TRAVERSE)
def traverse_by_mask(mu, dimension, values):
    return torch.where(torch.arange(len(mu)) == dimension, values[:, None], mu[None, :])


@right(TRAVERSE)
def traverse_numpy_style(mu, dimension, values):
    z = np.tile(mu.numpy(), (len(values), 1))
    z[:, dimension] = values
    return z


@wrong(TRAVERSE, "the value is added to mu")
def traverse_added(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] += values
    return z


@wrong(TRAVERSE, "the value multiplies mu")
def traverse_multiplied(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] *= values
    return z


@wrong(TRAVERSE, "the other dimensions are set to 0")
def traverse_from_zero(mu, dimension, values):
    z = torch.zeros(len(values), len(mu))
    z[:, dimension] = values
    return z


@wrong(TRAVERSE, "the other dimensions are changed too")
def traverse_all(mu, dimension, values):
    return mu + values[:, None]


@wrong(TRAVERSE, "every row holds the last value")
def traverse_without_clone(mu, dimension, values):
    rows = []
    for value in values:
        mu[dimension] = value
        rows.append(mu)
    return torch.stack(rows)


@wrong(TRAVERSE, "indices count from 0")
def traverse_from_one(mu, dimension, values):
    return traverse_by_copies(mu, dimension - 1, values)


@wrong(TRAVERSE, "the axes are swapped: (L, V)")
def traverse_transposed(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values).T


@wrong(TRAVERSE, "your function raised RuntimeError")
def traverse_expanded(mu, dimension, values):
    z = mu.expand(len(values), -1)
    z[:, dimension] = values
    return z


@wrong(TRAVERSE, "mu comes back unchanged")
def traverse_copy_changed(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, [dimension]].copy_(values[:, None])
    return z


# --- 2.5 active_units ----------------------------------------------------------------------------


@right(ACTIVE)
def active_by_variance(mu, threshold=0.01):
    return int((mu.var(0) > threshold).sum())


@right(ACTIVE)
def active_as_tensor(mu, threshold=0.01):
    mu = mu.double()
    variance = (mu**2).mean(0) - mu.mean(0) ** 2
    return torch.count_nonzero(variance > threshold)


@right(ACTIVE)
def active_numpy_style(mu, threshold=0.01):
    return np.sum(np.var(mu.numpy(), axis=0) > threshold)


@wrong(ACTIVE, "the standard deviation is compared")
def active_std(mu, threshold=0.01):
    return int((mu.std(0) > threshold).sum())


@wrong(ACTIVE, "the mean is not subtracted")
def active_mean_square(mu, threshold=0.01):
    return int(((mu**2).mean(0) > threshold).sum())


@wrong(ACTIVE, "the variance is taken over the latents")
def active_wrong_axis(mu, threshold=0.01):
    return int((mu.var(1) > threshold).sum())


@wrong(ACTIVE, "the inactive dimensions are counted")
def active_inactive(mu, threshold=0.01):
    return int((mu.var(0) < threshold).sum())


@wrong(ACTIVE, "the threshold is not used")
def active_fixed_threshold(mu, threshold=0.01):
    return int((mu.var(0) > 0.01).sum())


@wrong(ACTIVE, "True or False for each dimension came")
def active_mask(mu, threshold=0.01):
    return mu.var(0) > threshold


@wrong(ACTIVE, "the variances came")
def active_variances(mu, threshold=0.01):
    return mu.var(0)


@wrong(ACTIVE, "a fraction came")
def active_fraction(mu, threshold=0.01):
    return (mu.var(0) > threshold).float().mean()


@wrong(ACTIVE, "your function raised TypeError")
def active_without_threshold(mu):
    return int((mu.var(0) > 0.01).sum())


@right(TRAVERSE)
def traverse_as_a_list_of_rows(mu, dimension, values):
    rows = [mu.clone() for _ in values]
    for row, value in zip(rows, values, strict=True):
        row[dimension] = value
    return rows
