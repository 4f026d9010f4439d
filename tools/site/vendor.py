"""Files of npm packages that site and tests need, each fetched once into ``build/site/vendor``."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from course_utils.files import write_whole
from tools.site.errors import SiteError

# `npm pack` verifies the checksum of what it fetches.
# The release that speaks the protocol of ipywidgets 8 moves the sliders of the pages.
MANAGER = "@jupyter-widgets/html-manager@1.0.15"
AXE = "axe-core@4.14.1"  # judges the pages in tests/test_axe.py
MOST = 300  # seconds of one download
MEMBERS = {MANAGER: "package/dist/embed.js", AXE: "package/axe.min.js"}


def script(package, path):
    """``path``, which holds the script of an npm package: fetched on the first call.

    Args:
        package: one of ``MEMBERS``, with its version.
        path: where it is kept.

    Raises:
        SiteError: npm is missing, or has no such package.
    """
    if path.is_file():
        return path
    npm = shutil.which("npm")
    if npm is None:
        raise SiteError(
            "npm is not installed. The site takes the script that moves its sliders from the npm "
            f"package {MANAGER}, and its tests take {AXE}. Install npm (Debian: apt-get install "
            "npm) and try again."
        )
    with tempfile.TemporaryDirectory() as folder:
        call = [npm, "pack", package, "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=MOST)
        except subprocess.TimeoutExpired:
            raise SiteError(f"npm pack {package} did not end within {MOST} seconds") from None
        packed = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or len(packed) != 1:
            raise SiteError(f"npm pack {package} failed: {done.stderr.strip()[-500:] or 'no file'}")
        with tarfile.open(fileobj=io.BytesIO(packed[0].read_bytes())) as archive:
            if MEMBERS[package] not in archive.getnames():
                raise SiteError(f"the npm package {package} has no file {MEMBERS[package]}")
            found = archive.extractfile(MEMBERS[package]).read()
    write_whole(path, found)
    return path
