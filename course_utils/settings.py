"""Profile, seed, device, precision and paths: the only file that reads environment variables.

=====================  ==========================================================================
``COURSE_PROFILE``     ``smoke``, ``laptop`` (the default) or ``full``
``COURSE_DATA_DIR``    folder of the prepared data sets (default ``data/downloads``)
``COURSE_OUTPUT_DIR``  folder that takes the place of ``data`` for results and checkpoints
``COURSE_OFFLINE``     ``1``: never try to download
``COURSE_DEVICE``      ``cpu`` or ``cuda`` (default: CUDA where there is one)
``CI``                 ``true``: a tool that a test needs and does not find is a failure
=====================  ==========================================================================
"""

import contextlib
import os
from functools import cache
from pathlib import Path

import torch

PROFILES = ("smoke", "laptop", "full")


def profile():
    """Name of the profile in force: ``smoke``, ``laptop`` or ``full``.

    Raises:
        ValueError: ``COURSE_PROFILE`` names no profile.
    """
    name = os.environ.get("COURSE_PROFILE", "") or "laptop"
    if name not in PROFILES:
        raise ValueError(f"COURSE_PROFILE: expected one of {', '.join(PROFILES)}, got {name!r}")
    return name


def budget(*, smoke, laptop, full):
    """The value for the profile in force: ``budget(smoke=1, laptop=10, full=60)`` epochs, say."""
    return {"smoke": smoke, "laptop": laptop, "full": full}[profile()]


def _flag(name):
    value = os.environ.get(name, "").strip().lower()
    if value in ("", "0", "false", "no"):
        return False
    if value in ("1", "true", "yes"):
        return True
    raise ValueError(f"{name}: expected 1 or 0, got {value!r}")


def offline():
    """True when nothing may be downloaded: ``COURSE_OFFLINE=1``, and always in ``smoke``."""
    return _flag("COURSE_OFFLINE") or profile() == "smoke"


def in_ci():
    """True when ``CI`` is set: a missing tool then fails its test instead of skipping it."""
    return _flag("CI")


def device():
    """The torch device that lessons train on: CUDA where there is one, else the CPU.

    Raises:
        ValueError: ``COURSE_DEVICE`` names something else than ``cpu`` or ``cuda``, or a CUDA
            device that this machine does not have.
    """
    name = os.environ.get("COURSE_DEVICE", "")
    if not name:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.split(":")[0] not in ("cpu", "cuda"):
        raise ValueError(f"COURSE_DEVICE: expected cpu or cuda, got {name!r}")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"COURSE_DEVICE is {name}, but torch finds no CUDA device here")
    return torch.device(name)


def seed_everything(seed):
    """Seed torch's global generators (CPU and CUDA) and choose deterministic CUDA kernels.

    The course draws no number from Python's or NumPy's global generators.
    """
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


@cache
def has_bfloat16(kind="cpu"):
    """True when the device multiplies bfloat16 in hardware (``kind``: ``cpu`` or ``cuda``)."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported()
    probes = (
        "_is_avx512_bf16_supported",
        "_is_amx_tile_supported",
    )  # private: absent in some builds
    return any(getattr(torch.cpu, probe, bool)() for probe in probes)


def autocast(enabled=True):
    """Context in which matrix products and convolutions run in bfloat16 where hardware has it.

    Wrap a network's forward pass in it and call ``.float()`` on what comes out: log-densities,
    KLs and logsumexp stay in float32. On a machine without bfloat16 it changes nothing.
    """
    kind = device().type
    if not enabled or not has_bfloat16(kind):
        return contextlib.nullcontext()
    return torch.autocast(kind, dtype=torch.bfloat16)


def root():
    """The project's folder: the one that holds ``notebooks`` and ``pyproject.toml``.

    Found from this file (an editable install) or from the working folder upwards; without
    either it is the working folder.
    """
    here = Path(__file__).resolve().parent.parent
    for folder in (here, Path.cwd(), *Path.cwd().parents):
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return Path.cwd()


def data_dir():
    """Folder in which :func:`course_utils.data.load` looks for ``<name>.npz``."""
    return Path(os.environ.get("COURSE_DATA_DIR") or root() / "data" / "downloads")


def _output_dir():
    return Path(os.environ.get("COURSE_OUTPUT_DIR") or root() / "data")


def results_dir():
    """Folder of the results of record, ``<lesson>.json`` each."""
    return _output_dir() / "results"


def checkpoints_dir():
    """Folder of the committed weights, ``<lesson>/<model>.safetensors`` each."""
    return _output_dir() / "checkpoints"
