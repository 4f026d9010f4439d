"""What holds for every test: smoke profile, one thread, a fixed seed, and no network."""

import os

os.environ |= {"COURSE_PROFILE": "smoke", "COURSE_OFFLINE": "1", "COURSE_DEVICE": "cpu"}
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import gc
import ipaddress
import shutil
import socket
import subprocess
import sys

import filelock
import hypothesis
import pytest
import torch

from course_utils import data, lesson, losses, nets, settings, training

torch.set_num_threads(1)
hypothesis.settings.register_profile("course", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("course")


def pytest_addoption(parser):
    parser.addoption(
        "--many-seeds",
        action="store_true",
        help="answers to the exercises at 20 and 200 seeds, and 1,000 interrupts of a training",
    )
    parser.addoption(
        "--platforms",
        action="store_true",
        help="tests/platforms too, which make environments of other places from the registry",
    )


def pytest_ignore_collect(collection_path, config):
    """Environments of other places take gigabytes and minutes: only where they are asked for."""
    if collection_path.name == "platforms" and not config.getoption("--platforms"):
        return True
    return None


# Minutes each: begun last, one would keep one process busy while the other has nothing left.
LONGEST = ["test_homework_hostile", "test_homework_release", "test_checks", "test_homework_grade"]
LONGEST += ["test_homework_package", "test_homework_fuzz", "test_homework_class", "test_lab"]
LONGEST += ["test_homework_shards", "test_homework_honest", "test_mistaken", "test_contributing"]


def pytest_collection_modifyitems(items):
    """The files that take longest come first, the others after them in their own order."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
    if not hasattr(os, "fork"):  # answers run in processes of their own
        reason = "the grading needs Linux or macOS: Windows has no fork"
        for item in items:
            if item.path.stem.startswith("test_homework"):
                item.add_marker(pytest.mark.skip(reason=reason))


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine. (No OSError: code that mends those must not hide it.)"""


def _stays_here(host):
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _refuse(host):
    raise NetworkRefused(
        f"A test tried to reach {host!r}. Tests run without a network: put a fake in its place."
    )


@pytest.fixture(scope="session")
def site():
    """The web site, built once for all tests of a run, in however many processes they go."""
    from tools.site import build

    if not (build.BUILD / "vendor" / "embed.js").is_file() and shutil.which("npm") is None:
        message = "the site takes a script from npm, which is not installed"
        (pytest.fail if settings.in_ci() else pytest.skip)(message)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"process {os.getpid()}")
    build.BUILD.mkdir(parents=True, exist_ok=True)
    mark = build.BUILD / "of_run"  # which run of the tests built what is there
    with filelock.FileLock(build.BUILD / "tests.lock"):
        if not (mark.is_file() and mark.read_text() == run):
            mark.unlink(missing_ok=True)
            # In a process of its own, as from the command line: Sphinx leaves its marks in its own.
            call = [sys.executable, "-m", "tools.site.build"]
            done = subprocess.run(call, cwd=build.ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            mark.write_text(run)
    return build.BUILD / "html"


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Refuse connections, datagrams and look-ups of names that would leave this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex", "sendto"):
        original = getattr(socket.socket, name)

        def guarded(self, *arguments, original=original):
            address = arguments[-1]  # of sendto too: (data, [flags,] address)
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _stays_here(address[0]):
                _refuse(address[0])
            return original(self, *arguments)

        patch.setattr(socket.socket, name, guarded)
    look_up = socket.getaddrinfo

    def guarded_look_up(host, *arguments, **options):
        if not _stays_here(host):
            _refuse(host)
        return look_up(host, *arguments, **options)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


def _state():
    """What a test could leave changed for the tests after it in the same process."""
    return {
        "gradients": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "anomaly detection": torch.is_anomaly_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "subnormal numbers": (torch.full((), 1e-39) * 1).item() > 0,
        "warnings are errors": torch.is_warn_always_enabled(),
        "collection of garbage": gc.isenabled(),
        "folder": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items() if k.startswith("COURSE_")},
        "course's functions": _functions(),
    }


def _functions():
    """Names of the course's public functions that something replaced."""
    return {
        (module.__name__, name): id(getattr(module, name, None))
        for module in (training, data, settings, losses, nets, lesson)
        for name in vars(module)
        if not name.startswith("_") and callable(getattr(module, name, None))
    }


@pytest.fixture(autouse=True)
def leaves_no_trace():
    """No test leaves torch, the environment or the course changed for those after it.

    It is set up before ``monkeypatch``, so it looks after that has put back what it patched.
    """
    before = _state()
    yield
    after = _state()
    assert {name: after[name] for name in after if after[name] != before[name]} == {}


@pytest.fixture(autouse=True)
def same_start(request, leaves_no_trace, monkeypatch):
    """Seed every test alike; a ``real_data(name)`` test runs in ``laptop``, or is skipped."""
    torch.manual_seed(0)
    marker = request.node.get_closest_marker("real_data")
    if marker:
        (name,) = marker.args
        if not (settings.data_dir() / f"{name}.npz").is_file():
            pytest.skip(f"real data: data/downloads/{name}.npz is not there")
        monkeypatch.setenv("COURSE_PROFILE", "laptop")
