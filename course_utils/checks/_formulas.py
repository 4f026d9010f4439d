"""The famous wrong formulas of lessons 01 and 02, each with the phrase that names it.

Everything is float64 numpy; ``terms`` are the values that are to be added up for an example.
"""

import itertools

import numpy as np

LOG_2_PI = np.log(2 * np.pi)


def reductions(terms, event=1, dims="dimensions"):
    """(phrase, values) for the ways of adding up ``terms``, (..., B, *event): the right one first.

    ``event`` counts the trailing axes that belong to one example.
    """
    axes = tuple(range(-event, 0))
    right = terms.sum(axes)
    yield "", right
    yield f"the mean over the {dims} is taken in place of the sum", terms.mean(axes)
    yield f"one value for each of the {dims}: the sum over the {dims} is missing", terms
    if right.ndim:
        yield "summed over the batch: one value for each example is wanted", right.sum()
        yield "the mean over the batch is taken: one value for each example is wanted", right.mean()
        yield f"the mean over batch and {dims} is taken in place of the sum", terms.mean()
        yield "one axis too many (keepdim?)", right[(...,) + (None,) * event]
        summed = "summed over the wrong axis"
        averaged = "the mean is taken, over the wrong axis"
        for axis in range(terms.ndim):
            yield summed, terms.sum(axis)
            yield averaged, terms.mean(axis)
    for axis in range(right.ndim if right.ndim > 1 else 0):
        yield "summed over the samples or the batch", right.sum(axis)
        yield "the mean over the samples or the batch is taken", right.mean(axis)
    if right.ndim == 2:
        yield "the axes are swapped (transposed)", right.T


def candidates(formulas, event=1, dims="dimensions", sign="the sign is wrong"):
    """Yield (phrase, values): each formula with each sign and reduction, fewest mistakes first.

    ``formulas``: list of (phrase, terms); the phrase of the right one is "".
    """
    found = []
    for (what, terms), (minus, factor) in itertools.product(formulas, (("", 1), (sign, -1))):
        for how, values in reductions(factor * terms, event, dims):
            phrases = [phrase for phrase in (how, what, minus) if phrase]
            found += [(len(phrases), "; and ".join(phrases), values)] if phrases else []
    for _, phrase, values in sorted(found, key=lambda entry: entry[0]):
        yield phrase, values


@np.errstate(all="ignore")
def gaussian_formulas(x, mu, log_var):
    """(phrase, terms) of log N(x; mu, exp(log_var)) for each dimension: right, then mistaken."""
    square, var = (x - mu) ** 2, np.exp(log_var)
    right = -0.5 * (LOG_2_PI + log_var + square / var)
    dim = right.shape[-1]
    constant = np.broadcast_to(0.5 * LOG_2_PI, right.shape)
    quadratic, log_scale = 0.5 * square / var, 0.5 * log_var
    as_std = "log_var is taken for log_std"
    return [
        ("", right),
        ("the constant 1/2 log(2 pi) is missing", right + constant),
        (f"{as_std} (variance exp(2 log_var))", -constant - log_var - 0.5 * square / var**2),
        (
            "the squared distance is divided by the standard deviation, not the variance",
            -constant - log_scale - 0.5 * square / np.sqrt(var),
        ),
        ("the 1/2 is missing", 2 * right),
        ("the 1/2 is missing in the squared distance", right - quadratic),
        ("the 1/2 is missing in front of log_var", right - log_scale),
        ("the 1/2 is missing in front of log(2 pi)", right - constant),
        ("the term with log_var is missing", right + log_scale),
        ("log_var has the wrong sign", right + 2 * log_scale),
        ("the squared distance has the wrong sign", right + 2 * quadratic),
        ("the squared distance is not divided by the variance", right + quadratic - 0.5 * square),
        ("the distance is multiplied by the variance", right + quadratic - 0.5 * square * var),
        ("the distance is not squared", right + quadratic - 0.5 * np.abs(x - mu) / var),
        ("the variance is taken to be 1: log_var is not used", -constant - 0.5 * square),
        (
            "log_var is taken for the variance (exp is missing)",
            -constant - 0.5 * np.log(np.abs(log_var)) - 0.5 * square / log_var,
        ),
        (
            "log_var is taken for the standard deviation (exp is missing)",
            -constant - np.log(np.abs(log_var)) - 0.5 * square / log_var**2,
        ),
        *((f"the {what} is handed over where log_var is expected",
           -constant - 0.5 * value - 0.5 * square / np.exp(value))
          for what, value in (("variance", var), ("standard deviation", np.sqrt(var)))),
        (f"{as_std} in the squared distance", right + quadratic - 0.5 * square / var**2),
        ("only the squared distance is left: constant and log_var are missing", -quadratic),
        ("this is the squared error, no log-density", -square),
        ("this is half the squared error, no log-density", -0.5 * square),
        ("the constant is counted once for an example, not for each dimension",
         right + constant * (dim - 1) / dim),
        ("the constant of all dimensions is counted for each one", right + constant * (1 - dim)),
        ("this is the density: the logarithm is missing", np.exp(right)),
    ]  # fmt: skip


