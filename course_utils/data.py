"""Data sets as uint8 tensors in memory, and what lessons do to pixels."""

import contextlib
import os
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from course_utils import settings, stand_ins
from course_utils.pixels import (
    BINARISATION_SEED,
    Batches,
    binarise,
    dequantise,
    fixed_binarised,
    flipped,
    inverse_logit_transform,
    logit_transform,
    to_signed,
    to_unit,
    train_validation_split,
)

__all__ = [
    "BINARISATION_SEED",
    "NAMES",
    "Batches",
    "DataError",
    "Dataset",
    "binarise",
    "dequantise",
    "fixed_binarised",
    "flipped",
    "inverse_logit_transform",
    "is_complete",
    "load",
    "logit_transform",
    "save_arrays",
    "stand_in",
    "to_signed",
    "to_unit",
    "train_validation_split",
]

RECORD_IMAGES = 1_000  # CIFAR-10 scores of record are on the first 1,000 official test images


class DataError(RuntimeError):
    """A data file that cannot be trusted or had; the message names it and says what to do."""


@dataclass(frozen=True)
class _Official:
    train: int
    test: int
    shape: tuple
    stand_in: str


OFFICIAL = {
    "mnist": _Official(60_000, 10_000, (1, 28, 28), "digits"),
    "binarized_mnist": _Official(60_000, 10_000, (1, 28, 28), "digits"),
    "cifar10": _Official(50_000, 10_000, (3, 32, 32), "photo_patches"),
    "svhn": _Official(73_257, 26_032, (3, 32, 32), "house_numbers"),
}
NAMES = tuple(OFFICIAL)
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True)
class Dataset:
    """Images and labels of one data set.

    Attributes:
        train_images, test_images: uint8 (N, C, H, W).
        train_labels, test_labels: int64 (N,); -1 where there is none.
        name: what was asked for, such as ``mnist``.
        is_stand_in: True for the offline stand-in.
        source: in words, where the images are from.
    """

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    name: str
    is_stand_in: bool
    source: str

    @property
    def num_dims(self):
        """Number of values in one image."""
        return self.train_images[0].numel()

    @property
    def is_piece(self):
        """True if real images are missing for a result of record."""
        official = OFFICIAL[self.name]
        needed = RECORD_IMAGES if self.name == "cifar10" else official.test
        short = len(self.train_images) < official.train or len(self.test_images) < needed
        return short and not self.is_stand_in

    @property
    def test_of_record(self):
        """The test images of every result of record: the first 1,000 of CIFAR-10, else all."""
        return self.test_images[: RECORD_IMAGES if self.name == "cifar10" else None]

    @property
    def test_labels_of_record(self):
        """Labels of :attr:`test_of_record`."""
        return self.test_labels[: RECORD_IMAGES if self.name == "cifar10" else None]

    @property
    def announcement(self):
        """One line that says what these images are."""
        size = f"{len(self.train_images):,} training and {len(self.test_images):,} test images"
        if self.is_stand_in:
            return f"Data: the stand-in {OFFICIAL[self.name].stand_in!r} for {self.name}, {size}."
        piece = " (a piece of it: no result of record)" if self.is_piece else ""
        return f"Data: {self.name}{piece}, {size}."


def load(name):
    """Load a data set: prepared file, else download, else stand-in.

    ``smoke`` takes the stand-in always. Elsewhere ``<data_dir>/<name>.npz`` comes first, then
    torchvision's verified download, which writes that file. Without a network ``laptop`` takes
    the stand-in, and ``full`` fails.

    Args:
        name: one of ``data.NAMES``.

    Returns:
        A :class:`Dataset`; lessons print its ``announcement``.

    Raises:
        ValueError: an unknown name.
        DataError: a damaged or mis-shaped file; in ``full`` also data that are missing or a piece.
    """
    if name not in OFFICIAL:
        raise ValueError(f"name: expected one of {', '.join(NAMES)}, got {name!r}")
    profile = settings.profile()
    if profile == "smoke":
        return stand_in(name)
    folder = settings.data_dir()
    if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
        what = "a link to nothing" if folder.is_symlink() else "a file"
        raise DataError(f"{folder}: expected a folder of data sets (COURSE_DATA_DIR), got {what}")
    path = folder / f"{name}.npz"
    if path.exists():  # whatever it is: what cannot be read is an error, never the stand-in
        dataset = _read(name, path, path.stat().st_mtime_ns)
    else:
        dataset = None if settings.offline() else _download(name, path)
    if profile == "full" and (dataset is None or dataset.is_piece):
        found = "there is none" if dataset is None else dataset.announcement.rstrip(".")
        raise DataError(
            f"{path}: the full profile needs all of {name}, but {found}. Run once with a network, "
            "or put the file there as data/README.md says"
        )
    return dataset or stand_in(name)


