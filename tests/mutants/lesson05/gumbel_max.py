"""Answers to exercise 5.1, ``gumbel_max``: wrong and right ones."""

import numpy as np
import torch
from scipy import stats
from torch.distributions import Categorical, Exponential, Gumbel
from torch.nn import functional

from mutants import registry
from mutants.lesson05._common import gumbel_noise

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # indices, through which no gradient passes
GENERATOR = torch.Generator().manual_seed(5)  # goes on from call to call


@right
def draw_plain(logits):
    u = torch.rand(logits.shape)
    return (logits - torch.log(-torch.log(u))).argmax(-1)


@right
def draw_with_small_number(logits):
    u = torch.rand_like(logits)
    return torch.max(logits - torch.log(-torch.log(u + 1e-10) + 1e-10), dim=-1).indices


@right
def draw_by_exponential(logits):
    noise = -torch.empty_like(logits).exponential_().log()
    return torch.argmax(logits.log_softmax(-1) + noise, dim=-1)


@right
def draw_by_distribution(logits):
    return (logits.double() + Gumbel(0.0, 1.0).sample(logits.shape)).argmax(dim=logits.ndim - 1)


@right
def draw_by_race(logits):
    return (Exponential(1.0).sample(logits.shape) / logits.softmax(-1)).argmin(-1)


@right
def draw_by_categorical(logits):
    return Categorical(logits=logits).sample()


@right
def draw_by_multinomial(logits):
    p = logits.softmax(-1).reshape(-1, logits.shape[-1])
    return torch.multinomial(p, 1).reshape(logits.shape[:-1])


@wrong("numpy")
def draw_numpy_style(logits):
    noise = np.random.default_rng().gumbel(size=tuple(logits.shape))
    return np.argmax(logits.numpy() + noise, axis=-1)


@right
def draw_by_inverse(logits):
    """The first category whose cumulative probability passes a uniform number."""
    steps = logits.double().softmax(-1).cumsum(-1)
    u = torch.rand((*logits.shape[:-1], 1), dtype=torch.float64) * steps[..., -1:]
    return torch.searchsorted(steps, u, right=True).squeeze(-1).clamp(max=logits.shape[-1] - 1)


@right
def draw_by_own_generator(logits):
    u = torch.rand(logits.shape, generator=GENERATOR, dtype=torch.float64)
    return (logits - (-u.log()).log()).max(-1).indices


@right
def draw_by_variables(logits):
    """A loop over all but the last two axes' first, with the noise of scipy."""
    if logits.ndim < 3:
        noise = stats.gumbel_r.rvs(size=tuple(logits.shape))
        return (logits + torch.as_tensor(noise)).argmax(-1)
    parts = [draw_by_variables(part) for part in logits.unbind(-2)]
    return torch.stack(parts, -1)


@right
def draw_by_vmap(logits):
    rows = logits.reshape(-1, logits.shape[-1])
    draw = torch.func.vmap(lambda row: (row - _exponential(row)).argmax(), randomness="different")
    return draw(rows).reshape(logits.shape[:-1])


def _exponential(row):
    return torch.log(-torch.log1p(-torch.rand_like(row)))


@wrong("no noise reaches the argmax")
def draw_no_noise(logits):
    return logits.argmax(-1)


@wrong("no noise reaches the argmax")
def draw_noise_without_categories(logits):
    return (logits + gumbel_noise(logits, (*logits.shape[:-1], 1))).argmax(-1)


@wrong("the noise is uniform (rand)")
def draw_uniform_noise(logits):
    return (logits + torch.rand_like(logits)).argmax(-1)


@wrong("the noise is normal (randn)")
def draw_normal_noise(logits):
    return (logits + torch.randn_like(logits)).argmax(-1)


@wrong("the noise has one logarithm, log(u) or -log(u)")
def draw_exponential_noise(logits):
    return (logits - torch.log(torch.rand_like(logits))).argmax(-1)


@wrong("the noise has one logarithm, log(u) or -log(u)")
def draw_log_noise(logits):
    return (logits + torch.log(torch.rand_like(logits))).argmax(-1)


@wrong("the Gumbel noise has the wrong sign")
def draw_wrong_sign(logits):
    return (logits + torch.log(-torch.log(torch.rand_like(logits)))).argmax(-1)


