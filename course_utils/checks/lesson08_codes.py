"""Checks of lesson 08: the price of codes, and free bits."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_gradient
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._formulas import candidates

UNSTABLE = (
    "right for moderate logits, wrong or not finite for large ones: take log_softmax, since the "
    "logarithm of a softmax underflows and a small number added to it changes the value"
)
ROUNDING = 2**-23 / 1e-4  # float32, over the tolerance: logits - logsumexp is right as well
SQUEEZED = "one example lost its axis: squeeze() takes away every axis of length 1, the batch too"
PRODUCT = "a product of many probabilities underflows: add up logarithms"


@check("8.2", seals=("nets.pixelcnn._CodePrior.log_prob",))
def code_log_prob(answer, seed):
    """``code_log_prob(logits, codes)``: (B, K, H, W), integers (B, H, W) -> (B,), nats."""
    rng = np.random.default_rng(seed)
    batch, num_codes = (2 + size for size in sizes(rng, 2))
    side, other = rng.permutation([2, 3, 4])[:2].tolist()
    for label, shape, spread, centre in (
        ("", (batch, num_codes, side, side), 1.5, 0),
        ("H and W differ: ", (batch, num_codes, side, other), 1.5, 0),
        ("two codes: ", (batch, 2, other, side), 1.5, 0),
        ("one map: ", (1, num_codes, other, side), 1.5, 0),
        ("one position: ", (batch, num_codes, 1, 1), 1.5, 0),
        ("many positions: ", (2, num_codes, 20, 28), 1.5, 0),
        ("logits up to 10,000: ", (batch, num_codes, side, other), 1e4, 0),
        ("logits about -10,000: ", (batch, num_codes, side, other), 1.5, -1e4),
        ("logits about 10,000: ", (batch, num_codes, side, other), 1.5, 1e4),
    ):
        logits = np.clip(rng.normal(0, spread, shape), -1e4, 1e4) + centre
        codes = rng.integers(0, shape[1], (shape[0], *shape[2:]))
        (logits,) = floats(logits)
        formulas = _priced(*doubles(logits), codes)
        terms, extreme = formulas[0][1], "10,000" in label
        wrong = [] if extreme else _wrong_price(formulas, *doubles(logits), codes)
        if len(logits) == 1:
            wrong = [(SQUEEZED, terms.sum())]
        verify(
            call(answer, logits, codes),
            terms.sum((1, 2)),
            checked=f"{label}logits of shape {logits.shape}, codes of shape {codes.shape}",
            wrong=wrong,
            hint=UNSTABLE if extreme else "",
            undefined="" if extreme else PRODUCT,
            scale=0.1 * np.abs(terms).sum((1, 2)).mean()
            + ROUNDING * np.abs(logits).max() * terms[0].size,
        )
        choice = np.moveaxis(np.eye(shape[1])[codes], -1, 1)
        slope = choice - np.exp(_log_softmax(*doubles(logits), 1))
        verify_gradient(answer, (logits, codes), ("logits", "codes"), (slope, None))
    return (
        "Log-softmax over the codes, at the code that is there, summed over the positions: one "
        "value in nats for each map, finite for logits of 10,000, with the right gradient."
    )


def _log_softmax(logits, axis):
    shifted = logits - logits.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _at(values, codes):
    """values (B, K, H, W) at the codes (B, H, W)."""
    return np.take_along_axis(values, codes[:, None], 1)[:, 0]


@np.errstate(all="ignore")
def _priced(logits, codes):
    """(phrase, terms (B, H, W)) of log p(c) at each position: the right one first."""
    log_p = _log_softmax(logits, 1)
    entropy = -(np.exp(log_p) * log_p).sum(1)
    batch, num_codes, height, width = logits.shape
    right, softmax = _at(log_p, codes), "the softmax is taken over"
    rows_first = _log_softmax(logits.reshape(batch, height, width, num_codes), 3)
    turned = np.swapaxes(log_p, 2, 3).reshape(logits.shape)
    clipped = logits - logits.max(1, keepdims=True)
    return [
        ("", right),
        ("the softmax is missing: these are the logits at the codes", _at(logits, codes)),
        (f"{softmax} the batch: the codes are dim 1", _at(_log_softmax(logits, 0), codes)),
        (f"{softmax} the last dimension: the codes are dim 1",
         _at(_log_softmax(logits, 3), codes)),
        (f"{softmax} the rows of the map: the codes are dim 1",
         _at(_log_softmax(logits, 2), codes)),
        (f"{softmax} the positions: the codes are dim 1",
         _at(_log_softmax(logits, (2, 3)), codes)),
        (f"{softmax} codes and positions: the codes alone are wanted, dim 1",
         _at(_log_softmax(logits, (1, 2, 3)), codes)),
        ("the softmax is taken twice", _at(_log_softmax(np.exp(log_p), 1), codes)),
        ("the logarithm is missing: probabilities are added up", np.exp(right)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("summed over all codes: the code that is there is wanted alone", log_p.sum(1)),
        ("averaged over all codes: the code that is there is wanted alone", log_p.mean(1)),
        ("this is the entropy: the code that is there is not used", entropy),
        ("the likeliest code is taken, in place of the one that is there", log_p.max(1)),
        ("H and W are exchanged", _at(turned, codes)),
        ("(B, K, H, W) is reshaped to (B, H, W, K): the axes have to be moved (movedim, permute)",
         np.take_along_axis(rows_first, codes[..., None], 3)[..., 0]),
        ("the normaliser is missing: only the largest logit is subtracted", _at(clipped, codes)),
        ("each code counts as one against all others: sigmoids stand for the softmax",
         -np.logaddexp(0, -_at(logits, codes))),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _wrong_price(formulas, logits, codes):
    """(phrase, values) of wrong log p(c), fewest mistakes first."""
    log_p, right = _log_softmax(logits, 1), formulas[0][1]
    flat = log_p.reshape(*log_p.shape[:2], -1)
    there = codes.reshape(len(codes), 1, -1)
    first = [
        ("this is the probability: the logarithm is missing", np.exp(right.sum((1, 2)))),
        ("the logits are compared with the code of the next position: those at i are for code i",
         np.take_along_axis(flat[..., :-1], there[..., 1:], 1).sum((1, 2))),
        ("the logits are compared with the code of the position before: those at i are for code i",
         np.take_along_axis(flat[..., 1:], there[..., :-1], 1).sum((1, 2))),
        ("the first position is missing in the sum",
         right.sum((1, 2)) - right[:, 0, 0]),
    ]  # fmt: skip
    sign = "the sign is wrong: this is the price, -log p(c)"
    return itertools.chain(first, candidates(formulas, 2, "positions", sign=sign))


@check("8.5")
def free_bits(answer, seed):
    """``free_bits(rate, k)``: (B,), a number -> max(k, rate), (B,); no gradient below k."""
    rng = np.random.default_rng(seed)
    batch = int(rng.integers(7, 14))
    for label, count, k, low, high in (
        ("", batch, rng.uniform(2, 5), 0.1, 3),
        ("k = 0: ", batch, 0.0, 1, 30),
        ("all above k: ", batch, rng.uniform(0.5, 2), 1.2, 20),
        ("all below k: ", batch, rng.uniform(2, 5), 0.01, 0.9),
        ("one example: ", 1, rng.uniform(0.2, 0.8), 2, 4),
        ("k and rates up to 10,000: ", batch, rng.uniform(1000, 4000), 0.001, 2.5),
        ("rates of 0: ", batch, rng.uniform(2, 5), 0, 0),
    ):
        k = round(float(k), 3)
        rate = (k or 1) * rng.uniform(low, high, count)
        if not label or label.startswith("k and"):  # some above, some below, none near k
            share = np.where(np.arange(count) % 2, rng.uniform(low, 0.8, count),
                             rng.uniform(1.25, high, count))  # fmt: skip
            rate = k * rng.permutation(share)
        (rate,) = floats(rate)
        about = f"{label}{count} rates, k = {k:g}"
        (exact,) = doubles(rate)
        wrong = _charged(exact, k) if count > 1 else [(SQUEEZED, np.maximum(exact, k)[0])]
        verify(call(answer, rate, k), np.maximum(exact, k), checked=about, wrong=wrong)
        probe = rng.choice([-1, 1], count) * rng.uniform(0.5, 2, count)
        (slope,) = gradient(answer, rate, k, probe=probe)[:1]
        _verify_charge(slope, probe, exact > k, about)
    return (
        "max(k, rate), one value for each example; the gradient is 1 above k and 0 below, for k "
        "from 0 to 4,000."
    )


def _charged(rate, k):
    """[(phrase, values)] of wrong charges."""
    right = np.maximum(rate, k)
    before = "the batch is averaged or summed before the maximum: it is taken for each example"
    after = "one number came: one value for each example is wanted"
    return [
        ("the minimum is taken: it charges the first k nats and gives the others away",
         np.minimum(rate, k)),
        ("k is added to the rate: it is the least that is charged", rate + k),
        ("k is subtracted: max(k, rate) is wanted, not max(0, rate - k)",
         np.maximum(rate - k, 0)),
        ("k is subtracted: max(k, rate) is wanted", rate - k),
        ("k is subtracted, and the wrong way round: max(k, rate) is wanted", k - rate),
        ("k is subtracted: max(k, rate) is wanted, not max(0, k - rate)",
         np.maximum(k - rate, 0)),
        ("the difference of rate and k came", np.abs(rate - k)),
        ("k is a factor here: it is the least that is charged", k * rate),
        ("k is a factor here: it is the least that is charged", k * right),
        (before, np.maximum(rate.mean(), k)),
        (before, np.full_like(rate, max(rate.mean(), k))),
        (before, np.maximum(rate.sum(), k)),
        (before, np.full_like(rate, max(rate.sum(), k))),
        (after, right.mean()),
        (after, right.sum()),
        ("the largest rate of the batch came: the maximum is with k, for each example",
         rate.max()),
        ("the rate came back: below k it should be k", rate),
        ("below k comes 0, it should be k", np.where(rate > k, rate, 0)),
        ("above k comes 0, it should be the rate", np.where(rate > k, 0, k)),
        ("k came for every example: above k it should be the rate", np.full_like(rate, k)),
        ("k is added to the rates below it: max(k, rate) is wanted",
         np.where(rate > k, rate, rate + k)),
        ("1 where the rate is above k came: max(k, rate) is wanted", 1.0 * (rate > k)),
        ("a smooth maximum is taken (softplus, logsumexp): max(k, rate) is wanted",
         np.logaddexp(rate, k)),
        ("the sign is wrong: the charge is added to the distortion", -right),
        ("an axis too many (keepdim?)", right[:, None]),
    ]  # fmt: skip


def _verify_charge(received, probe, above, about):
    """The gradient of probe * charge: probe above k, 0 below."""
    right = np.where(above, probe, 0)
    received = np.zeros_like(probe) if received is None else received
    detached = "above k no gradient reaches the rate: was it detached, or turned into a number or "
    wrong = [
        (f"{detached}a numpy array on the way?", np.zeros_like(probe)),
        ("below k the gradient should be 0: there the rate is free, whatever it is", probe),
        ("the gradient is 1 below k and 0 above, it should be the other way round",
         probe * ~above),
        ("it has the wrong sign", -right),
    ]  # fmt: skip
    verify(
        received,
        right,
        checked=f"{about}: the gradient with respect to the rate, the examples weighted by random "
        "numbers",
        part="the value is right, but the gradient is not",
        wrong=wrong,
        tolerance=1e-3,
        scale=1e-2,
    )
