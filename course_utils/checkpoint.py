"""Weights and training states in safetensors files: written whole or not at all, no pickle."""

import errno
import json
import os
import tempfile
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from course_utils.files import write_whole

MOST_BYTES = 8_000_000  # of one committed file of weights


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written or trusted; the message says what to do."""


class UnwritableError(CheckpointError):
    """The disk takes no file there."""


def save_weights(path, model, header, dtype=torch.float16):
    """Write a model's weights and a header, atomically.

    Args:
        path: the file, ``.safetensors``; its folder is made where it is missing.
        model: its ``state_dict()`` is stored, floating-point entries as ``dtype``.
        header: a dict that JSON can hold, such as ``model.header()``.
        dtype: of the stored weights.

    Raises:
        CheckpointError: as :func:`stored`, or (``UnwritableError``) the disk refuses the file.
            An older file stays as it was.
        TypeError: ``header`` holds what JSON cannot.
    """
    _write(path, stored(path, model, dtype), {"header": to_json(header)})


def stored(path, model, dtype=torch.float16):
    """What :func:`save_weights` stores: name -> tensor on the CPU, rounded to ``dtype``.

    Raises:
        CheckpointError: the file would pass 8 MB, or a weight does not fit ``dtype``.
    """
    tensors = {}
    for name, value in model.state_dict().items():
        stored = value.detach().cpu()
        if stored.is_floating_point():
            stored = stored.to(dtype)
            if not stored.isfinite().all():
                raise CheckpointError(f"{path}: the weights {name} do not fit {dtype}")
        tensors[name] = stored
    size = sum(value.numel() * value.element_size() for value in tensors.values())
    if size > MOST_BYTES:
        raise CheckpointError(
            f"{path}: {size / 1e6:.1f} MB of weights, the most is {MOST_BYTES / 1e6:.0f} MB; "
            "make the model smaller"
        )
    return tensors


def as_loaded(tensors):
    """Stored weights as a model takes them: float32 for all floating-point entries."""
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }


def to_json(value, indent=None):
    """JSON of numbers (NumPy's too, arrays as lists), texts, and lists and dicts of them.

    Raises:
        TypeError: another type; it is named.
    """

    def plain(entry):
        if hasattr(entry, "tolist"):  # NumPy's numbers and arrays, and tensors
            return entry.tolist()
        raise TypeError(f"JSON: expected numbers and texts, got {type(entry).__name__}: {entry!r}")

    return json.dumps(value, default=plain, indent=indent)


def refusal(path, size=0):
    """In words why a file of ``size`` bytes cannot be written at ``path``, or None: it is tried.

    Nothing is left behind, and the folder need not exist yet.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = path.parent.absolute()
        while not folder.exists():
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder) as stream:
            for begin in range(0, size, 2**20):
                stream.write(bytes(min(2**20, size - begin)))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        return unwritable(path, error)
    return None


def unwritable(path, error):
    """What the disk said of a file, and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "make room, or choose another folder" if full else "choose a folder that takes files"
    return f"{path}: could not be written ({error.strerror or error}); {remedy}"


def load_weights(path):
    """Read what :func:`save_weights` wrote: (header, state dict with float32 for floats).

    Raises:
        CheckpointError: the file is missing or truncated, or its header is damaged or absent.
            (safetensors has no checksum: altered bytes of a weight go unseen.)
    """
    metadata, tensors = _read(path)
    try:
        header = json.loads(metadata["header"])
    except (KeyError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{path}: no readable header in it; expected weights of this course"
        ) from error
    return header, as_loaded(tensors)


def save_state(path, state):
    """Write a nested dict or list of tensors, numbers and strings, atomically and exactly."""
    tensors = {}

    def strip(value):
        if isinstance(value, torch.Tensor):
            name = f"tensor {len(tensors)}"
            tensors[name] = value.detach().cpu()
            return {"tensor": name}
        if isinstance(value, dict):
            return {"dict": [[key, strip(entry)] for key, entry in value.items()]}
        if isinstance(value, list | tuple):
            return {"list": [strip(entry) for entry in value]}
        return {"value": value}

    _write(path, tensors, {"state": to_json(strip(state))})


def load_state(path):
    """Read what :func:`save_state` wrote.

    Raises:
        CheckpointError: as :func:`load_weights`.
    """
    metadata, tensors = _read(path)

    def fill(node):
        [(kind, value)] = node.items()
        if kind == "tensor":
            return tensors[value]
        if kind == "dict":
            return {key: fill(entry) for key, entry in value}
        return [fill(entry) for entry in value] if kind == "list" else value

    try:
        return fill(json.loads(metadata["state"]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path}: no training state in it; remove it to start anew"
        ) from error


def _write(path, tensors, metadata):
    path = Path(path)
    # A copy each: safetensors refuses tensors that share memory.
    tensors = {name: value.clone().contiguous() for name, value in tensors.items()}
    data = safetensors.torch.save(tensors, metadata)
    try:
        write_whole(path, data)
    except OSError as error:
        raise UnwritableError(
            f"{unwritable(path, error)}. What stood there before is unchanged"
        ) from error


def _read(path):
    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            return stream.metadata() or {}, {
                name: stream.get_tensor(name) for name in stream.keys()
            }
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: there is no such file") from error
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"{path}: cannot be read as safetensors ({error}); it is damaged: restore it, or "
            "remove it and train anew"
        ) from error
