"""Messages between the grader and the sandbox, as a hostile answer would write them."""

import json
import os
import socket
import struct
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from course_utils.checks import CheckFailed, gradient
from homework import lessons, sealed
from homework.inside import wire
from homework.proxy import Answer


@pytest.fixture
def pair():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_arrays_cross_unchanged(pair):
    arrays = [np.arange(6.0).reshape(2, 3), np.array(3), np.zeros((0, 4), np.float32)]
    arrays += [np.asfortranarray(np.arange(6).reshape(2, 3)), np.array([True, False])]
    arrays += [np.float16([1, np.nan]), np.uint8([255]), np.int64([-(2**63)]), np.longdouble(-0.0)]
    wire.send(pair[0], {"op": "é"}, arrays)
    header, found = wire.receive(pair[1], time.monotonic() + 5)
    assert header == {"op": "é"}
    for one, two in zip(arrays, found, strict=True):
        assert (
            one.dtype == two.dtype
            and one.shape == two.shape
            and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
        )
    found[0][0, 0] = 7.0  # writable


def test_numbers_of_the_other_byte_order_cross_by_value(pair):
    wire.send(pair[0], {}, [np.array([1.5, 2.0], ">f4")])
    _, [found] = wire.receive(pair[1], time.monotonic() + 5)
    assert found.dtype == np.float32 and found.tolist() == [1.5, 2.0]


def message(told, numbers=b"", length=None):
    """Bytes of a message with this text as its header."""
    text = told if isinstance(told, bytes) else json.dumps(told).encode()
    length = len(text) if length is None else length
    return wire.LENGTHS.pack(len(text) + len(numbers), length) + text + numbers


def claim(*arrays, numbers=b""):
    return message({"header": {}, "arrays": list(arrays)}, numbers)


NO_MESSAGES = {
    "nothing": b"\0" * 16,
    "no JSON": message(b"PK\x03\x04 nothing"),
    "no UTF-8": message(b"\xff\xfe"),
    "a number": message(3),
    "a list": message([{}, []]),
    "no header": message({"arrays": []}),
    "no arrays": message({"header": {}}),
    "a header that is a list": message({"header": [1], "arrays": []}),
    "arrays that are a dict": message({"header": {}, "arrays": {}}),
    "deep": message(b"[" * 100_000),
    "a header longer than all": message({"header": {}, "arrays": []}, length=2**40),
    "a header shorter than itself": message({"header": {}, "arrays": []}, length=3),
    "objects": claim(["|O", [1]], numbers=bytes(8)),
    "texts": claim(["<U1", [1]], numbers=bytes(4)),
    "structures": claim([[["a", "<f8"]], [1]], numbers=bytes(8)),
    "complex numbers": claim(["<c8", [1]], numbers=bytes(8)),
    "no dtype": claim(["", [1]], numbers=bytes(8)),
    "a dtype of commas": claim(["<f8,<f8", [1]], numbers=bytes(16)),
    "no pair": claim(["<f8"]),
    "no list": claim("<f8"),
    "no shape": claim(["<f8", 3], numbers=bytes(24)),
    "a negative shape": claim(["<f8", [-1]], numbers=bytes(8)),
    "a shape of halves": claim(["<f8", [0.5, 2]], numbers=bytes(8)),
    "a shape of truth": claim(["<f8", [True]], numbers=bytes(8)),
    "a shape of many axes": claim(["<f8", [1] * 33], numbers=bytes(8)),
    "empty and immense": claim(["<f8", [0, 2**39, 2**39]]),
    "a huge claim": claim(["<f8", [10**12]]),
    "two huge claims that cancel": claim(["<f8", [-(10**12)]], ["<f8", [10**12]]),
    "too few bytes": claim(["<f8", [3]], numbers=bytes(16)),
    "too many bytes": claim(["<f8", [3]], numbers=bytes(32)),
    "too many numbers": claim(["|i1", [2**20 + 1]], numbers=bytes(2**20 + 1)),
    "too many arrays": claim(*[["|i1", [0]]] * 65),
    "an immense integer": message(b'{"header": {}, "arrays": [["<f8", [' + b"9" * 5_000 + b"]]]}"),
}


@pytest.mark.parametrize("kind", NO_MESSAGES)
def test_what_is_no_message_is_refused(pair, kind):
    data = NO_MESSAGES[kind]
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
    pair[0].sendall(data)
    with pytest.raises(wire.WireError):
        wire.receive(pair[1], time.monotonic() + 5)


