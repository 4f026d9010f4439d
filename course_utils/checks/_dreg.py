"""The gradient of a surrogate of the importance-weighted bound: its right and wrong estimates."""

import numpy as np

from course_utils.checks._formulas import LOG_2_PI

SIGN = "the sign is wrong: this is a loss, the surrogate is maximised"


def softmax(log_w, axis=0):
    w = np.exp(log_w - log_w.max(axis, keepdims=True))
    return w / w.sum(axis, keepdims=True)


@np.errstate(all="ignore")
def derive(
    x, mu, log_var, epsilon, weight, bias, *, step=0.5, scale=1, log_q=None, p_x=1, p_z=1, q_z=1
):
    """log w (K, B), and its derivatives by z and by what else it depends on.

    Mistaken models: std is exp(step log_var) in z, the variance exp(scale log_var) in log q, or
    exp(log_q(log_var)) with ``log_q`` held fixed; p_x, p_z and q_z multiply the three logarithms.
    """
    std, log_q = np.exp(step * log_var), (log_q or (lambda value: scale * value))(log_var)
    var = np.exp(log_q)
    noise, z = std * epsilon, mu + std * epsilon
    rest = x - z @ weight.T - bias
    log_p_x = -0.5 * (rest**2 + LOG_2_PI).sum(-1)
    log_p_z = -0.5 * (z**2 + LOG_2_PI).sum(-1)
    log_q = -0.5 * (noise**2 / var + log_q + LOG_2_PI).sum(-1)
    own = [-noise / var, 0.5 * scale * (1 - noise**2 / var)]  # of -log q by mu and log_var, z held
    return {
        "log_w": p_x * log_p_x + p_z * log_p_z - q_z * log_q,
        "p": p_x * rest @ weight - p_z * z,
        "q": q_z * noise / var,
        "own": q_z * np.concatenate(own, -1),
        "z": z,
        "noise": step * noise,
        "rest": p_x * rest,
    }


def estimate(pieces, probe, p, q, own, theta):
    """Gradients for (mu, log_var) of each example, (B, 2L), and for (weight, bias), one vector.

    (K, B) each: the factors of d log p / dz, of -d log q / dz, of -d log q by q's own mu and
    log_var, and of d log p / d (weight, bias).
    """
    by_z = p[..., None] * pieces["p"] + q[..., None] * pieces["q"]
    phi = np.concatenate([by_z, by_z * pieces["noise"]], -1) + own[..., None] * pieces["own"]
    rest = (theta * probe)[..., None] * pieces["rest"]
    weight = np.einsum("kbd,kbl->dl", rest, pieces["z"])
    return phi.sum(0), np.concatenate([weight.reshape(-1), rest.sum((0, 1))])


def mistakes(pieces, exact, probe):
    """(phrase, phi, theta): estimates with other weights, then those of another log w."""
    batch = len(probe)
    for phrase, *factors in _factors(pieces["log_w"]):
        phi, theta = estimate(pieces, probe, *factors)
        yield phrase or SIGN, *((phi, theta) if phrase else (-phi, -theta))
        if phrase:
            yield f"{phrase}; and {SIGN}", -phi, -theta
        yield (
            "; and ".join(filter(None, (phrase, "it is divided by the batch size"))),
            phi / batch,
            theta / batch,
        )
    dim, latents = exact[4].shape
    w = softmax(pieces["log_w"])
    right, theta = estimate(pieces, probe, w**2, w**2, 0 * w, w)
    free, _ = estimate(pieces, probe, w**2, w**2, w**2, w)
    given = "log_var is wanted in log q, what is given there is"
    mu_only = np.arange(2 * latents) < latents
    for name, where in (("mu", mu_only), ("log_var", ~mu_only)):
        yield f"q's own {name} is not detached in log q", np.where(where, free, right), theta
    for phrase, change in (
        ("log_var is taken for log_std in z: the standard deviation is exp(log_var / 2)",
         {"step": 1}),
        ("log_var is taken for log_std in log q: the variance is exp(log_var)", {"scale": 2}),
        ("log_var is taken for log_std", {"step": 1, "scale": 2}),
        (f"{given} the standard deviation exp(log_var / 2)", {"log_q": lambda v: np.exp(v / 2)}),
        (f"{given} the variance exp(log_var)", {"log_q": np.exp}),
        (f"{given} the logarithm of the standard deviation, log_var / 2", {"scale": 0.5}),
        (f"{given} minus log_var", {"scale": -1}),
        (f"{given} 0: q is taken for a normal of variance 1", {"scale": 0}),
        ("log p(z) is missing in log w", {"p_z": 0}),
        ("log p(z) has the wrong sign in log w", {"p_z": -1}),
        ("log q(z|x) is missing in log w", {"q_z": 0}),
        ("log q(z|x) is added in log w, it has to be subtracted", {"q_z": -1}),
        ("the 1/2 is missing in log p(x|z)", {"p_x": 2}),
        ("log p(x|z) is a mean over the dimensions of x, a sum is wanted", {"p_x": 1 / dim}),
        ("means over the dimensions stand for sums in log w",
         {"p_x": 1 / dim, "p_z": 1 / latents, "q_z": 1 / latents}),
    ):  # fmt: skip
        other = derive(*exact, **change)
        w = softmax(other["log_w"])
        yield phrase, *estimate(other, probe, w**2, w**2, 0 * w, w)
    if dim == latents:
        turned = derive(*exact[:4], exact[4].T, exact[5])
        w = softmax(turned["log_w"])
        phi, theta = estimate(turned, probe, w**2, w**2, 0 * w, w)
        theta[: dim * dim] = theta[: dim * dim].reshape(dim, dim).T.reshape(-1)
        yield "weight is transposed: the mean of p(x|z) is z weight^T + bias", phi, theta


