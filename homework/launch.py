"""Started outside the sandbox, ends as bubblewrap: ``launch.py OPTIONS COMMAND ...``.

OPTIONS is a JSON of ``groups`` (files of control groups to join). Before it becomes COMMAND, the
process takes a session key ring of its own, so that nothing inside sees the instructor's keys, and
joins the groups, so that all that COMMAND ever starts is counted.
"""

import ctypes
import json
import os
import platform
import sys

KEYCTL = {"x86_64": 250, "aarch64": 219, "arm64": 219}
JOIN_SESSION_KEYRING = 1


def main(options, command):
    number = KEYCTL.get(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    if number is None or libc.syscall(number, JOIN_SESSION_KEYRING, None) < 0:
        kernel_has_none = ctypes.get_errno() == 38  # ENOSYS: then there are no keys either
        if not kernel_has_none:
            raise SystemExit("the sandbox: no session key ring of its own could be had")
    for path in options["groups"]:
        with open(path, "w") as stream:
            stream.write("0")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
