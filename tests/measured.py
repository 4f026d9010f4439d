"""The command with a report of its memory: ``python measured.py REPORT ARGUMENTS ...``.

REPORT becomes a JSON of ``status``, and of the most bytes that the grader's process (``grader``)
and one of its sandboxes (``sandbox``, 0 where there are no control groups) ever held.
"""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from homework import __main__ as command
from homework import cgroups


def main(report, arguments):
    peaks, remove = [0], cgroups.Group.remove

    def measured(group):
        peaks.append(group.peak() if group.folders else 0)
        remove(group)

    cgroups.Group.remove = measured
    status = command.main(arguments)
    # Of this program alone: getrusage begins with what the process held that started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    held = next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    Path(report).write_text(json.dumps({"status": status, "grader": held, "sandbox": max(peaks)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
