"""Check of exercise 4x.2: ``table_terms``."""

import numpy as np

from course_utils.checks._compare import named, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers

SUMMED = "the mean over p_x is missing: the rows are only summed"
TWICE = "p_x weighs the images already: the division by their number is too much"
UNIFORM = "every x counts alike: the mean is over p_x"
UNDEFINED = "0 log 0 counts as 0: torch.xlogy does that"
EACH = "each still has a value for every image, so sum them, weighted by p_x"
TINY = "a tiny probability counts as it is: nothing is added to it, and nothing clamps it"


@check("4x.2")
def table_terms(answer, seed):
    """``table_terms(p_x, q_z, p_z, p_x_z)``: (X,), (X, Z), (Z,), (Z, X) -> rate, distortion."""
    answer = in_pairs(answer, "rate", "distortion")
    rng = np.random.default_rng(seed)
    for label, xs, zs in (
        ("", 5, 3),
        ("as many z as x: ", 4, 4),
        ("two and two: ", 2, 2),
        ("one z: ", 6, 1),
        ("q is the prior: ", 5, 3),
        ("zeros in q_z: ", 4, 3),
        ("zeros in q_z and p_x_z: ", 4, 2),
        ("an x that never comes: ", 4, 3),
        ("a tiny p_x_z: ", 5, 3),
    ):
        p_x, p_z = _shares(rng, xs), _shares(rng, zs)
        q_z, p_x_z = _shares(rng, xs, zs), _shares(rng, zs, xs)
        if label.startswith("q is"):
            q_z = np.tile(p_z, (xs, 1))
        if label.startswith("zeros"):
            q_z[:, 0], q_z[0] = 0.0, np.eye(zs)[-1]
            q_z /= q_z.sum(1, keepdims=True)
        if label.startswith("zeros in q_z and"):
            p_x_z[0, :2] = 0.0
            p_x_z /= p_x_z.sum(1, keepdims=True)
        if label.startswith("an x"):
            p_x[1] = 0.0
            p_x /= p_x.sum()
        if label.startswith("a tiny"):
            p_x_z[0, 1] = 1e-30
            p_x_z /= p_x_z.sum(1, keepdims=True)
        tables = (p_x, q_z, p_z, p_x_z)
        about = f"{label}p_x {p_x.shape}, q_z {q_z.shape}, p_z {p_z.shape}, p_x_z {p_x_z.shape}"
        received = two_numbers(call(answer, *tables), about, "(rate, distortion)", EACH)
        for part, value, (right, wrong) in zip(
            ("rate", "distortion"), received, _answers(*tables), strict=True
        ):
            value, right = np.array(value), np.array(right)
            mistake = named(value, wrong, 1e-5, right)  # one number is soon near another's
            mistake = mistake or (TINY if label.startswith("a tiny") else "")
            verify(value, right, checked=about, part=part, hint=mistake, undefined=UNDEFINED)
    verify_repeatable(answer, *tables)
    return "Both terms of the ELBO, averaged over all x and z, also where a probability is 0."


def _shares(rng, *shape):
    return rng.dirichlet(np.ones(shape[-1]), shape[:-1])


def _xlogy(x, y):
    with np.errstate(all="ignore"):
        return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


