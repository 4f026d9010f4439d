"""What grades a submission in Gradescope's container; ``run_autograder`` starts it.

It runs as root and holds the checks; the answers run as other users (see ``homework/sandbox.py``),
who find no folder that they may enter with anything of worth, and none that they may write to.
"""

import contextlib
import json
import os
import stat
import sys
import time
import warnings
from pathlib import Path

AUTOGRADER = Path("/autograder")
SOURCE = Path(__file__).resolve().parent.parent.parent
LEAST_MEMORY = 2**30  # bytes for an answer, beyond torch itself
UNSEEN = ("proc", "sysfs", "cgroup", "cgroup2", "devpts")  # file systems without files of a disk
FAILED = "The grading failed, so this 0 is no grade. Please tell your instructor: {error}"
REFUSED = "This could not be graded: {reason}. Please hand in {name}, as it was handed out."
BY_HAND = "Read and marked by your instructor; not part of this score."


class RefusedError(ValueError):
    """What was handed in cannot be graded; the message says why, to the student."""


def main(arguments=()):
    """Grade ``/autograder/submission``; results.json is written whatever happens."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warnings.simplefilter("ignore")
    started, is_trial = time.monotonic(), "--try" in arguments
    from homework import clean

    try:
        results = trial() if is_trial else graded()
    except RefusedError as error:
        results = _message(str(error))
    except Exception as error:  # the grader's own fault costs nobody an explanation
        if is_trial:
            raise
        results = _message(FAILED.format(error=clean.line(f"{type(error).__name__}: {error}", 500)))
    if is_trial:
        return 0
    results["execution_time"] = round(time.monotonic() - started, 1)
    from course_utils.files import write_whole

    text = json.dumps(results, indent=1)
    write_whole(AUTOGRADER / "results" / "results.json", text)
    return 0


def asked():
    """(lesson, seed) that the zip was made for."""
    from homework import lessons
    from homework.exports import gradescope

    told = json.loads((SOURCE / gradescope.ASKED).read_text(encoding="utf-8"))
    [lesson] = lessons.all_lessons([told["lesson"]])
    return lesson, told["seed"]


def trial():
    """Grade the lesson's own solution while the image is built, as a submission would be.

    Raises:
        SandboxError: something is missing, or the solution does not earn everything here.
    """
    from homework import clean, grading

    lesson, _ = asked()
    with grading.Course() as course:
        seconds = grading.solution_seconds(lesson, course, **options())
    total = sum(seconds.values())
    clean.say(f"lesson {lesson.number}: its own solution is right here, in {total:.1f} s")


def graded():
    """The results of the submission, as results.json has them."""
    import torch

    from homework import grading, limits, references, words

    torch.set_num_threads(1)
    lesson, seed = asked()
    close()
    chosen, notebook = submitted(lesson)
    kept = options()
    with grading.Course() as course, references.References(course, **kept) as right:
        time_of = limits.Limits(measure=lambda: grading.solution_seconds(lesson, course, **kept))
        more = {"references": right, "limits": time_of}
        outcomes = grading.grade(lesson, notebook, course, seed, **more, **kept)
    tests = [tested(lesson, outcome) for outcome in outcomes]
    tests += [question(answer) for answer in words.answers(lesson, notebook)]
    return {
        "score": sum(outcome["points"] for outcome in outcomes),
        "output": f"{chosen}: {lesson.points} points by program.",
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def options():
    """How answers run here.

    Raises:
        SandboxError: they could not be kept from the solutions and the results.
    """
    from homework import sandbox

    reason = sandbox.why_no_users()
    if reason:
        raise sandbox.SandboxError(reason)
    most = memory()
    share = sandbox.MEMORY if most is None else max(LEAST_MEMORY, min(sandbox.MEMORY, most // 2))
    return {"container": True, "memory": share}


def memory(root=Path("/sys/fs/cgroup")):
    """Bytes that the container may use, None where nothing says so."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int((root / name).read_text())
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return None


def submitted(lesson):
    """(what was graded, the notebook) among the submitted files.

    Raises:
        RefusedError: there is none of this lesson, or several and none has its name.
    """
    from homework import submissions

    name = f"{lesson.name}.ipynb"
    try:
        entries = submissions.collect(AUTOGRADER / "submission", around="")
    except submissions.SubmissionsError:
        raise RefusedError(REFUSED.format(reason="there is no notebook", name=name)) from None
    found = [one for one in entries if not one.unreadable and one.lesson == lesson.number]
    if len(found) > 1:
        found = [one for one in found if Path(one.where).name == name] or found
    if len(found) == 1:
        return found[0].where, found[0].read()
    listed = "; ".join(f"{one.where}: {one.unreadable}" for one in entries if one.unreadable)
    reason = f"there is no notebook of lesson {lesson.number}" + (f" ({listed})" if listed else "")
    if found:
        reason = "there are several notebooks: " + ", ".join(one.where for one in found)
    raise RefusedError(REFUSED.format(reason=reason, name=name))


def tested(lesson, outcome):
    """An exercise's entry in results.json."""
    name = next(one.defines[0] for one in lesson.exercises if one.id == outcome["id"])
    lines = [outcome["note"], outcome["verified"]]
    if outcome["verdict"] != "right":
        told = ("checked", "expected", "received")
        lines = [outcome["mistake"], *(f"{key}: {outcome[key]}" for key in told if outcome[key])]
    return {
        "number": outcome["id"],
        "name": f"Exercise {outcome['id']}: {name}",
        "score": outcome["points"],
        "max_score": outcome["of"],
        "status": "passed" if outcome["verdict"] == "right" else "failed",
        "output": "\n".join(line for line in lines if line),
        "output_format": "text",
        "visibility": "visible",
    }


def question(answer):
    """A note on a question in words: no points, for a person gives them."""
    given = answer["answer"] or "(no answer under *Your answer:*)"
    return {
        "number": answer["id"],
        "name": f"Question {answer['id']}, in words ({answer['of']} points by hand)",
        "output": f"{BY_HAND}\n\n{given}",
        "output_format": "text",
        "visibility": "visible",
    }


def _message(text):
    return {"score": 0, "output": text, "output_format": "text", "tests": []} | {
        "stdout_visibility": "hidden"
    }


def close(mounts="/proc/self/mounts"):
    """Take from everybody but root the right to write: answers find no place for a file.

    The container is thrown away, so nothing is put back.
    """
    AUTOGRADER.chmod(0o700)
    for line in Path(mounts).read_text().splitlines():
        _, folder, kind, *_ = line.split()
        if kind not in UNSEEN:
            _close(os.fsencode(folder).decode("unicode_escape"))


def _close(top):
    device = _device(top)
    for folder, names, files in os.walk(top):
        for name in (".", *files):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):  # a file system that nobody can write to
                mode = os.lstat(path).st_mode
                if mode & stat.S_IWOTH and (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                    os.chmod(path, stat.S_IMODE(mode) & ~(stat.S_IWOTH | stat.S_IWGRP))
        names[:] = [name for name in names if _device(os.path.join(folder, name)) == device]


def _device(path):
    """Which file system a folder is on; None where it has gone meanwhile."""
    try:
        return os.lstat(path).st_dev
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
