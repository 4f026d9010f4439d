"""Damaged files, full disks and broken downloads: an error that helps, never the stand-in."""

import dataclasses
import errno
import gc
import hashlib
import html
import http.server
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.request
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from course_utils import data, downloads, plotting, prepared, settings
from course_utils.catalogue import DATA_SETS
from course_utils.lesson import start

REMEDY = "or prepare it as data/README.md says"


def good(name="mnist", train=6, test=4):
    generator = np.random.default_rng(0)
    shape = DATA_SETS[name].shape
    most = 2 if name == "binarized_mnist" else 256
    made = {}
    for split, count in (("train", train), ("test", test)):
        images = generator.integers(0, most, (count, *shape), dtype=np.uint8)
        made |= {f"{split}_images": images, f"{split}_labels": np.arange(count) % 10}
    return made


def change(monkeypatch, name, **fields):
    """An entry of the catalogue with other fields, until the test ends."""
    monkeypatch.setitem(DATA_SETS, name, dataclasses.replace(DATA_SETS[name], **fields))


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A data folder in laptop, on line; a download would fail the test unless it is replaced."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setenv("COURSE_OFFLINE", "0")
    for name in DATA_SETS:
        change(monkeypatch, name, train=6, test=4)

    def fetch(entry, folder):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(downloads, "_fetch", downloads.fetch, raising=False)
    monkeypatch.setattr(downloads, "fetch", fetch)
    return tmp_path


def refused(name, *phrases):
    with pytest.raises(data.DataError) as caught:
        data.load(name)
    message = str(caught.value)
    for phrase in (f"{name}.npz", *phrases):
        assert phrase in message, message
    return message


def spoilt(place, *phrases, name="mnist", **arrays):
    """A file whose named arrays are replaced (None: left out) is refused for these reasons."""
    made = {key: value for key, value in (good(name) | arrays).items() if value is not None}
    np.savez(place / f"{name}.npz", **made)
    message = refused(name, str(place), REMEDY, *phrases)
    with pytest.raises(data.DataError):
        data.is_complete(name)
    return message


# --- files that cannot be read -------------------------------------------------------------------


def test_a_good_file_is_taken(place):
    np.savez(place / "mnist.npz", **good())
    assert data.load("mnist").test_images.numpy().tolist() == good()["test_images"].tolist()


def test_truncated_at_many_lengths(place):
    np.savez(place / "mnist.npz", **good())
    whole = (place / "mnist.npz").read_bytes()
    for length in [*range(1, 200, 13), *range(200, len(whole), 331), len(whole) - 1]:
        (place / "mnist.npz").write_bytes(whole[:length])
        refused("mnist", "truncated", f"{length:,} bytes", REMEDY)


def test_altered_at_many_places(place):
    """Every altered byte is noticed, or is one that no pixel and no label depends on."""
    path = place / "mnist.npz"
    np.savez(path, **good())
    whole = path.read_bytes()
    pixels = whole.index(good()["train_images"].tobytes())
    places = {
        *range(0, 256),
        *range(256, len(whole) - 700, 53),
        *range(len(whole) - 700, len(whole)),
    }
    noticed = set()
    for position in sorted(places):
        for flip in (0xFF, 0x01) if position % 2 else (0x20,):
            altered = bytearray(whole)
            altered[position] ^= flip
            path.write_bytes(altered)
            try:
                arrays = prepared.read(DATA_SETS["mnist"], path)
                prepared.check(DATA_SETS["mnist"], path, arrays)
            except data.DataError as error:
                assert "mnist.npz" in str(error) and REMEDY in str(error)
                noticed.add(position)
            else:
                for key, array in zip(data.ARRAYS, arrays, strict=True):
                    assert np.array_equal(array, good()[key]), position
    inside = {p for p in places if pixels <= p < pixels + good()["train_images"].nbytes}
    assert len(inside) > 50 and inside <= noticed


