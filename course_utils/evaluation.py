"""Scores of trained models: log-likelihood, rate, active units, codebook usage.

Built in lessons 02 and 09.
"""

import math
from dataclasses import dataclass

import torch

from course_utils import losses, settings
from course_utils.arguments import integer
from course_utils.nets.arguments import at_least_float32
from course_utils.progress import bar

ROWS = 2_500  # decoder rows (images x samples) at a time: what a processor's cache can hold


def mean_and_error(values):
    """Mean and standard error of independent values: (N,) -> two floats.

    standard error = standard deviation / sqrt(N), with N - 1 in the variance.

    Raises:
        ValueError: fewer than two values, or not one dimension.
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"values: expected (N,) with N at least 2, got {tuple(values.shape)}")
    values = values.detach().double()
    return values.mean().item(), (values.std() / math.sqrt(len(values))).item()


def with_error(values, digits=2):
    """Mean and standard error as text, such as ``95.42 +- 0.26``. Errors: as above."""
    return "{:.{d}f} +- {:.{d}f}".format(*mean_and_error(values), d=digits)


@dataclass(frozen=True)
class LogLikelihood:
    """Scores of N images by ``num_samples`` importance samples each; nats, (N,) on the CPU.

    Attributes:
        values: L_K = log (1/K sum_k w_k), a lower bound on log p(x) in expectation.
        elbo: mean of log w_k, the ELBO's estimate from the same samples; never above ``values``.
        effective_sample_size: (sum w)^2 / sum w^2, between 1 and K.
        num_samples: K.
        mean, standard_error: of ``values``, over the images.
    """

    values: torch.Tensor
    elbo: torch.Tensor
    effective_sample_size: torch.Tensor
    num_samples: int

    @property
    def mean(self):
        return self.values.mean().item()

    @property
    def standard_error(self):
        return mean_and_error(self.values)[1]


@torch.no_grad()
def log_likelihood(log_weight_fn, images, num_samples=5000, chunk=ROWS, seed=0, progress=None):
    """Importance-sampled log-likelihood of each image, in bounded memory.

    log p(x) >= E[log (1/K sum_k w_k)], w_k = p(x, z_k) / q(z_k|x), z_k ~ q(z|x)

    The samples of an image are summed up in parts, in float64, so memory grows neither with K nor
    with the number of images.

    Args:
        log_weight_fn: ``log_weight_fn(images, num_samples)`` -> log w, (K, B).
        images: (N, ...).
        num_samples: K.
        chunk: most images x samples in one call.
        seed: of the samples; the generator outside is left as it was.
        progress: show a bar; by default in every profile but ``smoke``.

    Returns:
        A :class:`LogLikelihood`.

    Raises:
        TypeError: ``num_samples``, ``chunk`` or ``seed`` is no integer.
        ValueError: no image, ``num_samples`` or ``chunk`` below 1, log w of another shape, NaN or
            +infinity. (-infinity is a weight of 0; where all are, log p is -infinity and the
            effective sample size 0.)

    Source: Burda et al. 2016, arXiv:1509.00519.
    """
    num_samples, chunk = integer("num_samples", num_samples, 1), integer("chunk", chunk, 1)
    seed = integer("seed", seed)
    integer("images", len(images), 1)
    parts = -(-num_samples // chunk)
    sizes = [num_samples // parts + (part < num_samples % parts) for part in range(parts)]
    blocks = images.split(max(1, chunk // num_samples))
    devices = [images.device] if images.device.type == "cuda" else []
    found = []
    if progress is None:
        progress = settings.profile() != "smoke"
    with torch.random.fork_rng(devices), bar(progress, "scoring", len(blocks)) as advance:
        torch.manual_seed(seed)
        for block in blocks:
            found.append(_score(log_weight_fn, block, sizes))
            advance()
    total, square, mean = torch.cat([sums for sums, _ in found], dim=1).cpu()
    scores = {
        "values": total - math.log(num_samples),
        "elbo": mean / num_samples,
        "effective_sample_size": (2 * total - square).exp().masked_fill(total.isneginf(), 0),
    }
    dtype = at_least_float32(found[0][1])
    return LogLikelihood(
        **{name: score.to(dtype) for name, score in scores.items()}, num_samples=num_samples
    )


def _score(log_weight_fn, images, sizes):
    """logsumexp(log w), logsumexp(2 log w) and sum(log w): (3, B), float64; and log w's dtype."""
    kept = []
    for size in sizes:
        log_w = log_weight_fn(images, size)
        if log_w.shape != (size, len(images)):
            raise ValueError(
                f"log_weight_fn: expected log w of shape {(size, len(images))}, "
                f"got {tuple(log_w.shape)}"
            )
        dtype, log_w = log_w.dtype, log_w.double()
        if log_w.isnan().any() or log_w.isposinf().any():
            got = "NaN" if log_w.isnan().any() else "infinity"
            raise losses.NotFiniteError(f"log_weight_fn: expected numbers, got {got} among log w")
        kept.append(torch.stack([log_w.logsumexp(0), (2 * log_w).logsumexp(0), log_w.sum(0)]))
    kept = torch.stack(kept)
    sums = torch.stack([kept[:, 0].logsumexp(0), kept[:, 1].logsumexp(0), kept[:, 2].sum(0)])
    return sums, dtype


