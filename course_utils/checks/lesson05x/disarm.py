"""Check of exercise 5x.3: ``disarm``."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    refuse_other_dtype,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check


@check("5x.3")
def disarm(answer, seed):
    """``disarm(cost, twin_cost, z, twin, logits)``: S pairs, N variables -> gradients (S, N)."""
    rng = np.random.default_rng(seed)
    for label, pairs, variables, spread in (
        ("", 7, 4, 1.0),
        ("one variable, p above one half: ", 5, 1, 1.0),
        ("one variable, p below one half: ", 5, 1, 1.0),
        ("as many pairs as variables: ", 6, 6, 1.5),
        ("one pair: ", 1, 9, 1.0),
        ("large logits: ", 11, 3, 30.0),
    ):
        logits = rng.normal(0, spread, variables)
        if not label:  # of both signs
            logits = (np.abs(logits) + 0.3) * rng.permuted([-1, -1, 1, 1])
        if "above" in label:
            logits = np.abs(logits) + 0.3
        if "below" in label:
            logits = -np.abs(logits) - 0.3
        if "large" in label:  # 1 - p is 0 in float32
            logits[0] = 40.0
        p = 1 / (1 + np.exp(-logits))
        u = rng.uniform(size=(pairs, variables))
        z, twin = u < p, 1 - u < p
        differ = rng.uniform(size=z.shape) < 0.5  # also where p is near 0 or 1
        twin = np.where(differ, ~z, twin)
        arrays = floats(*(rng.normal(3, 2, pairs) for _ in range(2)), z, twin, logits)
        about = f"{label}{pairs} pairs of {variables} variables"
        received = call(answer, *arrays, tensors=True)
        right, wrong = _answers(*doubles(*arrays))
        verify(
            received,
            right,
            checked=about,
            wrong=wrong,
            scale=0.1,
            tolerance=1e-4,
            hint="where z and its twin differ the entry is w (f(1) - f(0)), elsewhere 0, and "
            "2 min(p, 1 - p) w = p (1 - p)",
            undefined="for a large logit p (1 - p) / (2 min(p, 1 - p)) is 0/0: cancel the "
            "fraction, it is max(p, 1 - p) / 2",
        )
        refuse_other_dtype(received, arrays[-1], "logits", "the product with logits", about)
    verify_repeatable(answer, *arrays)
    return "Half of max(p, 1 - p), times the difference of the costs, where the two differ."


def _answers(cost, twin_cost, z, twin, logits):
    """The right gradients, and (phrase, values) of famous wrong ones."""
    p = 1 / (1 + np.exp(-logits))
    apart = (cost - twin_cost)[:, None] * (z - twin)
    larger = np.maximum(p, 1 - p)
    right, shares = apart * larger / 2, np.exp(logits - logits.max())
    shares = shares / shares.sum()
    wrong = [
        ("the sign is wrong: (f(z) - f(twin)) (z - twin)", -right),
        ("the half is missing: they differ with probability 2 min(p, 1 - p)", 2 * right),
        ("w is max(p, 1 - p) / 4: one half too many", right / 2),
        ("w is p (1 - p): the probability that the two differ is not divided out",
         apart * p * (1 - p)),
        ("w is p / 2: for p below one half it is (1 - p) / 2, so use max(p, 1 - p)", apart * p / 2),
        ("w is (1 - p) / 2: for p above one half it is p / 2, so use max(p, 1 - p)",
         apart * (1 - p) / 2),
        ("w is min(p, 1 - p) / 2: it should be max(p, 1 - p) / 2",
         apart * np.minimum(p, 1 - p) / 2),
        ("w is p: one half is missing, and it is max(p, 1 - p)", apart * p),
        ("w is missing: the difference of the costs came", apart),
        ("w is 1/2, the weight of independent pairs", apart / 2),
        ("the sigmoid is missing: |logits| / 2 stands for w", apart * np.abs(logits) / 2),
        ("the direction z - twin is missing",
         (cost - twin_cost)[:, None] * np.maximum(p, 1 - p) / 2 * np.ones_like(z)),
        ("the absolute value |z - twin| stands for z - twin",
         (cost - twin_cost)[:, None] * np.abs(z - twin) * np.maximum(p, 1 - p) / 2),
        ("the mean over the pairs came: one row for each pair is wanted", right.mean(0)),
        ("the sum over the pairs came: one row for each pair is wanted", right.sum(0)),
        ("the sum over the variables came: each has its own gradient", right.sum(1)),
        ("the costs are added: their difference is wanted",
         (cost + twin_cost)[:, None] * (z - twin) * np.maximum(p, 1 - p) / 2),
        ("w is p (1 - p) / 2: divide by min(p, 1 - p) too", apart * p * (1 - p) / 2),
        ("the sigmoid is missing: logits stand for p",
         apart * np.maximum(logits, 1 - logits) / 2),
        ("a softmax over the variables came: p is the sigmoid of each variable's own logit",
         apart * np.maximum(shares, 1 - shares) / 2),
        *((f"one w for all variables came, of the {name} of p: each has its own",
           apart * max(one, 1 - one) / 2)
          for name, one in (("mean", p.mean()), ("largest", p.max()), ("first", p[0]))),
        *((f"one w for all variables came, their {name}: each has its own", apart * one / 2)
          for name, one in (("mean", larger.mean()), ("largest", larger.max()))),
        ("z stands for z - twin", (cost - twin_cost)[:, None] * z * larger / 2),
        ("the twin's cost is not used", cost[:, None] * (z - twin) * np.maximum(p, 1 - p) / 2),
    ]  # fmt: skip
    return right, wrong
