"""Check of exercise 7.1: ``nearest``."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, show
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

MARGIN = 2e-3  # of the squared norms, by which the nearest code wins
CLOSE = 1e-4, 1e-3  # the same, where it wins closely: float32 tells, float16 does not
MANY = 300, 200, 64  # N, K, D of which a tensor of N K D numbers is seen
FINE = SMALL, LARGE, ALMOST = (
    "numbers near 0.001: ",
    "numbers near 1,000: ",
    "two codes almost as near: ",
)
SAME, OTHER = 0.97, 0.9  # share of equal indices that names a mistake; where no two are mixed up


@check("7.1", seals=("nets.quantizer.VectorQuantizer",))
def nearest(answer, seed):
    """``nearest(z_e, codebook)``: (N, D), (K, D) -> number of the nearest code, integers (N,)."""
    rng = np.random.default_rng(seed)
    num_codes, dim = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    for label, count, codes, size in (
        ("", 150, num_codes, 1.0),
        ("more codes than vectors: ", 4, 300, 1.0),
        (SMALL, 60, num_codes, 1e-3),
        (LARGE, 60, num_codes, 1e3),
        ("one code: ", 6, 1, 1.0),
        ("one vector: ", 1, num_codes, 1.0),
        ("as many codes as vectors: ", num_codes, num_codes, 1.0),
    ):
        z_e, codebook = _separated(rng, count, codes, dim, size, told_apart=not label)
        nearest_one = _squares(z_e, codebook)[0].argmin()  # let it be the last, in which no
        codebook[[nearest_one, -1]] = codebook[[-1, nearest_one]]  # small type has room
        _verify(answer, z_e, codebook, label)
    z_e, codebook = _separated(rng, 40, num_codes, 1, 1.0)
    _verify(answer, z_e, codebook, "D = 1: ")
    z_e, codebook = _separated(rng, 60, num_codes, dim, 1.0, margin=CLOSE)
    _verify(answer, z_e, codebook, ALMOST)
    z_e, codebook = _separated(rng, 5, num_codes, dim, 1.0)
    codebook[0] = 0
    _verify(answer, codebook, codebook, "the codes themselves, one of them 0: ")
    _verify_size(answer, rng)
    return "Integers, one for each vector, of the code at the smallest distance, K = 1 included."


def _verify(answer, z_e, codebook, label):
    formulas = _choices(*doubles(z_e, codebook))
    right = formulas[0][1]
    received = _as_one(call(answer, z_e, codebook), len(z_e))
    mistake = _wrong_choice(received, right, formulas, *doubles(z_e, codebook), label)
    if mistake:
        raise CheckFailed(
            mistake,
            checked=f"{label}z_e of shape {z_e.shape}, codebook of shape {codebook.shape}",
            expected=show(right),
            received=show(received),
        )


def _as_one(received, count):
    """A list of N numbers as an array."""
    if isinstance(received, tuple) and len(received) == count:
        if all(one.shape == () for one in received):
            return np.stack(received)
    return received


def _verify_size(answer, rng):
    """No tensor of N x K x D is made."""
    count, codes, dim = MANY
    z_e, codebook = floats(rng.normal(size=(count, dim)), rng.normal(size=(codes, dim)))
    whole = 4 * count * codes * dim
    try:
        call(answer, z_e, codebook, most=whole // 2)
    except CheckFailed as failure:
        if "bytes are held at once" not in failure.mistake:
            raise
        raise CheckFailed(
            "a tensor of N x K x D is made: the second form needs a matrix product alone, N x K.",
            checked=f"the memory, for z_e of shape {z_e.shape}, codebook of shape {codebook.shape}",
            expected=f"well below {whole:,} bytes, 4 for each of N x K x D numbers",
            received=failure.mistake.split(" are")[0],
        ) from failure


def _squares(z_e, codebook):
    return ((z_e[:, None] - codebook) ** 2).sum(-1)


def _separated(rng, count, num_codes, dim, size, told_apart=False, margin=(MARGIN, np.inf)):
    """z_e (count, dim) and codes of very unequal norms; rounding cannot decide what is nearest.

    ``margin``: between what shares of the squared norms the nearest code wins.
    """
    while True:
        norms = np.exp(np.linspace(-1.6, 1.6, num_codes))[:, None]
        directions = rng.normal(size=(num_codes, dim))
        codebook = norms * directions / np.linalg.norm(directions, axis=1, keepdims=True)
        at = codebook[rng.integers(num_codes, size=20 * count)]
        reach = rng.uniform(0.1, 1, (len(at), 1)) * np.exp(rng.uniform(-1, 1, (len(at), 1)))
        z_e = at + reach * rng.normal(size=at.shape)
        if np.isfinite(margin[1]):
            z_e = _near_borders(z_e, codebook, rng.uniform(*margin, (len(at), 1)))
        z_e, codebook = floats(size * z_e, size * codebook)
        squares = np.sort(_squares(*doubles(z_e, codebook)), 1)
        largest = (z_e**2).sum(1) + (codebook**2).sum(1).max()
        if num_codes > 1:
            won = (squares[:, 1] - squares[:, 0]) / largest
            z_e = z_e[(won > margin[0]) & (won < margin[1])]
        z_e = z_e[:count]
        choices = _choices(*doubles(z_e, codebook)) if told_apart else []
        pairs = itertools.combinations(choices, 2)
        mixed_up = any((a == b).mean() > OTHER for (one, a), (other, b) in pairs if one != other)
        if len(z_e) == count and not mixed_up:
            return z_e, codebook


def _near_borders(z_e, codebook, shares):
    """z_e moved along the line of its two nearest codes, so that one of them just wins."""
    first, second = codebook[np.argsort(_squares(z_e, codebook), 1)[:, :2].T]
    line = first - second
    square = (line**2).sum(1, keepdims=True)
    lead = 2 * ((z_e - (first + second) / 2) * line).sum(1, keepdims=True)
    return z_e + (1.5 * shares * (codebook**2).sum(1).max() - lead) / (2 * square) * line


@np.errstate(all="ignore")
def _choices(z_e, codebook):
    """(phrase, indices (N,)): the right ones first."""
    squares, product, norms = _squares(z_e, codebook), z_e @ codebook.T, (codebook**2).sum(1)
    cosine = product / np.sqrt(norms)
    absolute = np.abs(z_e[:, None] - codebook).sum(-1)
    return [
        ("", squares.argmin(1)),
        ("the largest inner product is taken: |e|^2 is missing, or the same for all codes",
         product.argmax(1)),
        ("the smallest inner product is taken: the nearest code is wanted", product.argmin(1)),
        ("the product has the wrong sign: it is |e|^2 - 2 z.e", (norms + 2 * product).argmin(1)),
        ("the factor 2 is missing: it is |e|^2 - 2 z.e", (norms - product).argmin(1)),
        ("the most distant code is taken: argmax stands for argmin", squares.argmax(1)),
        ("the cosine similarity is taken: the codes' lengths count as well", cosine.argmax(1)),
        ("|e| stands for |e|^2: the squares are summed, without a root",
         (np.sqrt(norms) - 2 * product).argmin(1)),
        ("|e|^2 is a mean over the dimensions, a sum is wanted",
         ((codebook**2).mean(1) - 2 * product).argmin(1)),
        ("|e|^2 has the wrong sign: it is |e|^2 - 2 z.e", (-norms - 2 * product).argmin(1)),
        ("the entries of e are summed without being squared",
         (codebook.sum(1) - 2 * product).argmin(1)),
        ("absolute differences are summed, squared ones are wanted", absolute.argmin(1)),
        ("the differences are summed without being squared",
         (z_e[:, None] - codebook).sum(-1).argmin(1)),
    ]  # fmt: skip


def _wrong_choice(received, right, formulas, z_e, codebook, label):
    """Names what came in place of the indices ``right``; "" where they came."""
    count, num_codes = len(z_e), len(codebook)
    if isinstance(received, tuple):
        two = len(received) == 2 and received[0].shape == received[1].shape == (count,)
        if two:
            return "a tuple came: torch.min returns values and indices, the indices are wanted"
        return f"a tuple of {len(received)} came, one tensor of {count} integers is expected"
    if not isinstance(received, np.ndarray):
        return f"one array of {count} integers is expected"
    if received.shape == (count, num_codes) != (count, 1):
        one_hot = set(np.unique(received).tolist()) == {0, 1}
        came = "one-hot vectors" if one_hot else "a value for each code"
        return f"{came} came, the number of the nearest code is wanted"
    if received.shape == z_e.shape:
        return "vectors came, the numbers of the codes are wanted"
    if received.shape == (num_codes,) != (count,):
        return "the minimum is taken over the wrong axis: one code for each vector is wanted"
    if received.shape == (count, 1):
        return "the indices have an axis too many (keepdim?)"
    if received.shape == () and count > 1:
        return "one index came: is the argmin taken over everything, without dim=1?"
    if received.shape != (count,):
        return f"the shape is {received.shape}, it should be {(count,)}"
    if received.dtype.kind not in "iu":
        if np.isin(received, range(num_codes)).all():
            return f"the indices are of type {received.dtype}: integers are wanted"
        return "distances came, the numbers of the codes are wanted (argmin, not min)"
    if np.array_equal(received, right):
        return ""
    if np.array_equal(received, right + 1):
        return "the numbers count from 1, they should count from 0"
    if received.min() < 0 or received.max() >= num_codes:
        return f"a number is outside 0, ..., K - 1: {received.min()} to {received.max()} came"
    best, phrase = max(((received == other).mean(), text) for text, other in formulas[1:])
    if best >= SAME and not label:
        return phrase
    wrong = int((received != right).sum())
    rounded = ": is something rounded, clamped or in half precision?" if label in FINE else ""
    return f"{wrong} of {count} vectors get a code that is not the nearest{rounded}"
