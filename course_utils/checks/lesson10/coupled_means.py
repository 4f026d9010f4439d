"""Check of exercise 10.4: ``coupled_means``."""

import numpy as np
import torch

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._slopes import verify_slopes

SQUEEZED = "an axis of length 1 is lost: squeeze() takes away every one, the batch too"
OVERFLOW = "exp overflows for large coefficients, torch.tanh does not"
ALIGNED = (
    "x has no axis for the components: unsqueeze it, x[:, None], or with as many components as "
    "examples the example of x is taken by the number of the component"
)


@check("10.4", seals=("losses.logistic._autoregressive_mean",))
def coupled_means(answer, seed):
    """``coupled_means(x, mu, coefficients)``: (B, 3, H, W), two of (B, M, 3, H, W) -> means."""
    rng = np.random.default_rng(seed)
    batch, mixtures, height, width = (size - 1 for size in sizes(rng, 4))  # even: never 3
    for label, b, m, h, w in (
        ("", batch, mixtures, height, width),
        ("as many components as examples: ", batch, batch, height, width),
        ("three of everything: ", 3, 3, 3, 3),
        ("M = 1: ", batch, 1, height, width),
        ("B = 1: ", 1, mixtures, height, width),
        ("one pixel: ", batch, mixtures, 1, 1),
        ("coefficients up to 50: ", batch, mixtures, width, height),
        ("mu up to 30: ", batch, mixtures, width, height),
    ):
        k = rng.integers(0, 256, (b, 3, h, w))
        size = 20 if "50" in label else 1
        mu = rng.uniform(-1, 1, (b, m, 3, h, w)) * (30 if "30" in label else 1)
        coefficients = np.clip(size * rng.normal(size=mu.shape), -50, 50)
        arrays = floats((2 * k - 255) / 255, mu, coefficients)
        found = _wrong_means(*doubles(*arrays))
        right = next(found)[1]
        wrong = [] if size > 1 or "30" in label else found
        if 1 in (b, m, h):
            wrong = [(SQUEEZED, right.squeeze())]
        about = f"{label}x of shape {arrays[0].shape}, mu and coefficients of shape {mu.shape}"
        if not label:
            verify_repeatable(answer, *arrays)
        verify(call(answer, *arrays), right, checked=about, wrong=wrong, scale=0.1)
        # Far out tanh is flat: what is left of its slope is lost in float32.
        limits = {"scale": 1.0, "undefined": OVERFLOW} if size > 1 else {}
        names = (None, "mu", "coefficients")
        verify_slopes(answer, arrays, names, _means, rng, of="the means", **limits)
    return (
        "Red keeps its own mean, green leans on the observed red, blue on the observed red and "
        "green, with tanh of the right coefficient, in each component; so do the gradients."
    )


def _means(x, mu, coefficients):
    """The right means, of tensors: a row of a triangle for each channel."""
    one, two, three = torch.tanh(coefficients).unbind(2)
    none = torch.zeros_like(one)
    rows = [torch.stack(row, 2) for row in ((none,) * 3, (one, none, none), (two, three, none))]
    return mu + torch.einsum("bmijhw,bjhw->bmihw", torch.stack(rows, 2), x)


