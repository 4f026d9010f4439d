"""Answers to exercise 5y.2, ``prior_codes``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Categorical

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # of integers


@right
def codes_by_randint(num, num_variables, num_categories):
    return torch.randint(0, num_categories, (num, num_variables))


@right
def codes_by_gumbel(num, num_variables, num_categories):
    like = torch.empty(num, num_variables, num_categories)
    return (-like.exponential_().log()).argmax(-1)


@right
def codes_by_categorical(num, num_variables, num_categories):
    return Categorical(logits=torch.zeros(num_variables, num_categories)).sample((num,))


@right
def codes_by_numpy(num, num_variables, num_categories):
    drawn = np.random.default_rng().integers(num_categories, size=(num, num_variables))
    return torch.from_numpy(drawn)


@right
def codes_by_uniform(num, num_variables, num_categories):
    return (torch.rand(num, num_variables) * num_categories).long()


@wrong("never comes: an upper end is exclusive")
def codes_without_the_last(num, num_variables, num_categories):
    return torch.randint(0, max(1, num_categories - 1), (num, num_variables))


@wrong("the categories count from 1")
def codes_from_one(num, num_variables, num_categories):
    return torch.randint(1, num_categories + 1, (num, num_variables))


@wrong("is outside 0 to")
def codes_one_too_many(num, num_variables, num_categories):
    return torch.randint(0, num_categories + 1, (num, num_variables))


@wrong("the same codes come in every call")
def codes_static(num, num_variables, num_categories):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, num_categories, (num, num_variables), generator=generator)


@wrong("a vector for each variable came")
def codes_one_hot(num, num_variables, num_categories):
    codes = codes_by_randint(num, num_variables, num_categories)
    return torch.nn.functional.one_hot(codes, num_categories)


@wrong("the axes are swapped")
def codes_transposed(num, num_variables, num_categories):
    return torch.randint(0, num_categories, (num_variables, num))


@wrong("all variables of a code have the same category")
def codes_one_choice(num, num_variables, num_categories):
    return torch.randint(0, num_categories, (num, 1)).repeat(1, num_variables)


@wrong("all codes are the same")
def codes_one_code(num, num_variables, num_categories):
    code = torch.arange(num_variables) + torch.randint(0, num_categories, (1, num_variables))
    return (code % num_categories).repeat(num, 1)


@wrong("do not come equally often")
def codes_rounded(num, num_variables, num_categories):
    return (torch.rand(num, num_variables) * (num_categories - 1)).round().long()


@wrong("integers are wanted")
def codes_floats(num, num_variables, num_categories):
    return codes_by_randint(num, num_variables, num_categories).float()


@wrong("the shape is")
def codes_of_one(num, num_variables, num_categories):
    return torch.randint(0, num_categories, (num_variables,))


@wrong("some categories never come")
def codes_even_alone(num, num_variables, num_categories):
    return 2 * torch.randint(0, (num_categories + 1) // 2, (num, num_variables))


@wrong("two variables of a code depend on each other")
def codes_in_pairs(num, num_variables, num_categories):
    codes = codes_by_randint(num, num_variables, num_categories)
    codes[:, 1::2] = codes[:, : num_variables // 2 * 2 : 2]
    return codes


@wrong("two variables of a code depend on each other")
def codes_shifted(num, num_variables, num_categories):
    first = torch.randint(0, num_categories, (num, 1))
    return (first + torch.arange(num_variables)) % num_categories


@wrong("torch.from_numpy(...) makes it one")
def codes_in_numpy(num, num_variables, num_categories):
    return np.random.default_rng().integers(num_categories, size=(num, num_variables))


@wrong("int64 is wanted")
def codes_of_int32(num, num_variables, num_categories):
    return torch.randint(0, num_categories, (num, num_variables), dtype=torch.int32)


@wrong("or are copies of them")
def codes_half_copied(num, num_variables, num_categories):
    half = torch.randint(0, num_categories, ((num + 1) // 2, num_variables))
    return torch.cat([half, half])[:num]


@wrong("or are copies of them")
def codes_half_copied_and_mixed(num, num_variables, num_categories):
    return codes_half_copied(num, num_variables, num_categories)[torch.randperm(num)]


@wrong("nothing is drawn")
def codes_without_noise(num, num_variables, num_categories):
    return torch.zeros(num, num_variables, num_categories).argmax(-1)


@wrong("of variable 0 (its counts")
def codes_first_fixed(num, num_variables, num_categories):
    codes = codes_by_randint(num, num_variables, num_categories)
    codes[:, 0] = 0
    return codes


@wrong("category 0 never comes: a lower end is inclusive")
def codes_without_the_first(num, num_variables, num_categories):
    return torch.randint(min(1, num_categories - 1), num_categories, (num, num_variables))
