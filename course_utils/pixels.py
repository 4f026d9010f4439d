"""What lessons do to the pixels of a data set, and how batches of them are drawn."""

import functools
import hashlib
import math

import torch

from course_utils.arguments import integer

BINARISATION_SEED = 20_160  # of the one published binary draw of a test set


def to_unit(images, generator=None):
    """uint8 -> float32 in [0, 1]: v / 255. ``generator`` is not used: a transform of batches."""
    return _grey(images).float() / 255


def to_signed(images, generator=None):
    """uint8 -> float32 on the grid of 256 levels in [-1, 1]: (2v - 255) / 255; as above."""
    return (2 * _grey(images).float() - 255) / 255


def flipped(images, generator=None):
    """Half of the images mirrored, left to right, then :func:`to_signed`: a training's transform.

    Built in lesson 03.
    """
    shape = (len(images), *[1] * (images.ndim - 1))
    coin = torch.rand(shape, generator=generator, device=images.device) < 0.5
    return to_signed(torch.where(coin, images.flip(-1), images))


def binarise(images, generator=None):
    """A fresh binary draw: uint8 -> float32 zeros and ones, P(1) = v / 255 exactly.

    Args:
        images: uint8, any shape.
        generator: torch.Generator of the images' device; the global one by default.
    """
    # An integer from 0 to 254 lies below v with probability v / 255: exact, and faster than floats.
    # Drawn in the order of the indices, so that the images' strides in memory change nothing.
    draw = torch.empty(images.shape, dtype=_grey(images).dtype, device=images.device)
    draw.random_(0, 255, generator=generator)
    return (draw < images).float()


def fixed_binarised(images, seed=BINARISATION_SEED):
    """The one fixed binary draw of a test set: the same on every machine, drawn on the CPU."""
    return binarise(images.cpu(), torch.Generator().manual_seed(integer("seed", seed)))


def dequantise(images, generator=None):
    """uint8 -> x = (v + u) / 128 - 1 in [-1, 1), u ~ U[0, 1): a density with bin_width 1/128."""
    noise = torch.rand(images.shape, generator=generator, device=images.device)
    # 16 bits of u keep every step exact in float32: none is rounded up into the next level's bin.
    return (_grey(images).float() + (noise * 2**16).floor() / 2**16) / 128 - 1


