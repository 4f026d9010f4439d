"""Check of exercise 6.3: ``autoregressive_prior``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, show, sizes, verify, verify_gradient
from course_utils.checks._contract import build, call, check, gradient
from course_utils.checks._flow import flow_formulas, wrong_flow
from course_utils.checks._formulas import LOG_2_PI
from course_utils.checks._remote import CheckFailed

BOUND = 5  # of log_scale
OFF = 1e-3  # rounding of float32 grows from entry to entry of the inverse
MOST = 1e12  # of an entry of a wrong inverse, so that the network's output stays finite
CONSTANT, NEW = "scale and shift constant: ", "a new flow: "
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
    for model, label in ((flow, ""), (constant, CONSTANT), (new, NEW)):
        for values in (z[0], z):
            _verify_density(model, values, label)
    _verify_slope(flow, z[0])
    for model, label in ((constant, CONSTANT), (flow, ""), (new, NEW)):
        for values in (z[0], z):
            _verify_inverse(model, values, label)
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


def _evaluate(model, z):
    """log_scale and shift of z (..., L), in float64, as many rows of (B, L) at a time."""
    rows = np.asarray(z, np.float32).reshape(-1, z.shape[-1])
    pair = call(model.scale_and_shift, rows)
    about = {"checked": f"scale_and_shift(z) for z of shape {rows.shape}"}
    if not isinstance(pair, tuple) or len(pair) != 2 or any(p.shape != rows.shape for p in pair):
        raise CheckFailed(
            "scale_and_shift: a pair (log_scale, shift) of z's shape is expected.",
            **about,
            received=show(pair),
        )
    if not all(np.isfinite(part).all() for part in pair):
        raise CheckFailed("scale_and_shift: NaN or infinity.", **about, received=show(pair))
    return [part.reshape(z.shape) for part in doubles(*pair)]


def _verify_constant(model, bias, arrays):
    """With a last layer of weight 0 scale and shift are its bias: known without the masks."""
    (z,) = arrays
    raw, shift = (np.tile(half, (len(z), 1)) for half in doubles(bias[::2], bias[1::2]))
    bounded = BOUND * np.tanh(raw / BOUND)
    found = _evaluate(model, z)
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
            what = "sees its own or later entries" if seen[i:].any() else "misses earlier entries"
            raise CheckFailed(
                f"{part}_{i + 1} {what} of z: are the masks right (exercise 6.2)?",
                checked=f"the gradient of {part}_{i + 1} with respect to z",
                expected=f"not 0 for the entries before {i + 1} alone",
                received=f"not 0 for the entries {(np.flatnonzero(seen) + 1).tolist()}",
            )


def _verify_density(model, z, label):
    formulas = flow_formulas(*doubles(z), *_evaluate(model, z))
    epsilon = _to_noise(model, z)
    right = formulas[0][1].sum(-1)
    checked = f"{label}log_prob(z) for z of shape {z.shape}"
    scale = (0.5 * epsilon**2 + 6).sum(-1)
    received = call(model.log_prob, z)
    wrong = wrong_flow(formulas)
    verify(received, right, checked=checked, wrong=wrong, scale=scale, part="log_prob")
    if label == NEW:
        normal = -0.5 * (z.astype(np.float64) ** 2 + LOG_2_PI).sum(-1)
        hint = "a new flow should be N(0, I): does the last layer start at zero?"
        verify(received, normal, checked=checked, scale=scale, hint=hint, part="log_prob")


def _to_noise(model, z):
    log_scale, shift = _evaluate(model, z)
    return z * np.exp(log_scale) + shift


def _verify_slope(model, z):
    """The gradient of log_prob, put together of those of log_scale and shift."""
    (exact,), (log_scale, shift) = doubles(z), _evaluate(model, z)
    scaled = exact * np.exp(log_scale)
    epsilon = scaled + shift
    through_scale, through_shift = (
        gradient(model.scale_and_shift, z, output=output, probe=probe)[0].astype(np.float64)
        for output, probe in ((0, 1 - epsilon * scaled), (1, -epsilon))
    )
    right = through_scale + through_shift - epsilon * np.exp(log_scale)
    verify_gradient(model.log_prob, (z,), ("z",), (right,), of="log_prob(z)")


def _verify_inverse(model, z, label):
    """invert(epsilon) for the epsilon to which the flow maps z, in float32."""
    (epsilon,) = floats(_to_noise(model, z))
    solved = _solve(model, *doubles(epsilon))
    verify(
        call(model.invert, epsilon),
        solved,
        checked=f"{label}invert(epsilon) for epsilon of shape {z.shape}",
        wrong=_wrong_inverses(model, *doubles(epsilon)),
        scale=1,
        tolerance=OFF,
        part="invert",
        hint="the flow does not map this z to epsilon: z * exp(log_scale) + shift is another",
    )


def _solve(model, epsilon, step=None, passes=None, z=None):
    """z after so many passes of z = (epsilon - shift) exp(-log_scale), by default all."""
    step = step or (lambda noise, log_scale, shift: (noise - shift) * np.exp(-log_scale))
    z = np.zeros_like(epsilon) if z is None else z
    for _ in range(epsilon.shape[-1] if passes is None else passes):
        z = np.clip(np.nan_to_num(step(epsilon, *_evaluate(model, z))), -MOST, MOST)
    return z


def _fill(model, epsilon, order):
    """Entry by entry in the given order, from zeros."""
    z = np.zeros_like(epsilon)
    for i in order:
        log_scale, shift = _evaluate(model, z)
        z[..., i] = ((epsilon - shift) * np.exp(-log_scale))[..., i]
    return z


def _overwrite(model, values):
    """As many passes that write into the memory of epsilon."""
    for _ in range(values.shape[-1]):
        log_scale, shift = _evaluate(model, values)
        values = np.clip((values - shift) * np.exp(-log_scale), -MOST, MOST)
    return values


@np.errstate(all="ignore")
def _wrong_inverses(model, epsilon):
    """Yield (phrase, z) of the ways in which an inverse goes wrong."""
    latents = epsilon.shape[-1]
    yield "epsilon came back unchanged", epsilon
    yield "this is the forward direction, z to epsilon", _to_noise(model, epsilon)
    few = "one pass is missing: the last entry needs as many passes as there are entries"
    yield few, _fill(model, epsilon, range(latents - 1))
    yield few, _solve(model, epsilon, passes=latents - 1)
    yield few, _solve(model, epsilon, passes=latents - 1, z=epsilon)
    at_noise = "one pass, with scale and shift at epsilon: they are functions of z"
    yield at_noise, _solve(model, epsilon, passes=1, z=epsilon)
    yield (
        "each entry is computed while the entries before it are still 0: one pass only, or the "
        "entries are filled in from the last to the first",
        _solve(model, epsilon, passes=1),
    )
    yield (
        "the first entry is missing: passes begin at index 0",
        _fill(model, epsilon, range(1, latents)),
    )
    for phrase, step in (
        ("shift has the wrong sign: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: (noise + shift) * np.exp(-log_scale)),
        ("log_scale has the wrong sign: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: (noise - shift) * np.exp(log_scale)),
        ("this is the forward direction: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(log_scale) + shift),
        ("shift is subtracted after the scaling: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(-log_scale) - shift),
        ("shift is added after the scaling: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(-log_scale) + shift),
        ("divided by log_scale: exp is missing",
         lambda noise, log_scale, shift: (noise - shift) / log_scale),
        ("the shift is missing", lambda noise, log_scale, shift: noise * np.exp(-log_scale)),
        ("the scale is missing", lambda noise, log_scale, shift: noise - shift),
    ):  # fmt: skip
        yield phrase, _solve(model, epsilon, step)
    over = "epsilon itself is overwritten while it is needed: z has to be a tensor of its own"
    yield over, _overwrite(model, epsilon)
    if epsilon.ndim == 3:
        axis = "the wrong axis is filled with samples in front: z[..., i] is the entry"
        z = np.zeros_like(epsilon)
        for i in range(latents):
            log_scale, shift = _evaluate(model, z)
            z[:, i] = ((epsilon - shift) * np.exp(-log_scale))[:, i]
        yield axis, z
