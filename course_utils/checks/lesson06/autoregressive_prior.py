"""Check of exercise 6.3: ``autoregressive_prior``."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    refuse_other_dtype,
    show,
    sizes,
    verify,
    verify_gradient,
)
from course_utils.checks._contract import build, call, check, gradient, train
from course_utils.checks._flow import flow_formulas, wrong_flow
from course_utils.checks._flow_gradients import (
    BOUND,
    probed_slopes,
    verify_network,
    verify_parameters,
)
from course_utils.checks._flow_model import evaluate, solve, to_noise, wrong_inverses
from course_utils.checks._formulas import LOG_2_PI
from course_utils.checks._masks import SQUEEZED
from course_utils.checks._remote import CheckFailed

DEFAULT = 512  # num_hidden
OFF = 1e-3  # rounding of float32 grows from entry to entry of the inverse
CONSTANT, NEW, TRAIN = "scale and shift constant: ", "a new flow: ", "in train mode: "
IN_TRAINING = "right in eval mode, wrong in train mode: nothing is to be drawn or dropped there"
FAR = "right for moderate z, wrong for large z: is something clamped?"
ROWS = 60  # z at which dependence is looked for: at some of them a ReLU is off


@check("6.3", seals=("nets.made.AutoregressivePrior",), defines="AutoregressivePrior")
def autoregressive_prior(answer, seed):
    """``AutoregressivePrior(num_latents, num_hidden)``: ``log_prob(z)``, ``invert(epsilon)``.

    ``made.net`` = masked Linear, ReLU, masked Linear, ReLU, masked Linear; ``scale_and_shift(z)``
    -> log_scale = 5 tanh(raw / 5) and shift; entry i sees the entries of z before i.
    """
    rng = np.random.default_rng(seed)
    latents, hidden = int(rng.integers(3, 5)), int(rng.integers(40, 60))
    samples, batch = sorted(sizes(rng, 2))
    batch += latents  # more than the latents: an index of the wrong axis does not raise
    weights = _weights(rng, latents, hidden)
    flow = _first(answer, latents, hidden, weights)
    level = weights | {"made.net.4.weight": 0 * weights["made.net.4.weight"]}
    level["made.net.4.bias"] = floats(rng.uniform(-12, 12, 2 * latents))[0]
    constant = build(answer, latents, hidden, weights=level)
    new = build(answer, latents, seed=seed)  # num_hidden has a default
    _verify_constant(constant, level["made.net.4.bias"], floats(rng.normal(0, 1, (batch, latents))))
    _verify_triangular(flow, floats(rng.normal(0, 1.5, (ROWS, latents)))[0])
    z = floats(rng.normal(0, 1.2, (samples, batch, latents)))[0]
    shapes = (z[0], z[0, :2], z, z[0, 0], z[0, :1], z[None, :2])
    one = build(answer, 1, hidden, weights=_weights(rng, 1, hidden))
    cases = [(flow, "", shapes), (constant, CONSTANT, (z[0], z, 10 * z[0])),
             (new, NEW, (z[0], z)), (one, "L = 1: ", (z[0, :, :1], z[0, :1, :1]))]  # fmt: skip
    for model, label, all_values in cases:
        for values in all_values:
            _verify_density(model, values, label)
    _verify_slope(flow, z[0])
    verify_parameters(flow, z[0])
    _verify_start(new, z[0])
    verify_network(lambda arrays: build(answer, latents, hidden, weights=arrays),
                   _all_on(rng, latents, hidden), z[0])  # fmt: skip
    for model, label, all_values in (cases[1], cases[0], *cases[2:]):
        for values in all_values:
            _verify_inverse(model, values, label)
    train(flow)
    _verify_density(flow, z[0], TRAIN)
    _verify_slope(flow, z[0], TRAIN)
    verify_parameters(flow, z[0], TRAIN)
    _verify_inverse(flow, z[0], TRAIN)
    return (
        "log_prob has the log-determinant and its gradient, invert gives the z that the flow maps "
        "to epsilon, both for (B, L) and (K, B, L); entries see earlier ones only; it starts as "
        "N(0, I)."
    )


def _first(answer, latents, hidden, weights):
    """The model. Where an earlier exercise is not written, a stub of this one is told first."""
    try:
        return build(answer, latents, hidden, weights=weights)
    except CheckFailed as failure:
        if failure.written:
            raise
        try:  # the function itself, without a model: a stub raises whatever it is given
            call(answer.log_prob, np.zeros((1, latents)), np.zeros((1, latents)))
        except AttributeError:
            pass
        except CheckFailed as own:
            if not own.written:
                raise own from failure
        raise


def _weights(rng, latents, hidden):
    """Random parameters with log_scale of about 0.5 and shifts of about 1.5."""
    rows = np.tile([0.5, 1.5], latents)
    arrays = {
        "made.net.0.weight": rng.normal(0, 1 / latents**0.5, (hidden, latents)),
        "made.net.0.bias": rng.normal(0.5, 0.5, hidden),
        "made.net.2.weight": rng.normal(0, 1.4 / hidden**0.5, (hidden, hidden)),
        "made.net.2.bias": rng.normal(0.3, 0.5, hidden),
        "made.net.4.weight": rows[:, None]
        * rng.normal(0, 1.4 / hidden**0.5, (2 * latents, hidden)),
        "made.net.4.bias": rows * rng.normal(0, 1, 2 * latents),
    }
    return {name: floats(array)[0] for name, array in arrays.items()}


def _all_on(rng, latents, hidden):
    """Random parameters with which no ReLU is off for |z| < 5, and no output is large."""
    shapes = {name: array.shape for name, array in _weights(rng, latents, hidden).items()}
    ranges = ((0.1, 0.6), (40, 45), (0.02, 0.1), (0, 5), (-0.003, 0.003), (-1, 1))
    pairs = zip(shapes.items(), ranges, strict=True)
    return {name: floats(rng.uniform(*ends, shape))[0] for (name, shape), ends in pairs}


def _verify_constant(model, bias, arrays):
    """With a last layer of weight 0 scale and shift are its bias: known without the masks."""
    (z,) = arrays
    raw, shift = (np.tile(half, (len(z), 1)) for half in doubles(bias[::2], bias[1::2]))
    bounded = BOUND * np.tanh(raw / BOUND)
    found = evaluate(model, z)
    for part, received, right, wrong in (
        ("log_scale", found[0], bounded, [
            ("it is not bounded: 5 tanh(log_scale / 5) is wanted", raw),
            ("5 tanh(log_scale) came, the division by 5 is missing", BOUND * np.tanh(raw)),
            ("tanh(log_scale) came, without the factor 5", np.tanh(raw)),
            ("it is the shift", shift),
        ]),
        ("shift", found[1], shift, [("it is log_scale", raw), ("it is log_scale", bounded)]),
    ):  # fmt: skip
        about = f"the last layer's weight is 0, its bias {show(bias)}"
        verify(received, right, checked=about, wrong=wrong, part=f"scale_and_shift, {part}")


def _verify_triangular(model, z):
    """log_scale_i and shift_i depend on z_j for all j < i and for no other j."""
    latents = z.shape[1]
    for output, part in ((0, "log_scale"), (1, "shift")):
        for i in range(latents):
            probe = np.zeros(z.shape)
            probe[:, i] = 1
            (found,) = gradient(model.scale_and_shift, z, output=output, probe=probe)
            seen = np.zeros(latents, bool) if found is None else (found != 0).any(0)
            if np.array_equal(seen, np.arange(latents) < i):
                continue
            if found is None:
                raise CheckFailed(
                    f"scale_and_shift: no gradient of {part} reaches z: was something detached?"
                )
            what = "sees its own or later entries" if seen[i:].any() else "misses earlier entries"
            raise CheckFailed(
                f"{part}_{i + 1} {what} of z: are the masks right (exercise 6.2)?",
                checked=f"the gradient of {part}_{i + 1} with respect to z",
                expected=f"not 0 for the entries before {i + 1} alone",
                received=f"not 0 for the entries {(np.flatnonzero(seen) + 1).tolist()}",
            )


def _verify_density(model, z, label):
    formulas = flow_formulas(*doubles(z), *evaluate(model, z))
    epsilon = to_noise(model, z)
    right = formulas[0][1].sum(-1)
    checked = f"{label}log_prob(z) for z of shape {z.shape}"
    scale = (0.5 * epsilon**2 + 6).sum(-1)
    received = call(model.log_prob, z)
    lost = [(SQUEEZED, right.squeeze())] if 1 in z.shape[:-1] else []
    wrong = itertools.chain(lost, _wrong_inputs(model, z), wrong_flow(formulas))
    hint = IN_TRAINING if label == TRAIN else FAR if np.abs(z).max() > 10 else ""
    verify(received, right, checked=checked, wrong=wrong, scale=scale, hint=hint, part="log_prob")
    if label == NEW:
        normal = -0.5 * (z.astype(np.float64) ** 2 + LOG_2_PI).sum(-1)
        hint = "a new flow should be N(0, I): does the last layer start at zero?"
        verify(received, normal, checked=checked, scale=scale, hint=hint, part="log_prob")


@np.errstate(all="ignore")
def _wrong_inputs(model, z):
    """Yield (phrase, log p) of the right formula with a wrong log_scale or at a wrong z."""
    (values,) = doubles(z)
    log_scale, shift = evaluate(model, values)
    raw = BOUND * np.arctanh(np.clip(log_scale / BOUND, -1, 1))
    unbound = "the bound 5 tanh(. / 5) is left out: scale_and_shift has it"
    yield unbound, flow_formulas(values, raw, shift)[0][1].sum(-1)
    inverse = solve(model, values)
    inverted = "z is inverted first: log_prob goes from z to epsilon"
    yield inverted, flow_formulas(inverse, *evaluate(model, inverse))[0][1].sum(-1)


def _verify_slope(model, z, label=""):
    """The gradient of log_prob, put together of those of log_scale and shift."""
    probe, right = probed_slopes(model, z)
    of = f"{label}log_prob(z)"
    verify_gradient(model.log_prob, (z,), ("z",), (right,), of=of, probe=probe)


def _verify_start(model, z):
    """A new flow has 512 hidden units and can learn: its last layer alone starts at zero."""
    found = gradient(model.log_prob, z, weights=True)
    last = found.get("made.net.4.weight")
    if last is None or not last.any():
        raise CheckFailed(
            "no gradient reaches the last layer of a new flow: do the hidden layers start at zero "
            "too? The last one alone should.",
            checked=f"{NEW}the gradient of log_prob with respect to made.net.4.weight",
            expected="not 0",
            received="no gradient" if last is None else "zero everywhere",
        )
    if len(last.T) != DEFAULT:
        raise CheckFailed(
            f"num_hidden is {DEFAULT} where it is not given.",
            checked=f"{NEW}the layers of AutoregressivePrior(num_latents={z.shape[-1]})",
            expected=f"{DEFAULT} hidden units",
            received=f"{len(last.T)} hidden units",
        )


def _verify_inverse(model, z, label):
    """invert(epsilon) for the epsilon to which the flow maps z, in float32."""
    (epsilon,) = floats(to_noise(model, z))
    solved = solve(model, *doubles(epsilon))
    received, checked = call(model.invert, epsilon), f"{label}invert(epsilon), shape {z.shape}"
    verify(
        received,
        solved,
        checked=checked,
        wrong=wrong_inverses(model, *doubles(epsilon)),
        scale=1,
        tolerance=OFF,
        part="invert",
        hint="the flow does not map this z to epsilon: z * exp(log_scale) + shift is another",
    )
    refuse_other_dtype(received, epsilon, "epsilon", "the decoder", checked)
