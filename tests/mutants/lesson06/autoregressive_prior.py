"""Answers to exercise 6.3, ``autoregressive_prior``: wrong and right ones."""

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional

from course_utils import nets
from mutants import registry
from mutants.lesson06._common import log_normal
from mutants.lesson06.flow_log_prob import (
    flow_density_of_z,
    flow_minus_determinant,
    flow_of_the_inverse,
    flow_plain,
    flow_without_constant,
)
from mutants.lesson06.masks import (
    masks_degree_one,
    masks_leak,
    masks_plain,
    masks_shuffled,
    masks_up_to_the_last,
)

WRONG, RIGHT, wrong, right = registry()


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return functional.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    def __init__(self, dim, hidden_dims, out_per_dim, masks=masks_plain):
        super().__init__()
        layers = []
        for mask in masks(dim, hidden_dims, out_per_dim):
            layers += [MaskedLinear(mask), nn.ReLU()]
        self.net = nn.Sequential(*layers[:-1])
        self.shape = (dim, out_per_dim)

    def forward(self, x):
        return self.net(x).unflatten(-1, self.shape)


class Flow(nn.Module):
    """The right answer; wrong ones override a part of it."""

    masks = staticmethod(masks_plain)

    def __init__(self, num_latents, num_hidden=512):
        super().__init__()
        self.num_latents = num_latents
        self.made = MADE(num_latents, (num_hidden, num_hidden), 2, self.masks)
        for parameter in self.made.net[-1].parameters():
            nn.init.zeros_(parameter)

    def scale_and_shift(self, z):
        log_scale, shift = self.made(z).unbind(-1)
        return 5 * torch.tanh(log_scale / 5), shift

    def log_prob(self, z):
        return flow_plain(z, *self.scale_and_shift(z))

    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[..., i] = (epsilon[..., i] - shift[..., i]) * (-log_scale[..., i]).exp()
        return z


right(Flow)


@right
class WholePasses(Flow):
    """All entries in each pass, from epsilon; other degrees of the hidden units."""

    masks = staticmethod(masks_shuffled)

    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z.float())
        epsilon = (z * log_scale.exp() + shift).double()
        return Normal(0.0, 1.0).log_prob(epsilon).sum(-1) + log_scale.double().sum(-1)

    def invert(self, epsilon):
        z = epsilon
        for _ in range(epsilon.shape[-1]):
            log_scale, shift = self.scale_and_shift(z)
            z = (epsilon - shift) / log_scale.exp()
        return z


@right
class OneAfterTheOther(Flow):
    """Entries are collected in a list, and only then put together."""

    masks = staticmethod(masks_up_to_the_last)

    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        mu, std = -shift * (-log_scale).exp(), (-log_scale).exp()
        return Normal(mu, std).log_prob(z).sum(-1)

    @torch.no_grad()
    def invert(self, epsilon):
        entries = []
        for i in range(self.num_latents):
            rest = [torch.randn_like(epsilon[..., 0])] * (self.num_latents - i)
            log_scale, shift = self.scale_and_shift(torch.stack([*entries, *rest], -1))
            entry = epsilon[..., i].double() - shift[..., i]
            entries.append((entry * (-log_scale[..., i]).double().exp()).float())
        return torch.stack(entries, -1)


@wrong("the result is of float64, epsilon is of float32")
class InDoubles(OneAfterTheOther):
    """A decoder of float32 refuses such codes."""

    @torch.no_grad()
    def invert(self, epsilon):
        return super().invert(epsilon).double()


@wrong("invert overwrites its argument epsilon")
class InItsOwnMemory(Flow):
    """Writes into epsilon, entry by entry: the values are right, but epsilon is lost."""

    @torch.no_grad()
    def invert(self, epsilon):
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(epsilon)
            epsilon[..., i] -= shift[..., i]
            epsilon[..., i] /= log_scale[..., i].exp()
        return epsilon


@right
def packaged(num_latents, num_hidden=512):
    return nets.AutoregressivePrior(num_latents, (num_hidden, num_hidden))


class Inverse(Flow):
    """Inverts by ``step(epsilon, log_scale, shift)``, in all passes."""

    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[..., i] = self.step(epsilon, log_scale, shift)[..., i]
        return z

    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) * (-log_scale).exp()