def test_altered_bytes_reach_the_reader_through_load(place):
    path = place / "mnist.npz"
    np.savez(path, **good())
    altered = bytearray(path.read_bytes())
    altered[altered.index(good()["test_images"].tobytes()) + 100] ^= 1
    path.write_bytes(altered)
    refused("mnist", "CRC", "altered", REMEDY)


@pytest.mark.parametrize("content", (b"", b"not an npz", b"PK\x03\x04", b"\x93NUMPY", bytes(5_000)))
def test_emptied_or_something_else(place, content):
    (place / "mnist.npz").write_bytes(content)
    refused("mnist", f"{len(content):,} bytes", "truncated, altered or no npz file", REMEDY)


def test_one_array_instead_of_four(place):
    with open(place / "mnist.npz", "wb") as stream:
        np.save(stream, good()["train_images"])
    refused("mnist", "cannot be read", REMEDY)


@pytest.mark.parametrize("profile", ("laptop", "full"))
@pytest.mark.parametrize("offline", ("0", "1"))
def test_a_directory_in_its_place(place, monkeypatch, profile, offline):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    monkeypatch.setenv("COURSE_OFFLINE", offline)
    (place / "mnist.npz").mkdir()
    refused("mnist", "cannot be read", REMEDY)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_a_file_without_permission(place):
    path = place / "mnist.npz"
    np.savez(path, **good())
    path.chmod(0)
    refused("mnist", "PermissionError", REMEDY)


