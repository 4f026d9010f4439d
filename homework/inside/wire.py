"""Messages between the grader and the sandbox: two lengths, a header of JSON, then the numbers.

Whatever comes from the sandbox is treated as hostile: every count and size is read and bounded
before anything is made of it, and what the header says of the arrays must be the bytes that follow.
"""

import json
import math
import socket
import struct
import time
from typing import NamedTuple

import numpy as np


class Limits(NamedTuple):
    """What one message may have at most.

    ``size`` and ``header`` are bytes, ``containers`` the lists and dicts of the header.
    """

    size: int
    header: int
    containers: int
    arrays: int
    numbers: int


# The largest answer that a right solution gives in lessons 01 to 12 has 480,000 bytes, 120,000
# numbers and 9 arrays; a wrong one may be larger and should still hear what is wrong with it.
REPLY = Limits(8 * 2**20, 2**20, 20_000, 64, 2**20)
# The same where a student's process also asks for right answers of earlier exercises.
ASKING = REPLY._replace(size=32 * 2**20, numbers=2**22)
# With all cells of a notebook; from the grader, which is trusted.
REQUEST = Limits(64 * 2**20, 64 * 2**20, 2**26, 4_096, 2**24)
MOST_AXES = 32
LENGTHS = struct.Struct(">QQ")  # of the whole that follows, and of its header
DTYPES = {
    f"{'|' if size == 1 else '<'}{kind}{size}"
    for kind, sizes in {"b": [1], "i": [1, 2, 4, 8], "u": [1, 2, 4, 8], "f": [2, 4, 8, 16]}.items()
    for size in sizes
}


class WireError(RuntimeError):
    """What came is no message of this protocol."""


class Closed(RuntimeError):
    """The other end is gone, or the time is over (``late``)."""

    def __init__(self, late=False):
        super().__init__("the time is over" if late else "the other end is gone")
        self.late = late


def pack(header, arrays=()):
    """Bytes of a message: ``header`` is what JSON can hold, ``arrays`` a sequence of arrays."""
    arrays = [np.asarray(array, order="C") for array in arrays]
    arrays = [array.astype(array.dtype.newbyteorder("<"), copy=False) for array in arrays]
    told = [[array.dtype.str, array.shape] for array in arrays]
    text = json.dumps({"header": header, "arrays": told}).encode()
    parts = [text, *(array.tobytes() for array in arrays)]
    return b"".join([LENGTHS.pack(sum(map(len, parts)), len(text)), *parts])


def unpack(data, length, limits=REPLY):
    """(header, list of arrays) from what follows the lengths, with a header of ``length`` bytes.

    Raises:
        WireError: it is no message, or more than ``limits`` allow.
    """
    if length > min(len(data), limits.header):
        raise WireError(f"its header has {length:,} bytes")
    text = bytes(data[:length])
    if text.count(b"[") + text.count(b"{") > limits.containers:
        raise WireError("its header holds too much")
    try:
        told = json.loads(text)
        header, listed = told["header"], told["arrays"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f"its header is none ({type(error).__name__})") from error
    if not isinstance(header, dict) or not isinstance(listed, list):
        raise WireError("its header is no dict")
    if len(listed) > limits.arrays:
        raise WireError(f"it holds {len(listed):,} arrays, more than {limits.arrays:,}")
    kinds = [_kind(one) for one in listed]
    numbers = sum(math.prod(shape) for _, shape in kinds)
    if numbers > limits.numbers:
        what = f"it has {numbers:,} numbers, more than {limits.numbers:,}"
        raise WireError(f"{what}; is its shape right?")
    sizes = [dtype.itemsize * math.prod(shape) for dtype, shape in kinds]
    if sum(sizes) != len(data) - length:
        raise WireError(f"it claims {sum(sizes):,} bytes and has {len(data) - length:,}")
    arrays, at = [], length
    for (dtype, shape), size in zip(kinds, sizes, strict=True):
        try:
            arrays.append(np.frombuffer(bytearray(data[at : at + size]), dtype).reshape(shape))
        except ValueError as error:  # empty, of a shape that numpy cannot hold
            raise WireError(f"an array of shape {shape}") from error
        at += size
    return header, arrays


def _kind(told):
    """(dtype, shape) of what a header says of an array."""
    is_pair = isinstance(told, list) and len(told) == 2
    name, shape = told if is_pair else (None, None)
    if not isinstance(name, str) or name not in DTYPES or not isinstance(shape, list):
        raise WireError("an array of no kind that is allowed")
    if len(shape) > MOST_AXES or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
        raise WireError("an array of no shape")
    return np.dtype(name), tuple(shape)


def send(sock, header, arrays=(), deadline=None):
    """Write one message; ``deadline`` by ``time.monotonic``."""
    view = memoryview(pack(header, arrays))
    while view:
        with _within(sock, deadline):
            view = view[sock.send(view) :]


def receive(sock, deadline=None, limits=REPLY):
    """Read one message: (header, arrays).

    Raises:
        Closed: the other end is gone, or the time is over. WireError: it is no message, or more
            than ``limits`` allow.
    """
    size, length = LENGTHS.unpack(_read(sock, LENGTHS.size, deadline))
    if size > limits.size:
        raise WireError(f"it claims {size:,} bytes, more than {limits.size:,}; is its shape right?")
    if length > min(size, limits.header):
        raise WireError(f"it claims a header of {length:,} bytes")
    return unpack(_read(sock, size, deadline), length, limits)


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