@pytest.mark.parametrize("lengths", [(2**40, 10), (10, 2**40), (2**23, 2**21), (8, 9)])
def test_a_length_that_is_too_large_is_not_waited_for(pair, lengths):
    pair[0].sendall(struct.pack(">QQ", *lengths))
    with pytest.raises(wire.WireError, match="claims"):
        wire.receive(pair[1], time.monotonic() + 5)


WORST = {
    "a header of lists": message({"header": {}, "arrays": [[]] * 250_000}),
    "a header of claims": message({"header": {}, "arrays": [["<f8", [0]]] * 70_000}),
    "a header of dicts": message(b'{"arrays": [], "header": {"a": [' + b"{}," * 300_000 + b"0]}}"),
    "a header of texts": message(
        b'{"arrays": [], "header": {"a": [' + b'"ab",' * 180_000 + b"0]}}"
    ),
    "as many bytes as go": message(
        {"header": {}, "arrays": [["<f8", [2**20 - 1_000]]]}, bytes(8 * (2**20 - 1_000))
    ),
}


@pytest.mark.parametrize("kind", WORST)
def test_the_worst_messages_cost_little(kind):
    """Each as large as the limits allow: bounded in time and memory."""
    data = WORST[kind]
    assert len(data) > 2**19
    size, length = wire.LENGTHS.unpack(data[:16])
    assert size <= wire.REPLY.size and length <= wire.REPLY.header
    tracemalloc.start()
    try:
        wire.unpack(data[16:], length)
    except wire.WireError:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    start = time.process_time()
    try:
        wire.unpack(data[16:], length)
    except wire.WireError:
        pass
    assert time.process_time() - start < 0.5 and peak < 60 * 2**20


def test_silence_and_an_end_are_told_apart(pair):
    pair[0].sendall(b"\x00\x00")
    with pytest.raises(wire.Closed) as late:
        wire.receive(pair[1], time.monotonic() + 0.05)
    assert late.value.late
    pair[0].close()
    with pytest.raises(wire.Closed) as gone:
        wire.receive(pair[1], time.monotonic() + 5)
    assert not gone.value.late


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({}, []),
        ({"kind": "array", "present": [True]}, []),
        ({"kind": "array", "present": [True, True]}, [np.ones(1), np.ones(1)]),
        ({"kind": "array", "present": [False]}, []),
        ({"kind": "dict", "keys": None, "present": [True]}, [np.ones(1)]),
        ({"kind": "other", "present": [True]}, [np.ones(1)]),
        ({"kind": "tuple", "present": "xy"}, [np.ones(1)] * 2),
        ({"kind": "tuple", "present": [1, 1]}, [np.ones(1)] * 2),
        ({"kind": "tuple", "present": {"a": True}}, [np.ones(1)]),
        ({"kind": "array", "present": [[True]]}, [np.ones(1)]),
        ({"handle": True}, []),
        ({"handle": -1}, []),
        ({"handle": 2**70}, []),
        ({"failed": 3}, []),
        ({"failed": {"mistake": "x" * 10**6, "written": "no"}}, []),
    ],
)
def test_an_answer_that_is_none_is_a_failure(header, arrays):
    with pytest.raises(CheckFailed) as failure:
        Answer(lambda *request: (header, arrays)).call((np.ones(2),), 0)
    assert len(str(failure.value)) < 5_000
    with pytest.raises(CheckFailed):
        Answer(lambda *request: (header, arrays)).build((3,), None, 0)


@pytest.mark.parametrize(
    "arrays", [[np.ones(3)], [np.ones((2, 1))], [np.ones(2), np.ones(2)], [], [np.array(1.0)]]
)
def test_a_gradient_of_another_shape_than_its_argument_is_none(arrays):
    header = {"kind": "tuple", "present": [True] * len(arrays)}
    with pytest.raises(CheckFailed, match="did not arrive whole"):
        gradient(Answer(lambda *request: (header, arrays)), np.ones(2))


SERVED = """
import socket, threading
from inside import serve, wire
one, other = socket.socketpair()
serve._load = lambda *given: __import__("no_such")
threading.Thread(target=serve.run, args=(other,), daemon=True).start()
wire.send(one, {"op": "load"})
print(wire.receive(one)[0]["failed"]["mistake"])
"""


def test_a_module_that_is_missing_there_is_named(tmp_path):
    """Where an installation lacks something, its name is what whoever mends it needs."""
    [lesson] = lessons.all_lessons(["01"])
    sealed.make(lesson, tmp_path / "sealed")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "sealed")}
    ran = subprocess.run([sys.executable, "-c", SERVED], capture_output=True, text=True, env=env)
    told = "your code raised ModuleNotFoundError: there is no module no_such."
    assert ran.stdout.strip() == told, ran.stderr
