"""Check of exercise 5y.2: ``prior_codes``."""

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._contract import check
from course_utils.checks._draws import COPIES, related
from course_utils.checks._gumbel import LIMIT, surprise
from course_utils.checks._remote import CheckFailed
from course_utils.checks.lesson05y.walk import call_for_integers

DEPENDENT = {  # what related() names -> the same of codes
    "one variable and another": "the categories of two variables of a code depend on each other: "
    "each is drawn on its own",
    "one example and another": "some codes depend on others, or are copies of them: each is drawn "
    "on its own",
    "one call and the next": "the codes of one call and of the next depend on each other",
}


@check("5y.2")
def prior_codes(answer, seed):
    """``prior_codes(num, num_variables, num_categories)``: three ints -> (num, N), integers."""
    rng = np.random.default_rng(seed)
    variables, categories = (int(size) for size in rng.permutation([4, 5, 6, 7])[:2])
    for sizes in ((2 * COPIES, variables, categories), (2 * COPIES, 2, 10), (1, 1, 2), (3, 4, 1)):
        drawn, again = (
            call_for_integers(answer, *sizes, seed=40 * seed + number) for number in (1, 2)
        )
        mistake = _wrong_form(drawn, *sizes)
        if not mistake and len(drawn) > 100:
            mistake = _wrong_draws(drawn, again, sizes[-1])
        if mistake:
            raise CheckFailed(
                f"{mistake}.",
                checked="num {}, num_variables {}, num_categories {}".format(*sizes),
                expected=f"integers of shape {sizes[:2]}, each from 0 to {sizes[2] - 1} with "
                f"probability 1 / {sizes[2]}",
                received=show(drawn),
            )
    return "Independent integers, every category equally often, the last one too, new every call."


def _wrong_form(drawn, num, variables, categories):
    if not isinstance(drawn, np.ndarray):
        return "one array of codes is expected"
    if drawn.shape == (num, variables, categories):
        return "a vector for each variable came, its category is wanted"
    if drawn.shape == (variables, num) != (num, variables):
        return "the axes are swapped: (N, num) in place of (num, N)"
    if drawn.shape != (num, variables):
        return f"the shape is {drawn.shape}, it should be {(num, variables)}"
    if drawn.dtype.kind not in "iu":
        return f"the codes are of type {drawn.dtype}: integers are wanted"
    if drawn.dtype != np.int64:
        return f"the codes are of type {drawn.dtype}: int64 is wanted, as F.one_hot takes no other"
    if num > 100 and drawn.min() == 1 and drawn.max() == categories:
        return "the categories count from 1, they should count from 0"
    if drawn.min() < 0 or drawn.max() >= categories:
        return f"a category is outside 0 to {categories - 1}: {drawn.min()} to {drawn.max()} came"
    return ""


def _wrong_draws(drawn, again, categories):
    if np.ptp(drawn) == 0:
        return f"every entry is {drawn[0, 0]}: nothing is drawn"
    if (drawn == drawn[:, :1]).all():
        return "all variables of a code have the same category: each is drawn on its own"
    if (drawn == drawn[:1]).all():
        return "all codes are the same: each is drawn on its own"
    counts = np.stack([np.bincount(one, minlength=categories) for one in drawn.T])
    never = np.flatnonzero(counts.sum(0) == 0).tolist()
    told = f" (counts {counts.sum(0).tolist()})"
    if never == [categories - 1]:
        return f"category {never[0]} never comes: an upper end is exclusive{told}"
    if never == [0]:
        return f"category 0 never comes: a lower end is inclusive{told}"
    if never:
        return f"some categories never come: {', '.join(map(str, never))}{told}"
    if np.array_equal(drawn, again):
        return "the same codes come in every call: is a generator or a seed fixed?"
    even = np.full(counts.shape, 1 / categories)
    if surprise(counts, even) > LIMIT:
        off = [v for v in range(len(counts)) if surprise(counts[[v]], even[[v]]) > LIMIT]
        if 0 < len(off) < len(counts):
            told = f" of variable {off[0]} (its counts {counts[off[0]].tolist()})"
        return f"the categories{told} do not come equally often"
    # related() looks at what follows the first COPIES: here that is the whole draw
    whole = [np.concatenate([codes[:COPIES], codes]).astype(np.int64) for codes in (drawn, again)]
    mistake = related(*whole)
    return next((text for pair, text in DEPENDENT.items() if pair in mistake), mistake)