@np.errstate(all="ignore")
def kl_formulas(mu, log_var):
    """(phrase, terms) of KL(N(mu, exp(log_var)) || N(0, 1)) for each dimension: right, mistaken."""
    square, var = mu**2, np.exp(log_var)
    right = 0.5 * (square + var - 1 - log_var)
    return [
        ("", right),
        ("the 1/2 is missing", 2 * right),
        ("log_var is taken for log_std", 0.5 * (square + var**2 - 1 - 2 * log_var)),
        ("log_var is taken for log_std in the variance", 0.5 * (square + var**2 - 1 - log_var)),
        ("the standard deviation stands in place of the variance",
         0.5 * (square + np.sqrt(var) - 1 - log_var)),
        ("the constant -1 is missing", right + 0.5),
        *(("off by the same constant: the 1 is subtracted once, it counts L times",
           right + 0.5 - share / mu.shape[-1]) for share in (0.5, 1)),
        ("the constant 1 has the wrong sign", right + 1),
        ("mu is not squared", right - 0.5 * square + 0.5 * mu),
        ("mu is not squared", right - 0.5 * square + 0.5 * np.abs(mu)),
        ("the term with mu is missing", right - 0.5 * square),
        ("mu squared has the wrong sign", right - square),
        ("the term with log_var is missing", right + 0.5 * log_var),
        ("log_var has the wrong sign", right + log_var),
        ("the variance has the wrong sign", right - var),
        ("the variance exp(log_var) is missing", right - 0.5 * var),
        ("exp is missing: log_var is taken for the variance", 0.5 * (square - 1)),
        ("log_var is taken for the variance",
         0.5 * (square + log_var - 1 - np.log(np.abs(log_var)))),
        ("log_var is taken for the standard deviation",
         0.5 * (square + log_var**2 - 1 - np.log(log_var**2))),
        ("the KL is reversed: this is KL(N(0, I) || q)",
         0.5 * ((1 + square) / var - 1 + log_var)),
        *_without_halves(right, {
            "mu^2": square, "the variance": var, "the 1": -np.ones_like(var), "log_var": -log_var}),
        *((f"the {what} is handed over where log_var is expected",
           0.5 * (square + np.exp(value) - 1 - value))
          for what, value in (("variance", var), ("standard deviation", np.sqrt(var)))),
        ("the prior's log_var is taken to be 1, it should be 0 (its variance is 1)",
         0.5 * ((square + var) / np.e - log_var)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("this is the cross-entropy: the entropy of q is missing",
         0.5 * (LOG_2_PI + square + var)),
    ]  # fmt: skip


def _without_halves(right, parts):
    """(phrase, terms) where the 1/2 stands before some of the parts alone: one, two or three."""
    for count in (1, 2, 3):
        for names in itertools.combinations(parts, count):
            before = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            phrase = f"the 1/2 is missing in front of {before}"
            yield phrase, right + 0.5 * sum(parts[name] for name in names)


@np.errstate(all="ignore")
def bernoulli_formulas(x, logits):
    """(phrase, terms) of log Bernoulli(x; sigmoid(logits)) for each pixel: right, then mistaken."""
    right, probability = log_bernoulli(x, logits), np.exp(-np.logaddexp(0, -logits))
    error = -((x - probability) ** 2)
    return [
        ("", right),
        ("the sigmoid is applied twice", log_bernoulli(x, probability)),
        ("x and 1 - x are taken for each other", log_bernoulli(1 - x, logits)),
        ("the term of the black pixels, (1 - x) log(1 - p), is missing",
         x * log_bernoulli(1, logits)),
        ("the term of the white pixels, x log p, is missing", (1 - x) * log_bernoulli(0, logits)),
        ("the normaliser log(1 + exp(logits)) is missing", x * logits),
        ("this is the squared error, no log-probability", error),
        ("this is half the squared error, no log-probability", 0.5 * error),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("this is the probability: the logarithm is missing", np.exp(right)),
        ("tanh is applied to the logits", log_bernoulli(x, np.tanh(logits))),
        ("the logits are taken for probabilities",
         x * np.log(logits) + (1 - x) * np.log(1 - logits)),
    ]  # fmt: skip


def log_bernoulli(x, logits):
    """log Bernoulli(x; sigmoid(logits)) for each pixel."""
    return x * logits - np.logaddexp(0, logits)


@np.errstate(all="ignore")
def weight_formulas(x, z, mu_x, log_var_x, mu, log_var, kl):
    """(phrase, values) of the ways in which log w (K, B) goes wrong; kl (B,) is the closed form."""
    parts = {
        "log p(x|z)": gaussian_formulas(x, mu_x, log_var_x),
        "log p(z)": gaussian_formulas(z, np.zeros_like(z), np.zeros_like(z)),
        "log q(z|x)": gaussian_formulas(z, mu, log_var),
    }
    log_p_x, log_p_z, log_q = (formulas[0][1].sum(-1) for formulas in parts.values())
    right = log_p_x + log_p_z - log_q
    total = np.exp(right - right.max(0)).sum(0)
    bound = np.log(total) + right.max(0)
    found = [
        ("log q(z|x) is added, it has to be subtracted", log_p_x + log_p_z + log_q),
        ("log q(z|x) is missing", log_p_x + log_p_z),
        ("log p(z) is missing", log_p_x - log_q),
        ("log p(z) has the wrong sign", log_p_x - log_p_z - log_q),
        (
            "log p(z) and log q(z|x) are exchanged: the prior is added, log q(z|x) is subtracted",
            log_p_x - log_p_z + log_q,
        ),
        ("log p(x|z) is missing", log_p_z - log_q),
        ("log p(x|z) has the wrong sign", -log_p_x + log_p_z - log_q),
        ("the sign is wrong: this is -log w", -right),
        (
            "log p(z) is taken at q's mu and log_var, so that it cancels log q(z|x): the prior is "
            "N(0, I)",
            log_p_x,
        ),
        (
            "log q(z|x) is taken at mu: it needs the z that was drawn",
            right + log_q - gaussian_formulas(mu, mu, log_var)[0][1].sum(-1),
        ),
        (
            "log p(z) is taken at mu: it needs the z that was drawn",
            right - log_p_z + gaussian_formulas(mu, 0 * mu, 0 * mu)[0][1].sum(-1),
        ),
        (
            "the entropy of q in closed form is added: log w needs the z that was drawn",
            log_p_x + log_p_z + 0.5 * (log_var + 1 + LOG_2_PI).sum(-1),
        ),
        *(
            (
                f"in log p(z): the prior's log_var is 0, not {name} (its variance is 1)",
                right - log_p_z + gaussian_formulas(z, 0 * z, value + 0 * z)[0][1].sum(-1),
            )
            for name, value in (("1", 1), ("e", np.e))
        ),
        ("the KL in closed form is subtracted: log w needs the z that was drawn", log_p_x - kl),
        ("this is w: the logarithm is missing", np.exp(right)),
        ("the mean over the samples is taken: this is the ELBO", right.mean(0)),
        ("summed over the samples", right.sum(0)),
        ("this is the importance-weighted bound, no log w", bound - np.log(len(right))),
        ("logsumexp over the samples is taken", bound),
        ("the weights are normalised over the samples", np.exp(right - bound)),
        ("the weights are normalised over the samples", right - bound),
        ("the mean over the batch is taken", right.mean(1)),
        ("summed over the batch", right.sum(1)),
        ("the mean over samples and batch is taken", right.mean()),
        ("summed over samples and batch", right.sum()),
        ("the axes are swapped: (B, K) in place of (K, B)", right.T),
    ]
    with np.errstate(all="ignore"):
        for (part, formulas), sign in zip(parts.items(), (1, 1, -1), strict=True):
            exact = formulas[0][1].sum(-1)
            for phrase, terms in formulas[1:]:
                found.append((f"in {part}: {phrase}", right + sign * (terms.sum(-1) - exact)))
            off = sign * (formulas[0][1].mean(-1) - exact)
            found.append((f"in {part}: a mean in place of the sum", right + off))
        both = [formulas[0][1].mean(-1) for formulas in parts.values()]
        found.append(("means in place of the sums over dimensions", both[0] + both[1] - both[2]))
        stds = parts["log p(x|z)"][2][1].sum(-1) + log_p_z - parts["log q(z|x)"][2][1].sum(-1)
        found.append((parts["log q(z|x)"][2][0], stds))
    return found