@torch.no_grad()
def in_parts(function, x, batch_size=500):
    """``function`` of ``batch_size`` rows of x at a time, without gradients, joined on the CPU.

    ``function(part)`` -> a tensor, or a tuple of tensors, with one row for each row of ``part``.
    """
    found = [function(part) for part in x.split(integer("batch_size", batch_size, 1))]
    if isinstance(found[0], torch.Tensor):
        return torch.cat([part.cpu() for part in found])
    return tuple(torch.cat([part.cpu() for part in parts]) for parts in zip(*found, strict=True))


def rate_distortion(model, x, num_samples=1, batch_size=500):
    """Rate and distortion of each example under a ``nets.VAE``: two (N,) tensors, nats.

    rate = KL(q(z|x) || p(z)) (an estimate where the prior has no closed form),
    distortion = -E_q[log p(x|z)], both averaged over ``num_samples`` draws of z. ``model`` may be
    any function of x whose dict holds the two, of one draw each.
    """
    num_samples = integer("num_samples", num_samples, 1)

    def means(part):
        terms = [model(part) for _ in range(num_samples)]
        keys = ("rate", "distortion")
        return tuple(torch.stack([term[key] for term in terms]).mean(0) for key in keys)

    return in_parts(means, x, batch_size)


def active_units(mu, threshold=0.01):
    """How many latents carry information: (count, variances).

    A latent i is active if Var_x(E_q[z_i | x]) > threshold. The threshold has a meaning only where
    the prior's scale is fixed; elsewhere see :func:`informative_units`.

    Args:
        mu: posterior means of many examples, (N, L), N at least 2.
        threshold: on the variance.

    Returns:
        The count, an int, and the variances, (L,).

    Raises:
        ValueError: ``mu`` is not (N, L) with N at least 2, or not finite.

    Source: Burda et al. 2016, arXiv:1509.00519, section 5.
    """
    if mu.ndim != 2 or len(mu) < 2:
        raise ValueError(f"mu: expected (N, L) with N at least 2, got {tuple(mu.shape)}")
    variances = mu.detach().var(0)
    if not variances.isfinite().all():
        raise losses.NotFiniteError("mu: expected finite numbers, got NaN or infinity")
    return int((variances > threshold).sum()), variances


def informative_units(model, x, least=0.01, num_samples=20):
    """How many latents of each layer carry more than ``least`` nats: (counts, rates).

    The rate of latent i is the mean over x of E_q[log q(z_i|.) - log p(z_i|.)], each given what it
    was drawn from. No scale of z_i changes it, so it serves where p is learnt, too.

    Args:
        model: a ``nets.VAE`` with Gaussian latents and a standard normal prior (closed form), or
            a model of several layers, with ``infer``.
        x: (N, ...).
        least: nats.
        num_samples: draws of z for each x, where there are several layers.

    Returns:
        Two lists with one entry for each layer, the lowest first: ints, and rates (L,) in nats. A
        rate that is measured by draws may be negative: z_2 may know more of z_1 than x does.
    """

    def each(part):
        if not hasattr(model, "infer"):
            return (losses.gaussian_kl(*model.encode(part), event_dim=0),)
        return tuple(
            (
                losses.gaussian_log_prob(z, mu_q, log_var_q, event_dim=0)
                - losses.gaussian_log_prob(z, mu_p, log_var_p, event_dim=0)
            ).mean(0)
            for z, mu_q, log_var_q, mu_p, log_var_p in model.infer(part, num_samples)
        )

    rates = [rate.mean(0) for rate in in_parts(each, x)]
    return [int((rate > least).sum()) for rate in rates], rates


def codebook_usage(indices, num_codes):
    """Which codes of a codebook are used: (codes used, perplexity, counts).

    perplexity = exp(-sum_k f_k log f_k), f_k the share of code k: between 1 and ``num_codes``.

    Args:
        indices: integers in [0, num_codes), any shape.
        num_codes: K.

    Raises:
        ValueError: no index, or one outside the codebook.
    """
    num_codes, flat = integer("num_codes", num_codes, 1), indices.flatten()
    if flat.is_floating_point() or not len(flat) or flat.min() < 0 or flat.max() >= num_codes:
        raise ValueError(f"indices: expected integers from 0 to {num_codes - 1}, at least one")
    counts = torch.bincount(flat, minlength=num_codes)
    share = counts.double() / len(flat)
    return int((counts > 0).sum()), torch.special.entr(share).sum().exp().item(), counts