def test_a_file_that_cannot_be_read(place, monkeypatch):
    np.savez(place / "mnist.npz", **good())

    def load(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(np, "load", load)
    refused("mnist", "Input/output error", REMEDY)


# --- contents that cannot be trusted -------------------------------------------------------------


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def test_a_pickle_is_never_opened(place):
    objects = np.array([Bomb()] * 6, object)
    spoilt(place, "cannot be read", "pickle", train_labels=objects)


@pytest.mark.parametrize("key", data.ARRAYS)
def test_a_missing_array(place, key):
    spoilt(place, f"it lacks {key}", **{key: None})


def test_a_member_that_is_no_array(place):
    np.savez(place / "mnist.npz", **{k: v for k, v in good().items() if k != "train_labels"})
    with zipfile.ZipFile(place / "mnist.npz", "a") as archive:
        archive.writestr("train_labels.npy", b"seven, two, one")
    refused("mnist", "no array", REMEDY)


@pytest.mark.parametrize("key", ("train_images", "test_images"))
@pytest.mark.parametrize("dtype", (np.float32, np.int8, np.int64, np.bool_))
def test_pixels_of_a_wrong_type(place, key, dtype):
    images = good()[key].astype(dtype)
    expected = f"{key}: expected uint8 (N, 1, 28, 28), got {images.dtype} {images.shape}"
    spoilt(place, expected, **{key: images})


@pytest.mark.parametrize(
    "shape", ((6, 28, 28), (6, 784), (6, 28, 28, 1), (6, 1, 14, 56), (4704,), (0, 1, 28, 28), ())
)
def test_images_of_a_wrong_shape(place, shape):
    images = np.resize(good()["train_images"], shape)
    spoilt(place, "train_images: expected uint8 (N, 1, 28, 28)", str(shape), train_images=images)


def test_channels_last_is_refused(place):
    images = good("cifar10")["test_images"].transpose(0, 2, 3, 1)
    spoilt(place, "expected uint8 (N, 3, 32, 32)", name="cifar10", test_images=images)


@pytest.mark.parametrize(
    ("labels", "came"),
    (
        (np.zeros(5, np.int64), "int64 (5,)"),
        (np.zeros(7, np.int64), "int64 (7,)"),
        (np.zeros((6, 1), np.int64), "int64 (6, 1)"),
        (np.zeros(6, np.int32), "int32 (6,)"),
        (np.zeros(6), "float64 (6,)"),
        (np.zeros(6, ">i8"), ">i8 (6,)"),
    ),
)
def test_labels_that_do_not_fit(place, labels, came):
    spoilt(place, f"train_labels: expected int64 (6,), got {came}", train_labels=labels)


@pytest.mark.parametrize("wrong", (-2, 10, 2**62))
@pytest.mark.parametrize("split", ("train", "test"))
def test_labels_out_of_range(place, wrong, split):
    labels = good()[f"{split}_labels"]
    labels[2] = wrong
    phrases = (f"{split}_labels: expected labels from -1 to 9", str(wrong))
    spoilt(place, *phrases, **{f"{split}_labels": labels})


@pytest.mark.parametrize("key", ("train_images", "test_images"))
def test_binary_images_hold_zeros_and_ones_only(place, key):
    images = good("binarized_mnist")[key]
    images[0, 0, 5, 5] = 255
    phrase = f"{key}: expected zeros and ones, got values up to 255"
    spoilt(place, phrase, name="binarized_mnist", **{key: images})


@pytest.mark.parametrize("key", ("train_images", "test_images"))
@pytest.mark.parametrize("value", (0, 1, 255))
def test_constant_images(place, key, value):
    images = np.full_like(good()[key], value)
    spoilt(place, f"{key}: expected images, got the one value {value}", **{key: images})


def npy_header(shape, descr="|u1"):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize("shape", ("(1000000000000, 1, 28, 28)", "(1000000000000,)", "(-1,)"))
def test_a_header_that_claims_too_much(place, shape):
    np.savez(place / "mnist.npz", **{k: v for k, v in good().items() if k != "train_images"})
    with zipfile.ZipFile(place / "mnist.npz", "a") as archive:
        archive.writestr("train_images.npy", npy_header(shape) + bytes(4_704))
    refused("mnist", "cannot be read", REMEDY)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(place, monkeypatch):
    with zipfile.ZipFile(place / "mnist.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for key in data.ARRAYS:
            archive.writestr(f"{key}.npy", npy_header("(20000, 1, 28, 28)") + bytes(20_000 * 784))
    assert (place / "mnist.npz").stat().st_size < 100_000

    def load(*_, **__):
        pytest.fail("it was unpacked")

    monkeypatch.setattr(np, "load", load)
    refused("mnist", "unpacks to 62,72", "more than all of mnist", REMEDY)


def test_more_images_than_the_official_set_are_refused(place):
    np.savez(place / "mnist.npz", **good(train=200))
    refused("mnist", "more than all of mnist", REMEDY)


# --- disks ---------------------------------------------------------------------------------------


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("module", "step"), ((os, "fsync"), (os, "replace"), (np, "savez")))
def test_a_full_disk_leaves_what_was_there(place, monkeypatch, module, step):
    path = place / "mnist.npz"
    data.save_arrays(path, good().values())
    before = path.read_bytes()
    monkeypatch.setattr(module, step, no_space)
    with pytest.raises(data.DataError, match="No space left on device") as caught:
        data.save_arrays(path, good(train=5).values())
    assert str(path) in str(caught.value) and "COURSE_DATA_DIR" in str(caught.value)
    assert path.read_bytes() == before and list(place.iterdir()) == [path]


def test_a_full_disk_after_a_download(place, monkeypatch):
    monkeypatch.setattr(downloads, "fetch", lambda entry, folder: list(good().values()))
    monkeypatch.setattr(np, "savez", no_space)
    refused("mnist", "No space left", "make room")
    assert not list(place.iterdir())


def test_a_full_disk_during_a_download(place, monkeypatch):
    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    change(monkeypatch, "mnist", fetch=no_space)
    refused("mnist", "No space left", "make room")
    assert not list(place.iterdir())


def test_a_data_folder_that_cannot_be_made(place, monkeypatch):
    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    (place / "file").write_bytes(b"")
    monkeypatch.setenv("COURSE_DATA_DIR", str(place / "file" / "deep"))
    refused("mnist", "could not be written", "COURSE_DATA_DIR")


LIMITED = """
import resource, sys
import numpy as np
from pathlib import Path
from course_utils import data
labels = np.arange(100, dtype=np.int64) % 10
images = np.random.default_rng(0).integers(0, 256, (100, 1, 28, 28), dtype=np.uint8)
for limit in (100, 50_000, 158_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        data.save_arrays(Path(sys.argv[1]) / "mnist.npz", [images, labels, images, labels])
    except data.DataError as error:
        print("DataError:", error, list(Path(sys.argv[1]).iterdir()))
"""


def test_a_file_that_may_not_grow(place):
    """The system itself refuses to write on, as a full disk does."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", LIMITED, str(place)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=settings.root(), check=False)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith(f"DataError: {place / 'mnist.npz'}: could not be written (")
        assert line.endswith(" []")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_others_may_read_what_was_written(place):
    """A class shares one data folder."""
    before = os.umask(0o022)
    try:
        data.save_arrays(place / "mnist.npz", good().values())
    finally:
        os.umask(before)
    assert (place / "mnist.npz").stat().st_mode & 0o777 == 0o644


def test_ctrl_c_while_writing_leaves_nothing(place, monkeypatch):
    def savez(stream, **arrays):
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(KeyboardInterrupt):
        data.save_arrays(place / "mnist.npz", good().values())
    assert not list(place.iterdir())


def test_ctrl_c_during_a_download_leaves_nothing(place, monkeypatch):
    def half(folder, work, files):
        with open(os.path.join(work, "half.gz"), "wb") as stream:
            stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    change(monkeypatch, "mnist", fetch=half)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    assert not list(place.iterdir())


# --- downloads -----------------------------------------------------------------------------------


def amat(count, seed):
    bits = np.random.default_rng(seed).integers(0, 2, (count, 784))
    return bits, "".join(" ".join(map(str, row)) + "\n" for row in bits).encode()


@pytest.fixture
def server(monkeypatch):
    """A server on this machine in the place of the official one: ``serve(files, announced)``."""
    running = []

    def serve(files, extra=0, chunked=False, status=200):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1" if chunked else "HTTP/1.0"

            def do_GET(self):
                content = files[self.path.rsplit("_", 1)[1].removesuffix(".amat")]
                self.send_response(status)
                if chunked:  # and the connection ends within a chunk
                    self.send_header("Transfer-Encoding", "chunked")
                    content = b"%x\r\n" % (len(content) + 10) + content
                else:
                    self.send_header("Content-Length", str(len(content) + extra))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True

            def log_message(self, *_):
                pass

        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((made, thread))
        monkeypatch.setattr(downloads, "fetch", downloads._fetch)
        monkeypatch.setattr(downloads, "LAROCHELLE", f"http://127.0.0.1:{made.server_port}/")

    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    yield serve
    for made, thread in running:
        made.shutdown()
        made.server_close()
        thread.join()


@pytest.fixture
def files(monkeypatch):
    """Three small files in the published form, and their checksums in the place of the real."""
    made = {split: amat(count, count) for split, count in (("train", 4), ("valid", 2), ("test", 3))}
    sums = {f"binarized_mnist_{split}.amat": md5(raw) for split, (_, raw) in made.items()}
    change(monkeypatch, "binarized_mnist", files=sums)
    return made


def md5(raw):
    return hashlib.md5(raw).hexdigest()


def raw_of(files):
    return {split: raw for split, (_, raw) in files.items()}


def test_a_download_is_decoded_and_kept(place, server, files, capsys):
    server(raw_of(files))
    dataset = data.load("binarized_mnist")
    bits = {split: values.reshape(-1, 1, 28, 28) for split, (values, _) in files.items()}
    train = np.concatenate([bits["train"], bits["valid"]])
    assert np.array_equal(dataset.train_images.numpy(), train)
    assert np.array_equal(dataset.test_images.numpy(), bits["test"])
    assert dataset.train_labels.tolist() == [-1] * 6 and dataset.test_labels.tolist() == [-1] * 3
    assert [path.name for path in place.iterdir()] == ["binarized_mnist.npz"]
    printed = capsys.readouterr()
    assert printed.out == "Fetching binarized_mnist ...\n" and not printed.err


@pytest.mark.parametrize("profile", ("laptop", "full"))
@pytest.mark.parametrize(
    "case", ("truncated", "short of its length", "broken chunk", "altered", "a page")
)
@pytest.mark.parametrize("which", ("train", "test"))
def test_a_broken_download(place, server, files, monkeypatch, profile, case, which):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    raw = raw_of(files)
    half = len(raw[which]) // 2
    if case == "altered":
        raw[which] = raw[which][:half] + b"x" + raw[which][half + 1 :]
    elif case == "a page":
        raw[which] = b"<html>Please log in</html>"
    else:
        raw[which] = raw[which][:half]
    chunked = case == "broken chunk"
    server(raw, extra=half if case == "short of its length" else 0, chunked=chunked)
    with pytest.raises(data.DataError) as caught:
        data.load("binarized_mnist")
    for phrase in (str(place), "the download of binarized_mnist is damaged", "try again"):
        assert phrase in str(caught.value)
    assert not list(place.iterdir())


def test_wrong_contents_behind_a_right_checksum(place, server, files, monkeypatch):
    raw = raw_of(files) | {"valid": b"0 1 2\n"}
    right = {"binarized_mnist_valid.amat": md5(raw["valid"])}
    sums = DATA_SETS["binarized_mnist"].files | right
    change(monkeypatch, "binarized_mnist", files=sums)
    server(raw)
    with pytest.raises(data.DataError, match="damaged .*784 digits"):
        data.load("binarized_mnist")
    assert not list(place.iterdir())


def unreachable(case, server, files, monkeypatch):
    if case == "not found":
        server(raw_of(files), status=404)
    else:
        server(raw_of(files))
        monkeypatch.setattr(downloads, "LAROCHELLE", "http://127.0.0.1:9/")  # nobody listens


@pytest.mark.parametrize("case", ("refused", "not found"))
def test_without_a_network(place, server, files, monkeypatch, case):
    unreachable(case, server, files, monkeypatch)
    dataset = data.load("binarized_mnist")
    assert dataset.is_stand_in and "the stand-in 'digits'" in dataset.announcement
    monkeypatch.setenv("COURSE_PROFILE", "full")
    refused("binarized_mnist", "full profile", "there is none", "data/README.md")
    assert not list(place.iterdir())


@pytest.fixture
def proxy(monkeypatch):
    """``refuse(status)``: a proxy on this machine that answers everything so."""
    running = []

    def refuse(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_error(status)

            do_HEAD = do_CONNECT = do_GET

            def log_message(self, *_):
                pass

        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((made, thread))
        for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{made.server_port}")
        for variable in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(urllib.request, "_opener", None)  # which remembers its proxies
        monkeypatch.setattr(downloads, "fetch", downloads._fetch)

    yield refuse
    for made, thread in running:
        made.shutdown()
        made.server_close()
        thread.join()
    with warnings.catch_warnings():  # of the sockets that torchvision left
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("status", (403, 407, 502))
@pytest.mark.parametrize("name", DATA_SETS)
def test_a_proxy_that_refuses_is_named(place, proxy, monkeypatch, name, status):
    proxy(status)
    dataset = data.load(name)
    assert dataset.is_stand_in and not list(place.iterdir())
    assert dataset.why.startswith(f"There is no {name}.npz, and it could not be fetched (")
    assert str(status) in dataset.why and "\n" not in dataset.why and len(dataset.why) < 500
    monkeypatch.setenv("COURSE_PROFILE", "full")
    refused(name, "full profile", str(status))


@pytest.mark.parametrize("proxy", ("http://127.0.0.1:port", "http://bad host:3128"))
@pytest.mark.parametrize("name", DATA_SETS)
def test_a_proxy_that_is_none_is_named(place, monkeypatch, name, proxy):
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, proxy)
    monkeypatch.setattr(urllib.request, "_opener", None)
    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    why = data.load(name).why
    assert any(phrase in why for phrase in ("nonnumeric port", "bad host")), why
    assert not list(place.iterdir())


def test_the_reason_is_in_the_box(place, proxy, monkeypatch, capsys):
    """A proxy's words are text, never part of the page."""
    shown = []
    monkeypatch.setattr(plotting, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda found, raw: shown.append(found))
    said = "HTTP Error 407: <script>alert(1)</script>"

    def fetch(entry, folder):
        raise downloads.NoNetwork(said)

    monkeypatch.setattr(downloads, "fetch", fetch)
    start("01").load("mnist")
    (box,) = shown
    page = box["text/html"]
    assert "<b>Stand-in data.</b>" in page and "not those of the real data set" in page
    assert html.escape(said) in page and "<script>" not in page
    monkeypatch.setattr(plotting, "in_notebook", lambda: False)
    start("01").load("mnist")
    assert f"could not be fetched ({said})." in " ".join(capsys.readouterr().out.split())


# --- folders that take nothing -------------------------------------------------------------------


@pytest.mark.parametrize("code", (errno.EROFS, errno.EACCES, errno.EPERM))
@pytest.mark.parametrize("step", ("mkdtemp", "mkdir"))
def test_a_read_only_folder_gives_the_stand_in(place, monkeypatch, code, step):
    folder = place / "class"
    if step == "mkdtemp":
        folder.mkdir()

    def denied(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder))
    with monkeypatch.context() as patch:
        patch.setattr(*(tempfile, step) if step == "mkdtemp" else (Path, step), denied)
        dataset = data.load("mnist")
        assert dataset.is_stand_in
        for phrase in ("There is no mnist.npz", str(folder), os.strerror(code), "COURSE_DATA_DIR"):
            assert phrase in dataset.why
        patch.setenv("COURSE_PROFILE", "full")
        refused("mnist", "full profile", os.strerror(code))


