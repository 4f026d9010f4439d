"""Digits, noise and gradients of exercise 2.3's network, held by value whatever drew the noise."""

import numpy as np

from course_utils.checks._compare import doubles, refuse_dict, show, sizes, split_pair, verify
from course_utils.checks._contract import build, call, gradient, train, value_and_gradient
from course_utils.checks._formulas import kl_formulas, log_bernoulli
from course_utils.checks._network import (
    decoded,
    encoded,
    exact_weights,
    posterior,
    slopes,
    telling_weights,
)
from course_utils.checks._noise import is_normal, noise_mistake, shape_of
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import probe_of

EXACT = 2e-5  # of the value, with weights that leave nothing to round; float32 rounds by 1e-6
DRAWS = 12  # calls whose noise is put together: 13,824 numbers
LOW = (
    "near the right values, but not in all digits: under autocast the network's outputs are "
    "bfloat16, and should be made float32 first (mu.float(), logits.float()), before a loss is "
    "computed from them; and nothing is clamped, and no small number added"
)
TRAINING = "in train mode {}: is there dropout, or a batch norm?"


def verify_reached(model, weights, x):
    """Gradients of both terms reach what they should."""
    latents = len(weights["encoder.3.bias"]) // 2
    for output, of in ((1, "distortion"), (0, "rate")):
        found = gradient(model, x, output=output, weights=True)
        encoder = [name for name in weights if name.startswith("encoder")]
        silent = [name for name in encoder if found.get(name) is None or not found[name].any()]
        about = {"checked": f"gradients of the {of} with respect to the parameters"}
        if len(silent) == len(encoder):
            hint = "is z detached, or drawn by sample() in place of rsample()?" if output else ""
            hint = hint or "is it computed under no_grad?"
            raise CheckFailed(f"no gradient of the {of} reaches the encoder: {hint}", **about)
        if silent:
            raise CheckFailed(f"no gradient of the {of} reaches {', '.join(silent)}.", **about)
        bias = found["encoder.3.bias"]
        for part, half in (("mu", bias[:latents]), ("log_var", bias[latents:])):
            if not half.any():
                raise CheckFailed(f"no gradient of the {of} reaches {part}: detached?", **about)
        if output and any(found.get(name) is None for name in weights):
            raise CheckFailed("no gradient of the distortion reaches the decoder.", **about)


def verify_digits(answer, rng):
    """Both terms in all digits, with weights that bfloat16 does not round; in train mode too."""
    batch, hidden, latents = sizes(rng, 3)
    hidden += 20
    weights = posterior(exact_weights(rng, hidden, latents), slope=0, log_var=-25)
    own = exact_weights(rng, hidden, latents)
    for training in (False, True):
        for count in (batch, 1):
            x = (rng.random((count, 1, 28, 28)) < 0.4).astype(np.float32)
            for with_weights, term in ((own, "rate"), (weights, "distortion")):
                model = build(answer, hidden, latents, weights=with_weights)
                train(model, training)
                _verify_digits(model, with_weights, x, term, training)


def _verify_digits(model, weights, x, term, training):
    mode = "train" if training else "eval"
    checked = f"forward(x) for x of shape {x.shape} in {mode} mode, weights of few binary digits"
    mu, log_var = np.split(encoded(weights, x), 2, axis=1)
    hint = TRAINING.format("the values are others than in eval mode") if training else LOW
    received = call(model.encode, x)
    refuse_dict(received, ("mu", "log_var"), checked)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            f"encode: expected a tuple (mu, log_var), got {show(received)}", checked=checked
        )
    for name, value, right in zip(("mu", "log_var"), received, (mu, log_var), strict=True):
        verify(value, right, checked=checked, part=f"encode, {name}", hint=hint, tolerance=EXACT)
    terms = (
        kl_formulas(mu, log_var)[0][1].sum(-1),
        -log_bernoulli(x, decoded(weights, mu)).sum((-3, -2, -1)),
    )
    pair = split_pair(call(model, x), *terms, checked)
    place = ("rate", "distortion").index(term)
    ratio = pair[place] / terms[place] if pair[place].shape == (len(x),) else np.zeros(1)
    if np.ptp(ratio) < 1e-4 < abs(ratio.mean() - 1):
        hint = f"every value is {ratio.mean():.4g} times the right one: a factor too many or few?"
    verify(pair[place], terms[place], checked=checked, part=term, hint=hint, tolerance=EXACT)


