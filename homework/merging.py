"""The parts of a class become one grading again: every part, each once, or nothing.

What lies in the folders may be damaged or of another class: it is read as JSON, checked against
what each part says of itself, and the scores, pages and summary are made anew from all of it.
"""

import itertools
import os
import shutil
from pathlib import Path

from homework import classroom, clean, lessons, shards, submissions
from homework.gradebook import FILE, Gradebook
from homework.shards import ShardError

MOST_NAMED = 20  # of missing shards


def merge(folders, out):
    """The command ``grade --merge``: write into ``out`` what one grading of all had written.

    Nothing is written unless all of it can be. Returns the exit status.

    Raises:
        ShardError: the folders are not all parts of one class, one is unfinished or damaged, or
            ``out`` is not empty.
    """
    out = Path(out).resolve()
    _expect_free(out, folders)
    known = {lesson.number: lesson for lesson in lessons.all_lessons()}
    records = [(folder, shards.read(folder)) for folder in folders]
    _expect_one_class(records, known)
    entries, graded, best = [], {}, False
    for folder, record in records:
        book = _graded(folder, record, known)
        graded |= book.graded
        best |= book.best
        sent = {(one["student"], one["where"]): one["sent"] for one in book.unreadable}
        for one in record["entries"]:
            chosen = {key: one[key] for key in shards.LISTED}
            chosen["sent"] = sent.get((one["student"], one["where"]), {})
            entries.append(submissions.Submission(modified=0.0, **chosen))
    entries.sort(key=submissions.order)
    first = records[0][1]
    if shards.digest_of_class(entries) != first["submissions"]:
        raise ShardError("the shards' submissions together are not those of the class")
    _write_whole(out, (first["seed"], book.around, best), graded, entries, known)
    clean.say(
        f"{len(records)} shards: {len(entries)} files, {len(graded)} graded: {out}/scores.csv, "
        "summary.html, feedback/"
    )
    return classroom.tell_ungraded(entries)


def _expect_free(out, folders):
    """Refuse an ``--out`` that holds anything."""
    try:
        if out in [Path(folder).resolve() for folder in folders]:
            raise ShardError(f"--out: {out} is one of the shards; choose another folder")
        if out.exists() and not (out.is_dir() and not any(out.iterdir())):
            raise ShardError(f"--out: expected a new or an empty folder, got {out}")
    except OSError as error:
        raise ShardError(f"--out: {out} cannot be used ({error.strerror})") from error


def _expect_one_class(records, known):
    """Refuse what is not every part of one class, each once and finished."""
    first, one = records[0]
    seen = {}
    for folder, record in records:
        for key, what in shards.COMMON.items():
            if record[key] != one[key]:
                raise ShardError(
                    f"{first} and {folder} are not of one grading: they differ in the {what} "
                    f"({shards.short(one[key])} and {shards.short(record[key])})"
                )
        if record["shard"] in seen:
            name = f"{record['shard']}/{record['of']}"
            other = seen[record["shard"]][0]
            raise ShardError(f"shard {name} is given twice: {other} and {folder}")
        seen[record["shard"]] = folder, record
    wrong = []
    missing = (str(number) for number in range(1, one["of"] + 1) if number not in seen)
    if len(seen) < one["of"]:
        named = ", ".join(itertools.islice(missing, MOST_NAMED))
        more = ", ..." if one["of"] - len(seen) > MOST_NAMED else ""
        wrong.append(f"of {one['of']} shards, missing: {named}{more}")
    unfinished = [n for n, (_, record) in sorted(seen.items()) if not record["finished"]]
    if unfinished:
        named = ", ".join(f"{number} ({seen[number][0]})" for number in unfinished)
        wrong.append(f"unfinished: {named}; --resume goes on with them")
    if wrong:
        raise ShardError("; ".join(wrong))
    if one["course"] != shards.digest_of_course(known):
        raise ShardError("the shards were graded by other lessons and checks than those here")


def _graded(folder, record, known):
    """What a part has graded: all that its record says, and nothing of another's."""
    path = Path(folder) / FILE
    book = Gradebook.read(folder)
    if shards.digest_of_file(path) != record["grades"]:
        raise ShardError(f"{path}: it is not as the grading left it; grade it with --resume")
    number, of = record["shard"], record["of"]
    for one in [*book.graded.values(), *record["entries"]]:
        right = shards.part_of(one["student"], of)
        if right != number:
            raise ShardError(f"{folder}: {one['student']} belongs to shard {right}/{of}")
    for one in book.graded.values():
        lesson = known.get(one["lesson"])
        ids = {exercise.id for exercise in lesson.exercises} if lesson else set()
        if not lesson or any(outcome["id"] not in ids for outcome in one["outcomes"]):
            raise ShardError(f"{path}: exercises that lesson {one['lesson']} does not have")
    numbers = shards.lessons_of(record)
    for one in record["entries"]:
        if one["unreadable"] or not (numbers is None or one["lesson"] in numbers):
            continue
        if not book.holds(one["student"], one["lesson"], one["digest"]):
            raise ShardError(f"{folder}: {one['where']} is not graded; grade it with --resume")
    return book


def _write_whole(out, begun, graded, entries, known):
    """Write the merged folder beside ``out`` and give it its name when it is complete."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    book = Gradebook(part, *begun)
    book.graded = graded
    try:
        (part / "feedback").mkdir(parents=True)
        if book.report(entries, known):
            raise ShardError(f"{out}: not all pages could be written, so nothing is")
        if out.exists():  # and empty
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise ShardError(f"{out}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