@wrong("one pass only, or the entries are filled in from the last")
class InvertsOnce(Inverse):
    def invert(self, epsilon):
        return self.step(epsilon, *self.scale_and_shift(torch.zeros_like(epsilon)))


@wrong("invert: scale and shift are taken at epsilon")
class InvertsAtEpsilon(Inverse):
    def invert(self, epsilon):
        return self.step(epsilon, *self.scale_and_shift(epsilon))


@wrong("invert: scale and shift are taken at epsilon")
class InvertsEntriesAtEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(epsilon)
            z[..., i] = (epsilon[..., i] - shift[..., i]) * (-log_scale[..., i]).exp()
        return z


@wrong("invert: one pass is missing")
class StopsEarly(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents - 1):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong("invert: one pass is missing")
class StopsWholePassesEarly(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for _ in range(self.num_latents - 1):
            z = self.step(epsilon, *self.scale_and_shift(z))
        return z


@wrong("invert: the first entry is missing")
class StartsLate(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(1, self.num_latents):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong("one pass only, or the entries are filled in from the last")
class FillsBackwards(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in reversed(range(self.num_latents)):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong("invert: shift has the wrong sign")
class AddsShift(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon + shift) * (-log_scale).exp()


@wrong("invert: log_scale has the wrong sign")
class MultipliesByScale(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) * log_scale.exp()


@wrong("invert: shift is subtracted after the scaling")
class SubtractsShiftAfter(Inverse):
    def step(self, epsilon, log_scale, shift):
        return epsilon * (-log_scale).exp() - shift


@wrong("invert: divided by log_scale: exp is missing")
class DividesByLogScale(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) / log_scale


@wrong("invert: this is the forward direction")
class GoesForward(Inverse):
    def invert(self, epsilon):
        log_scale, shift = self.scale_and_shift(epsilon)
        return epsilon * log_scale.exp() + shift


@wrong("invert: this is the forward direction")
class GoesForwardInPasses(Inverse):
    def step(self, epsilon, log_scale, shift):
        return epsilon * log_scale.exp() + shift


@wrong("invert overwrites its argument epsilon")
class OverwritesEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = epsilon
        for _ in range(self.num_latents):
            z[:] = self.step(epsilon, *self.scale_and_shift(z))
        return z


@wrong("invert: epsilon itself is overwritten")
class ForgetsEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        for _ in range(self.num_latents):
            epsilon = self.step(epsilon, *self.scale_and_shift(epsilon))
        return epsilon


@wrong("the wrong axis is filled with samples in front")
class FillsSecondAxis(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            z[:, i] = self.step(epsilon, *self.scale_and_shift(z))[:, i]
        return z


@wrong("invert raised RuntimeError")
class InPlaceOfALeaf(Inverse):
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon, requires_grad=True)
        for i in range(self.num_latents):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong("invert: epsilon came back unchanged")
class DoesNotInvert(Inverse):
    def invert(self, epsilon):
        return epsilon


@wrong("invert: one array is expected")
class InvertsToAPair(Inverse):
    def invert(self, epsilon):
        return super().invert(epsilon), epsilon.sum(-1)


@wrong("has no method invert")
class WithoutInvert(Flow):
    invert = None


@wrong("log_prob: the bound 5 tanh(. / 5) is left out: scale_and_shift has it")
class WithoutTheBound(Flow):
    def log_prob(self, z):
        return flow_plain(z, *self.made(z).unbind(-1))


@wrong("log_prob: z is inverted first")
class InvertsFirst(Inverse):
    def log_prob(self, z):
        return flow_plain(self.invert(z), *self.scale_and_shift(self.invert(z)))


@wrong("log_prob: the log-determinant, the sum of log_scale, is missing")
class WithoutDeterminant(Flow):
    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        return log_normal(z * log_scale.exp() + shift).sum(-1)


@wrong("log_prob: log_scale has the wrong sign in the log-determinant")
class DeterminantSign(Flow):
    def log_prob(self, z):
        return flow_minus_determinant(z, *self.scale_and_shift(z))


@wrong("log_prob: the constant 1/2 log(2 pi) is missing")
class WithoutConstant(Flow):
    def log_prob(self, z):
        return flow_without_constant(z, *self.scale_and_shift(z))


@wrong("log_prob: the mean over the batch is taken")
class Averaged(Flow):
    def log_prob(self, z):
        return super().log_prob(z).mean()


@wrong("log_prob: the sign is wrong")
class Loss(Flow):
    def log_prob(self, z):
        return -super().log_prob(z)


@wrong("log_prob: epsilon = (z - shift) * exp(-log_scale) is the other direction")
class DensityOfTheInverse(Flow):
    def log_prob(self, z):
        return flow_of_the_inverse(z, *self.scale_and_shift(z))


@wrong("log_prob: log_scale and shift are taken for each other")
class DensityOfSwapped(Flow):
    def log_prob(self, z):
        return flow_plain(z, *self.scale_and_shift(z)[::-1])


@wrong("log_prob: the normal density is taken at z")
class DensityOfZ(Flow):
    def log_prob(self, z):
        return flow_density_of_z(z, *self.scale_and_shift(z))


@wrong("no gradient reaches z")
class DensityWithoutGradient(Flow):
    @torch.no_grad()
    def log_prob(self, z):
        return super().log_prob(z)


@wrong("the gradient with respect to z is not")
class ScaleDetached(Flow):
    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        return flow_plain(z, log_scale.detach(), shift)


@wrong("are the masks right (exercise 6.2)?")
class Leaks(Flow):
    masks = staticmethod(masks_leak)


@wrong("misses earlier entries")
class Misses(Flow):
    masks = staticmethod(masks_degree_one)


@wrong("scale_and_shift, log_scale: it is not bounded")
class Unbounded(Flow):
    def scale_and_shift(self, z):
        return self.made(z).unbind(-1)


@wrong("scale_and_shift, log_scale: it is the shift")
class ScaleAndShiftSwapped(Flow):
    def scale_and_shift(self, z):
        return self.made(z).unbind(-1)[::-1]


@wrong("does the last layer start at zero?")
class NotZeroAtTheStart(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden, num_hidden), 2)


@wrong("has no parameter made.net.4.weight")
class OneHiddenLayer(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden,), 2)


@wrong("the parameter made.net.4.weight has the wrong shape")
class OneParameter(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden, num_hidden), 1)


