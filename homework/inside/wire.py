"""Messages between the grader and the sandbox: one length, then an npz of arrays and a header.

Whatever comes from the sandbox is treated as hostile: sizes are bounded before anything is read,
nothing is unpickled, and an array's claim about its size must agree with its bytes.
"""

import io
import json
import math
import socket
import struct
import time
import zipfile

import numpy as np

MOST_BYTES = 64 * 2**20  # of one message
MOST_HEADER = 2**20  # of the header of a message from the sandbox
MOST_ARRAYS = 4_096
KINDS = "biuf"


class WireError(RuntimeError):
    """What came is no message of this protocol."""


class Closed(RuntimeError):
    """The other end is gone, or the time is over (``late``)."""

    def __init__(self, late=False):
        super().__init__("the time is over" if late else "the other end is gone")
        self.late = late


def pack(header, arrays=()):
    """Bytes of a message: ``header`` is what JSON can hold, ``arrays`` a sequence of arrays."""
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    named = {f"a{index}": np.asarray(array) for index, array in enumerate(arrays)}
    stream = io.BytesIO()
    np.savez(stream, header=text, **named)
    return stream.getvalue()


def unpack(data, most_header=MOST_HEADER):
    """(header, list of arrays) from the bytes of a message.

    Raises:
        WireError: it is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ARRAYS or sum(e.file_size for e in entries) > MOST_BYTES:
                raise WireError("it is too large")
            members = {entry.filename: _array(archive, entry) for entry in entries}
        text = members.pop("header.npy").tobytes()
        if len(text) > most_header:
            raise WireError(f"its header has {len(text):,} bytes")
        header = json.loads(text)
        arrays = [members[f"a{index}.npy"] for index in range(len(members))]
    except WireError:
        raise
    except Exception as error:  # altered bytes make zipfile and numpy raise nearly anything
        raise WireError(f"{type(error).__name__}: {error}") from error
    if not isinstance(header, dict):
        raise WireError("its header is no dict")
    return header, arrays


def _array(archive, entry):
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise WireError("it is compressed")
    stream = io.BytesIO(archive.read(entry))
    version = np.lib.format.read_magic(stream)
    read = {(1, 0): np.lib.format.read_array_header_1_0}[version]
    shape, is_fortran, dtype = read(stream)
    values = stream.read()
    if dtype.kind not in KINDS or dtype.itemsize * math.prod(shape) != len(values):
        raise WireError(f"an array of {dtype} and shape {shape} in {len(values)} bytes")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if is_fortran else "C").copy()


def send(sock, header, arrays=(), deadline=None):
    """Write one message; ``deadline`` by ``time.monotonic``."""
    data = pack(header, arrays)
    view = memoryview(struct.pack(">Q", len(data)) + data)
    while view:
        with _within(sock, deadline):
            view = view[sock.send(view) :]


def receive(sock, deadline=None, most_header=MOST_HEADER):
    """Read one message: (header, arrays).

    Raises:
        Closed: the other end is gone, or the time is over. WireError: it is no message.
    """
    (length,) = struct.unpack(">Q", _read(sock, 8, deadline))
    if length > MOST_BYTES:
        raise WireError(f"it claims {length:,} bytes, more than {MOST_BYTES:,}")
    return unpack(_read(sock, length, deadline), most_header)


def _read(sock, count, deadline):
    parts = bytearray()
    while len(parts) < count:
        with _within(sock, deadline):
            part = sock.recv(min(count - len(parts), 2**20))
        if not part:
            raise Closed()
        parts += part
    return bytes(parts)


class _within:
    """A socket operation that ends by ``deadline``, and whose failures are :class:`Closed`."""

    def __init__(self, sock, deadline):
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise Closed(late=True)
        sock.settimeout(left)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, socket.timeout):
            raise Closed(late=True) from error
        if isinstance(error, OSError):
            raise Closed() from error