@wrong("argmin and argmax are mixed up")
def draw_argmin(logits):
    return (logits + gumbel_noise(logits)).argmin(-1)


@wrong("argmin and argmax are mixed up")
def draw_race_lost(logits):
    return (torch.empty_like(logits).exponential_() / logits.softmax(-1)).argmax(-1)


@wrong("the logits have the wrong sign")
def draw_minus_logits(logits):
    return (gumbel_noise(logits) - logits).argmax(-1)


@wrong("probabilities are taken for logits")
def draw_probabilities(logits):
    return (logits.softmax(-1) + gumbel_noise(logits)).argmax(-1)


@wrong("the variables of an example share their noise")
def draw_shared_by_variables(logits):
    noise = gumbel_noise(logits, (*logits.shape[:-2], 1, logits.shape[-1]))
    return (logits + noise).argmax(-1)


@wrong("the examples of a batch share their noise")
def draw_shared_by_batch(logits):
    return (logits + gumbel_noise(logits, logits.shape[1:])).argmax(-1)


@wrong("all variables and examples share one draw")
def draw_shared_by_all(logits):
    return (logits + gumbel_noise(logits, logits.shape[-1:])).argmax(-1)


@wrong("the noise of one example and another is correlated")
def draw_half_repeated(logits):
    quarter = gumbel_noise(logits, (len(logits) // 4, *logits.shape[1:]))
    return (logits + quarter.repeat(4, 1, 1)).argmax(-1)


@wrong("the same draw comes in every call")
def draw_static(logits):
    generator = torch.Generator().manual_seed(0)
    return (logits + gumbel_noise(logits, generator=generator)).argmax(-1)


@wrong("one-hot vectors came")
def draw_one_hot(logits):
    index = (logits + gumbel_noise(logits)).argmax(-1)
    return functional.one_hot(index, logits.shape[-1])


@wrong("a value for each category came")
def draw_without_argmax(logits):
    return logits + gumbel_noise(logits)


@wrong("integers are wanted")
def draw_values(logits):
    return (logits + gumbel_noise(logits)).max(-1).values


@wrong("one array of indices is expected")
def draw_pair(logits):
    return (logits + gumbel_noise(logits)).max(-1)


@wrong("an axis too many (keepdim?)")
def draw_keepdim(logits):
    return (logits + gumbel_noise(logits)).argmax(-1, keepdim=True)


@wrong("the argmax is taken over the wrong dimension")
def draw_wrong_dimension(logits):
    return (logits + gumbel_noise(logits)).argmax(1)


@wrong("without dim=-1")
def draw_no_dimension(logits):
    return (logits + gumbel_noise(logits)).argmax()


@wrong("every category comes equally often")
def draw_randint(logits):
    return torch.randint(logits.shape[-1], logits.shape[:-1])


@wrong("is never drawn")
def draw_without_last(logits):
    return (logits + gumbel_noise(logits))[..., :-1].argmax(-1)


@wrong("count from 1")
def draw_from_one(logits):
    return (logits + gumbel_noise(logits)).argmax(-1) + 1


@wrong("integers are wanted")
def draw_floats(logits):
    return (logits + gumbel_noise(logits)).argmax(-1).float()


@wrong("the frequencies of the categories are not softmax(logits)")
def draw_doubled_noise(logits):
    return (logits + 2 * gumbel_noise(logits)).argmax(-1)


@wrong("overwrites its argument logits")
def draw_in_place(logits):
    return (logits - logits.exponential_().log()).argmax(-1)


def _by_quarters(logits, change):
    """Noise whose second half is ``change`` of its first, within each half of the batch."""
    if logits.ndim < 3 or len(logits) < 8:
        return gumbel_noise(logits)
    first = torch.rand(2, len(logits) // 4, *logits.shape[1:]).clamp(1e-7, 1 - 1e-7)
    u = torch.cat([first, change(first)], 1).flatten(0, 1)
    return -torch.log(-torch.log(u))


@wrong("the noise of one example and another is correlated")
def draw_mirrored(logits):
    return (logits + _by_quarters(logits, lambda u: u.flip(1))).argmax(-1)


@wrong("the noise of one example and another is correlated")
def draw_antithetic(logits):
    return (logits + _by_quarters(logits, lambda u: 1 - u)).argmax(-1)


@wrong("the noise of one example and another is correlated")
def draw_categories_mirrored(logits):
    return (logits + _by_quarters(logits, lambda u: u.flip(-1))).argmax(-1)


@wrong("the noise of one example and another is the same")
def draw_shuffled(logits):
    return (logits + _by_quarters(logits, lambda u: u[:, torch.randperm(u.shape[1])])).argmax(-1)


@wrong("the noise of one variable and another is correlated")
def draw_neighbours_alike(logits):
    noise = gumbel_noise(logits)
    if logits.ndim > 1:
        noise[..., 1::2, :] = noise[..., : noise.shape[-2] // 2 * 2 : 2, :]
    return (logits + noise).argmax(-1)


@wrong("the noise of one variable and another is correlated")
def draw_variables_mirrored(logits):
    noise = gumbel_noise(logits)
    if logits.ndim > 2:
        noise[..., -1, :] = noise[..., 0, :].flip(-1)
    return (logits + noise).argmax(-1)


@wrong("the noise of one variable and another is correlated")
def draw_shifted(logits):
    """The noise of the next variable is that of this one, but for one category."""
    long = gumbel_noise(logits, (*logits.shape[:-2], sum(logits.shape[-2:])))
    return (logits + long.unfold(-1, logits.shape[-1], 1)[..., : logits.shape[-2], :]).argmax(-1)


@wrong("the noise of one call and the next is correlated")
def draw_half_static(logits):
    noise = gumbel_noise(logits)
    if logits.ndim > 2:
        seeded = torch.Generator().manual_seed(0)
        noise[..., 0, :] = gumbel_noise(logits[..., 0, :], generator=seeded)
    return (logits + noise).argmax(-1)


@wrong("the noise is shared along axis 0")
def draw_shared_by_samples(logits):
    """The batch's noise is its own, that of the axes before it is shared."""
    return (logits + gumbel_noise(logits, logits.shape[-3:])).argmax(-1)


@wrong("the same index comes in every call")
def draw_batches_alone(logits):
    return (logits + (gumbel_noise(logits) if logits.ndim > 1 else 0)).argmax(-1)


@wrong("axes of length 1 are lost (squeeze?)")
def draw_squeezed(logits):
    return (logits + gumbel_noise(logits)).argmax(-1, keepdim=True).squeeze()


@wrong("improbable ones come too often: the noise is too wide")
def draw_noise_wide(logits):
    return (logits + 1.05 * gumbel_noise(logits)).argmax(-1)


@wrong("improbable ones come too seldom: the noise is too narrow, or cut off")
def draw_noise_narrow(logits):
    return (logits + 0.95 * gumbel_noise(logits)).argmax(-1)


@wrong("improbable ones never come: is the noise cut off")
def draw_noise_clamped(logits):
    u = torch.rand(logits.shape).clamp(0.02, 0.98)
    return (logits - torch.log(-torch.log(u))).argmax(-1)


@wrong("the frequencies of the categories are not softmax(logits)")
def draw_log2(logits):
    return (logits - torch.log2(-torch.log2(torch.rand_like(logits)))).argmax(-1)


@wrong("the frequencies of the categories are not softmax(logits)")
def draw_normal_of_that_variance(logits):
    return (logits + torch.pi / 6**0.5 * torch.randn_like(logits)).argmax(-1)


@wrong("one array of indices is expected")
def draw_dict(logits):
    return {"index": (logits + gumbel_noise(logits)).argmax(-1)}


@wrong("the noise of one example and another")
def draw_from_a_pool(logits):
    """300 rows of noise, of which each example takes one."""
    pool = gumbel_noise(logits, (300, *logits.shape[1:]))
    return (logits + pool[torch.randint(300, logits.shape[:1])]).argmax(-1)


@wrong("int64 is wanted, as F.one_hot takes no other")
def draw_int32(logits):
    return (logits + gumbel_noise(logits)).argmax(-1).int()


@wrong("or is subtracted: add -log E")
def draw_noise_subtracted(logits):
    return (logits - gumbel_noise(logits)).argmax(-1)


@wrong("or one value for all categories")
def draw_one_value_for_all_categories(logits):
    return (logits + gumbel_noise(logits[..., :1])).argmax(-1)