def _wrong_means(x, mu, coefficients):
    """(phrase, values) of means: the right ones first, then by their mistakes."""
    x = x[:, None]
    t = np.tanh(coefficients)
    order = "c_2 and c_3 are exchanged, or x_R and x_G for blue: the order is R->G, R->B, G->B"
    shared = np.broadcast_to(x, mu.shape)

    def means(c, x=x, mu=mu):
        """mu plus c's three channels in their places."""
        (red, green, _), (one, two, three) = np.moveaxis(x, 2, 0), np.moveaxis(c, 2, 0)
        zero = np.zeros_like(one)
        return mu + np.stack([zero, one * red, two * red + three * green], 2)

    def chosen(*numbers):
        return t[:, :, list(numbers)]

    def leaning(*rows):
        """mu plus, for each channel, the sum of c_i x_j over its pairs (i, j)."""
        added = [
            sum((t[:, :, i] * x[:, :, j] for i, j in pairs), np.zeros_like(t[:, :, 0]))
            for pairs in rows
        ]
        return mu + np.stack(added, 2)

    right = means(t)
    yield "", right
    blue = (1, 0), (2, 1)
    along, square = mu.shape[0] == mu.shape[1], mu.shape[3] == mu.shape[4]
    own = np.stack([right[:, :, 0], mu[:, :, 1] + t[:, :, 0] * mu[:, :, 0]], 2)
    chain = mu[:, :, 2] + t[:, :, 1] * own[:, :, 0] + t[:, :, 2] * own[:, :, 1]
    yield from (
        ("the means of the channels before stand for x: the observed values are due",
         means(t, mu)),
        ("the means of the channels before stand for x: the observed values are due",
         np.concatenate([own, chain[:, :, None]], 2)),
        ("x less mu stands for x: the observed values themselves are due", means(t, x - mu)),
        ("tanh is missing: the coefficients go through tanh", means(coefficients)),
        ("the sigmoid stands for tanh", means((np.tanh(coefficients / 2) + 1) / 2)),
        ("2 sigmoid(c) - 1 is tanh(c / 2): tanh(c) is due", means(np.tanh(coefficients / 2))),
        ("the coefficients are clipped to [-1, 1]: tanh is due",
         means(np.clip(coefficients, -1, 1))),
        ("exp stands for tanh", means(np.exp(coefficients))),
        ("a softmax over the three coefficients stands for tanh",
         means(np.exp(coefficients) / np.exp(coefficients).sum(2, keepdims=True))),
        ("tanh is taken twice", means(np.tanh(t))),
        ("tanh is around the product, it should be around the coefficient",
         mu + np.stack([np.zeros_like(mu[:, :, 0]),
                        np.tanh(coefficients[:, :, 0] * x[:, :, 0]),
                        np.tanh(coefficients[:, :, 1] * x[:, :, 0])
                        + np.tanh(coefficients[:, :, 2] * x[:, :, 1])], 2)),
        ("tanh is around the sum, it should be around each coefficient",
         mu + np.tanh(means(coefficients) - mu)),
        ("tanh is around the mean, it should be around each coefficient",
         np.tanh(means(coefficients))),
        ("tanh is around the mean too: it belongs to the coefficients alone", np.tanh(right)),
        ("the mean is clipped to [-1, 1]: it may lie beyond", np.clip(right, -1, 1)),
        (order, means(chosen(0, 2, 1))),
        ("c_1 and c_2 are exchanged: the order is R->G, R->B, G->B", means(chosen(1, 0, 2))),
        ("c_1 and c_3 are exchanged: the order is R->G, R->B, G->B", means(chosen(2, 1, 0))),
        ("the coefficients are one further: c_1 belongs to R->G", means(chosen(1, 2, 0))),
        ("the coefficients are one behind: c_1 belongs to R->G", means(chosen(2, 0, 1))),
        ("blue leans on green alone: tanh(c_2) x_R is missing", leaning((), [(0, 0)], [(2, 1)])),
        ("blue leans on red alone: tanh(c_3) x_G is missing", leaning((), [(0, 0)], [(1, 0)])),
        ("green does not lean on red", leaning((), (), blue)),
        ("blue leans on nothing", leaning((), [(0, 0)], ())),
        ("red stands for green: the second term of blue is tanh(c_3) x_G",
         leaning((), [(0, 0)], [(1, 0), (2, 0)])),
        ("blue leans on green twice: its first term is tanh(c_2) x_R",
         leaning((), [(0, 0)], [(1, 1), (2, 1)])),
        ("tanh(c_1) is used for blue too: its terms have c_2 and c_3",
         leaning((), [(0, 0)], [(0, 0), (2, 1)])),
        ("tanh(c_1) is used for blue too: its terms have c_2 and c_3",
         leaning((), [(0, 0)], [(0, 0), (1, 1)])),
        ("each channel leans on itself: that is what the mean is to predict",
         mu + t * shared),
        ("each channel leans on itself too: it may see the channels before alone",
         leaning([(0, 0)], [(1, 0), (1, 1)], [(2, 0), (2, 1), (2, 2)])),
        ("green leans on itself: it may see red alone", leaning((), [(0, 1)], blue)),
        ("blue leans on itself: it may see red and green alone",
         leaning((), [(0, 0)], [(1, 1), (2, 2)])),
        ("blue leans on itself: it may see red and green alone",
         leaning((), [(0, 0)], [(1, 0), (2, 2)])),
        ("green leans on blue: the order of the channels is R, G, B", leaning((), [(0, 2)], blue)),
        ("the order is B, G, R: it should be R, G, B",
         leaning([(1, 2), (2, 1)], [(0, 2)], ())),
        ("red leans on a channel too: it comes first, its mean is mu_R",
         leaning([(0, 1)], [(0, 0)], blue)),
        ("red leans on a channel too: it comes first, its mean is mu_R",
         leaning([(0, 0)], [(1, 0)], [(2, 1)])),
        ("red leans on a channel too: it comes first, its mean is mu_R",
         leaning([(0, 0)], [(0, 0)], blue)),
        ("the mean of red is x_R: it is mu_R",
         np.concatenate([shared[:, :, :1], right[:, :, 1:]], 2)),
        ("mu is missing", right - mu),
        ("mu is missing for red, whose mean is mu_R",
         right - mu * np.array([1, 0, 0])[:, None, None]),
        ("mu is missing for green and blue", right - mu * np.array([0, 1, 1])[:, None, None]),
        ("the terms are subtracted, they should be added", 2 * mu - right),
        ("mu came back: nothing is added", mu),
        ("the coefficients of the next component are used: each has its own",
         means(np.roll(t, -1, 1))),
        ("the coefficients of the component before are used: each has its own",
         means(np.roll(t, 1, 1))),
        ("the first component's coefficients are used for all",
         means(np.broadcast_to(t[:, :1], t.shape))),
        ("the coefficients are averaged over the pixels: each pixel has its own",
         means(np.broadcast_to(np.tanh(coefficients.mean((3, 4), keepdims=True)), t.shape))),
        ("rows and columns of x are exchanged", means(t, x.swapaxes(3, 4)) if square else right),
        ("x is mapped to [0, 1] first: the observed values in [-1, 1] are due",
         means(t, (x + 1) / 2)),
        ("summed over the components: each has its own means", right.sum(1)),
        ("the mean over the components is taken: each has its own means", right.mean(1)),
        ("the axes are wrong: (B, M, 3, H, W) is wanted, the components before the channels",
         np.swapaxes(right, 1, 2)),
        ("the axes are wrong: (B, M, 3, H, W) is wanted, the channels came last",
         np.moveaxis(right, 2, -1)),
        ("the axes are wrong: (B, M, 3, H, W) is wanted, the channels came first",
         np.moveaxis(right, 2, 0)),
        ("components and channels are flattened: (B, M, 3, H, W) is wanted",
         right.reshape(len(mu), -1, *mu.shape[3:])),
        ("red is missing: (B, M, 3, H, W) is wanted", right[:, :, 1:]),
    )  # fmt: skip
    if along:
        yield ALIGNED, means(t, np.swapaxes(x, 0, 1))
