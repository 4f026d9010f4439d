"""Check of exercise 2.3: ``vae_fc``."""

import itertools

import numpy as np

from course_utils.checks._compare import close, floats, refuse_dict, show, sizes, split_pair, verify
from course_utils.checks._contract import build, call, check, train
from course_utils.checks._formulas import bernoulli_formulas, candidates, kl_formulas, log_bernoulli
from course_utils.checks._network import (
    ACTIVATIONS,
    IMAGE,
    PIXELS,
    decoded,
    encoded,
    posterior,
    random_weights,
)
from course_utils.checks._network_slopes import (
    verify_digits,
    verify_noise_and_slopes,
    verify_reached,
)
from course_utils.checks._remote import CheckFailed
from course_utils.checks.lesson02._clamped import verify_unclamped

ROUNDED = 0.03  # of the value and of the typical value: bfloat16 keeps 8 bits, mistakes are larger
IN_TRAINING = " in train mode"


@check(
    "2.3",
    defines="VAE",
    seals=(
        "nets.vae.VAE",
        "nets.layers.MLPEncoder",
        "nets.layers.MLPDecoder",
    ),
)
def vae_fc(answer, seed):
    """``VAE(num_hidden, num_latents)`` for images (B, 1, 28, 28) of zeros and ones.

    ``encoder`` = Flatten, Linear, ReLU, Linear; ``decoder`` = Linear, ReLU, Linear, Unflatten.
    ``encode(x)`` -> (mu, log_var), (B, L) each; ``decode(z)`` -> logits (..., 1, 28, 28);
    ``forward(x)`` -> (rate, distortion), (B,) each, nats, for one z ~ q(z|x).
    """
    rng = np.random.default_rng(seed)
    batch, latents, samples, half = sizes(rng, 4)
    for hidden in (2 * half + 10, 24):
        weights = random_weights(rng, hidden, latents)
        model = build(answer, hidden, latents, weights=weights)
        x = floats(rng.random((batch, *IMAGE)) < 0.4)[0]
        mu, log_var = _verify_encode(model, weights, x)
        for shape in ((batch,), (samples, batch), (1,), (samples, 1), (1, batch), (2, 3, batch)):
            _verify_decode(model, weights, floats(rng.normal(0, 1, (*shape, latents)))[0])
        _verify_encode(model, weights, x[:1])
        train(model)
        _verify_encode(model, weights, x, IN_TRAINING)
        _verify_decode(model, weights, floats(rng.normal(0, 1, (batch, latents)))[0], IN_TRAINING)
        train(model, False)
        latents += 1
    verify_unclamped(answer, seed)
    still = posterior(weights, slope=0, log_var=-14)
    _verify_terms(build(answer, hidden, latents - 1, weights=still), model, still, x, mu, log_var)
    narrow = posterior(weights, slope=0.3, log_var=-2)
    narrow_model = build(answer, hidden, latents - 1, weights=narrow)
    unnamed = _verify_sampling(narrow_model, narrow, x[:1], rng, seed)
    verify_reached(model, weights, x)
    verify_digits(answer, rng)
    verify_noise_and_slopes(answer, rng, seed, is_scaled=unnamed is None)
    if unnamed is not None:
        raise unnamed
    return (
        "Parameter names and shapes, encode, decode (also (K, B, L)), rate and distortion, the "
        "noise of z and the gradients through it."
    )


def _verify_encode(model, weights, x, mode=""):
    latents = len(weights["encoder.3.bias"]) // 2
    received, right = call(model.encode, x), encoded(weights, x)
    mu, log_var = right[:, :latents], right[:, latents:]
    checked = f"encode(x) for x of shape {x.shape}{mode}"
    refuse_dict(received, ("mu", "log_var"), checked)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            f"encode: expected a tuple (mu, log_var), got {show(received)}.", checked=checked
        )
    every = [(what, encoded(weights, x, activation)) for what, activation in ACTIVATIONS[1:]]
    parity = "mu is the first half of the encoder's output, log_var the second: every other column"
    swapped = "the halves are swapped: mu is the first half of the encoder's output"
    clipped = "ReLU is applied to the encoder's output too"
    for name, values, entry, wrong in (
        ("mu", mu, received[0], [(swapped, log_var), (f"{parity} was taken", right[:, ::2])]),
        (
            "log_var",
            log_var,
            received[1],
            [
                ("the variance came, exp(log_var)", np.exp(log_var)),
                ("the standard deviation came, exp(log_var / 2)", np.exp(0.5 * log_var)),
                ("half of log_var came, the log of the standard deviation", 0.5 * log_var),
                ("twice log_var came", 2 * log_var),
                ("softplus of it came", np.logaddexp(0, log_var)),
                ("it is mu once more", mu),
            ],
        ),
    ):
        half = slice(None, latents) if name == "mu" else slice(latents, None)
        wrong += [(clipped, np.maximum(values, 0)), ("tanh is applied to it", np.tanh(values))]
        wrong += [(what, value[:, half]) for what, value in every]
        _verify_network(
            entry, values, checked=checked, wrong=wrong, part=f"encode, {name}", mode=mode
        )
    return mu, log_var


