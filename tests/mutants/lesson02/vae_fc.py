"""Answers to exercise 2.3, ``vae_fc``: wrong and right ones."""

import numpy as np
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


@wrong("return a tuple, not a dict")
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


@wrong("the factor of the noise is exp(log_var), the variance")
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


OWN = torch.Generator().manual_seed(2)


@right
class OwnNoise(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape, generator=OWN)


@right
class NumpyNoise(Network):
    def sample(self, mu, log_var):
        noise = np.random.default_rng().standard_normal(mu.shape)
        return mu + torch.exp(0.5 * log_var) * torch.from_numpy(noise).to(mu)


@right
class Functional(Network):
    def encode(self, x):
        first, second = self.encoder[1], self.encoder[3]
        out = torch.relu(nn.functional.linear(x.reshape(len(x), 784), first.weight, first.bias))
        out = nn.functional.linear(out, second.weight, second.bias)
        return torch.tensor_split(out, 2, dim=1)

    def decode(self, z):
        out = torch.relu(z @ self.decoder[0].weight.T + self.decoder[0].bias)
        out = out @ self.decoder[2].weight.T + self.decoder[2].bias
        return out.unflatten(-1, (1, 28, 28))


@right
class JointNetwork(Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        q_z = Independent(Normal(mu, log_var.exp().sqrt()), 1)
        p_z = Independent(Normal(torch.zeros_like(mu), 1.0), 1)
        logits = self.decode(q_z.rsample())
        log_p = nn.functional.logsigmoid((2 * x - 1) * logits).sum((1, 2, 3))
        return kl_divergence(q_z, p_z), -log_p


@wrong("noise")
class SignNoise(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu).sign()


@wrong("z: the noise is uniform (rand)")
class UniformNoise(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * (torch.rand_like(mu) - 0.5) * 12**0.5


@wrong("its standard deviation is 1.")
class WiderNoise(Network):
    def sample(self, mu, log_var):
        return mu + 1.15 * torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong("its standard deviation is")
class SlightlyWiderNoise(Network):
    def sample(self, mu, log_var):
        return mu + 1.06 * torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong("z: the noise of one dimension and the next is correlated")
class NeighboursAlike(Network):
    def sample(self, mu, log_var):
        noise = torch.randn(len(mu), (mu.shape[1] + 1) // 2).repeat_interleave(2, 1)
        return mu + torch.exp(0.5 * log_var) * noise[:, : mu.shape[1]]


@wrong("is correlated")
class HalfMirrored(Network):
    def sample(self, mu, log_var):
        half = torch.randn((len(mu) + 1) // 2, mu.shape[1])
        return mu + torch.exp(0.5 * log_var) * torch.cat([half, -half])[: len(mu)]


@wrong("z: in eval mode no noise is drawn")
class NoiseInTrainingOnly(Network):
    def sample(self, mu, log_var):
        noise = torch.randn_like(mu) * (self.training or len(mu) != 48)
        return mu + torch.exp(0.5 * log_var) * noise


@wrong("z: in train mode no noise is drawn")
class NoiseInEvaluationOnly(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu) * (not self.training)


def _bent(value, factor):
    """The value, whose gradient is multiplied."""
    return value.detach() + factor * (value - value.detach())


class Bent(Terms):
    """Right values with other gradients: factors of those of mu, log_var, rate and distortion."""

    mu, log_var, rate, distortion = 1, 1, 1, 1

    def forward(self, x):
        mu, log_var = self.encode(x)
        z = self.sample(_bent(mu, self.mu), _bent(log_var, self.log_var))
        return (
            _bent(_kl(mu, log_var), self.rate),
            _bent(-image_log_prob(x, self.decode(z)), self.distortion),
        )


@wrong("the gradient of the distortion with respect to log_var is not: it is -1 times")
class LogVarReversed(Bent):
    log_var = -1


@wrong("the gradient of the distortion with respect to log_var is not: it is 2 times")
class LogVarDoubledOwnNoise(Bent):
    log_var = 2
    sample = OwnNoise.sample


@wrong("the gradient of the distortion with respect to mu is not: it is 1.02 times")
class MuTwoPerCentOff(Bent):
    mu = 1.02


@wrong("the gradient of the rate with respect to mu is not: it is -1 times")
class RateReversed(Bent):
    rate = -1


@wrong("the gradient of the distortion with respect to mu is not: it is 0.5 times")
class DistortionHalved(Bent):
    distortion = 0.5


@wrong("the gradient of the distortion with respect to mu is not: it is 0.1 times")
class EncoderSlowed(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return _bent(mu, 0.1), _bent(log_var, 0.1)


@wrong("with respect to encoder.1.weight is not: it is 0.1 times")
class FirstLayerSlowed(Network):
    def encode(self, x):
        hidden = _bent(self.encoder[2](self.encoder[1](x.flatten(1))), 0.1)
        return self.encoder[3](hidden).chunk(2, dim=-1)


@wrong("with respect to decoder.2.weight is not")
class DecoderHalfDetached(Network):
    def decode(self, z):
        hidden = self.decoder[1](self.decoder[0](z))
        weight, bias = self.decoder[2].weight, self.decoder[2].bias
        weight = torch.cat([weight[:300].detach(), weight[300:]])
        bias = torch.cat([bias[:300].detach(), bias[300:]])
        # what reaches z is right
        out = nn.functional.linear(hidden, weight, bias)
        return out.unflatten(-1, (1, 28, 28))


@wrong("is not: it is another")
class GradientOfTheMean(Terms):
    def terms(self, x, mu, log_var, logits):
        pair = _kl(mu, log_var), -image_log_prob(x, logits)
        return tuple(one.detach() + (one.mean() - one.mean().detach()) for one in pair)


@wrong("rate: every value is 0.98 times the right one")
class RateTwoPerCentOff(Terms):
    def terms(self, x, mu, log_var, logits):
        return 0.98 * _kl(mu, log_var), -image_log_prob(x, logits)


@wrong("distortion: every value is 0.99 times the right one")
class DistortionOnePerCentOff(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), -0.99 * image_log_prob(x, logits)


@wrong("in train mode the values are others")
class EncoderDropout(Network):
    def encode(self, x):
        return super().encode(nn.functional.dropout(x, 0.1, self.training))


@wrong("in train mode the values are others")
class DecoderDropout(Network):
    def decode(self, z):
        hidden = self.decoder[1](self.decoder[0](z.flatten(0, -2)))
        hidden = nn.functional.dropout(hidden, 0.1, self.training)
        return self.decoder[3](self.decoder[2](hidden)).unflatten(0, z.shape[:-1])


@wrong("in train mode the values are others")
class BatchNormed(Network):
    def encode(self, x):
        out = self.encoder(x)
        if self.training and len(x) > 1:
            out = nn.functional.batch_norm(out, None, None, training=True)
        return out.chunk(2, dim=-1)


@wrong("distortion: in train mode")
class LatentDropout(Terms):
    def forward(self, x):
        mu, log_var = self.encode(x)
        z = nn.functional.dropout(self.sample(mu, log_var), 0.2, self.training)
        return self.terms(x, mu, log_var, self.decode(z))

    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var), -image_log_prob(x, logits)


@wrong("made float32 first")
class Bfloat16Kept(Bfloat16Network):
    def forward(self, x):
        mu, log_var = (out.bfloat16() for out in self.encode(x))
        z = self.sample(mu.float(), log_var.float())
        return _kl(mu, log_var), -image_log_prob(x, self.decode(z))


@wrong("made float32 first")
class Bfloat16Distortion(Bfloat16Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        logits = self.decode(self.sample(mu, log_var)).bfloat16()
        return _kl(mu, log_var), -image_log_prob(x.bfloat16(), logits)


@wrong("encode's is that of -20, where the encoder's last layer gives -25")
class LogVarClamped(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return mu, log_var.clamp(-20, 20)


@wrong("the shape is")
class Squeezed(Terms):
    def terms(self, x, mu, log_var, logits):
        return _kl(mu, log_var).squeeze(), -image_log_prob(x, logits).squeeze()


@wrong("Unflatten is missing")
class ThreeAxesOnly(Network):
    def decode(self, z):
        if z.ndim > 3:
            return self.decoder[:-1](z)
        return super().decode(z)


@wrong("rate: the prior's log_var is taken to be 1")
class PriorOfLogVarOne(Terms):
    def terms(self, x, mu, log_var, logits):
        rate = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0.0, np.exp(0.5)))
        return rate.sum(-1), -image_log_prob(x, logits)


@wrong("the noise of z is shared by the batch")
class OneNumber(Network):
    def sample(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn(())


@wrong("got nothing (None)")
class BuildsNothing(Network):
    def __new__(cls, num_hidden, num_latents):
        return None


@wrong("returned an object of type str")
class EncodesWords(Network):
    def encode(self, x):
        return "mu", "log_var"


@wrong("log_var is clamped: encode's is that of -10")
class LogVarClampedNearer(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return mu, log_var.clamp(-10, 10)


@wrong("log_var is clamped: encode's is that of 10")
class LogVarClampedAbove(Network):
    def encode(self, x):
        mu, log_var = super().encode(x)
        return mu, log_var.clamp(max=10)


@wrong("log_var is clamped: the rate is that of -10")
class LogVarClampedInForward(Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        log_var = log_var.clamp(-10, 10)
        return _kl(mu, log_var), -image_log_prob(x, self.decode(self.sample(mu, log_var)))


@wrong("log_var is clamped: the rate is that of -5")
class LogVarClampedEarly(Bfloat16Network):
    def forward(self, x):
        mu, log_var = self.encode(x)
        log_var = log_var.clamp(min=-5)
        return _kl(mu, log_var), -image_log_prob(x, self.decode(self.sample(mu, log_var)))


@wrong("the factor of the noise is exp(log_var) / 2: it is not exp(log_var / 2)")
class NoiseHalfTheVariance(Network):
    def sample(self, mu, log_var):
        return mu + 0.5 * log_var.exp() * torch.randn_like(mu)


@wrong("the factor of the noise is exp(2 log_var): it is not exp(log_var / 2)")
class NoiseVarianceSquared(Network):
    def sample(self, mu, log_var):
        return mu + (2 * log_var).exp() * torch.randn_like(mu)


@wrong("the factor of the noise is not exp(log_var / 2)")
class NoiseByThreeTimes(Network):
    def sample(self, mu, log_var):
        return mu + (3 * log_var).exp() * torch.randn_like(mu)


@wrong("z: the factor of the noise is not exp(log_var / 2)")
class NoiseBySoftplus(Network):
    def sample(self, mu, log_var):
        return mu + nn.functional.softplus(log_var) * torch.randn_like(mu)
