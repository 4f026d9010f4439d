"""Several processes that train one model, launched by PyTorch's own ``torchrun``.

Each process runs the whole lesson. In a training each takes its share of every batch, and one
all-reduce a step sums what the shares give, so that all hold the same weights after it. Process 0
alone prints and writes. Without a launcher everything here does nothing: there is one process.
"""

import contextlib
import hashlib
import os
import sys

import torch
from torch import distributed

from course_utils import settings


class LostProcessError(RuntimeError):
    """Another process of the training is gone."""


def join():
    """Join the processes that ``torchrun`` launched, once: gloo on CPU, nccl on CUDA."""
    if settings.launched() is None or distributed.is_initialized():
        return
    device = settings.device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    from torch.distributed.rendezvous import rendezvous  # builds without it exist

    store, number, count = next(rendezvous("env://"))
    # The launcher keeps one store over its restarts, and with it where dead processes listened.
    store = distributed.PrefixStore(settings.attempt(), store)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, store=store, rank=number, world_size=count)


def size():
    """Number of processes that joined; 1 without a launcher."""
    joined = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if joined else 1


def rank():
    """This process's number, from 0."""
    return distributed.get_rank() if size() > 1 else 0


def is_first():
    """True in the process that prints and writes."""
    return rank() == 0


def quiet():
    """Let process 0 alone print; errors of the others still appear."""
    if not is_first():
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good


def wait():
    """Go on when all processes have come here."""
    if size() > 1:
        distributed.barrier()


@contextlib.contextmanager
def first_alone():
    """Process 0 goes through the block first, the others then: it downloads, they find the file."""
    if not is_first():
        wait()
    yield
    if is_first():
        wait()


def summed(tensors):
    """The sum of each tensor over all processes, by one all-reduce of one flat vector.

    Raises:
        LostProcessError: a process does not answer any more.
    """
    flat = torch.cat([tensor.detach().flatten().to(tensors[0].dtype) for tensor in tensors])
    try:
        distributed.all_reduce(flat)
    except RuntimeError as error:
        raise LostProcessError(str(error).splitlines()[0]) from error
    parts = flat.split([tensor.numel() for tensor in tensors])
    return [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)]


def as_first(tensors):
    """Make tensors equal to those of process 0, in place."""
    if size() > 1:
        for tensor in tensors:
            sent = tensor.detach().contiguous()  # weights may be in channels_last
            distributed.broadcast(sent, 0)
            tensor.detach().copy_(sent)


def as_first_says(values):
    """A dict of floats as process 0 has it; the others have the same names."""
    if size() == 1:
        return values
    numbers = torch.tensor(list(values.values()), dtype=torch.float64, device=settings.device())
    as_first([numbers])
    return dict(zip(values, numbers.tolist(), strict=True))


def seed_of(seed, step):
    """A seed of this process's own: another for each (seed, rank, step)."""
    text = f"{seed} {rank()} {step}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest(), "big")


@contextlib.contextmanager
def own_noise(step):
    """Torch's global random numbers are this process's own in the block, and the common ones after.

    Process 0 goes on with the numbers that it has; with one process this does nothing.
    """
    if size() == 1:
        yield
        return
    device = settings.device()
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        if not is_first():
            torch.manual_seed(seed_of(torch.initial_seed(), step))
        yield


@contextlib.contextmanager
def shares(batches, step):
    """In the block each process gets its part of every batch, with noise of its own.

    Raises:
        ValueError: the batches cannot be shared, or have fewer rows than there are processes.
    """
    if size() == 1:
        yield
        return
    if not hasattr(batches, "share"):
        raise ValueError("batches: expected a data.Batches: these cannot be shared by processes")
    batches.share(rank(), size(), seed_of(batches.seed, step))
    try:
        yield
    finally:
        batches.share(0, 1, None)


def rows(batch):
    """Number of examples of a batch: a tensor's length, or its first tensor's; None if unknown."""
    while isinstance(batch, tuple | list | dict):
        batch = next(iter(batch.values() if isinstance(batch, dict) else batch), None)
    return len(batch) if isinstance(batch, torch.Tensor) and batch.ndim else None


def gradients(model, parameters, terms_of, batch, names):
    """One step's gradients of the mean over all rows of a batch that is shared by the processes.

    Args:
        model: its persistent buffers (running statistics, codebooks) become those of process 0.
        parameters: get the gradients, in ``grad``.
        terms_of: ``terms_of()`` -> this process's terms, a dict of (rows,) tensors with ``loss``.
        batch: this process's rows, perhaps none; ``terms_of`` is then not called.
        names: of the terms, where this process has no rows.

    Returns:
        (means of the terms over all rows, a dict of floats; the number of rows).

    Raises:
        LostProcessError: a process does not answer any more.
    """
    own_rows, terms = rows(batch), {}
    if own_rows:
        terms = terms_of()
    for parameter in parameters:
        parameter.grad = None
    if own_rows:
        terms["loss"].sum().backward()  # NaN or not: all processes must come to the sum below
        names = list(terms)
    zero = parameters[0].new_zeros(())
    sums = [terms[name].detach().sum() if own_rows else zero for name in names]
    sums = torch.stack([*sums, parameters[0].new_tensor(own_rows)])
    own = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    state = model.state_dict()
    buffers = [buffer for name, buffer in model.named_buffers() if name in state]
    followed = buffers if is_first() else [torch.zeros_like(buffer) for buffer in buffers]
    totals, *found = summed([sums, *own, *followed])
    for parameter, total in zip(parameters, found, strict=False):
        parameter.grad = total / totals[-1]
    for buffer, of_first in zip(buffers, found[len(own) :], strict=True):
        buffer.copy_(of_first)
    means = (totals[:-1] / totals[-1]).tolist()
    return dict(zip(names, means, strict=True)), int(totals[-1])
