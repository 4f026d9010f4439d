"""Time, memory and patience used up: in the sandbox, and by files in the grader itself."""

import io
import struct
import zipfile

import submissions as made
from submissions.hostile import Attack, Files, body
from submissions.hostile.neighbours import NAME, text_of, zipped
from submissions.hostile.points import SOCKET

SECONDS = 3.0  # that these are graded with
MAPS = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, *[ctypes.c_size_t] * 5]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
"""

ATTACKS = {
    "an import that never ends": Attack(
        {
            "1.5": "import itertools\nNEVER = sum(1 for _ in itertools.count())\n"
            + made.wrong("1.5")
        },
        alone=True,
    ),
    "a class whose body never ends": Attack(
        {"1.5": "class Slow:\n    while True:\n        pass\n\n" + made.wrong("1.5")}, alone=True
    ),
    "a pattern that backtracks": body(
        "1.2", "import re\nre.match('(a+)+$', 'a' * 64 + 'b')", "longer than"
    ),
    "one operation on great numbers": body(
        "1.5", "number = 7 ** (10 ** 8)\nreturn float(number % 7)", "longer than|memory"
    ),
    "calls without an end": body(
        "1.4",
        "import sys\nsys.setrecursionlimit(2**31 - 1)\n"
        "def deeper(f):\n    return sorted([f], key=lambda one: one(one))\n"
        "deeper(deeper)\nreturn deeper(lambda f: deeper(f))",
        "SIGSEGV|memory|longer than|Recursion|Type",
    ),
    "sleeps until just before its time, in each exercise": Attack(
        {
            name: made.function(name, f"import time\ntime.sleep({0.9 * SECONDS})\nreturn 0.0")
            for name in ("1.2", "1.4", "1.5")
        }
    ),
    "deaf to every signal": body(
        "1.5",
        "import signal, threading\n"
        "for number in range(1, 65):\n"
        "    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass",
        "longer than|SIGKILL",
    ),
    "threads that outlive their first": body(
        "1.4",
        "import ctypes, threading\n"
        "def spin():\n    while True:\n        pass\n"
        "for _ in range(8):\n    threading.Thread(target=spin).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)",
        "longer than|ended|SIG",
    ),
    "shared memory of which it lets go": body(
        "1.2",
        MAPS + "taken = 0\nwhile taken < 2**34:\n"
        "    at = libc.mmap(0, 2**28, 3, 0x21, 2**64 - 1, 0)\n"
        "    if at in (None, 2**64 - 1):\n        raise MemoryError(f'{taken} bytes')\n"
        "    ctypes.memset(at, 1, 2**28)\n    libc.munmap(at + 4_096, 2**28 - 4_096)\n"
        "    taken += 2**28\nreturn 0.0",
        "MemoryError: 0 bytes",
    ),
    "zeros that all may share": body(
        "1.5",
        "import mmap\nzeros = open('/dev/zero', 'r+b')\n"
        "kept = [mmap.mmap(zeros.fileno(), 2**30) for _ in range(16)]\n"
        "[one.write(bytes(2**30)) for one in kept]",
        "PermissionError",
    ),
    "locks without number": body(
        "1.4",
        "import fcntl, struct\nfile = open('/tmp/x', 'w')\nfor at in range(10**7):\n"
        "    fcntl.fcntl(file, 37, struct.pack('hhqqi4x', 1, 0, 2 * at, 1, 0))",
        "PermissionError",
    ),
    "output without end, on every descriptor": body(
        "1.2",
        "import os, threading\nline = bytes(2**20)\n"
        "def write():\n    while True:\n        os.write(1, line), os.write(2, line)\n"
        "threading.Thread(target=write).start()\nwrite()",
        "longer than|BrokenPipe",
    ),
    "no input, output or errors": body(
        "1.5", "import os\n[os.close(number) for number in range(3)]\nprint('x')"
    ),
    "replies without end": body(
        "1.4",
        SOCKET + "import numpy\nwhile True:\n"
        "    wire.send(mine[0], {'kind': 'array', 'keys': None, 'present': [True]},\n"
        "        [numpy.zeros(250_000)])",
    ),
    "a reply a byte at a time": body(
        "1.2",
        SOCKET + "import time\nmine[0].sendall(struct.pack('>QQ', 2**20, 2**10))\n"
        "while True:\n    mine[0].send(b' ')\n    time.sleep(.01)",
        "longer than|cannot be read",
    ),
    "a reply that is nested deeply": body(
        "1.5",
        SOCKET + "text = b'[' * 900_000\n"
        "mine[0].sendall(struct.pack('>QQ', len(text), len(text)) + text)\nreturn 0.0",
        "cannot be read",
    ),
    "four thousand results": body("1.4", "return [torch.zeros(10)] * 4_000", "."),
    "a million keys": body("1.2", "return {str(n): torch.zeros(1) for n in range(10**6)}"),
    "questions without end": body(
        "1.2",
        SOCKET + "import numpy\nwhile True:\n"
        "    wire.send(mine[0], {'elsewhere': 'gaussian_log_prob', 'gradient': False, 'seed': 0,\n"
        "        'arguments': {'list': [{'tensor': 'float64'}] * 3}}, [numpy.zeros((9, 9))] * 3)\n"
        "    wire.receive(mine[0])",
    ),
    "great questions to the right answers": body(
        "1.2",
        "x = torch.zeros(60_000, 1)\ny = torch.zeros(60_000)\nreturn gaussian_log_prob(x, y, y)",
    ),
    "objects that end slowly": body(
        "1.5",
        "import gc\nclass Slow:\n    def __del__(self):\n        while True:\n            pass\n"
        "one = Slow()\none.me = one\ndel one\ngc.collect()",
        "longer than",
    ),
    "a file of holes": body(
        "1.4", "import os\nopen('/tmp/x', 'w')\nos.truncate('/tmp/x', 2**60)", "OSError|File too"
    ),
    "parentheses beyond what a parser takes": Attack(
        {"1.5": "X = " + "(" * 90_000 + ")" * 90_000 + "\n" + made.wrong("1.5")}, alone=False
    ),
    "an operator a hundred thousand times": Attack(
        {"1.4": "X = " + "-" * 100_000 + "1\n" + made.wrong("1.4")}, alone=True
    ),
    "strings in strings in strings": Attack(
        {"1.2": "X = " + "f'{" * 2_000 + "1" + "}'" * 2_000 + "\n" + made.wrong("1.2")}
    ),
    "comprehensions in comprehensions": Attack(
        {
            "1.5": "X = lambda: " + "[1 for _ in " * 90 + "range(99)" + "]" * 90 + "\n"
            "Y = [0" + " for _ in range(99)" * 19 + "]\n" + made.wrong("1.5")
        },
        alone=True,
    ),
}


def _cells(count, **cell):
    notebook = made.blank()
    notebook["cells"] += [made.code("x = 1") | cell for _ in range(count)]
    return text_of(notebook)


def _bomb():
    """A zip whose members all have the same bytes in it: a few kilobytes claim gigabytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("0.ipynb", b" " * 19 * 2**20)
    data = stream.getvalue()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, count = data[start:end], 5_000
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entry) * count, start, 0)
    return data[:start] + entry * count + tail


