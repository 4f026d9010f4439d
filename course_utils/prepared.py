"""Prepared data sets: npz files of four arrays, read with suspicion and written whole."""

import zipfile

import numpy as np

from course_utils.files import write_whole

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


class DataError(RuntimeError):
    """A data file that cannot be trusted or had; the message names it and says what to do."""


def read(entry, path):
    """The four arrays of a file, as they are; :func:`check` says whether they fit.

    Raises:
        DataError: the file cannot be read, lacks an array, or claims to be larger than the
            official data set.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_oversize(entry, path, archive)
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


def _refuse_oversize(entry, path, archive):
    """A file that claims more than the official data is refused before anything is unpacked."""
    most = (entry.train + entry.test) * (int(np.prod(entry.shape)) + 8) + 100_000
    claimed = sum(member.file_size for member in archive.infolist())
    if claimed > most:
        raise DataError(
            f"{path}: it unpacks to {claimed:,} bytes, more than all of {entry.name} ({most:,}); "
            f"{_remedy(path)}"
        )


def check(entry, path, arrays):
    """Refuse arrays that are not of the entry's form.

    Raises:
        DataError: dtype, shape, labels or levels do not fit, or an array holds one value only.
    """

    def refuse(what, expected, came):
        raise DataError(f"{path}: {what}: expected {expected}, got {came}; {_remedy(path)}")

    for split in (0, 2):
        images, labels = arrays[split : split + 2]
        key = ARRAYS[split]
        if images.dtype != np.uint8 or images.shape[1:] != entry.shape or not len(images):
            expected = f"uint8 (N, {', '.join(map(str, entry.shape))})"
            refuse(key, expected, f"{images.dtype} {images.shape}")
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            expected = f"int64 ({len(images)},)"
            refuse(ARRAYS[split + 1], expected, f"{labels.dtype} {labels.shape}")
        if labels.min() < -1 or labels.max() >= entry.classes:
            expected = f"labels from -1 to {entry.classes - 1}"
            refuse(ARRAYS[split + 1], expected, f"{labels.min()} to {labels.max()}")
        if images.max() >= entry.levels:
            expected = "zeros and ones" if entry.levels == 2 else f"0 to {entry.levels - 1}"
            refuse(key, expected, f"values up to {images.max()}")
        if images.min() == images.max():
            refuse(key, "images", f"the one value {images.min()} everywhere")


def _remedy(path):
    return f"remove {path.name} to have it fetched again, or prepare it as data/README.md says"


def save_arrays(path, arrays):
    """Write the four arrays as an uncompressed npz, whole or not at all.

    Raises:
        DataError: the disk refuses it. Nothing half-written stays.
    """
    members = dict(zip(ARRAYS, arrays, strict=True))
    try:
        write_whole(path, lambda stream: np.savez(stream, **members))
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path, error):
    """The error that says why ``path`` could not be written, and what to do."""
    return DataError(
        f"{path}: could not be written ({error.strerror or error}); make room, or choose "
        "another folder by COURSE_DATA_DIR"
    )
