"""``python -m homework release | verify | check | grade | ...``: see ``--help``."""

import argparse
import os
import sys
import warnings
from pathlib import Path

EPILOG = """\
release  student versions of the lessons, without solutions
verify   prove that no solution is left in them, and that they run
check    points of the visible checks for your own notebook
grade    grade a folder or zip of submissions in a sandbox, on one machine or in parts on many
export   lessons for nbgrader (a course folder) or Gradescope (an autograder's zip)
marks    enter marks by hand into a grading, and fill the gradebooks of Moodle and Canvas
copies   list equal answers of a class, for you to look at
rubric   model answers and points of the questions in words
"""


def main(arguments=None):
    asked = parse(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: the checks are small
    warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):  # texts of strangers may hold what none can print
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    from homework import clean, lessons, release, sandbox, sealed, submissions

    known = (lessons.LessonError, release.ReleaseError, sandbox.SandboxError)
    known += (sealed.SealError, submissions.SubmissionsError)
    try:
        return asked.run(asked)
    except KeyboardInterrupt:
        clean.say("\nInterrupted.", error=True)
        return 130
    except known as error:
        clean.say(f"homework: {error}", error=True)
        return 2


def parse(arguments):
    kind = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="homework", epilog=EPILOG, formatter_class=kind)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("release", help="write the student versions")
    one.add_argument("lessons", nargs="*", help="numbers such as 01 02; all by default")
    one.add_argument("--to", required=True, type=Path, help="folder")
    one.add_argument("--force", action="store_true", help="replace files that hold something else")
    one.set_defaults(run=run_release)
    one = commands.add_parser("verify", help="prove that no solution is left")
    one.add_argument("lessons", nargs="*", help="numbers such as 01 02; all by default")
    one.set_defaults(run=run_verify)
    one = commands.add_parser("check", help="points of the visible checks for one notebook")
    one.add_argument("file", type=Path)
    one.set_defaults(run=run_check)
    one = commands.add_parser("grade", help="grade submissions")
    one.add_argument("submissions", nargs="?", type=Path, help="folder or zip")
    one.add_argument("--out", required=True, type=Path, help="folder of scores and feedback")
    one.add_argument(
        "--shard", type=_shard, metavar="I/N", help="grade one part of N; needs --seed"
    )
    text = "write one grading of all N parts into --out"
    one.add_argument("--merge", nargs="+", type=Path, metavar="DIR", help=text)
    one.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="at a time")
    one.add_argument("--resume", action="store_true", help="go on with a grading in --out")
    one.add_argument("--seed", type=int, help="of the hidden inputs; drawn once by default")
    one.add_argument("--only", action="append", metavar="ID", help="regrade this exercise only")
    text = "for one exercise; by default measured, see docs/instructors.md"
    one.add_argument("--seconds", type=_seconds, help=text)
    text = "do without this wall where it cannot be had"
    one.add_argument("--without", action="append", default=[], choices=["cgroup"], help=text)
    text = "without a sandbox; see docs/instructors.md"
    one.add_argument("--unsafe", action="store_true", help=text)
    text = "of several files of a student grade all, the best counts; else the newest"
    one.add_argument("--best", action="store_true", help=text)
    _add_exports(one)
    one.set_defaults(run=run_grade)
    one = commands.add_parser("export", help="lessons as other systems take them")
    one.add_argument("system", choices=["nbgrader", "gradescope"])
    one.add_argument("lessons", nargs="+", help="numbers such as 01 02; one for Gradescope")
    one.add_argument("--to", required=True, type=Path, help="nbgrader: folder; Gradescope: zip")
    one.add_argument("--seed", type=_natural, help="of the hidden inputs; drawn by default")
    one.add_argument("--force", action="store_true", help="replace what holds something else")
    one.set_defaults(run=run_export)
    one = commands.add_parser("marks", help="enter marks by hand into a grading, fill gradebooks")
    one.add_argument("out", type=Path, help="folder of a grading, with marks-01.csv in it")
    _add_exports(one)
    one.set_defaults(run=run_marks)
    one = commands.add_parser("copies", help="list equal answers of a class")
    one.add_argument("submissions", type=Path, help="folder or zip")
    one.add_argument("--to", required=True, type=Path, help="folder of copies.html and copies.csv")
    one.set_defaults(run=run_copies)
    one = commands.add_parser("rubric", help="write model answers to the questions in words")
    one.add_argument("lessons", nargs="*", help="numbers such as 01 02; all by default")
    one.add_argument("--to", required=True, type=Path, help="file, .html or .md")
    one.add_argument("--force", action="store_true", help="replace a file that holds another text")
    one.set_defaults(run=run_rubric)
    return parser.parse_args(arguments)


def _add_exports(parser):
    """The options that name gradebooks of other systems."""
    for name, what in (("moodle", "grading worksheet"), ("canvas", "gradebook export")):
        text = f"fill this {what} of {name.title()}'s, into a new file beside the scores"
        parser.add_argument(f"--{name}", type=Path, metavar="CSV", help=text)
    text = "that the gradebook is filled with, where several are graded"
    parser.add_argument("--lesson", metavar="01", help=text)
    text = "in Canvas's gradebook, by its id or title, where there are several"
    parser.add_argument("--assignment", metavar="ID", help=text)
    text = "column of Moodle's worksheet for comments, where it is not found"
    parser.add_argument("--comments", metavar="HEADER", help=text)
    text = "turn points into shares of the gradebook's maximum"
    parser.add_argument("--scale", action="store_true", help=text)


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def _natural(text):
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected at least 0, got {number}")
    return number