@right
class ByNewton(Flow):
    """Each pass takes the error of the forward direction away, in float64, on rows."""

    def log_prob(self, z):
        rows = z.reshape(-1, self.num_latents)
        log_scale, shift = self.scale_and_shift(rows)
        epsilon = torch.addcmul(shift, rows, log_scale.exp())
        square = torch.einsum("bl,bl->b", epsilon, epsilon)
        constant = torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(0.0))
        found = log_scale.sum(1) - 0.5 * square + self.num_latents * constant
        return found.reshape(z.shape[:-1])

    def invert(self, epsilon):
        with torch.no_grad():
            target, z = epsilon.double(), torch.zeros_like(epsilon)
            for _ in range(self.num_latents):
                log_scale, shift = (part.double() for part in self.scale_and_shift(z))
                error = z.double() * log_scale.exp() + shift - target
                z = (z.double() - error / log_scale.exp()).float()
        return z


@right
class ByVmap(Flow):
    """One z after the other, as far as torch's vmap makes it look so; results in numpy."""

    def log_prob(self, z):
        def one(row):
            log_scale, shift = self.scale_and_shift(row)
            epsilon = row * log_scale.exp() + shift
            return Normal(0.0, 1.0, validate_args=False).log_prob(epsilon).sum() + log_scale.sum()

        return torch.vmap(one)(z.reshape(-1, z.shape[-1])).view(z.shape[:-1])

    def invert(self, epsilon):
        return super().invert(epsilon.clone()).numpy()


def _trained_in_part(model, names, factor):
    """The parameters of the MADE, some of them with another gradient."""
    return {
        name: factor * p + (1 - factor) * p.detach() if name.startswith(names) else p
        for name, p in model.made.named_parameters()
    }


