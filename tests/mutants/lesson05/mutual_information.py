"""Answers to exercise 5.5, ``mutual_information``: wrong and right ones."""

import math
from collections import Counter

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.special import rel_entr
from torch.distributions import Categorical
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # of integers


def _joint(codes, labels, num_codes, num_labels):
    table = torch.zeros(num_codes, num_labels, dtype=torch.float64)
    for code, label in zip(codes.tolist(), labels.tolist(), strict=True):
        table[code, label] += 1
    return table / len(codes)


def _entropy(p):
    return torch.special.entr(p).sum()


def _of_joint(p):
    return _entropy(p.sum(0)) + _entropy(p.sum(1)) - _entropy(p)


@right
def information_plain(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = p.sum(1, keepdim=True) * p.sum(0, keepdim=True)
    used = p > 0
    return (p[used] * torch.log(p[used] / independent[used])).sum()


@right
def information_by_entropies(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * num_labels + labels, minlength=num_codes * num_labels)
    return float(_of_joint(pairs.reshape(num_codes, num_labels) / len(codes)))


@right
def information_with_small_number(codes, labels, num_codes, num_labels):
    one_hot = functional.one_hot
    p = one_hot(codes, num_codes).float().T @ one_hot(labels, num_labels).float() / len(codes)
    p_code, p_label = p.sum(1), p.sum(0)
    return (p * ((p + 1e-10).log() - (torch.outer(p_code, p_label) + 1e-10).log())).sum()


@right
def information_by_categorical(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    p_code = p.sum(1)
    used = p_code > 0
    conditional = Categorical(probs=p[used]).entropy()  # of the label, for each code
    return (Categorical(probs=p.sum(0)).entropy() - (p_code[used] * conditional).sum()).item()


@right
def information_numpy_style(codes, labels, num_codes, num_labels):
    bins = [np.arange(num_codes + 1), np.arange(num_labels + 1)]
    p = np.histogram2d(codes.numpy(), labels.numpy(), bins=bins)[0] / len(codes)
    with np.errstate(all="ignore"):
        return np.nansum(p * np.log(p / (p.sum(1, keepdims=True) * p.sum(0, keepdims=True))))


@right
def information_by_loop(codes, labels, num_codes, num_labels):
    total = 0.0
    for code in range(num_codes):
        for label in range(num_labels):
            both = ((codes == code) & (labels == label)).double().mean().item()
            if both:
                p_code = (codes == code).double().mean().item()
                p_label = (labels == label).double().mean().item()
                total += both * math.log(both / (p_code * p_label))
    return total


@right
def information_by_kl(codes, labels, num_codes, num_labels):
    """The mean over the examples of log p(code, label) / p(code) p(label)."""
    pairs = codes * num_labels + labels
    counts = [torch.bincount(values)[values].double() for values in (pairs, codes, labels)]
    both, code, label = counts
    return (both.log() + math.log(len(codes)) - code.log() - label.log()).mean().item()


@right
def information_by_counter(codes, labels, num_codes, num_labels):
    codes, labels = codes.tolist(), labels.tolist()
    both, code, label = Counter(zip(codes, labels, strict=True)), Counter(codes), Counter(labels)
    total = len(codes)
    return math.fsum(
        n / total * math.log(n * total / (code[c] * label[t])) for (c, t), n in both.items()
    )


@right
def information_by_scipy(codes, labels, num_codes, num_labels):
    table = coo_array((np.ones(len(codes)), (codes.numpy(), labels.numpy()))).toarray()
    independent = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return rel_entr(table, independent).sum() / table.sum()


@right
def information_by_conditionals(codes, labels, num_codes, num_labels):
    """The mean over the codes of KL(p(label | code) || p(label))."""
    p_label = torch.bincount(labels, minlength=num_labels).double() / len(labels)
    total = torch.zeros((), dtype=torch.float64)
    for code in range(num_codes):
        mine = labels[codes == code]
        if len(mine):
            q = torch.bincount(mine, minlength=num_labels).double() / len(mine)
            total += len(mine) / len(codes) * (torch.xlogy(q, q) - torch.xlogy(q, p_label)).sum()
    return total


@wrong("it is in bits")
def information_bits(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) / math.log(2)


@wrong("the sign is wrong")
def information_sign(codes, labels, num_codes, num_labels):
    return -information_plain(codes, labels, num_codes, num_labels)


@wrong("this is the joint entropy")
def information_joint_entropy(codes, labels, num_codes, num_labels):
    return _entropy(_joint(codes, labels, num_codes, num_labels))


@wrong("divide by the number of examples")
def information_of_counts(codes, labels, num_codes, num_labels):
    table = _joint(codes, labels, num_codes, num_labels) * len(codes)
    independent = table.sum(1, keepdim=True) * table.sum(0, keepdim=True)
    used = table > 0
    return (table[used] * torch.log(table[used] / independent[used])).sum()


@wrong("divide by the number of examples")
def information_weighted_by_counts(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) * len(codes)


@wrong("p(code) is missing in the logarithm")
def information_without_code(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p.sum(0)) - _entropy(p)


@wrong("p(label) is missing in the logarithm")
def information_without_label(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return (torch.xlogy(p, p / p.sum(1, keepdim=True).clamp(min=1e-9))).sum()


@wrong("the conditional entropy H(label | code)")
def information_conditional(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p) - _entropy(p.sum(1))


@wrong("the conditional entropy H(code | label)")
def information_other_conditional(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p) - _entropy(p.sum(0))


@wrong("the entropy of the labels alone")
def information_labels(codes, labels, num_codes, num_labels):
    return _entropy(torch.bincount(labels) / len(labels))


@wrong("the entropy of the codes alone")
def information_codes(codes, labels, num_codes, num_labels):
    return _entropy(torch.bincount(codes) / len(codes))


@wrong("0 log 0 counts as 0")
def information_nan(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return (p * torch.log(p / (p.sum(1, keepdim=True) * p.sum(0, keepdim=True)))).sum()


@wrong("the labels are taken to be uniform")
def information_uniform_labels(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return math.log(num_labels) + _entropy(p.sum(1)) - _entropy(p)


@wrong("the codes are taken to be uniform")
def information_uniform_codes(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return math.log(num_codes) + _entropy(p.sum(0)) - _entropy(p)


@wrong("divided by an entropy")
def information_normalised(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _of_joint(p) / _entropy(p.sum(0))


@wrong("divided by an entropy")
def information_normalised_by_mean(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return 2 * _of_joint(p) / (_entropy(p.sum(0)) + _entropy(p.sum(1)))


@wrong("a repeated pair is counted once")
def information_repeats_lost(codes, labels, num_codes, num_labels):
    table = torch.zeros(num_codes, num_labels)
    table[codes, labels] += 1
    return _of_joint(table / table.sum())


@wrong("1 is added to every count")
def information_smoothed(codes, labels, num_codes, num_labels):
    table = _joint(codes, labels, num_codes, num_labels) * len(codes) + 1
    return _of_joint(table / table.sum())


@wrong("weights p(code, label) are missing")
def information_without_weights(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0))
    return torch.log(p[p > 0] / independent[p > 0]).sum()


@wrong("the accuracy with which the code tells the label")
def information_accuracy(codes, labels, num_codes, num_labels):
    return _joint(codes, labels, num_codes, num_labels).amax(1).sum()


@wrong("the shape is")
def information_for_each_code(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0)).clamp(min=1e-12)
    return torch.xlogy(p, p / independent).sum(1)


def _of_pairs(pairs, count, *shape):
    joint = pairs.reshape(*shape).double() / count
    product = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return (torch.xlogy(joint, joint) - torch.xlogy(joint, product)).sum().item()


@wrong("a code that is not used makes 0 / 0 inside the logarithm")
def information_ratio_in_xlogy(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    ratio = p / (p.sum(1, keepdim=True) * p.sum(0, keepdim=True))
    return torch.xlogy(p, ratio).sum()


@wrong("bincount ends with the largest pair that occurs")
def information_without_minlength(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * num_labels + labels)
    return _of_pairs(pairs, len(codes), num_codes, num_labels)


@wrong("codes * num_labels + labels")
def information_wrong_stride(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * num_codes + labels, minlength=num_codes * num_labels)
    return _of_pairs(pairs, len(codes), num_codes, num_labels)


@wrong("the pairs are numbered in another way than the table is laid out")
def information_rows_for_labels(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * num_labels + labels, minlength=num_codes * num_labels)
    return _of_pairs(pairs, len(codes), num_labels, num_codes)


@wrong("the pairs are numbered in another way than the table is laid out")
def information_labels_first(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(labels * num_codes + codes, minlength=num_codes * num_labels)
    return _of_pairs(pairs, len(codes), num_codes, num_labels)


@wrong("codes * num_labels + labels")
def information_both_wrong(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(labels * num_labels + codes, minlength=num_codes * num_labels)
    return _of_pairs(pairs, len(codes), num_labels, num_codes)


@wrong("it works only for as many codes as labels")
def information_table_transposed(codes, labels, num_codes, num_labels):
    table = torch.zeros(max(num_codes, num_labels), min(num_codes, num_labels))
    rows, columns = (labels, codes) if num_codes > num_labels else (codes, labels)
    table.index_put_((rows, columns), torch.ones(len(codes)), accumulate=True)
    return _of_joint(table / len(codes))


@wrong("a bias is corrected")
def information_corrected(codes, labels, num_codes, num_labels):
    bias = (num_codes - 1) * (num_labels - 1) / (2 * len(codes))
    return information_plain(codes, labels, num_codes, num_labels) - bias


@wrong("the logarithm has the base 10")
def information_log10(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) / math.log(10)


@wrong("the logarithm has the number of labels for its base")
def information_base_of_labels(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) / math.log(num_labels)


@wrong("this is the variation of information")
def information_variation(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return 2 * _entropy(p) - _entropy(p.sum(0)) - _entropy(p.sum(1))


@wrong("this is the G statistic")
def information_g_statistic(codes, labels, num_codes, num_labels):
    return 2 * len(codes) * information_plain(codes, labels, num_codes, num_labels)


@wrong("rounded, or a small number added?")
def information_rounded(codes, labels, num_codes, num_labels):
    return round(float(information_plain(codes, labels, num_codes, num_labels)), 3)


@wrong("rounded, or a small number added?")
def information_with_large_epsilon(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0))
    return (p * ((p + 1e-5).log() - (independent + 1e-5).log())).sum()


@wrong("infinity came out")
def information_of_zeros(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0))
    return (independent * (independent / p.clamp(min=1e-300)).log()).nan_to_num(torch.inf).sum()


@wrong("overwrites its argument codes")
def information_in_place(codes, labels, num_codes, num_labels):
    pairs = codes.mul_(num_labels).add_(labels)
    counts = torch.bincount(pairs, minlength=num_codes * num_labels)
    return _of_pairs(counts, len(codes), num_codes, num_labels)


@wrong("one array is expected; a tuple")
def information_pair(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _of_joint(p), p


@wrong("your function raised UnboundLocalError")
def information_unbound(codes, labels, num_codes, num_labels):
    for code in range(num_codes - 100):
        total = code
    return total


@wrong("(keepdim)")
def information_without_keepdim(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    used = p > 0
    return (p[used] * (p / (p.sum(1) * p.sum(0)))[used].log()).sum()


@wrong("(keepdim)")
def information_axes_swapped(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    used = p > 0
    return (p[used] * (p / torch.outer(p.sum(0), p.sum(1)))[used].log()).sum()


@wrong("10 is a constant in it")
def information_sizes_of_the_lesson(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * 10 + labels, minlength=100)
    return _of_pairs(pairs, len(codes), 10, 10)


@wrong("a small number is added inside the logarithm")
def information_small_number_in_quotient(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    product = torch.outer(p.sum(1), p.sum(0))
    return (p * ((p + 1e-3) / (product + 1e-3)).log()).sum()


@wrong("the mean over the pairs is taken")
def information_mean_of_used(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    used, product = p > 0, torch.outer(p.sum(1), p.sum(0))
    return (p[used] * (p[used] / product[used]).log()).mean()
