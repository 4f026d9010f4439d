"""Streams of random numbers: one for each training, and several runs of one training."""

import contextlib
import math
import statistics
import zlib

import torch


@contextlib.contextmanager
def own_stream(seed, name, device):
    """A stream of random numbers for one piece of work alone, from the lesson's seed and its name.

    So a training gives the same numbers whether the ones before it ran, were resumed or were
    skipped, and what follows does not depend on how long it was.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed + zlib.crc32(name.encode()))
        yield


def suffix(number):
    """What the names of a training under seed ``number`` end in: nothing for the first one."""
    return f"_seed{number}" if number else ""


def spread(values):
    """Fields of a record on what its value does over seeds; none where there is one seed alone.

    Args:
        values: a number, or the values of each example (their mean counts), for each seed.

    Returns:
        A dict: ``seeds`` (how many), ``seed_values``, ``seed_spread`` (their standard deviation,
        with n - 1) and ``seed_error`` (that of their mean: spread / sqrt(n)).
    """
    means = [torch.as_tensor(value, dtype=torch.float64).mean().item() for value in values]
    if len(means) < 2:
        return {}
    deviation = statistics.stdev(means)
    return {
        "seeds": len(means),
        "seed_values": means,
        "seed_spread": deviation,
        "seed_error": deviation / math.sqrt(len(means)),
    }