def _seconds(text):
    number = float(text)
    if not 0 < number <= 3_600:
        raise argparse.ArgumentTypeError(f"expected seconds, at most 3600, got {text}")
    return number


def _shard(text):
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"expected i/n with 1 <= i <= n, got {text}")
    return int(number), int(of)


def run_release(asked):
    """Write student versions."""
    from homework import clean, release

    for lesson in _lessons(asked.lessons):
        path = release.write(lesson, asked.to, asked.force)
        count, points = len(lesson.exercises), lesson.points
        clean.say(
            f"{path}: {count} exercises, {points} points, {len(lesson.reflections)} questions"
        )
    return 0


def run_verify(asked):
    """Prove the student versions."""
    from homework import clean, grading, verify

    faulty = 0
    with grading.Course() as course:
        for lesson in _lessons(asked.lessons):
            faults = verify.verify(lesson, course)
            faulty += bool(faults)
            clean.say(
                f"{lesson.name}: {'no solution is left, it runs' if not faults else 'NOT RIGHT'}"
            )
            for fault in faults:
                clean.say(f"  {fault}")
    return 1 if faulty else 0


def run_check(asked):
    """Points by the visible checks; no sandbox, for it is the caller's own code."""
    from homework import clean, grading, submissions

    if not hasattr(os, "fork"):
        clean.say("check: it needs Linux or macOS; on Windows run it in WSL", error=True)
        return 2
    if not asked.file.is_file() or asked.file.suffix != ".ipynb":
        clean.say(f"check: {asked.file}: expected one notebook (.ipynb)", error=True)
        return 2
    [entry] = submissions.collect(asked.file)
    if entry.unreadable:
        clean.say(f"{asked.file}: {entry.unreadable}", error=True)
        return 2
    [lesson] = _lessons([entry.lesson])
    total = 0
    with grading.Course() as course:
        for outcome in grading.grade(lesson, entry.read(), course, safe=False):
            total += outcome["points"]
            clean.say(f"exercise {outcome['id']}: {outcome['points']} of {outcome['of']} points")
            if outcome["verdict"] != "right":
                clean.say(f"  {outcome['mistake']}")
    words = sum(reflection.points for reflection in lesson.reflections)
    told = f"lesson {lesson.number}: {total} of {lesson.points} points by the visible checks"
    clean.say(told + (f"; {words} more for answers in words" if words else ""))
    return 0


def run_grade(asked):
    """Grade a class."""
    from homework import classroom, clean, merging, sandbox

    own = asked.submissions, asked.shard, asked.only, asked.seed, asked.resume or None
    own += asked.best or None, asked.moodle, asked.canvas
    if asked.merge and any(value is not None for value in own):
        clean.say("grade: --merge takes folders of shards and --out, nothing else", error=True)
        return 2
    if asked.merge:
        return merging.merge(asked.merge, asked.out)
    if asked.shard and (asked.moodle or asked.canvas):
        clean.say("grade: a part fills no gradebook; merge the parts, then call marks", error=True)
        return 2
    if asked.submissions is None:
        told = "expected submissions, a folder or zip (make: SUBMISSIONS=...), or --merge DIR"
        clean.say(f"grade: {told}", error=True)
        return 2
    reason = "" if asked.unsafe else sandbox.why_not()
    if reason:
        clean.say(f"grade: {reason}.\n{UNSAFE}", error=True)
        return 2
    if asked.unsafe:
        clean.say(f"--unsafe: {UNSAFE_MEANS}", error=True)
    elif "cgroup" not in asked.without and (reason := sandbox.why_no_group()):
        clean.say(f"grade: {reason}.\n{WITHOUT_GROUP}", error=True)
        return 2
    return classroom.run(asked)


def run_export(asked):
    """Write lessons for another system."""
    from homework.exports import command

    return command.run(asked, _lessons(asked.lessons))


def run_marks(asked):
    """Enter what was typed beside a grading."""
    from homework import filling

    return filling.run(asked)


def run_copies(asked):
    """List equal answers."""
    from homework import copies

    return copies.run(asked)


def run_rubric(asked):
    """Write model answers and points."""
    from homework import rubric

    return rubric.run(asked, _lessons(asked.lessons))


WITHOUT_GROUP = (
    "One wall would be missing: nothing counts the memory of a whole sandbox. Each answer is still "
    "one process with limits of its own. --without cgroup goes on so; as root, or in a scope that "
    "is delegated to you (systemd-run --user --scope -p Delegate=yes ...), the wall is there."
)
UNSAFE = (
    "Submissions are programs. Without a sandbox they could read your files, your keys and other "
    "submissions, and change grades. --unsafe grades all the same: do that only in a throw-away "
    "container or virtual machine."
)
UNSAFE_MEANS = (
    "students' code now runs as you: it can read and write what you can, other submissions and "
    "grades included, and use the network."
)


def _lessons(numbers):
    from homework import lessons

    try:
        return lessons.all_lessons(numbers)
    except ValueError as error:
        raise lessons.LessonError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
