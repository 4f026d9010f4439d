"""Answers to exercise 11.4, ``grouped_free_bits``: wrong and right ones."""

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


@right
def free_by_clamp(rates, least):
    return rates.mean(0).clamp(min=least).sum()


@right
def free_by_where(rates, least):
    means = rates.mean(0)
    return torch.where(means > least, means, torch.full_like(means, least)).sum()


@right
def free_by_loop(rates, least):
    total = torch.zeros(())
    for group in rates.T:
        mean = group.sum() / len(group)
        total = total + torch.maximum(mean, torch.tensor(float(least)))
    return total


@right
def free_by_relu(rates, least):
    return (torch.relu(rates.double().mean(0) - least) + least).sum()


@right
def free_by_threshold(rates, least):
    means = torch.einsum("bg->g", rates) / rates.shape[0]
    return torch.nn.functional.threshold(means, least, least).sum()


@right
def free_by_mask(rates, least):
    above = rates.mean(0) > least
    return rates[:, above].sum() / len(rates) + least * (~above).sum()


@right
def free_by_hand(rates, least):
    groups = [torch.stack([one.double() for one in group]).mean() for group in rates.T]
    return sum(max(group, torch.tensor(least).double()) for group in groups)


def wrong_free(name, phrase, change):
    change.__name__ = name
    wrong(phrase)(change)


wrong_free("free_forgotten", "least is forgotten", lambda rates, least: rates.mean(0).sum())
wrong_free("free_each", "for each example, before the mean",
           lambda rates, least: rates.clamp(min=least).mean(0).sum())  # fmt: skip
wrong_free(
    "free_min", "min stands for max", lambda rates, least: rates.mean(0).clamp(max=least).sum()
)
wrong_free("free_total", "the groups are summed before the maximum",
           lambda rates, least: rates.sum(1).mean().clamp(min=least))  # fmt: skip
wrong_free("free_total_each", "the groups are summed before the maximum",
           lambda rates, least: rates.sum(1).clamp(min=least).mean())  # fmt: skip
wrong_free(
    "free_mean",
    "the mean over the groups",
    lambda rates, least: rates.mean(0).clamp(min=least).mean(),
)
wrong_free("free_largest", "the largest group alone",
           lambda rates, least: rates.mean(0).clamp(min=least).max())  # fmt: skip
wrong_free("free_added", "least is added", lambda rates, least: (rates.mean(0) + least).sum())
wrong_free(
    "free_above",
    "least is subtracted",
    lambda rates, least: (rates.mean(0) - least).clamp(min=0).sum(),
)
wrong_free("free_zero", "0 stands for least", lambda rates, least: rates.mean(0).clamp(min=0).sum())
wrong_free("free_sum", "summed over the batch before the maximum",
           lambda rates, least: rates.sum(0).clamp(min=least).sum())  # fmt: skip
wrong_free(
    "free_sign", "the sign is wrong", lambda rates, least: -rates.mean(0).clamp(min=least).sum()
)
wrong_free(
    "free_groups",
    "one value for each group came",
    lambda rates, least: rates.mean(0).clamp(min=least),
)
wrong_free("free_examples", "one value for each example came",
           lambda rates, least: rates.clamp(min=least).sum(1))  # fmt: skip
wrong_free(
    "free_detached",
    "was it detached",
    lambda rates, least: rates.detach().mean(0).clamp(min=least).sum(),
)
wrong_free("free_straight", "the value is right, the gradient is not",
           lambda rates, least: rates.mean(0).sum()
           + (rates.mean(0).clamp(min=least) - rates.mean(0)).detach().sum())  # fmt: skip


for name, phrase, change in (
    ("free_smooth", "a smooth maximum",
     lambda rates, least: torch.logaddexp(rates.mean(0), torch.tensor(least)).sum()),
    ("free_softplus", "a smooth maximum",
     lambda rates, least: (least + torch.nn.functional.softplus(rates.mean(0) - least)).sum()),
    ("free_absolute", "absolute values",
     lambda rates, least: rates.mean(0).abs().clamp(min=least).sum()),
    ("free_positive", "held at 0 before the mean",
     lambda rates, least: rates.relu().mean(0).clamp(min=least).sum()),
    ("free_left_out", "are left out",
     lambda rates, least: (rates.mean(0) * (rates.mean(0) > least)).sum()),
    ("free_median", "the median over the batch",
     lambda rates, least: rates.quantile(0.5, 0).clamp(min=least).sum()),
    ("free_all_mean", "each group has its own",
     lambda rates, least: rates.mean().clamp(min=least)),
    ("free_biased", "divided by N - 1",
     lambda rates, least: (rates.sum(0) / max(len(rates) - 1, 1)).clamp(min=least).sum()),
    ("free_one_axis", "the shape is (1,)",
     lambda rates, least: rates.mean(0).clamp(min=least).sum(0, keepdim=True)),
    ("free_drawn", "two calls with the same input gave different values",
     lambda rates, least: rates[torch.randperm(len(rates))[:2]].mean(0).clamp(min=least).sum()),
    ("free_of_numpy", "was it detached",
     lambda rates, least: rates.detach().numpy().mean(0).clip(least).sum()),
    ("free_slow", "the value is right, the gradient is not",
     lambda rates, least: (rates / 2 + rates.detach() / 2).mean(0).clamp(min=least).sum()),
    ("free_of_one", "the value is right, the gradient is not",
     lambda rates, least: (rates[:1] + (rates.mean(0, keepdim=True) - rates[:1]).detach())
     .clamp(min=least).sum()),
    ("free_of_names", "one array is expected", lambda rates, least: {"cost": rates.mean()}),
):  # fmt: skip
    wrong_free(name, phrase, change)
