"""Attacks on a grading in a container without name spaces: on what only users and modes protect."""

from submissions.hostile import Attack, body

NOTHING = "nothing found"
TELL = "raise ValueError('found ' + found if found else 'nothing found')\n"
FOLDERS = "('/autograder', '/root', '/tmp', '/opt', '/var', '/home', '/usr/local', '/proc/1/root')"

ATTACKS = {
    "the right answers, wherever they lie": body(
        "1.1",
        f"import os\nfound = ''\nfor top in {FOLDERS}:\n"
        "    for folder, names, files in os.walk(top):\n"
        "        names[:] = [n for n in names if n not in ('site-packages', 'proc', 'python')]\n"
        "        for name in files:\n"
        "            try:\n                text = open(os.path.join(folder, name)).read()\n"
        "            except (OSError, UnicodeError):\n                continue\n"
        "            is_right = 'BEGIN ' + 'SOLUTION' in text or 'def kl_' + 'formulas' in text\n"
        "            found += os.path.join(folder, name) + ' ' if is_right else ''\n" + TELL,
        NOTHING,
    ),
    "its own results": body(
        "1.2",
        "import os\nfound = ''\n"
        "for path in ('/autograder/results/results.json', '/autograder/results/stdout',\n"
        "    '/proc/1/cwd/results/results.json', '/proc/1/cwd/run_autograder'):\n"
        "    try:\n        open(path, 'w').write('{\"score\": 19}')\n        found += path\n"
        "    except OSError:\n        pass\n"
        "    try:\n        os.rename('/autograder/results', '/autograder/other')\n"
        "        found += 'renamed'\n    except OSError:\n        pass\n" + TELL,
        NOTHING,
    ),
    "a place to leave something": body(
        "1.3",
        "import os\nfound = ''\n"
        "for folder, names, files in os.walk('/'):\n"
        "    names[:] = [n for n in names if n not in ('proc', 'sys', 'site-packages')]\n"
        "    if os.access(folder, os.W_OK):\n        found += folder + ' '\n"
        "    for name in files:\n"
        "        path = os.path.join(folder, name)\n"
        "        if os.path.isfile(path) and os.access(path, os.W_OK):\n"
        "            found += path + ' '\n" + TELL,
        NOTHING,
    ),
    "the memory of the processes above": body(
        "1.4",
        "import os\nfound = ''\n"
        "for number in os.listdir('/proc'):\n"
        "    for name in ('mem', 'environ', 'maps', 'fd/0', 'root/etc') * number.isdecimal():\n"
        "        if int(number) == os.getpid():\n            continue\n"
        "        try:\n            os.listdir(f'/proc/{number}/{name}') if '/' in name else "
        "open(f'/proc/{number}/{name}', 'rb').close()\n            found += number + name + ' '\n"
        "        except OSError:\n            pass\n" + TELL,
        NOTHING,
    ),
    "another user again": body(
        "1.5",
        "import ctypes, os\nlibc, found = ctypes.CDLL(None), ''\n"
        "for call in (libc.setuid, libc.setgid, libc.seteuid):\n"
        "    found += 'root ' if call(0) == 0 else ''\n"
        "found += 'is root' if 0 in (*os.getresuid(), *os.getresgid(), *os.getgroups()) else ''\n"
        "try:\n    os.execv('/bin/su', ['su'])\nexcept OSError:\n    pass\n" + TELL,
        NOTHING,
    ),
    "an end of all that runs": Attack(
        {
            "1.6": "def elbo_two_ways(*arguments):\n"
            "    import os, signal\n"
            "    for number in (1, os.getppid(), -1, 0):\n"
            "        try:\n            os.kill(number, signal.SIGKILL)\n"
            "        except OSError:\n            pass\n"
            "    raise ValueError('nothing found')\n"
        },
        NOTHING,
    ),
}
