"""What holds for every test: smoke profile, one thread, a fixed seed, and no network."""

import os

os.environ |= {"COURSE_PROFILE": "smoke", "COURSE_OFFLINE": "1", "COURSE_DEVICE": "cpu"}
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import ipaddress
import socket

import hypothesis
import pytest
import torch

from course_utils import settings

torch.set_num_threads(1)
hypothesis.settings.register_profile("course", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("course")


def pytest_addoption(parser):
    parser.addoption(
        "--many-seeds",
        action="store_true",
        help="answers to the exercises at 20 and 200 seeds, and 1,000 interrupts of a training",
    )


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


@pytest.fixture(autouse=True)
def same_start(request, monkeypatch):
    """Seed every test alike; a ``real_data(name)`` test runs in ``laptop``, or is skipped."""
    torch.manual_seed(0)
    marker = request.node.get_closest_marker("real_data")
    if marker:
        (name,) = marker.args
        if not (settings.data_dir() / f"{name}.npz").is_file():
            pytest.skip(f"real data: data/downloads/{name}.npz is not there")
        monkeypatch.setenv("COURSE_PROFILE", "laptop")