@np.errstate(all="ignore")
def _factors(log_w):
    """[(phrase, factors of :func:`_estimate`)], those of the right estimate ("") first."""
    w, none, one = softmax(log_w), 0 * log_w, 0 * log_w + 1
    w2, samples = w**2, len(w)
    plain, batch, joint = np.exp(log_w), softmax(log_w, 1), softmax(log_w, (0, 1))
    # What w log w and w^2 log w give where w keeps its gradient.
    loose = w * (1 + log_w - (w * log_w).sum(0))
    loose2 = w2 + 2 * w2 * log_w - 2 * w * (w2 * log_w).sum(0)
    elbo = "this is the ELBO: w is missing, the mean over the samples is taken"
    free = "q's own mu and log_var are not detached in log q"
    grows = "w is not detached: its own gradient comes in"
    raw = "the weights are not normalised: softmax(log w) is wanted, not exp(log w)"
    z_twice = "z is not detached in the term for weight and bias: mu and log_var get w as well"
    theta_twice = (
        "weight and bias are not detached in the term for mu and log_var: they get w^2 too"
    )
    wake = "this is w^2 - w or w - w^2, of reweighted wake-sleep: w^2 is wanted for the bound"
    hooked = "the hook multiplies by w - w^2: with w in the sum already one more factor w is wanted"
    over = "the softmax is over the batch, it should be over the samples, dim 0"
    return [
        ("", w2, w2, none, w),
        ("this is the plain gradient of the bound: for mu and log_var w^2 is wanted, and q's own "
         "mu and log_var detached in log q", w, w, w, w),
        ("w stands for w^2 for mu and log_var: this is sticking the landing, biased for K > 1",
         w, w, none, w),
        ("w^2 stands for w for weight and bias: for them it is the plain gradient of the bound",
         w2, w2, none, w2),
        (free, w2, w2, w2, w),
        (f"{free}: the hook multiplies what comes through z alone", w2, w2, w, w),
        (f"{free}, in none of the two terms", w2, w2, w + w2, w),
        (f"{free}; and w^2 stands for w for weight and bias", w2, w2, w2, w2),
        ("log q is detached altogether: its z keeps a gradient, mu and log_var in it do not",
         w2, none, none, w),
        ("log q is detached altogether, and w stands for w^2 for mu and log_var",
         w, none, none, w),
        ("z is detached in log q, q's own mu and log_var are not: it is the other way round",
         w2, none, w2, w),
        ("z is detached in log w, q's own mu and log_var are not: it is the other way round",
         none, none, w2, w),
        ("z is detached in log w, q's own mu and log_var are not: it is the other way round",
         none, none, w, w),
        ("this is the wake phase's update, w log q with z detached", none, none, -w, w),
        (elbo, *4 * [one / samples]),
        (f"{elbo}; and q's own mu and log_var are detached", *2 * [one / samples], none,
         one / samples),
        ("w is missing: log w is summed over the samples", *4 * [one]),
        ("w is missing: log w is summed over the samples", one, one, none, one),
        (grows, loose, loose, none, loose),
        (f"{grows}; and {free}", *4 * [loose]),
        (grows, loose2, loose2, none, loose2),
        (f"{grows}; and {free}", *4 * [loose2]),
        (grows, *2 * [loose2 + loose - w], none, loose + loose2 - w2),
        (f"{grows}; and {free}", *3 * [loose2 + loose - w], loose + loose2 - w2),
        (grows, loose2, loose2, none, w + loose2 - w2),
        (grows, *2 * [w2 + loose - w], none, loose),
        (over, batch**2, batch**2, none, batch),
        ("the softmax is over samples and batch, it should be over the samples, dim 0",
         joint**2, joint**2, none, joint),
        (raw, plain**2, plain**2, none, plain),
        (raw, plain**2 / samples**2, plain**2 / samples**2, none, plain / samples),
        (raw, plain**2 / samples, plain**2 / samples, none, plain / samples),
        ("w^3 is there for mu and log_var: are both z's gradient and log w multiplied by a weight?",
         w**3, w**3, none, w2),
        ("w^3 is there for mu and log_var: are both z's gradient and log w multiplied by a weight?",
         w**3, w**3, none, w),
        ("w stands for w^2 for mu and log_var, and w^2 for w for weight and bias", w, w, none, w2),
        (wake, w - w2, w - w2, none, w),
        (wake, w2 - w, w2 - w, none, w),
        (wake, w - w2, w - w2, none, w - w2),
        (hooked, w2 - w**3, w2 - w**3, none, w),
        (hooked, w**3 - w2, w**3 - w2, none, w),
        (f"{hooked}; and {free}", w2 - w**3, w2 - w**3, w, w),
        (f"{wake}; and {free}", w - w2, w - w2, w - w2, w),
        (f"{wake}; and {free}", w - w2, w - w2, w, w),
        (z_twice, w2 + w, w2 + w, none, w),
        (z_twice, w2 + w, w2, none, w),
        (z_twice, w2 + w, w2 + w, w, w),
        (theta_twice, w2, w2, none, w + w2),
        (f"{z_twice}; and {theta_twice}", w2 + w, w2 + w, none, w + w2),
        (f"{z_twice}; and {theta_twice}", w2 + w, w2, none, w + w2),
        ("the mean over the samples is taken: the weights add up to 1 already, sum",
         w2 / samples, w2 / samples, none, w / samples),
        ("multiplied by K: the weights add up to 1 already", samples * w2, samples * w2, none,
         samples * w),
        ("for mu and log_var the sign is wrong", -w2, -w2, none, w),
        ("for weight and bias the sign is wrong", w2, w2, none, -w),
    ]  # fmt: skip
