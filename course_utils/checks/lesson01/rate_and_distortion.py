"""Check of exercise 1.5: ``rate_and_distortion``."""

import itertools

import numpy as np

from course_utils.checks._compare import sizes, split_pair, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._gaussian import (
    CUT,
    DISTANT,
    FAR,
    HINTS,
    LOW,
    RANGE,
    UNDERFLOWS,
    draw_near,
    gaussian_scale,
    kl_scale,
    log_prob,
    parameters,
    standard_kl,
    verify_gradients,
    wrong_gaussian,
    wrong_kl,
)
from course_utils.checks._slopes import exactly

EXTREME = {**HINTS, DISTANT: CUT}
GIVEN = "x is given and the rate has a closed form"
NAMES = ("x", "mu_x", "log_var_x", "mu", "log_var")


@check("1.5", seals=("nets.vae.VAE.forward",))
def rate_and_distortion(answer, seed):
    """``rate_and_distortion(x, mu_x, log_var_x, mu, log_var)`` -> (rate, distortion), (B,) each."""
    answer = in_pairs(answer, "rate", "distortion")
    rng = np.random.default_rng(seed)
    batch, dims, latents = sizes(rng, 3)
    for label, count, data, codes in (
        ("", batch, dims, latents),
        ("B = 1: ", 1, dims, latents),
        (RANGE, batch, dims, latents),
        ("B = 2, as many latents as data dimensions: ", 2, dims, dims),
        ("D = 1, L = 1: ", batch, 1, 1),
        (DISTANT, batch, dims, latents),
        (FAR, batch, dims, latents),
    ):
        decoder = parameters(rng, (count, data), label)
        x = draw_near(rng, *decoder, decoder[0].shape)
        if label == DISTANT:
            x = decoder[0] + np.float32(100) * (x - decoder[0])
        decoder = (x, *decoder)
        # an exp(25) in the rate would hide what happens at -25
        encoder = parameters(rng, (count, codes), label, LOW if label == FAR else ())
        arrays = (*decoder, *encoder)
        if not label:
            verify_repeatable(answer, *arrays, instead=GIVEN)
        _verify_values(answer, decoder, encoder, label)
        std = np.exp(0.5 * decoder[2].astype(np.float64))
        distant = 1 + ((decoder[0] - decoder[1]) / std) ** 2
        for output, name, wanted, absent, scales in (
            (0, "the rate", (3, 4), (0, 1, 2), None),
            (1, "the distortion", (1, 2), (3, 4), (None, distant / std, distant, None, None)),
        ):
            verify_gradients(
                answer,
                arrays,
                [one if place in wanted else None for place, one in enumerate(NAMES)],
                _terms,
                rng,
                of=name,
                output=output,
                scales=scales if label in EXTREME else None,
                hint=EXTREME.get(label, ""),
                absent=[(place, NAMES[place]) for place in absent],
            )
    return (
        "The rate is KL(q(z|x) || p(z)) and the distortion -log p(x|z), one value for each "
        "example; their sum is the negative ELBO; gradients reach all four parameters."
    )


def _terms(x, mu_x, log_var_x, mu, log_var):
    return standard_kl(mu, log_var), -log_prob(x, mu_x, log_var_x)


def _verify_values(answer, decoder, encoder, label):
    rate, distortion = exactly(_terms, (*decoder, *encoder))
    shapes = decoder[0].shape, encoder[0].shape
    checked = f"{label}x of shape {shapes[0]}, mu and log_var of shape {shapes[1]}"
    pair = split_pair(call(answer, *decoder, *encoder), rate, distortion, checked)
    of_x = "the rate is computed from mu_x and log_var_x"
    verify(
        pair[0],
        rate,
        checked=checked,
        wrong=itertools.chain(
            wrong_kl(encoder),
            [(of_x, exactly(standard_kl, decoder[1:]))],
            [("the distortion is in it: this is -ELBO", rate + distortion)],
        ),
        scale=kl_scale(*encoder),
        hint=EXTREME.get(label, ""),
        part="rate",
    )
    verify(
        pair[1],
        distortion,
        checked=checked,
        wrong=itertools.chain(
            [("the rate is in it: this is -ELBO", rate + distortion)],
            wrong_gaussian(decoder, -1, "the sign is wrong: this is +log p(x|z)"),
        ),
        undefined=UNDERFLOWS,
        scale=gaussian_scale(*decoder),
        hint=EXTREME.get(label, ""),
        part="distortion",
    )