ORDINARY = hasattr(os, "geteuid") and os.geteuid() != 0


@pytest.mark.skipif(not ORDINARY, reason="root writes everywhere")
def test_a_folder_without_permission(place, monkeypatch):
    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    place.chmod(0o555)
    try:
        assert data.load("mnist").is_stand_in
    finally:
        place.chmod(0o755)


def test_a_folder_that_may_not_be_entered(place, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", denied)
        refused("mnist", "cannot be looked for", "Permission denied", "COURSE_DATA_DIR")


def test_a_prepared_file_that_is_a_link_to_nothing(place):
    (place / "mnist.npz").symlink_to(place / "gone.npz")
    refused("mnist", "a link to nothing")
    with pytest.raises(data.DataError, match="a link to nothing"):
        data.is_complete("mnist")
    assert (place / "mnist.npz").is_symlink()


# --- what torchvision raises ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind"),
    (
        (RuntimeError("File not found or corrupted."), downloads.Corrupt),
        (RuntimeError("Error downloading train-images-idx3-ubyte.gz"), downloads.NoNetwork),
        (ConnectionResetError("reset"), downloads.NoNetwork),
        (TimeoutError("timed out"), downloads.NoNetwork),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), downloads.NoNetwork),
        (OSError(errno.EHOSTUNREACH, "No route to host"), downloads.NoNetwork),
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
        (EOFError("Compressed file ended"), downloads.Corrupt),
        (OSError("Not a gzipped file"), downloads.Corrupt),
    ),
)
def test_what_torchvision_raises(place, monkeypatch, error, kind):
    def maker(folder, work, files):
        raise error

    change(monkeypatch, "svhn", fetch=maker)
    with pytest.raises(kind):
        downloads._fetch(DATA_SETS["svhn"], place)
    assert not list(place.iterdir())


