"""Check of exercise 9.4: ``dreg_surrogate``."""

import numpy as np

from course_utils.checks._compare import close, doubles, floats, show
from course_utils.checks._contract import call, check, gradient, value_and_gradient
from course_utils.checks._dreg import derive, estimate, mistakes, softmax
from course_utils.checks._remote import CheckFailed

FAR = (
    "right where log w is moderate, not where it is about -1,800: exp(log w) underflows to 0 "
    "there, take the softmax of log w over the samples"
)
ONE = "one value for each example is wanted, whose gradient is that of this example alone"
HOOK = (
    "the hook's factor does not fit z's gradient, (K, B, L): w is (K, B), and w[..., None] has an "
    "axis for the latents"
)
NAMES = ("mu", "log_var", "weight", "bias")
MIXED = "the examples are mixed: the value of one has a gradient for mu or log_var of another one"


@check("9.4", seals=("losses.bounds.dreg_surrogate",))
def dreg_surrogate(answer, seed):
    """``dreg_surrogate(x, mu, log_var, epsilon, weight, bias)`` -> (B,), judged by its gradient."""
    rng = np.random.default_rng(seed)
    samples, batch, dim = rng.permutation([4, 5, 6, 7])[:3].tolist()
    latents = int(rng.choice([2, 3]))
    for label, shape in (
        ("", (samples, batch, dim, latents)),
        ("D = L: ", (samples, batch, 3, 3)),
        ("K = 1: ", (1, batch, dim, latents)),
        ("B = 1: ", (samples, 1, dim, latents)),
        ("D = L = 1: ", (samples, batch, 1, 1)),
        ("log w about -1,800: ", (samples, batch, dim, latents)),
    ):
        arrays = _example(rng, *shape, far="1,800" in label)
        x, mu, _, epsilon, weight, _ = (array.shape for array in arrays)
        about = f"{label}x {x}, mu and log_var {mu}, epsilon {epsilon}, weight {weight}"
        _verify_case(answer, arrays, rng, about, FAR if "1,800" in label else "")
    return (
        "w^2 without q's own parameters for mu and log_var, w for weight and bias, each example "
        "for itself, also for one sample and for log w of -1,800."
    )


def _example(rng, samples, batch, dim, latents, far):
    """Arrays whose weights are neither all alike nor one alone, in any example."""
    while True:
        weight = rng.normal(size=(dim, latents)) * rng.uniform(0.6, 1.2, latents)
        bias, z = rng.normal(size=dim), rng.normal(size=(batch, latents))
        x = z @ weight.T + bias + rng.normal(size=(batch, dim))
        if far:  # away from everything that the decoder reaches: all log w fall alike
            away = np.linalg.svd(weight)[0][:, -1]
            x += 60 * rng.choice([-1, 1], (batch, 1)) * away
        mu = 0.6 * z + 0.4 * rng.normal(size=z.shape)
        log_var, epsilon = rng.uniform(-1.5, 0.3, z.shape), rng.normal(size=(samples, *z.shape))
        arrays = floats(x, mu, log_var, epsilon, weight, bias)
        log_w = derive(*doubles(*arrays))["log_w"]
        size = 1 / (softmax(log_w) ** 2).sum(0)
        lopsided = samples > 1 and (size.min() < 1.4 or size.max() > 0.8 * samples)
        low = log_w.min() < -40 and not far  # exp(log w) is to underflow in that case alone
        if not (lopsided or low):
            return arrays


