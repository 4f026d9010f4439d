"""Data sets as uint8 tensors in memory: where they are looked for, and what takes their place.

What lessons do to the pixels is in ``pixels``, and handed on here.
"""

from dataclasses import dataclass, replace
from functools import cache

import torch

from course_utils import downloads, prepared, settings, stand_ins
from course_utils.catalogue import DATA_SETS
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
from course_utils.prepared import ARRAYS, DataError, save_arrays

__all__ = [
    "ARRAYS",
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

NAMES = tuple(DATA_SETS)


@dataclass(frozen=True)
class Dataset:
    """Images and labels of one data set.

    Attributes:
        train_images, test_images: uint8 (N, C, H, W).
        train_labels, test_labels: int64 (N,); -1 where there is none.
        name: what was asked for, such as ``mnist``.
        is_stand_in: True for the offline stand-in.
        source: in words, where the images are from.
        why: of a stand-in in ``laptop``, a sentence that says why the real data are not here.
    """

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    name: str
    is_stand_in: bool
    source: str
    why: str = ""

    @property
    def num_dims(self):
        """Number of values in one image."""
        return self.train_images[0].numel()

    @property
    def is_piece(self):
        """True if real images are missing for a result of record."""
        entry = DATA_SETS[self.name]
        needed = entry.of_record or entry.test
        short = len(self.train_images) < entry.train or len(self.test_images) < needed
        return short and not self.is_stand_in

    @property
    def test_of_record(self):
        """The test images of every result of record: the first 1,000 of CIFAR-10, else all."""
        return self.test_images[: DATA_SETS[self.name].of_record]

    @property
    def test_labels_of_record(self):
        """Labels of :attr:`test_of_record`."""
        return self.test_labels[: DATA_SETS[self.name].of_record]

    @property
    def announcement(self):
        """One line that says what these images are."""
        size = f"{len(self.train_images):,} training and {len(self.test_images):,} test images"
        if self.is_stand_in:
            stand_in = DATA_SETS[self.name].stand_in.__name__
            return f"Data: the stand-in {stand_in!r} for {self.name}, {size}."
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
    entry = _entry(name)
    profile = settings.profile()
    if profile == "smoke":
        return stand_in(name)
    path = _path(name)
    if path.exists():  # whatever it is: what cannot be read is an error, never the stand-in
        dataset, why = _read(name, path, path.stat().st_mtime_ns), ""
    elif settings.offline():
        dataset, why = None, "COURSE_OFFLINE=1 forbids the download"
    else:
        dataset, why = _download(entry, path)
    if profile == "full" and (dataset is None or dataset.is_piece):
        found = f"there is none ({why})" if dataset is None else dataset.announcement.rstrip(".")
        raise DataError(
            f"{path}: the full profile needs all of {name}, but {found}. Run once with a network, "
            "or put the file there as data/README.md says"
        )
    return dataset or replace(stand_in(name), why=f"There is no {path.name}, and {why}.")


def is_complete(name):
    """True if all of the real data set is here: what ``full`` needs. Downloads nothing."""
    path = _path(name)
    return path.is_file() and not _read(name, path, path.stat().st_mtime_ns).is_piece


@cache
def stand_in(name):
    """The stand-in of a data set, in every profile and whether or not the real data are here.

    Raises:
        ValueError: an unknown name.
    """
    entry = _entry(name)
    arrays = entry.stand_in()
    if entry.levels == 2:
        arrays = stand_ins.binary(arrays)
    return Dataset(*map(torch.from_numpy, arrays), name, True, stand_ins.SOURCE)


def _entry(name):
    if name not in DATA_SETS:
        raise ValueError(f"name: expected one of {', '.join(NAMES)}, got {name!r}")
    return DATA_SETS[name]


def _path(name):
    """Where the prepared file is, or would be.

    Raises:
        DataError: something that is no folder, or no file, stands in the way.
    """
    folder = settings.data_dir()
    path = folder / f"{name}.npz"
    try:
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            came = "a link to nothing" if folder.is_symlink() else "a file"
            raise DataError(
                f"{folder}: expected a folder of data sets (COURSE_DATA_DIR), got {came}"
            )
        if path.is_symlink() and not path.exists():
            raise DataError(f"{path}: expected a file, got a link to nothing; remove or mend it")
    except OSError as error:  # a folder above it that this user may not enter
        raise DataError(
            f"{path}: cannot be looked for ({error.strerror or error}); choose another folder by "
            "COURSE_DATA_DIR"
        ) from error
    return path


@cache
def _read(name, path, modified):  # a file that changes is read again
    return _checked(_entry(name), path, prepared.read(_entry(name), path), f"file {path.name}")


def _checked(entry, path, arrays, source):
    prepared.check(entry, path, arrays)
    return Dataset(*map(torch.from_numpy, arrays), entry.name, False, source)


def _download(entry, path):
    """Fetch and verify the official files, keep them as npz: (data set or None, why not)."""
    try:
        arrays = downloads.fetch(entry, path.parent)
    except downloads.NoNetwork as error:
        return None, f"it could not be fetched ({_short(error)})"
    except downloads.ReadOnly as error:
        return None, (
            f"none can be kept in {path.parent} ({_short(error)}): choose another folder by "
            "COURSE_DATA_DIR"
        )
    except downloads.Corrupt as error:
        raise DataError(
            f"{path.parent}: the download of {entry.name} is damaged ({error}); try again"
        ) from error
    except OSError as error:
        raise prepared.unwritable(path, error) from error
    dataset = _checked(entry, path, arrays, "the official files")
    save_arrays(path, arrays)
    return dataset, ""


def _short(error, most=300):
    """A reason on one line: torchvision gives several, a proxy whatever it likes."""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return text if len(text) <= most else f"{text[:most]} ..."
