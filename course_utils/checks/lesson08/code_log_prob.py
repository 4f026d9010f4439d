"""Check of exercise 8.2: ``code_log_prob``."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_gradient
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import candidates
from course_utils.checks._masks import SQUEEZED

UNSTABLE = (
    "right for moderate logits, wrong or not finite for large ones: take log_softmax, since the "
    "logarithm of a softmax underflows and a small number added to it changes the value"
)
ROUNDING = 2**-23 / 1e-4  # float32, over the tolerance: logits - logsumexp is right as well
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
        ("one code: ", (batch, 1, side, other), 1.5, 0),
        ("one map: ", (1, num_codes, other, side), 1.5, 0),
        ("one row: ", (batch, num_codes, 1, side), 1.5, 0),
        ("one column: ", (batch, num_codes, side, 1), 1.5, 0),
        ("one position: ", (batch, num_codes, 1, 1), 1.5, 0),
        ("one position of one map: ", (1, num_codes, 1, 1), 1.5, 0),
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
        probe = rng.choice([-1, 1], len(logits)) * rng.uniform(0.5, 2, len(logits))
        slope = choice - np.exp(_log_softmax(*doubles(logits), 1))
        slope *= probe[:, None, None, None]
        verify_gradient(answer, (logits, codes), ("logits", "codes"), (slope, None), probe=probe)
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
    early = "the probabilities of the positions are added up before the logarithm: it is taken at "
    early += "each position, and then the sum"
    first = [
        ("this is the probability: the logarithm is missing", np.exp(right.sum((1, 2)))),
        ("the logits are compared with the code of the next position: those at i are for code i",
         np.take_along_axis(flat[..., :-1], there[..., 1:], 1).sum((1, 2))),
        ("the logits are compared with the code of the position before: those at i are for code i",
         np.take_along_axis(flat[..., 1:], there[..., :-1], 1).sum((1, 2))),
        ("the first position is missing in the sum",
         right.sum((1, 2)) - right[:, 0, 0]),
        ("the last position is missing in the sum",
         right.sum((1, 2)) - right[:, -1, -1]),
        (early, np.log(np.exp(right).mean((1, 2)))),
        (early, np.log(np.exp(right).sum((1, 2)))),
    ]  # fmt: skip
    sign = "the sign is wrong: this is the price, -log p(c)"
    return itertools.chain(first, candidates(formulas, 2, "positions", sign=sign))