def _verify_case(answer, arrays, rng, about, hint):
    """The gradient for one example alone, and for all weighted by random numbers."""
    batch, exact = arrays[3].shape[1], doubles(*arrays)
    _verify_value(answer, arrays, about, hint)
    single = np.eye(batch)[rng.integers(batch)]
    probe = rng.choice([-1, 1], batch) * rng.uniform(0.5, 2, batch)

    def slopes(weights, noise=0):
        found = _told(about, lambda: gradient(answer, *arrays, probe=weights, seed=noise))
        found = [(found[i], arrays[i].shape) for i in (1, 2, 4, 5)]
        return [
            slope if slope is not None and slope.shape == shape and slope.any() else None
            for slope, shape in found
        ]

    found = slopes(probe)
    missing = [name for name, slope in zip(NAMES, found, strict=True) if slope is None]
    if missing:
        raise CheckFailed(
            f"no gradient reaches {' and '.join(missing)}: {hint or _detached(missing)}.",
            checked=f"{about}, the gradient of the values",
            expected="a gradient for mu, log_var, weight and bias",
            received=f"none for {', '.join(missing)}",
        )
    for slope in filter(lambda slope: slope is not None, slopes(single)[:2]):
        others = slope[single == 0]
        if np.abs(others).max(initial=0) > 1e-5 * np.abs(slope).max():
            raise CheckFailed(
                f"{MIXED}: is there a sum, a mean or a softmax over the batch?",
                checked=f"{about}, the gradient of the value of one example",
                expected="zeros for the other examples",
                received=show(others),
            )
    pieces = derive(*exact)
    w = softmax(pieces["log_w"])
    right = estimate(pieces, probe, w**2, w**2, 0 * w, w)
    phi = np.concatenate(found[:2], -1) / probe[:, None]
    received = phi, np.concatenate([found[2].reshape(-1), found[3]])
    tolerance = 2e-2 if hint else 2e-3
    fits = [_same(*pair, tolerance) for pair in zip(received, right, strict=True)]
    if all(fits):
        return
    mistake = "" if hint else _named(received, right, fits, pieces, exact, probe)
    again = [np.zeros(1) if slope is None else slope for slope in slopes(probe, noise=1)]
    if not all(np.array_equal(*pair, equal_nan=True) for pair in zip(found, again, strict=True)):
        mistake = "two calls gave different gradients: nothing is to be drawn, epsilon is given"
    which = 0 if not fits[0] else 1
    names = " and ".join(NAMES[2 * which : 2 * which + 2])
    raise CheckFailed(
        f"{mistake or hint or f'the gradient with respect to {names} is not the right one'}.",
        checked=f"{about}, the gradient with respect to {names}"
        + (", of each example" if which == 0 else ", the examples weighted by random numbers"),
        expected=show(right[which]),
        received=show(received[which]),
    )


def _verify_value(answer, arrays, about, hint):
    """The value is one finite number for each example."""
    samples, batch = arrays[3].shape[:2]
    value = _told(about, lambda: _value(answer, arrays))
    mistake = ""
    if not isinstance(value, np.ndarray):
        mistake = f"one array is expected, {show(value)} came"
    elif value.shape == (samples, batch):
        mistake = "one value for each sample came: the sum over the samples is missing"
    elif batch == 1 and value.shape in ((), (samples,)) and samples > 1:
        mistake = "one example lost its axis: squeeze() takes away every axis of length 1"
    elif value.shape == ():
        mistake = f"one number came, in which the examples are mixed: {ONE}"
    elif value.shape == (samples,) != (batch,):
        mistake = f"the sum is over the batch, it should be over the samples, dim 0: {ONE}"
    elif value.shape != (batch,):
        mistake = f"the shape is {value.shape}, it should be {(batch,)}"
    elif not np.isfinite(value).all():
        mistake = "; ".join(filter(None, ("the value is not finite", hint)))
    if mistake:
        shape = f"any finite numbers of shape {(batch,)}"
        raise CheckFailed(f"{mistake}.", checked=about, expected=shape, received=show(value))


def _value(answer, arrays):
    """What came; of an answer with a hook where gradients are asked for, since it wants them."""
    try:
        return call(answer, *arrays)
    except CheckFailed as failure:
        if not failure.written or "overwrites" in failure.mistake:
            raise
        return value_and_gradient(answer, *arrays)[0]


def _told(about, tried):
    """What ``tried`` gives; its failure says what was checked, and what is wrong with a hook."""
    try:
        return tried()
    except CheckFailed as failure:
        failure.checked = about
        sizes_differ = any(
            sign in failure.mistake for sign in ("must match the size", "wrong size")
        )
        if failure.mistake.startswith("differentiating") and sizes_differ:
            told = failure.mistake.removeprefix("differentiating the result raised ")
            failure.mistake = f"{HOOK}. It raised {told}"
        raise


def _detached(missing):
    if len(missing) == len(NAMES):
        return "was everything detached, or turned into numbers or numpy arrays on the way?"
    if set(missing) & set(NAMES[2:]):
        return "log p(x, z), weighted by w, has to keep its own gradient for them"
    if missing == ["log_var"]:
        return "z is mu + std epsilon, and there std keeps its gradient; it has none in log q alone"
    return "z is mu + std epsilon with a gradient; in log q alone mu and log_var are detached"


def _same(received, right, tolerance=2e-3):
    return close(received, right, np.abs(right).mean(), tolerance)


@np.errstate(all="ignore")
def _named(received, right, fits, pieces, exact, probe):
    """The phrase of what ``received`` is: for all four together, or for each two apart."""
    parts = ["", ""]
    for phrase, *values in mistakes(pieces, exact, probe):
        same = [_same(*pair) for pair in zip(received, values, strict=True)]
        if all(same):
            return phrase
        for i in (0, 1):
            if same[i] and not fits[i] and not parts[i] and not _same(values[i], right[i]):
                parts[i] = phrase
    told = zip(("mu and log_var", "weight and bias"), parts, strict=True)
    return "; and ".join(f"for {names}: {phrase}" for names, phrase in told if phrase)