def logit_transform(x, alpha=0.05):
    """y = logit(alpha + (1 - 2 alpha) x) for x in [0, 1]: (y, log |det dy/dx|).

    log |det| = sum_j log(1 - 2 alpha) - log p_j - log(1 - p_j), p = alpha + (1 - 2 alpha) x,
    in nats, (B,). log p(x) = log p(y) + log |det|.

    Raises:
        ValueError: ``x`` leaves [0, 1], or ``alpha`` is not in (0, 0.5).
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha: expected a number in (0, 0.5), got {alpha!r}")
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"x: expected values in [0, 1], got {x.min():g} to {x.max():g}")
    p = alpha + (1 - 2 * alpha) * x
    log_det = math.log(1 - 2 * alpha) - p.log() - (-p).log1p()
    return p.logit(), log_det.flatten(1).sum(1)


def inverse_logit_transform(y, alpha=0.05):
    """x = (sigmoid(y) - alpha) / (1 - 2 alpha)."""
    return (y.sigmoid() - alpha) / (1 - 2 * alpha)


def train_validation_split(images, num_validation, seed=0):
    """Random split of training images: (train, validation), no image in both.

    Raises:
        ValueError: ``num_validation`` leaves nothing on one side.
    """
    num_validation, seed = integer("num_validation", num_validation), integer("seed", seed)
    if not 0 < num_validation < len(images):
        raise ValueError(f"num_validation: expected 1 to {len(images) - 1}, got {num_validation}")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    return images[order[num_validation:]], images[order[:num_validation]]


class Batches:
    """Shuffled batches of a tensor in memory; each ``iter()`` is one epoch in a new order.

    Its own generator draws the order and the transform's noise, so a run depends on ``seed``
    alone. ``state()`` and ``restore(state)`` go on in mid-epoch, bit for bit: after a restore the
    next ``iter()`` gives the rest of the interrupted epoch.

    Args:
        images: (N, ...).
        batch_size: B; the last batch of an epoch may be smaller, with what is left.
        seed: of the generator.
        transform: ``transform(images, generator)`` -> batch, applied at each presentation.
        labels: (N,), or None; with labels each batch is (images, labels).
        device: where the images are kept and the batches come from; the images' by default.
        drop_last: leave out what is left, in each epoch something else, where a smaller batch
            serves badly (batch normalisation).

    Raises:
        TypeError, ValueError: a number is no integer, or too small; labels of another number.
    """

    def __init__(
        self, images, batch_size, seed, transform=None, labels=None, device=None, drop_last=False
    ):
        batch_size, seed = integer("batch_size", batch_size), integer("seed", seed)
        if len(images) < 1 or batch_size < 1:
            raise ValueError(
                f"images, batch_size: expected at least 1 each, got {len(images)}, {batch_size}"
            )
        if drop_last and batch_size > len(images):
            raise ValueError(
                f"batch_size: expected at most {len(images)}, the number of images, because "
                f"drop_last leaves nothing else, got {batch_size}"
            )
        if labels is not None and len(labels) != len(images):
            raise ValueError(
                f"labels: expected {len(images)}, one for each image, got {len(labels)}"
            )
        self.images = images.to(device or images.device)
        self.labels = None if labels is None else labels.to(self.images.device)
        self.batch_size, self.transform, self.seed = batch_size, transform, seed
        self.generator = torch.Generator(self.images.device).manual_seed(seed)
        self.noise = self.generator
        self.order, self.position, self.resuming = None, 0, False
        self.kept_order = None, None  # an order and its copy on the CPU
        self.end = len(images) - (len(images) % batch_size if drop_last else 0)
        self.rank, self.size = 0, 1

    @property
    def num_examples(self):
        """N."""
        return len(self.images)

    @property
    def smallest(self):
        """Number of examples of the epoch's last batch."""
        return self.end % self.batch_size or min(self.batch_size, self.end)

    def __len__(self):
        return -(-self.end // self.batch_size)

    def share(self, rank, size, seed):
        """From now on give the part ``rank`` of ``size`` of each batch, for one of many processes.

        The order stays common to all; the transform's noise comes from ``seed``. A part may be
        empty. ``share(0, 1, None)`` gives whole batches again.

        Raises:
            ValueError: even the first batch has not a row for each.
        """
        most = min(self.batch_size, self.num_examples)
        if size > most:
            raise ValueError(f"batch_size: expected a row for each of {size} processes, got {most}")
        self.rank, self.size, self.noise = rank, size, self.generator
        if size > 1:
            self.noise = torch.Generator(self.images.device).manual_seed(seed)

    def __iter__(self):
        # Only a restored epoch is gone on with: a look at one batch takes nothing from the next.
        resuming, self.resuming = self.resuming, False
        if not resuming or self.order is None or self.position >= self.end:
            self.order = torch.randperm(
                self.num_examples, generator=self.generator, device=self.images.device
            )
            self.position = 0
        while self.position < self.end:
            chosen = self.order[self.position : min(self.position + self.batch_size, self.end)]
            before = self.noise.get_state()
            try:
                batch = self._batch(chosen[self.rank :: self.size])
            except BaseException:  # an interrupt too: the batch is still to be given
                self.noise.set_state(before)
                raise
            self.position += len(chosen)  # before the batch is used: it counts as given
            yield batch

    def _batch(self, chosen):
        batch = self.images.index_select(0, chosen)
        if self.transform is not None and len(chosen):
            batch = self.transform(batch, self.noise)
        return batch if self.labels is None else (batch, self.labels.index_select(0, chosen))

    def state(self):
        """Where the epoch stands: a dict of tensors."""
        if self.kept_order[0] is not self.order:  # once an epoch: a GPU has to be waited for
            self.kept_order = self.order, None if self.order is None else self.order.cpu()
        order = torch.empty(0, dtype=torch.int64) if self.order is None else self.kept_order[1]
        position = torch.tensor(self.position)
        return {"generator": self.generator.get_state(), "order": order, "position": position}

    def described(self):
        """What fixes all batches, for a file: a resume compares it. (The images by a digest.)"""
        return {
            "batch_size": self.batch_size,
            "seed": self.seed,
            "drop_last": self.end < self.num_examples,
            "images": _described(self.images),
            "labels": "none" if self.labels is None else _described(self.labels),
            "transform": "none" if self.transform is None else _name(self.transform),
        }

    def restore(self, state):
        """Go on from a ``state()`` of batches of the same images.

        Raises:
            ValueError: the state is of another number of images.
        """
        order = state["order"]
        if len(order) not in (0, self.num_examples):
            raise ValueError(f"state: expected {self.num_examples} images, got {len(order)}")
        self.generator.set_state(state["generator"].cpu())
        self.order = order.to(self.images.device) if len(order) else None
        self.position, self.resuming = int(state["position"]), True


def _grey(images):
    if images.dtype != torch.uint8:
        raise TypeError(f"images: expected uint8 pixels, 0 to 255, got {images.dtype}")
    return images


def _described(tensor):
    """A tensor's type, shape and digest, in words."""
    raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    digest = hashlib.blake2b(raw, digest_size=6).hexdigest()
    return f"{tensor.dtype} {list(tensor.shape)} {digest}"


def _name(function):
    """The name by which a later session finds a function again; None for a local or nameless one.

    A ``functools.partial`` is named with what it gives, where that can be written down.
    """
    if isinstance(function, functools.partial):
        inner = _name(function.func)
        text = f"{inner} with {function.args} {function.keywords}"
        return None if inner is None or "<" in text else text
    name = getattr(function, "__qualname__", "<")
    return None if "<" in name else f"{function.__module__}.{name}"