@np.errstate(all="ignore")
def _answers(p_x, q_z, p_z, p_x_z):
    """(right, wrong ones) of the rate and of the distortion."""
    to_prior = (_xlogy(q_z, q_z) - _xlogy(q_z, p_z)).sum(1)  # (X,)
    cost = -_xlogy(q_z, p_x_z.T).sum(1)  # (X,)
    rate, distortion = p_x @ to_prior, p_x @ cost
    entropy = -_xlogy(p_x, p_x).sum()
    average = p_x @ q_z  # (Z,)
    joint = p_z[:, None] * p_x_z
    posterior = (joint / joint.sum(0)).T  # (X, Z)
    swapped = "the two are exchanged: the rate comes first"
    of_rate = [
        (swapped, distortion),
        ("the sign is wrong: log(q / p) is averaged, not log(p / q)", -rate),
        (SUMMED, to_prior.sum()),
        (UNIFORM, to_prior.mean()),
        ("the log of the prior is missing", p_x @ _xlogy(q_z, q_z).sum(1)),
        ("the log of q is missing", -p_x @ _xlogy(q_z, p_z).sum(1)),
        (
            "the divergence is the wrong way round: q is averaged over, not the prior",
            p_x @ (_xlogy(p_z, p_z) - _xlogy(p_z, q_z)).sum(1),
        ),
        (
            "this is the mutual information: q is to be compared with the prior, not with its own "
            "average",
            rate - (_xlogy(average, average) - _xlogy(average, p_z)).sum(),
        ),
        (
            "q is averaged over x before it is compared with the prior",
            (_xlogy(average, average) - _xlogy(average, p_z)).sum(),
        ),
        (
            "the exact posterior stands for q",
            p_x @ (_xlogy(posterior, posterior) - _xlogy(posterior, p_z)).sum(1),
        ),
        ("the factor q is missing: log(q / p) is averaged over q", p_x @ np.log(q_z / p_z).sum(1)),
        ("log(q / p) is averaged over z without q", p_x @ np.log(q_z / p_z).mean(1)),
        ("the mean over z is taken, the sum is due: q is the weight", rate / len(p_z)),
        ("bits are returned, nats are wanted", rate / np.log(2)),
        (
            "the prior is taken as uniform: use p_z",
            p_x @ (_xlogy(q_z, q_z).sum(1) + q_z.sum(1) * np.log(len(p_z))),
        ),
        (TWICE, rate / len(p_x)),
    ]
    weighted = -(p_x @ _xlogy(q_z, p_x_z.T @ np.eye(len(p_z))).sum(1))
    of_distortion = [
        (swapped, rate),
        ("the sign is wrong: minus log p(x|z) is averaged", -distortion),
        (SUMMED, cost.sum()),
        (UNIFORM, cost.mean()),
        ("the prior stands for q: z is drawn from q", -(p_x @ _xlogy(p_z, p_x_z.T).sum(1))),
        (
            "the logarithm is taken of the average over q: average the logarithm",
            -_xlogy(p_x, (q_z * p_x_z.T).sum(1)).sum(),
        ),
        (
            "this is -log p(x): the logarithm is taken of the average over the prior",
            -_xlogy(p_x, joint.sum(0)).sum(),
        ),
        ("this is the entropy of p_x", entropy),
        ("the exact posterior stands for q", -(p_x @ _xlogy(posterior, p_x_z.T).sum(1))),
        ("the rate is added: this is -ELBO", rate + distortion),
        ("the rate is subtracted", distortion - rate),
        ("the joint p(z) p(x|z) stands for p(x|z)", -(p_x @ _xlogy(q_z, joint.T).sum(1))),
        (
            "q is averaged over x first: each x has its own q",
            -(p_x @ (average * np.log(p_x_z.T)).sum(1)),
        ),
        ("the factor q is missing", -(p_x @ np.log(p_x_z.T).sum(1))),
        ("the mean over z is taken, the sum is due: q is the weight", weighted / len(p_z)),
        ("bits are returned, nats are wanted", distortion / np.log(2)),
        (
            "p_x_z is reshaped, not transposed: its rows belong to z",
            -(p_x @ _xlogy(q_z, p_x_z.reshape(q_z.shape)).sum(1)),
        ),
        (
            "the arguments of xlogy are exchanged: q is the weight, p(x|z) has the logarithm",
            -(p_x @ _xlogy(p_x_z.T, q_z).sum(1)),
        ),
        (TWICE, distortion / len(p_x)),
    ]
    if len(p_x) == len(p_z):
        turned = "p_x_z is (Z, X): it is read as (X, Z), so transpose it"
        of_distortion.insert(2, (turned, -(p_x @ _xlogy(q_z, p_x_z).sum(1))))
        q_turned = "q_z is (X, Z): it is read as (Z, X)"
        of_rate.insert(2, (q_turned, p_x @ (_xlogy(q_z, q_z) - _xlogy(q_z, p_z)).sum(0)))
    return (rate, of_rate), (distortion, of_distortion)
