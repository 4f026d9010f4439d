"""Answers to exercise 2.3, ``vae_fc``: wrong and right ones."""

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from course_utils.settings import autocast
from mutants import registry
from mutants.lesson02._common import PIXELS, cross_entropy, image_log_prob

WRONG, RIGHT, wrong, right = registry()


def _kl(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


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
        return _kl(mu, log_var), -image_log_prob(x, self.decode(z))


right(Network)


@right
class Bfloat16Network(Network):
    def encode(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = self.encoder(x)
        return out.float().chunk(2, dim=-1)

    def decode(self, z):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = self.decoder(z.flatten(0, -2))
        return out.float().unflatten(0, z.shape[:-1])


@right
class DistributionNetwork(Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        q_z = Normal(mu, torch.exp(log_var / 2))
        p_x = Independent(Bernoulli(logits=self.decode(q_z.rsample())), 3)
        prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
        return kl_divergence(q_z, prior).sum(-1), -p_x.log_prob(x)


@right
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
        distortion = cross_entropy(x, self.decode(z.float())).double()
        return [_kl(mu, log_var), distortion.flatten(1).sum(1)]


@wrong("encode, mu: the halves are swapped")
class HalvesSwapped(Network):
    def encode(self, x):
        return super().encode(x)[::-1]


@wrong("every other column")
class Interleaved(Network):
    def encode(self, x):
        return self.encoder(x).unflatten(-1, (-1, 2)).unbind(-1)


@wrong("the variance came")
class EncodesVariance(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return mu, log_var.exp()


@wrong("expected a tuple (mu, log_var)")
class EncodesOneTensor(Network):
    def encode(self, x):
        return self.encoder(x)


@wrong("Module has no method encode")
class WithoutEncode(nn.Module):
    def __new__(cls, num_hidden, num_latents):
        network = nn.Module()
        made = Network(num_hidden, num_latents)
        network.encoder, network.decoder = made.encoder, made.decoder
        return network


@wrong("has no parameter encoder.3.weight")
class OneLayer(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 2 * num_latents))


@wrong("the parameter encoder.3.weight has the wrong shape")
class WithoutLogVar(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder[3] = nn.Linear(num_hidden, num_latents)


@wrong("the parameter encoder.1.weight has the wrong shape")
class FixedSizes(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(400, 20)


@wrong("has a parameter or buffer too many: extra.weight")
class ExtraLayer(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.extra = nn.Linear(1, 1)


@wrong("raised AttributeError")
class WithoutSuper(Network):
    def __init__(self, num_hidden, num_latents):
        self.encoder = nn.Linear(1, 1)


@wrong("the ReLU between the layers is missing")
class Linear(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.encoder[2] = nn.Identity()


@wrong("decode: LeakyReLU stands in place of ReLU")
class Leaky(Network):
    def __init__(self, num_hidden, num_latents):
        super().__init__(num_hidden, num_latents)
        self.decoder[1] = nn.LeakyReLU()


@wrong("decode: probabilities came, logits are wanted")
class DecodesProbabilities(Network):
    def decode(self, z):
        return super().decode(z).sigmoid()


@wrong("decode: the pixels are not put back into an image")
class DecodesFlat(Network):
    def decode(self, z):
        return super().decode(z).flatten(-3)


@wrong("called with arguments of the shapes")
class WithoutSampleAxis(Network):
    def decode(self, z):
        return self.decoder(z)


@wrong("merged and not parted again")
class SamplesMerged(Network):
    def decode(self, z):
        return self.decoder(z.flatten(0, -2))


class Terms(Network):
    """Forward from ``terms(x, mu, log_var, logits)``, which wrong answers define."""

    def forward(self, x):
        mu, log_var = self.encode(x)
        return self.terms(x, mu, log_var, self.decode(self.sample(mu, log_var)))


@wrong("the two are swapped")
class Swapped(Terms):
    def terms(self, x, mu, log_var, logits):
        return -image_log_prob(x, logits), _kl(mu, log_var)


@wrong("they came added up, as the negative ELBO")
class Added(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var) - image_log_prob(x, logits)


@wrong("they came added up, as one mean over the batch")
class Loss(Terms):
    def terms(self, x, mu, log_var, logits):
        return (_kl(mu, log_var) - image_log_prob(x, logits)).mean()


@wrong("expected a tuple of two, got a dict")
class Dict(Terms):
    def terms(self, x, mu, log_var, logits):
        return {"rate": _kl(mu, log_var), "distortion": -image_log_prob(x, logits)}


@wrong("rate: the mean over the batch is taken")
class BatchMeans(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var).mean(), -image_log_prob(x, logits).mean()


@wrong("rate: the mean over the dimensions is taken in place of the sum")
class RateMean(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var) / mu.shape[-1], -image_log_prob(x, logits)


@wrong("rate: log_var is taken for log_std")
class RateLogStd(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, 2 * log_var), -image_log_prob(x, logits)


@wrong("rate: the 1/2 is missing")
class RateWithoutHalf(Terms):
    def terms(self, x, mu, log_var, logits):
        return 2 * _kl(mu, log_var), -image_log_prob(x, logits)


@wrong("distortion: the mean over the pixels is taken in place of the sum")
class DistortionMean(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), cross_entropy(x, logits).mean(PIXELS)


@wrong("distortion: the sign is wrong")
class DistortionSign(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), image_log_prob(x, logits)


@wrong("distortion: the sigmoid is applied twice")
class SigmoidTwice(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), -image_log_prob(x, logits.sigmoid())


@wrong("distortion: this is the squared error")
class SquaredError(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), ((x - logits.sigmoid()) ** 2).sum(PIXELS)


@wrong("no noise is drawn: z is always mu")
class NoNoise(Network):
    def sample(self, mu, log_var):
        return mu + 0 * log_var


@wrong("the noise is multiplied by exp(log_var), the variance")
class NoiseVariance(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(log_var) * torch.randn_like(mu)


@wrong("z is far from mu where log_var = -14")
class NoiseUnscaled(Network):
    def sample(self, mu, log_var):
        return mu + torch.randn_like(mu) + 0 * log_var


@wrong("z: mu is not added")
class MuMissing(Network):
    def sample(self, mu, log_var):
        return 0 * mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong("the noise of z is shared by the batch")
class SharedNoise(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape[-1])


@wrong("the same noise comes in every call")
class SeededNoise(Network):
    def sample(self, mu, log_var):
        generator = torch.Generator().manual_seed(0)
        return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape, generator=generator)


@wrong("is z detached, or drawn by sample()")
class Detached(Network):
    def sample(self, mu, log_var):
        return Normal(mu, torch.exp(0.5 * log_var)).sample()


@wrong("no gradient of the distortion reaches log_var")
class StdDetached(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var).detach() * torch.randn_like(mu)
