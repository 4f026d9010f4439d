"""Check of exercise 8.5: ``free_bits``."""

import numpy as np

from course_utils.checks._compare import doubles, verify
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._masks import SQUEEZED
from course_utils.checks._remote import CheckFailed

NEAR = "rates near k: "
EQUAL = "some rates are k: "
HINTS = {
    NEAR: "right far from k, not near it: the maximum is sharp",
    EQUAL: "right above and below k, not at k itself: there k is due",
}
TWO_TENSORS = "k is a number, torch's max and maximum want two tensors; clamp takes a number"
RAISED = (  # what the exception says, and what it means here
    ("Boolean value of Tensor", "Python's max compares the batch as a whole, not each example"),
    ("must be Tensor, not", TWO_TENSORS),
    ("max() received an invalid combination", TWO_TENSORS),
)


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
        ("k is an integer: ", batch, int(rng.integers(2, 6)), 0.1, 3),
        (NEAR, batch, rng.uniform(2, 5), 0.99, 1.01),
        (EQUAL, batch, int(rng.integers(4, 20)) / 4, 0.1, 3),
        ("in float64: ", batch, rng.uniform(2, 5), 0.1, 3),
    ):
        k = k if isinstance(k, int) else round(k, 3)
        rate = (k or 1) * rng.uniform(low, high, count)
        if low < 1 < high:  # some above, some below, none too near k to be told apart from it
            gap = 0.0005 if label == NEAR else 0.2
            share = np.where(np.arange(count) % 2, rng.uniform(low, 1 - gap, count),
                             rng.uniform(1 + gap, high, count))  # fmt: skip
            rate = k * rng.permutation(share)
        rate[: 2 * (label == EQUAL)] = k
        rate = rate if label == "in float64: " else rate.astype(np.float32)
        about = f"{label}{count} rates, k = {k:g}"
        (exact,) = doubles(rate)
        wrong = _charged(exact, k) if label != NEAR else []
        wrong = wrong if count > 1 else [(SQUEEZED, np.maximum(exact, k)[0])]
        received = _called(answer, rate, k)
        verify(received, np.maximum(exact, k), checked=about, wrong=wrong, hint=HINTS.get(label))
        probe = rng.choice([-1, 1], count) * rng.uniform(0.5, 2, count)
        probe[exact == k] = 0  # there any slope from 0 to 1 is right
        (slope,) = gradient(answer, rate, k, probe=probe)[:1]
        _verify_charge(slope, probe, exact > k, about)
    return (
        "max(k, rate), one value for each example; the gradient is 1 above k and 0 below, for k "
        "from 0 to 4,000."
    )


def _called(answer, rate, k):
    """What came; the likeliest exceptions are told in words."""
    try:
        return call(answer, rate, k)
    except CheckFailed as failure:
        for sign, words in RAISED:
            if sign in failure.mistake:
                failure.mistake = f"{words}: {failure.mistake}"
        raise


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
        hint="1 above k and 0 below are wanted: is it smooth, or passed on in part below k?",
        tolerance=1e-3,
        scale=1e-2,
    )