@pytest.fixture
def raw_server(monkeypatch):
    """``serve(answer)``: a socket that accepts one connection after another and answers so."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer):
        def run():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.recv(4096)
                answer(connection)
                connection.close()

        threading.Thread(target=run, daemon=True).start()
        monkeypatch.setattr(downloads, "fetch", downloads._fetch)
        monkeypatch.setattr(downloads, "LAROCHELLE", f"http://127.0.0.1:{port}/")

    port = listener.getsockname()[1]
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    yield serve
    listener.close()


def test_a_source_that_never_answers(place, raw_server, monkeypatch):
    """It counts as out of reach after a time; the time limit ends with the download."""
    over = threading.Event()
    monkeypatch.setattr(downloads, "SECONDS", 0.2)
    raw_server(lambda connection: over.wait(20))
    before = socket.getdefaulttimeout()
    assert data.load("binarized_mnist").is_stand_in
    over.set()
    assert socket.getdefaulttimeout() == before and not list(place.iterdir())


def test_a_connection_reset_in_mid_file(place, raw_server):
    requests = []

    def answer(connection):
        head = b"HTTP/1.0 200 OK\r\nContent-Length: 10000000\r\n\r\n"
        requests.append(1)
        connection.sendall(head + b"0 " * 200_000 if len(requests) > 1 else head)  # first: a look
        if len(requests) > 1:
            taken.wait(5)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    taken = threading.Event()
    threading.Timer(0.3, taken.set).start()
    raw_server(answer)
    with pytest.raises(data.DataError, match="the download of binarized_mnist is damaged"):
        data.load("binarized_mnist")
    assert not list(place.iterdir())


def test_damaged_mnist_archives_are_not_trusted(place, monkeypatch):
    """What lies in MNIST/raw is verified, stays as it is, and nothing is put beside it."""
    raw = place / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{stem}-ubyte.gz").write_bytes(b"half")
        (raw / f"{stem}-ubyte").write_bytes(b"unpacked once, and altered")
    before = sorted(path.name for path in raw.iterdir())
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens
    monkeypatch.setattr(downloads, "fetch", downloads._fetch)
    assert data.load("mnist").is_stand_in
    assert sorted(path.name for path in raw.iterdir()) == before
    assert [path.name for path in place.iterdir()] == ["MNIST"]


def test_read_amat(tmp_path):
    bits, raw = amat(3, 0)
    (tmp_path / "some.amat").write_bytes(raw)
    images = downloads.read_amat(tmp_path / "some.amat")
    assert images.dtype == np.uint8 and images.shape == (3, 1, 28, 28)
    assert np.array_equal(images.reshape(3, 784), bits)


@pytest.mark.parametrize(
    "spoil",
    (
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw[:1569],
        lambda raw: raw.replace(b"1", b"2", 1),
        lambda raw: raw.replace(b"1", b"/", 1),
        lambda raw: raw.replace(b" ", b",", 1),
        lambda raw: raw.replace(b"\n", b" ", 1),
        lambda raw: raw[1:] + b" ",
    ),
)
def test_read_amat_takes_nothing_else(tmp_path, spoil):
    (tmp_path / "some.amat").write_bytes(spoil(amat(3, 0)[1]))
    with pytest.raises(ValueError, match="some.amat"):
        downloads.read_amat(tmp_path / "some.amat")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_data_folder_that_is_none_is_said(tmp_path, monkeypatch, kind):
    place = tmp_path / "data"
    if kind == "file":
        place.write_text("")
    else:
        place.symlink_to(tmp_path / "nothing")
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setenv("COURSE_DATA_DIR", str(place))
    with pytest.raises(data.DataError, match="expected a folder of data sets"):
        data.load("mnist")


def test_a_data_folder_is_named_from_the_root_or_from_home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # a kernel's folder is another one
    monkeypatch.setenv("HOME", str(tmp_path))
    for named, meant in (
        ("mydata", settings.root() / "mydata"),
        ("~/mine", tmp_path / "mine"),
        (str(tmp_path / "x"), tmp_path / "x"),
    ):
        monkeypatch.setenv("COURSE_DATA_DIR", named)
        monkeypatch.setenv("COURSE_OUTPUT_DIR", named)
        assert settings.data_dir() == meant
        assert settings.results_dir() == meant / "results"


def test_the_message_of_full_ends_its_sentences_once(place, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    np.savez(place / "mnist.npz", **good(train=3))
    with pytest.raises(data.DataError, match="test images. Run once") as told:
        data.load("mnist")
    assert ".." not in str(told.value)