def _verify_decode(model, weights, z, mode=""):
    right = decoded(weights, z)
    wrong = [
        ("probabilities came, logits are wanted (no sigmoid here)", 1 / (1 + np.exp(-right))),
        ("ReLU is applied to the decoder's output", np.maximum(right, 0)),
        ("tanh is applied to the decoder's output", np.tanh(right)),
        ("the pixels are not put back into an image: Unflatten is missing",
         right.reshape(*z.shape[:-1], PIXELS)),
        ("the axis of the channel is missing", right[..., 0, :, :]),
        ("the axes of samples and batch were merged and not parted again",
         right.reshape(-1, *IMAGE)),
        ("the axes of samples and batch are mixed up",
         right.reshape(-1, z.shape[-2], *IMAGE).swapaxes(0, 1).reshape(right.shape)),
        ("height and width are swapped", right.swapaxes(-1, -2)),
    ]  # fmt: skip
    wrong += [(what, decoded(weights, z, activation)) for what, activation in ACTIVATIONS[1:]]
    checked = f"decode(z) for z of shape {z.shape}{mode}"
    _verify_network(
        call(model.decode, z), right, checked=checked, wrong=wrong, part="decode", mode=mode
    )


def _verify_network(received, right, mode, **about):
    typical = np.sqrt((right**2).mean())
    hint = "in train mode the values are others: is there dropout, or a batch norm?" if mode else ""
    verify(received, right, scale=typical, tolerance=ROUNDED, hint=hint, **about)


def _verify_terms(still, model, weights, x, mu, log_var):
    """The rate with the model's own posterior, then the distortion where z is mu."""
    formulas, checked = kl_formulas(mu, log_var), f"forward(x) for x of shape {x.shape}"
    rate = formulas[0][1].sum(-1)
    terms = bernoulli_formulas(x, decoded(weights, mu))
    terms = [(what, -values) for what, values in terms]
    distortion = terms[0][1].sum((-3, -2, -1))
    at_zero = -log_bernoulli(x, decoded(weights, 0 * mu)).sum((-3, -2, -1))
    split_pair(call(still, x), 0.5 * (mu**2 + 13).sum(-1), distortion, checked)
    scale = 0.5 * (mu**2 + np.exp(log_var) + np.abs(log_var)).sum(-1)
    verify(
        split_pair(call(model, x), rate, distortion, checked)[0],
        rate,
        checked=checked,
        wrong=candidates(formulas, sign="the sign is wrong: a KL is >= 0"),
        scale=scale,
        tolerance=ROUNDED,
        part="rate",
    )
    received, again = (call(still, x, seed=noise)[1] for noise in (0, 1))
    if received.shape == distortion.shape and not close(received, again, 0, ROUNDED):
        raise CheckFailed(
            "z is far from mu where log_var = -14: is z = mu + exp(log_var / 2) * noise?",
            checked=f"{checked}, the distortion with log_var = -14",
            expected=show(distortion),
            received=f"{show(received)}; with other noise {show(again)}",
        )
    verify(
        received,
        distortion,
        checked=f"{checked}, with log_var = -14: z is mu",
        wrong=itertools.chain(
            candidates(terms, 3, "pixels", "the sign is wrong: this is +log p(x|z)"),
            [("z: mu is not added", at_zero)],
        ),
        tolerance=ROUNDED,
        part="distortion",
    )


def _verify_sampling(model, weights, x, rng, seed):
    """Distribution of the distortion of one image over the noise of z.

    Returns the failure, where the distribution is wrong and no formula explains it: the gradients
    may tell the factor of the noise.
    """
    count, latents = 1000, len(weights["encoder.3.bias"]) // 2
    copies = np.repeat(x, count, axis=0)
    one, two = (call(model, copies, seed=2 * seed + draw)[1] for draw in (1, 2))
    out = encoded(weights, x)
    mu, log_var = out[:, :latents], out[:, latents:]
    noise = rng.normal(0, 1, (2 * count, latents))
    checked = f"the distortion of {count} copies of one image"

    def distortions(z):
        return -log_bernoulli(x, decoded(weights, z)).sum((-3, -2, -1))

    right = distortions(mu + np.exp(0.5 * log_var) * noise)
    told = {"checked": checked}
    told["expected"] = f"mean {right.mean():.1f}, standard deviation {right.std():.1f}"
    told["received"] = f"mean {one.mean():.1f}, standard deviation {one.std():.1f}"
    small = 0.05 * right.std()
    if np.ptp(one) < small and np.array_equal(one, two):
        raise CheckFailed("no noise is drawn: z is always mu.", **told)
    is_narrow = 1e-5 * abs(one.mean()) < np.ptp(one) and abs(one.mean() - two.mean()) < small
    if np.ptp(one) < small and is_narrow:
        return CheckFailed("z hardly leaves mu: is z = mu + exp(log_var / 2) * noise?", **told)
    if np.ptp(one) < small:
        raise CheckFailed("the noise of z is shared by the batch.", **told)
    if np.array_equal(one, two):
        raise CheckFailed("the same noise comes in every call: is a generator fixed?", **told)
    if _distance(one, right) < 0.13:
        return None
    what = "the distribution of the distortion is wrong: is z = mu + exp(log_var / 2) * noise?"
    for phrase, z in (
        ("z: the noise is multiplied by log_var: exp is missing", mu + log_var * noise),
        ("z: the noise is not scaled: log_var is not used", mu + noise),
        ("z is drawn from the prior, not from q(z|x)", noise),
    ):
        if _distance(one, distortions(z)) < 0.13:
            raise CheckFailed(f"{phrase}.", **told)
    return CheckFailed(f"{what}.", **told)


def _distance(one, two):
    """Kolmogorov-Smirnov distance; equal distributions exceed 0.13 once in 10^9 here."""
    grid = np.sort(np.concatenate([one, two]))
    ranks = [np.searchsorted(np.sort(values), grid, side="right") for values in (one, two)]
    return np.abs(ranks[0] / len(one) - ranks[1] / len(two)).max()
