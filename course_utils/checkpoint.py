"""Weights and training states in safetensors files: written whole or not at all, no pickle."""

import json
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from course_utils.files import write_whole

MOST_BYTES = 8_000_000  # of one committed file of weights


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written or trusted; the message says what to do."""


def save_weights(path, model, header, dtype=torch.float16):
    """Write a model's weights and a header, atomically.

    Args:
        path: the file, ``.safetensors``; its folder is made where it is missing.
        model: its ``state_dict()`` is stored, floating-point entries as ``dtype``.
        header: a dict that JSON can hold, such as ``model.header()``.
        dtype: of the stored weights.

    Raises:
        CheckpointError: the file would pass 8 MB, a weight does not fit ``dtype``, or the disk
            refuses it. An older file stays as it was.
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
    _write(path, tensors, {"header": json.dumps(header)})


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
    as_float = {
        name: value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }
    return header, as_float


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

    _write(path, tensors, {"state": json.dumps(strip(state))})


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
        raise CheckpointError(
            f"{path}: could not be written ({error.strerror or error}); make room, or choose "
            "another folder. What stood there before is unchanged"
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