def verify_noise_and_slopes(answer, rng, seed, is_scaled=True):
    """z's noise, which a gradient tells, and the gradients of all parameters for that noise.

    Args:
        is_scaled: whether the values of the distortion are as if the noise had the right factor.
    """
    hidden, latents = 48, 24
    weights, x = telling_weights(rng, hidden, latents)
    model = build(answer, hidden, latents, weights=weights)
    mu, log_var = np.split(encoded(weights, x), 2, axis=1)
    told = f"{hidden} images, {latents} latents: z, as the decoder's gradient tells it"
    draws = []
    for draw in range(DRAWS):
        train(model, draw % 2 == 1)
        mode = "train" if draw % 2 else "eval"
        probe = _probe(rng, hidden)
        _, found = value_and_gradient(
            model, x, seed=DRAWS * seed + draw, output=1, weights=True, probe=probe
        )
        z = _told(found, probe, hidden)
        if np.allclose(z, mu, atol=0.02):
            raise CheckFailed(f"z: in {mode} mode no noise is drawn, z is mu", checked=told)
        draws.append(z)
        if draw < 4:
            noise = (z - mu) / np.exp(0.5 * log_var)
            right = slopes(weights, x, noise, 1, probe)
            factors = None if is_scaled else _wrong_factors(z - mu, log_var)
            _verify_slopes(found, right, "distortion", mode, factors)
    noise = [(z - mu) / np.exp(0.5 * log_var) for z in draws]
    mistake, received = noise_mistake(draws[0], draws[1], mu, log_var)
    whole = np.concatenate(noise)
    if not mistake and not is_normal(whole):
        mistake = shape_of(whole)
        received = f"mean {whole.mean():.3f}, standard deviation {whole.std():.3f}"
    if mistake:
        raise CheckFailed(
            f"z: {mistake}",
            checked=told,
            expected="(z - mu) / exp(log_var / 2) is standard normal, independent everywhere",
            received=received,
        )
    for training in (False, True):
        train(model, training)
        # of one sign: most terms have one too, and where they cancel bfloat16's rounding is left
        probe = rng.choice([0.125, 2.0], hidden)
        found = gradient(model, x, weights=True, probe=probe)
        right = slopes(weights, x, noise[0], 0, probe)
        _verify_slopes(found, right, "rate", "train" if training else "eval")


def _probe(rng, count):
    """Weights of the outputs that 8 bits hold."""
    return np.round(8 * probe_of(rng, count)) / 8


def _told(found, probe, hidden):
    """z of each image from the gradient of the decoder's first layer."""
    slope = found.get("decoder.0.weight")
    if slope is None or not np.isfinite(slope).all():
        raise CheckFailed(
            "no gradient of the distortion reaches the decoder, or one that is not finite.",
            checked="gradients of the distortion with respect to the parameters",
        )
    return doubles(slope)[0] / probe[:hidden, None]


@np.errstate(all="ignore")
def _wrong_factors(away, log_var):
    """(phrase, rate of growth) of the factors of the noise that may have made z - mu.

    A factor exp(k log_var) makes the gradient of log_var 2 k times what it is with exp(log_var / 2)
    and the same z, and no other factor does.
    """
    told = "the factor of the noise is {}: it is not exp(log_var / 2)"
    factors = (
        ("exp(log_var), the variance", 1.0, 1.0),
        ("exp(log_var) / 2", 1.0, 0.5),
        ("exp(2 log_var)", 2.0, 1.0),
        ("exp(-log_var / 2)", -0.5, 1.0),
        ("exp(log_var / 4)", 0.25, 1.0),
    )
    return [
        (told.format(phrase), growth)
        for phrase, growth, times in factors
        if is_normal(away / (times * np.exp(growth * log_var)))
    ]


def _verify_slopes(found, right, of, mode, factors=None):
    """Gradients of all parameters, within bfloat16's rounding: 1 % of the size, 5 % of the rest."""
    latents = len(right["encoder.3.bias"]) // 2
    bias = found.get("encoder.3.bias")
    parts = []
    if bias is not None:
        halves = (slice(latents), slice(latents, None))
        for name, half in zip(("mu", "log_var"), halves, strict=True):
            parts.append((name, bias[half], right["encoder.3.bias"][half]))
    parts += [(name, found.get(name), slope) for name, slope in right.items()]
    for name, received, slope in parts:
        received = np.zeros(slope.shape) if received is None else doubles(received)[0]
        size = np.sqrt((slope**2).sum())
        ratio = (received * slope).sum() / max(size, 1e-12) ** 2
        rest = np.sqrt(((received - slope) ** 2).sum())
        if not np.isfinite(rest) or rest > 0.05 * size + 1e-6 or abs(ratio - (size > 0)) > 0.01:
            alike = np.sqrt(((received - ratio * slope) ** 2).sum()) < 0.05 * abs(ratio) * size
            what = f"it is {ratio:.3g} times the right one" if alike and size else "it is another"
            mistake = f"the values are right, but the gradient of the {of} with respect to {name} "
            mistake += f"is not: {what}"
            if name == "log_var" and factors is not None:
                named = [told for told, growth in factors if abs(ratio / growth - 2) < 0.06]
                mistake = f"z: {[*named, 'the factor of the noise is not exp(log_var / 2)'][0]}"
            raise CheckFailed(
                mistake,
                checked=f"gradients of the {of} with respect to the parameters, in {mode} mode",
                expected=show(slope),
                received=show(received),
            )
