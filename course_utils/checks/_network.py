"""The network of exercise 2.3 in float64, and weights with which bfloat16 rounds nothing."""

import numpy as np
import torch

from course_utils.checks._compare import floats

PIXELS, IMAGE = 784, (1, 28, 28)
ACTIVATIONS = (
    ("", lambda a: np.maximum(a, 0)),
    ("the ReLU between the layers is missing", lambda a: a),
    ("tanh stands in place of ReLU", np.tanh),
    ("a sigmoid stands in place of ReLU", lambda a: 1 / (1 + np.exp(-a))),
    ("LeakyReLU stands in place of ReLU", lambda a: np.maximum(a, 0.01 * a)),
    ("LeakyReLU stands in place of ReLU", lambda a: np.maximum(a, 0.2 * a)),
    ("ELU stands in place of ReLU", lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0)))),
    ("SiLU stands in place of ReLU", lambda a: a / (1 + np.exp(-a))),
    ("softplus stands in place of ReLU", lambda a: np.logaddexp(0, a)),
)


def random_weights(rng, hidden, latents):
    """Random parameters; a quarter of the hidden units is far below zero, where ReLU is 0."""
    off = -50.0 * (np.arange(hidden) % 4 == 0)
    return _floats(
        {
            "encoder.1.weight": rng.normal(0, 0.06, (hidden, PIXELS)),
            "encoder.1.bias": rng.normal(0.3, 0.5, hidden) + off,
            "encoder.3.weight": rng.normal(0, 1 / hidden**0.5, (2 * latents, hidden)),
            "encoder.3.bias": np.repeat([0.0, -1.5], latents) + rng.normal(0, 0.3, 2 * latents),
            "decoder.0.weight": rng.normal(0, 1 / latents**0.5, (hidden, latents)),
            "decoder.0.bias": rng.normal(0.3, 0.5, hidden) + off,
            "decoder.2.weight": rng.normal(0, 2.5 / hidden**0.5, (PIXELS, hidden)),
            "decoder.2.bias": rng.normal(0, 1, PIXELS),
        }
    )


def posterior(weights, slope, log_var):
    """The same with a posterior of about this log_var: at -14 it is so narrow that z is mu."""
    weight, bias = weights["encoder.3.weight"].copy(), weights["encoder.3.bias"].copy()
    latents = len(bias) // 2
    weight[latents:], bias[latents:] = slope * weight[latents:], log_var
    return weights | {"encoder.3.weight": weight, "encoder.3.bias": bias}


def exact_weights(rng, hidden, latents):
    """Weights that leave mu, log_var and (where z is mu) the logits with 8 bits: no rounding.

    Hidden units are half-integers up to 7.5, mu is a multiple of 1/8, log_var of 1/16, a logit of
    1/16. So a loss is held to float32's digits where the products run in bfloat16.
    """

    def some(rows, columns, count, sizes):
        """Rows of zeros but for ``count`` numbers of the rows' sizes, with random signs."""
        places = np.argsort(rng.random((rows, columns)), axis=1)[:, :count]
        values = np.reshape(sizes, (-1, 1)) * rng.choice([-1.0, 1.0], (rows, count))
        weight = np.zeros((rows, columns))
        np.put_along_axis(weight, places, values, 1)
        return weight

    def multiples(unit, most, size):
        return unit * rng.integers(-most, most + 1, size)

    outputs = np.repeat([1 / 4, 1 / 8], latents)
    return _floats(
        {
            "encoder.1.weight": some(hidden, PIXELS, 6, 1),
            "encoder.1.bias": rng.integers(-1, 2, hidden) + 0.5,
            "encoder.3.weight": some(2 * latents, hidden, 2, outputs),
            "encoder.3.bias": np.concatenate(
                [multiples(1 / 8, 4, latents), multiples(1 / 8, 4, latents) - 1.5]
            ),
            "decoder.0.weight": some(hidden, latents, 2, 1),
            "decoder.0.bias": multiples(1 / 8, 8, hidden),
            "decoder.2.weight": some(PIXELS, hidden, 2, 1 / 2),
            "decoder.2.bias": multiples(1 / 4, 8, PIXELS),
        }
    )


def telling_weights(rng, hidden, latents):
    """As :func:`exact_weights`, but the gradient of decoder.0.weight tells z; and the images.

    Hidden unit h feeds pixel h alone, whose logit is so large that the distortion has a slope there
    only where the pixel is black. In image h that is pixel h, and row h of the gradient is z.
    """
    weights = exact_weights(rng, hidden, latents)
    weights["encoder.3.weight"][:latents] /= 4  # z is rounded to 8 bits: let mu be small
    weights["encoder.3.bias"][:latents] /= 4
    weights["decoder.0.weight"] = floats(rng.integers(-8, 9, (hidden, latents)) / 16)[0]
    weights["decoder.0.bias"] = floats(np.full(hidden, 40.0))[0]
    weights["decoder.2.weight"] = floats(np.eye(PIXELS, hidden))[0]
    weights["decoder.2.bias"] = floats(np.zeros(PIXELS))[0]
    x = rng.random((hidden, PIXELS)) < 0.5
    x[:, :hidden] = ~np.eye(hidden, dtype=bool)
    return weights, floats(x.reshape(hidden, *IMAGE))[0]


def encoded(weights, x, activation=ACTIVATIONS[0][1]):
    """mu and log_var side by side, (B, 2 L)."""
    return _mlp(weights, "encoder.1", "encoder.3", x.reshape(len(x), -1), activation)


def decoded(weights, z, activation=ACTIVATIONS[0][1]):
    return _mlp(weights, "decoder.0", "decoder.2", z, activation).reshape(*z.shape[:-1], *IMAGE)


def slopes(weights, x, noise, output, probe):
    """Gradients of the sum of probe * rate (output 0) or distortion (1): name -> array."""
    w = {
        name: torch.tensor(array, dtype=torch.float64, requires_grad=True)
        for name, array in weights.items()
    }

    def linear(value, layer):
        return value @ w[f"{layer}.weight"].T + w[f"{layer}.bias"]

    x = torch.tensor(x, dtype=torch.float64).flatten(1)
    mu, log_var = linear(linear(x, "encoder.1").relu(), "encoder.3").chunk(2, dim=-1)
    z = mu + (0.5 * log_var).exp() * torch.tensor(noise)
    p_z, q_z = (
        torch.distributions.Normal(0.0, 1.0),
        torch.distributions.Normal(mu, (log_var / 2).exp()),
    )
    logits = linear(linear(z, "decoder.0").relu(), "decoder.2")
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    terms = (
        torch.distributions.kl_divergence(q_z, p_z).sum(-1),
        cross_entropy(logits, x, reduction="none").sum(-1),
    )
    total = (terms[output] * torch.tensor(probe)).sum()
    found = torch.autograd.grad(total, list(w.values()), allow_unused=True)
    return {
        name: np.zeros(weights[name].shape) if slope is None else slope.numpy()
        for name, slope in zip(w, found, strict=True)
    }


def _floats(arrays):
    return {name: floats(array)[0] for name, array in arrays.items()}


@np.errstate(all="ignore")
def _mlp(weights, first, second, value, activation):
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    value = activation(value @ w[first + ".weight"].T + w[first + ".bias"])
    return value @ w[second + ".weight"].T + w[second + ".bias"]
