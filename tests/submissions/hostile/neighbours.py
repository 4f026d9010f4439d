"""Harm to others: what is left behind, what others share, and files that pass for theirs."""

import io
import json
import unicodedata
import zipfile

import submissions as made
from submissions.hostile import Attack, Files, body

LEFT = """
import os
for folder in ('/tmp', '/dev/shm', '/dev', '/', '/sandbox/course', '/proc'):
    for name in ('left', '.left', 'left.py'):
        try:
            open(os.path.join(folder, name), 'w').write('left')
        except OSError:
            pass
    try:
        os.mkdir(folder + '/left-too', 0)
    except OSError:
        pass
"""
FOUND = """
import os
for folder, names, files in os.walk('/'):
    names[:] = [n for n in names if n != 'site-packages0' and folder.count('/') < 3]
    if any('left' in name for name in (*names, *files)):
        raise ValueError('found ' + folder)
raise ValueError('nothing found')
"""
# An open file that every sandbox sees, and one of its own.
SHARED = "import fcntl, os, torch\nshared = os.open(torch.__file__, os.O_RDONLY)\n"

ATTACKS = {
    "files for the next exercise": Attack(
        {"1.5": made.function("1.5", FOUND), "1.2": made.function("1.2", LEFT + "return 0.0")},
        "nothing found",
    ),
    "a lock on a file of all": body(
        "1.4", SHARED + "fcntl.flock(shared, fcntl.LOCK_EX)\nreturn arguments[0]", "PermissionError"
    ),
    "a record lock on a file of all": body(
        "1.2", SHARED + "fcntl.lockf(shared, fcntl.LOCK_SH)\nreturn 0.0", "PermissionError"
    ),
    "the files of all dropped from memory": body(
        "1.5",
        SHARED + "os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_DONTNEED)\nreturn 0.0",
        "PermissionError",
    ),
    "the disk flushed without end": body(
        "1.4", SHARED + "while True:\n    os.fsync(shared)", "PermissionError"
    ),
    "its group of processes killed": body("1.2", "import os\nos.kill(0, 9)", "PermissionError"),
    "every number of a process stopped": body(
        "1.5",
        "import os, signal\nlast = None\n"
        "for number in range(2, 5_000):\n"
        "    try:\n        os.kill(number, signal.SIGSTOP)\n"
        "    except OSError as error:\n        last = error\nraise last",
        "PermissionError",
    ),
    "first in the queue of the processor": body(
        "1.4",
        "import os\ntry:\n    os.nice(-20)\nexcept OSError:\n"
        "    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))",
        "PermissionError",
    ),
    "a socket under a name of all": body(
        "1.2",
        "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0grading')",
        "PermissionError",
    ),
    "the course's copy written over": body(
        "1.5",
        "import glob, os\nfor path in glob.glob('/sandbox/course/**', recursive=True):\n"
        "    for attack in (lambda: os.chmod(path, 0o777), lambda: os.unlink(path)):\n"
        "        try:\n            attack()\n"
        "        except OSError as error:\n            last = error\n"
        "raise last",
        "OSError|PermissionError",
    ),
    "its own control group left": body(
        "1.4",
        "import os\nlast = ValueError('nothing found')\n"
        "for path in ('/sys/fs/cgroup/cgroup.procs', '/sys/fs/cgroup/pids/cgroup.procs',\n"
        "    '/proc/self/oom_score_adj', '/proc/1/oom_score_adj'):\n"
        "    open(path, 'w').write('0')",
        "FileNotFoundError|PermissionError",
    ),
    "all threads and files that one may have": body(
        "1.2",
        "import threading, time, os\nkept = []\n"
        "try:\n    while True:\n        kept.append(os.pipe())\nexcept OSError:\n    pass\n"
        "try:\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        "except RuntimeError as error:\n    raise ValueError('no more')",
        "no more",
    ),
    "the folders for all closed to others": body(
        "1.5",
        "import os\nfor path in ('/tmp', '/dev/shm', '/', '/dev'):\n"
        "    try:\n        os.chmod(path, 0)\n    except OSError:\n        pass\nreturn 0.0",
    ),
    "urgent data to the grader": body(
        "1.4",
        "import gc, socket\n"
        "for one in gc.get_objects():\n"
        "    if isinstance(one, socket.socket) and one.fileno() >= 0:\n"
        "        one.send(b'x', socket.MSG_OOB)\nreturn arguments[0]",
        "PermissionError",
    ),
}


def text_of(notebook):
    return json.dumps(notebook).encode()


def zipped(files):
    """Bytes of a zip of path -> bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


BLANK = text_of(made.blank())
NAME = "01_vae_2d.ipynb"
ZOE = unicodedata.normalize("NFC", "Zoë")

# All try to take the place of Bob, an honest student, or of his page.
FILES = {
    "folders of others in a zip": Files(
        {
            "eve/work.zip": zipped(
                {f"bob/{NAME}": BLANK, f"../bob/{NAME}": BLANK, f"/bob/{NAME}": BLANK}
            )
        }
    ),
    "a zip named like a student": Files({"bob.zip/bob/x.ipynb": BLANK, "bob.zip.zip": zipped({})}),
    "names that differ by a case": Files({f"BOB/{NAME}": BLANK, f"boB/{NAME}": BLANK}),
    "names that end alike": Files({f"bob./{NAME}": BLANK, f"bob .html/{NAME}": BLANK}),
    "a name with a space that nobody sees": Files(
        {f"bob\u200b/{NAME}": BLANK, f"bob\u00a0/{NAME}": BLANK, f"b\u043eb/{NAME}": BLANK}
    ),
    "names as long as they may be": Files(
        {f"{'b' * 240}1/{NAME}": BLANK, f"{'b' * 240}2/{NAME}": BLANK}
    ),
    "names of the grader's own files": Files(
        {f"{name}/{NAME}": BLANK for name in ("summary", "scores.csv", "grades.json", "feedback")}
    ),
    "a copy of the neighbour's own file": Files(
        {f"eva/{NAME}": text_of(made.notebook())}, earns=True
    ),
    "a file from the future": Files({f"fay/bob/{NAME}": BLANK}, modified=4_000_000_000.0),
    "a download that names somebody else": Files(
        {f"gus/bob_7_assignsubmission_file/{NAME}": BLANK}
    ),
    "a number of somebody else": Files({"Bob_7_99_x.ipynb": BLANK, "bob_8_99_x.ipynb": BLANK}),
    "two spellings of one name": Files(
        {f"{ZOE}/{NAME}": BLANK, f"{unicodedata.normalize('NFD', ZOE)}/{NAME}": BLANK}
    ),
}
