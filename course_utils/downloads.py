"""The official files, fetched and verified by torchvision; used only when a file is missing."""

import contextlib
import errno
import io
import shutil
import socket
import ssl
import tempfile
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import numpy as np

LAROCHELLE = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"
# MD5 of the three files; data/README.md has their SHA-256.
AMAT_MD5 = {
    "train": "db28b1a6ae0fe70cbd3da91acf46e477",
    "valid": "bf37822a04e94123630de6a7dfd9c9ef",
    "test": "14e41ae11040adba6ab8cb291eda0dd8",
}


SECONDS = 30  # of silence, after which a source counts as out of reach: by itself urllib waits on
UNREACHABLE = (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)


class NoNetwork(Exception):
    """The files could not be reached."""


class Corrupt(Exception):
    """What arrived is not the official file."""


def fetch(name, folder):
    """Train images, train labels, test images, test labels of data set ``name``, from its source.

    Works in a temporary folder inside ``folder``, which is removed whatever happens.

    Raises:
        NoNetwork: the source could not be reached.
        Corrupt: a file failed its checksum, or could not be decoded.
    """
    makers = {
        "mnist": _mnist,
        "binarized_mnist": _binarized_mnist,
        "cifar10": _cifar10,
        "svhn": _svhn,
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Fetching {name} ...", flush=True)
    with tempfile.TemporaryDirectory(dir=folder, suffix=".part") as work:
        seconds = socket.getdefaulttimeout()
        try:
            socket.setdefaulttimeout(SECONDS)
            # torchvision draws its progress on stderr, which has no place in a notebook.
            with contextlib.redirect_stderr(io.StringIO()):
                return makers[name](folder, work)
        except URLError as error:  # HTTPError too
            raise NoNetwork(str(error)) from error
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


def _mnist(folder, work):
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


def _cifar10(folder, work):
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


def _svhn(folder, work):
    from torchvision.datasets import SVHN

    splits = [SVHN(work, split=split, download=True) for split in ("train", "test")]
    return [
        array
        for split in splits
        for array in (np.ascontiguousarray(split.data), split.labels.astype(np.int64))
    ]


def _binarized_mnist(folder, work):
    from torchvision.datasets.utils import download_url

    parts = {}
    for split, md5 in AMAT_MD5.items():
        file = f"binarized_mnist_{split}.amat"
        download_url(LAROCHELLE + file, work, file, md5)
        parts[split] = read_amat(Path(work) / file)
    train = np.concatenate([parts["train"], parts["valid"]])
    arrays = []
    for images in (train, parts["test"]):
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
