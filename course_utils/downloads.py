"""The official files, fetched and verified by torchvision; used only when a file is missing."""

import contextlib
import errno
import io
import shutil
import socket
import ssl
import tempfile
from http.client import HTTPException, InvalidURL
from pathlib import Path
from urllib.error import HTTPError, URLError

import numpy as np

LAROCHELLE = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"
SECONDS = 30  # of silence, after which a source counts as out of reach: by itself urllib waits on
UNREACHABLE = (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)


class NoNetwork(Exception):
    """The files could not be reached."""


class ReadOnly(Exception):
    """The folder takes no files, so that nothing was asked for."""


class Corrupt(Exception):
    """What arrived is not the official file."""


def fetch(entry, folder):
    """Train images, train labels, test images, test labels of a data set, from its source.

    Works in a temporary folder inside ``folder``, which is removed whatever happens.

    Args:
        entry: of the ``catalogue``.
        folder: where data sets are kept; made if it is not there.

    Raises:
        NoNetwork: the source could not be reached, or refuses; the message is its reason.
        ReadOnly: nothing can be written into ``folder``.
        Corrupt: a file failed its checksum, or could not be decoded.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(dir=folder, suffix=".part")
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise ReadOnly(error.strerror) from error
    print(f"Fetching {entry.name} ...", flush=True)
    with place as work:
        seconds = socket.getdefaulttimeout()
        try:
            socket.setdefaulttimeout(SECONDS)
            # torchvision draws its progress on stderr, which has no place in a notebook.
            with contextlib.redirect_stderr(io.StringIO()):
                return entry.fetch(folder, work, entry.files)
        except URLError as error:  # HTTPError too, whose reason is that of a proxy or a server
            raise NoNetwork(str(error if isinstance(error, HTTPError) else error.reason)) from error
        except InvalidURL as error:  # of a proxy: nothing was asked for
            raise NoNetwork(f"{error}; see http_proxy and https_proxy") from error
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            raise _broken(work, error) from error
        except RuntimeError as error:
            # torchvision's two messages: "... corrupted", and "Error downloading ...".
            kind = Corrupt if "corrupt" in str(error).lower() else NoNetwork
            raise kind(str(error)) from error
        except (OSError, ValueError, EOFError, HTTPException) as error:
            if isinstance(error, OSError) and error.errno is not None:
                if error.errno in UNREACHABLE:
                    raise _broken(work, error) from error
                raise  # the disk, not the network
            raise Corrupt(f"{type(error).__name__}: {error}") from error
        finally:
            socket.setdefaulttimeout(seconds)


def _broken(work, error):
    """Damage if the connection broke after something had come, else a source out of reach."""
    came = any(path.is_file() and path.stat().st_size for path in Path(work).rglob("*"))
    return (Corrupt if came else NoNetwork)(f"{type(error).__name__}: {error}")


def mnist(folder, work, files):
    """The four archives, or those that lie in ``folder`` already."""
    from torchvision.datasets import MNIST

    # Archives that lie in <folder>/MNIST/raw already serve without a network. They are verified in
    # a copy, since torchvision trusts unpacked files unseen.
    raw = Path(work) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for archive in (folder / "MNIST" / "raw").glob("*.gz"):
        shutil.copyfile(archive, raw / archive.name)
    train, test = (MNIST(work, train=train, download=True) for train in (True, False))
    return [
        array
        for split in (train, test)
        for array in (split.data.numpy()[:, None], split.targets.numpy().astype(np.int64))
    ]


def cifar10(folder, work, files):
    """The Python version's batches."""
    from torchvision.datasets import CIFAR10

    # torchvision decodes the batches only after their MD5 is right.
    splits = [CIFAR10(work, train=train, download=True) for train in (True, False)]
    return [
        array
        for split in splits
        for array in (
            np.ascontiguousarray(split.data.transpose(0, 3, 1, 2)),
            np.array(split.targets, np.int64),
        )
    ]


def svhn(folder, work, files):
    """The cropped digits of format 2, without the extra ones."""
    from torchvision.datasets import SVHN

    splits = [SVHN(work, split=split, download=True) for split in ("train", "test")]
    return [
        array
        for split in splits
        for array in (np.ascontiguousarray(split.data), split.labels.astype(np.int64))
    ]


def binarized_mnist(folder, work, files):
    """The three text files: training, validation, test."""
    from torchvision.datasets.utils import download_url

    parts = []
    for file, md5 in files.items():
        download_url(LAROCHELLE + file, work, file, md5)
        parts.append(read_amat(Path(work) / file))
    arrays = []
    for images in (np.concatenate(parts[:2]), parts[2]):
        arrays += [images, np.full(len(images), -1, np.int64)]
    return arrays


def read_amat(path):
    """A text file of 784 zeros and ones a line, with one space between: uint8 (N, 1, 28, 28).

    Raises:
        ValueError: any other content.
    """
    raw = np.fromfile(path, np.uint8)
    if not len(raw) or len(raw) % 1568:
        raise ValueError(f"{path}: expected lines of 784 digits, got {len(raw)} bytes")
    lines = raw.reshape(-1, 1568)
    bits, gaps = lines[:, ::2] - ord("0"), lines[:, 1::2]
    if bits.max() > 1 or (gaps[:, :-1] != ord(" ")).any() or (gaps[:, -1] != ord("\n")).any():
        raise ValueError(f"{path}: expected zeros and ones with single spaces")
    return bits.reshape(-1, 1, 28, 28)