def _deep(count, inner):
    for number in range(count):
        inner = zipped({f"{number}.zip": inner})
    return inner


WORDS = ("*" * 90_000, "[" * 90_000, "$" * 90_000, "`" * 90_000, "<" * 90_000, "_a" * 45_000)
WORDS += (
    "> " * 45_000,
    "- " * 45_000,
    "|" * 90_000,
    "\\" * 90_000,
    "$a_{" * 20_000,
    "![](" * 20_000,
)


def in_words(*texts):
    """A blank student version with answers in words, to its questions in their order."""
    notebook = made.blank()
    given = dict(zip([one.id for one in made.LESSON.reflections], texts, strict=False))
    for cell in notebook["cells"]:
        cell["source"] += "\n" + given.get(cell["metadata"].get("course", {}).get("id"), "")
    return notebook


LARGE = _cells(1, outputs=[{"output_type": "stream", "text": "x" * 19_900_000}])
MANY = zipped({f"{n}/{NAME}": b"{}" for n in range(9_000)})

# Each costs the grader itself: its time and memory are measured while it takes them all.
FILES = {
    "a member ten thousand times": Files({"eve 1/bomb.zip": _bomb()}),
    "zips in zips": Files({"eve 2/deep.zip": _deep(40, zipped({NAME: b"{}"}))}),
    "two hundred bytes for each of many files": Files({"eve 3/many.zip": MANY}),
    "a notebook of twenty megabytes": Files({f"eve 4/{NAME}": LARGE}),
    "a notebook of numbers": Files({f"eve 5/{NAME}": b'{"cells": [' + b"0," * 9_000_000 + b"0]}"}),
    "a notebook of brackets": Files({f"eve 6/{NAME}": b'{"cells": ' + b"[" * 15_000_000}),
    "a notebook of many cells": Files({f"eve 7/{NAME}": _cells(1_900)}),
    "a cell of many outputs": Files(
        {f"eve 8/{NAME}": _cells(1, outputs=[{"output_type": "stream", "text": ["x"] * 400_000}])}
    ),
    "a number of many digits": Files({f"eve 9/{NAME}": b'{"cells": ' + b"9" * 10_000_000 + b"}"}),
    "names that are long": Files({"eve 10/long.zip": zipped({"n" * 60_000 + ".ipynb": b"{}"})}),
    "words that take long to read": Files(
        {
            f"eve {11 + at}/{NAME}": text_of(in_words(*WORDS[at : at + 2]))
            for at in range(0, len(WORDS), 2)
        }
    ),
}