@wrong("no gradient reaches made.net.0.weight, so that it cannot be trained")
class NothingIsTrained(Flow):
    """z gets its gradient, the parameters get none."""

    def log_prob(self, z):
        frozen = {name: p.detach() for name, p in self.made.named_parameters()}
        raw, shift = torch.func.functional_call(self.made, frozen, (z,)).unbind(-1)
        return flow_plain(z, 5 * torch.tanh(raw / 5), shift)


@wrong("no gradient reaches made.net.4.bias")
class LastBiasIsNotTrained(Flow):
    def log_prob(self, z):
        frozen = _trained_in_part(self, "net.4.bias", 0)
        raw, shift = torch.func.functional_call(self.made, frozen, (z,)).unbind(-1)
        return flow_plain(z, 5 * torch.tanh(raw / 5), shift)


@wrong("the gradient with respect to made.net.2.weight is not")
class HiddenLayerTrainsTwice(Flow):
    def log_prob(self, z):
        twice = _trained_in_part(self, "net.2.weight", 2)
        raw, shift = torch.func.functional_call(self.made, twice, (z,)).unbind(-1)
        return flow_plain(z, 5 * torch.tanh(raw / 5), shift)


@wrong("scale_and_shift: the values are right, but the gradient with respect to made.net.0.weight")
class FirstLayerTrainsATenth(Flow):
    def scale_and_shift(self, z):
        tenth = _trained_in_part(self, "net.0", 0.1)
        raw, shift = torch.func.functional_call(self.made, tenth, (z,)).unbind(-1)
        return 5 * torch.tanh(raw / 5), shift


@wrong("scale_and_shift: the values are right, but the gradient with respect to")
class ScaleTrainsStraightThrough(Flow):
    """The bound of log_scale is passed by the gradient."""

    def scale_and_shift(self, z):
        raw, shift = self.made(z).unbind(-1)
        return raw + (5 * torch.tanh(raw / 5) - raw).detach(), shift


@wrong("scale_and_shift: no gradient of log_scale reaches z")
class ScaleIsAConstant(Flow):
    def scale_and_shift(self, z):
        log_scale, shift = super().scale_and_shift(z)
        return log_scale.detach(), shift


@wrong("in train mode")
class DropoutInTraining(Flow):
    def scale_and_shift(self, z):
        return super().scale_and_shift(functional.dropout(z, 0.2, self.training))


@wrong("right in eval mode, wrong in train mode")
class NoiseInTraining(Flow):
    def log_prob(self, z):
        noise = 0.05 * torch.randn_like(z) if self.training else 0
        return super().log_prob(z + noise)


@wrong("do the hidden layers start at zero too?")
class AllZeroAtTheStart(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


@wrong("num_hidden is 512 where it is not given")
class AnotherDefault(Flow):
    def __init__(self, num_latents, num_hidden=64):
        super().__init__(num_latents, num_hidden)


@wrong("squeeze() takes away every axis of length 1")
class SqueezesExamples(Flow):
    def log_prob(self, z):
        return super().log_prob(z).squeeze()


@wrong("too many indices")
class BatchesAlone(Flow):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon).flatten(0, max(epsilon.ndim - 2, 0))
        flat = epsilon.reshape(z.shape)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[:, i] = (flat[:, i] - shift[:, i]) * (-log_scale[:, i]).exp()
        return z.reshape(epsilon.shape)


@wrong("invert: one pass is made for each example")
class PassesOfTheBatch(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for _ in range(len(epsilon)):
            z = self.step(epsilon, *self.scale_and_shift(z))
        return z


@wrong("is something clamped?")
class ClampsZ(Flow):
    def log_prob(self, z):
        z = z.clamp(-6, 6)
        return flow_plain(z, *self.scale_and_shift(z))


@wrong("scale and shift constant: ")
class ClampsTheInverse(Flow):
    def invert(self, epsilon):
        return super().invert(epsilon).clamp(-6, 6)


@wrong("log_prob: the 1/2 is missing")
class WithoutHalf(Flow):
    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        return (log_scale + 2 * log_normal(z * log_scale.exp() + shift)).sum(-1)


# Of log_prob gradients flow to z and to every parameter.
GRADIENTS = {}
