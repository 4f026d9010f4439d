"""A real browser for tests: Debian's chromium, driven by playwright, without a network."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from course_utils import settings
from tools.lab import start

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-dev-shm-usage"
).split()
# What a page of the course may ask for: files, what it made itself, and this machine.
OWN = ("file:", "data:", "blob:", "about:")


@contextlib.contextmanager
def chromium():
    """A browser; the test is skipped by name where there is none, and fails in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "chromium is not installed (Debian: apt-get install chromium)"
        (pytest.fail if settings.in_ci() else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page that notes errors of its console, and every request that would leave this machine."""

    def __init__(self, browser, base=None):
        self.page = browser.new_page(viewport={"width": 1200, "height": 900})
        self.errors, self.outside = [], []
        self._own = OWN + ((base,) if base else ())
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.route("**/*", self._route)

    def _console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def _route(self, route):
        if route.request.url.startswith(self._own):
            return route.continue_()
        self.outside.append(route.request.url)
        return route.abort()


@contextlib.contextmanager
def jupyterlab(folder, home, lesson=None):
    """The JupyterLab of ``make lab`` on a folder: its address. ``home`` has all that it writes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = "HOME JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR JUPYTERLAB_SETTINGS_DIR"
    places = {name: str(home / name.lower()) for name in names.split()}
    places["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
    call = [*start.command(sys.executable, folder, lesson), "--allow-root", "--no-browser"]
    call += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    call += ["--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]
    call += ["--expose-app-in-browser"]
    environment = os.environ | places | start.environment()
    environment |= {"COURSE_PROFILE": "smoke", "COURSE_OFFLINE": "1"}
    log = open(home / "server.log", "w", encoding="utf-8")
    server = subprocess.Popen(
        call,
        cwd=settings.root(),
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert server.poll() is None, (home / "server.log").read_text()[-2000:]
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/api", timeout=5).close()
                break
            time.sleep(0.5)
        yield base
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        log.close()