def is_complete(name):
    """True if all of the real data set is here: what ``full`` needs. Downloads nothing."""
    path = settings.data_dir() / f"{name}.npz"
    return path.is_file() and not _read(name, path, path.stat().st_mtime_ns).is_piece


@cache
def stand_in(name):
    """The stand-in of a data set, in every profile and whether or not the real data are here.

    Raises:
        ValueError: an unknown name.
    """
    if name not in OFFICIAL:
        raise ValueError(f"name: expected one of {', '.join(NAMES)}, got {name!r}")
    arrays = stand_ins.make(OFFICIAL[name].stand_in, binary=name == "binarized_mnist")
    return Dataset(*map(torch.from_numpy, arrays), name, True, stand_ins.SOURCE)


@cache
def _read(name, path, modified):  # a file that changes is read again
    return _check(name, path, _arrays(name, path), f"file {path.name}")


def _arrays(name, path):
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_oversize(name, path, archive)
        with np.load(path, allow_pickle=False) as stored:
            missing = [key for key in ARRAYS if key not in stored.files]
            if missing:
                raise DataError(f"{path}: it lacks {', '.join(missing)}; {_remedy(path)}")
            arrays = [stored[key] for key in ARRAYS]
        if not all(isinstance(array, np.ndarray) for array in arrays):  # numpy gives raw bytes
            raise ValueError("a member that is no array")
        return arrays
    except DataError:
        raise
    except Exception as error:  # altered bytes make zipfile, zlib and numpy raise nearly anything
        size = path.stat().st_size if path.exists() else 0
        raise DataError(
            f"{path}: cannot be read ({size:,} bytes; {type(error).__name__}: {error}): it is "
            f"truncated, altered or no npz file; {_remedy(path)}"
        ) from error


def _refuse_oversize(name, path, archive):
    """A file that claims more than the official data is refused before anything is unpacked."""
    official = OFFICIAL[name]
    most = (official.train + official.test) * (int(np.prod(official.shape)) + 8) + 100_000
    claimed = sum(entry.file_size for entry in archive.infolist())
    if claimed > most:
        raise DataError(
            f"{path}: it unpacks to {claimed:,} bytes, more than all of {name} ({most:,}); "
            f"{_remedy(path)}"
        )


def _check(name, path, arrays, source):
    def refuse(what, expected, came):
        raise DataError(f"{path}: {what}: expected {expected}, got {came}; {_remedy(path)}")

    shape = OFFICIAL[name].shape
    for split in (0, 2):
        images, labels = arrays[split : split + 2]
        key = ARRAYS[split]
        if images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
            refuse(
                key, f"uint8 (N, {', '.join(map(str, shape))})", f"{images.dtype} {images.shape}"
            )
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            expected = f"int64 ({len(images)},)"
            refuse(ARRAYS[split + 1], expected, f"{labels.dtype} {labels.shape}")
        if labels.min() < -1 or labels.max() > 9:
            refuse(ARRAYS[split + 1], "labels from -1 to 9", f"{labels.min()} to {labels.max()}")
        if name == "binarized_mnist" and images.max() > 1:
            refuse(key, "zeros and ones", f"values up to {images.max()}")
        if images.min() == images.max():
            refuse(key, "images", f"the one value {images.min()} everywhere")
    return Dataset(*map(torch.from_numpy, arrays), name, False, source)


def _remedy(path):
    return f"remove {path.name} to have it fetched again, or prepare it as data/README.md says"


def _unwritable(path, error):
    return DataError(
        f"{path}: could not be written ({error.strerror or error}); make room, or choose "
        "another folder by COURSE_DATA_DIR"
    )


def _download(name, path):
    """Fetch and verify the official files, keep them as npz; None if there is no network."""
    from course_utils import downloads

    try:
        arrays = downloads.fetch(name, path.parent)
    except downloads.NoNetwork:
        return None
    except downloads.Corrupt as error:
        raise DataError(
            f"{path.parent}: the download of {name} is damaged ({error}); try again"
        ) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    dataset = _check(name, path, arrays, "the official files")
    save_arrays(path, arrays)
    return dataset


def save_arrays(path, arrays):
    """Write the four arrays as an uncompressed npz, whole or not at all.

    Raises:
        DataError: the disk refuses it. Nothing half-written stays.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # readable for all, unlike tempfile's
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as stream:
            np.savez(stream, **dict(zip(ARRAYS, arrays, strict=True)))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
