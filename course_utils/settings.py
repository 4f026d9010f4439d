"""Profile, seed, device, precision and paths: the only file that reads environment variables.

=====================  ==========================================================================
``COURSE_PROFILE``     ``smoke``, ``laptop`` (the default) or ``full``
``COURSE_DATA_DIR``    folder of the prepared data sets (default ``data/downloads``); from the root
``COURSE_OUTPUT_DIR``  folder that takes the place of ``data`` for results and checkpoints
``COURSE_OFFLINE``     ``1``: never try to download
``COURSE_DEVICE``      ``cpu`` or ``cuda`` (default: CUDA where there is one)
``CI``                 ``true``: on Linux a tool that a test needs and lacks is a failure
``NBGRADER_EXECUTION`` ``autograde``: set by nbgrader while it runs a notebook for its points
``LOCAL_RANK``         set by ``torchrun`` with ``RANK`` and others: one of several processes
=====================  ==========================================================================
"""

import contextlib
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import torch

from course_utils.arguments import integer

PROFILES = ("smoke", "laptop", "full")
LINE = 96  # characters; a front end breaks longer printed lines in the middle of a word


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


def caption(says):
    """The sentence under a figure or a table; in ``smoke`` it says first that this is a trial run.

    A trial proves that the code runs; its pictures and numbers are not those of the lesson.
    """
    return f"Trial run: {says}" if profile() == "smoke" else says


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
    """True when ``CI`` is set on Linux: a missing tool then fails its test instead of skipping it.

    Elsewhere the sandbox cannot be had, and ``.ci/run`` does not install the browser.
    """
    return _flag("CI") and sys.platform == "linux"


def autograded():
    """True while nbgrader runs the notebook: a check that does not fail then gives its points."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def launched():
    """The number of this process on its machine where ``torchrun`` launched it, else None."""
    needed = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    return int(os.environ["LOCAL_RANK"]) if all(name in os.environ for name in needed) else None


def attempt():
    """A name for this start of ``torchrun``'s processes: another one after each of its restarts."""
    known = ("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "GROUP_WORLD_SIZE")
    return "/".join(os.environ.get(name, "") for name in known)


def device():
    """The torch device that lessons train on: CUDA where there is one, else the CPU.

    Of the processes that ``torchrun`` launched each has a GPU of its own.

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
    if name == "cuda" and launched() is not None:
        name = f"cuda:{launched()}"
    return torch.device(name)


def seed_everything(seed):
    """Seed torch's global generators (CPU and CUDA) and choose deterministic CUDA kernels.

    The course draws no number from Python's or NumPy's global generators.
    """
    torch.manual_seed(integer("seed", seed))
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def has_bfloat16(kind="cpu"):
    """True when bfloat16 pays: the device multiplies it in hardware, faster than float32.

    There are processors that have the instructions and take twice as long with them (virtual ones
    that hide their matrix units), so on a CPU a product is timed, once a process.

    Args:
        kind: ``cpu`` or ``cuda``.
    """
    if kind == "cuda":
        return torch.cuda.is_bf16_supported()
    # Private, and absent in some builds.
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe, bool)() for probe in probes) and _bfloat16_is_faster()


@cache
def _bfloat16_is_faster():
    """Least time of a product in each type, taken in turn; a quarter faster is called faster."""
    x, seconds = torch.ones(512, 512), {torch.float32: [], torch.bfloat16: []}
    for _ in range(6):
        for dtype, taken in seconds.items():
            a = x.to(dtype)
            start = time.perf_counter()
            a @ a
            taken.append(time.perf_counter() - start)
    return 1.25 * min(seconds[torch.bfloat16]) < min(seconds[torch.float32])


def autocast(enabled=True):
    """Context in which matrix products and convolutions run in bfloat16 where that is faster.

    Wrap a network's forward pass in it and call ``.float()`` on what comes out: log-densities,
    KLs and logsumexp stay in float32. On a machine without bfloat16 it changes nothing.
    """
    kind = device().type
    if not enabled or not has_bfloat16(kind):
        return contextlib.nullcontext()
    # Without torch's cache of weights in bfloat16: it is emptied when the outermost block ends, and
    # an interrupt may cut that end; every training after it would go on with the old weights.
    return torch.autocast(kind, dtype=torch.bfloat16, cache_enabled=False)


@contextlib.contextmanager
def without_subnormals():
    """In the block numbers below 1.2e-38 are zero: with them a CPU takes several times as long.

    They come up in trainings, where gradients of pixels fade that are black in nearly every image.
    """
    smallest = torch.full((), 1e-39)
    was_on = (smallest * 1).item() == 0
    try:
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_flush_denormal(was_on)


def _start_threads():
    """Make torch's worker threads now: they keep the mode of the thread that makes them, for good.

    So outside a training the calling thread alone keeps subnormal numbers.
    """
    with without_subnormals():
        torch.ones(2**20).exp()


_start_threads()


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
    return _folder("COURSE_DATA_DIR") or root() / "data" / "downloads"


def _output_dir():
    return _folder("COURSE_OUTPUT_DIR") or root() / "data"


def _folder(variable):
    """The folder that a variable names, from the project's root; None where it is not set."""
    named = os.environ.get(variable)
    return root() / Path(named).expanduser() if named else None


def results_dir():
    """Folder of the results of record, ``<lesson>.json`` each."""
    return _output_dir() / "results"


def checkpoints_dir():
    """Folder of the committed weights, ``<lesson>/<model>.safetensors`` each."""
    return _output_dir() / "checkpoints"


def revision():
    """The commit that made a record, with ``+`` where the tree was not clean, or the version."""
    from course_utils import __version__

    try:
        git = ["git", "-C", str(Path(__file__).parent)]
        run = {"capture_output": True, "text": True, "timeout": 10, "check": True}
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], **run).stdout.strip()
        # Only what makes the numbers: results themselves change while a lesson records.
        made_by = ["--", ":/course_utils", ":/notebooks"]
        changed = subprocess.run(
            [*git, "status", "--porcelain", "-uno", *made_by], **run
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return __version__
    return commit + ("+" if changed else "")
