"""The ten that cost a class most: in every exercise, or with all that a file may be."""

import submissions as made
from submissions.hostile import exhaustion
from submissions.hostile.neighbours import NAME, text_of
from submissions.hostile.points import SOCKET


def everywhere(text, before=""):
    """A notebook in which every exercise attacks."""
    answers = {name: before + made.function(name, text) for name in made.IDS}
    return text_of(made.notebook(answers))


# Asks the right answers where they are to be had, and else its own, without end.
ASKS = """
while True:
    try:
        gaussian_log_prob(*[torch.zeros(200, 200)] * 3)
    except Exception:
        pass
"""
SPINS = """
import threading
def spin():
    while True:
        pass
for _ in range(40):
    threading.Thread(target=spin, daemon=True).start()
spin()
"""
TAKES = """
kept = []
while True:
    try:
        kept.append(torch.ones(2**24))
    except Exception:
        kept.clear()
"""
REPLIES = """
import numpy
while True:
    wire.send(mine[0], {"kind": "array", "keys": None, "present": [True]}, [numpy.zeros(120_000)])
"""
PRINTS = "import os\nwhile True:\n    os.write(1, bytes(2**20))"
FILLS = """
import os
while True:
    for at in range(1_900):
        with open(f"/tmp/{at}", "wb") as stream:
            stream.write(bytes(30_000))
"""

# Name -> (path below the student's folder, bytes).
WORST = {
    "sleeps": (NAME, everywhere("import time\nwhile True:\n    time.sleep(60)")),
    "spins in forty threads": (NAME, everywhere(SPINS)),
    "prints without end": (NAME, everywhere(PRINTS)),
    "takes all memory again and again": (NAME, everywhere(TAKES)),
    "replies without end": (NAME, everywhere(SOCKET + REPLIES)),
    "asks other answers without end": (NAME, everywhere(ASKS)),
    "never ends to load": (NAME, everywhere("return 0.0", "X = sum(1 for _ in iter(int, 1))\n")),
    "writes files without end": (NAME, everywhere(FILLS)),
    "a notebook of twenty megabytes": (NAME, exhaustion.LARGE),
    "many files in a zip": ("work.zip", exhaustion.MANY),
}
