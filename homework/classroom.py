"""Grade a class: jobs at a time, nothing lost by a crash, everything written as it comes."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tqdm import tqdm

from homework import clean, filling, grading, lessons, references, shards, submissions
from homework.gradebook import FAILED, Gradebook
from homework.limits import Limits


def run(asked):
    """The command ``grade``; returns its exit status."""
    import torch

    torch.set_num_threads(1)
    shards.expect_seed(asked)
    exports = filling.read(asked)
    book = Gradebook.open(asked.out, asked.seed, asked.resume, asked.only)
    every = book.best or asked.best
    entries = submissions.collect(asked.submissions, book.around, every)
    if book.around is None or book.best != every:
        book.around, book.best = entries[0].around, every
        book.save()
    if book.around:
        clean.say(f"{book.around}: taken for the folder around all students' folders")
    known = {lesson.number: lesson for lesson in lessons.all_lessons()}
    for entry in entries:
        if not entry.unreadable and entry.lesson not in known:
            entry.unreadable = f"there is no lesson {entry.lesson}"
    if asked.only:
        ids = {exercise.id for lesson in known.values() for exercise in lesson.exercises}
        unknown = sorted(set(asked.only) - ids)
        if unknown:
            raise lessons.LessonError(f"--only: there is no exercise {', '.join(unknown)}")
    shard, told = shards.begin(book, entries, known, asked), ""
    if shard:
        told = f"shard {asked.shard[0]}/{asked.shard[1]} of {len(entries)} files: "
        entries = shard.own(entries)
    readable = [entry for entry in entries if not entry.unreadable]
    if asked.only:
        numbers = {lessons.number_of(one) for one in asked.only}
        readable = [entry for entry in readable if entry.lesson in numbers]
    # Whole, or in what is asked for: after --only somebody who was new then is graded in the rest.
    wanted = {number: _wanted(lesson, asked.only) for number, lesson in known.items()}
    done = (asked.resume and book.has(entry, wanted[entry.lesson]) for entry in readable)
    waiting = [entry for entry, is_done in zip(readable, done, strict=True) if not is_done]
    clean.say(
        f"{told}{len(entries)} files: {len(waiting)} to grade, "
        f"{len(readable) - len(waiting)} graded before, "
        f"{sum(bool(entry.unreadable) for entry in entries)} unreadable; seed {book.seed}"
    )
    started = time.monotonic()
    with grading.Course() as course:
        for number in sorted({entry.lesson for entry in waiting}):  # not in two threads at once
            course.of(known[number])
        interrupted = _grade_all(waiting, known, course, book, asked)
    book.refresh(readable)
    book.keep(entries)
    fine = filling.publish(book, known, () if interrupted else exports)
    if interrupted:
        told = f"Interrupted: {asked.out} holds what is graded; --resume goes on."
        clean.say(told, error=True)
        return 130
    spent = time.monotonic() - started
    if shard:
        shard.finish(entries)
    count = sum(not entry.unreadable for entry in waiting)
    done = f"{count} graded in {spent:.1f} s"
    clean.say(f"{done}: {asked.out}/scores.csv, summary.html, feedback/")
    return tell_ungraded(entries) or int(not fine)


def _wanted(lesson, only):
    """The numbers of the lesson's exercises, or of those that ``--only`` asks for."""
    return [one.id for one in lesson.exercises if not only or one.id in only]


def tell_ungraded(entries):
    """Say on a line each what was not graded, and why; returns the exit status."""
    left = [entry for entry in entries if entry.unreadable]
    failed = [entry for entry in left if entry.unreadable.startswith(FAILED)]
    lines = [f"{entry.where}: {entry.unreadable}; --resume tries it again" for entry in failed]
    others = (entry for entry in left if entry not in failed)
    clean.say_all(lines + [f"{entry.where}: not graded: {entry.unreadable}" for entry in others])
    return 1 if left else 0


def _grade_all(waiting, known, course, book, asked):
    """Grade ``waiting``; True if the caller was interrupted."""
    stop, faults = threading.Event(), []

    options = {"safe": not asked.unsafe, "group": "cgroup" not in asked.without}
    limits = {number: _limits(lesson, course, asked, options) for number, lesson in known.items()}
    right = references.References(course, **options)

    def one(entry):
        if stop.is_set():
            return
        lesson = known[entry.lesson]
        only = asked.only if book.has(entry) or not book.knows(entry) else None
        notebook = entry.read()
        kept = {"references": right, "limits": limits[entry.lesson]}
        outcomes = grading.grade(lesson, notebook, course, book.seed, only, **kept, **options)
        if not stop.is_set():
            book.add(entry, lesson, notebook, outcomes)
            for outcome in outcomes:
                if outcome["fault"]:
                    faults.append(f"{entry.where}: exercise {outcome['id']}: {outcome['fault']}")

    silent = not sys.stderr.isatty()
    bar = tqdm(total=len(waiting), disable=silent)
    with right, bar, ThreadPoolExecutor(asked.jobs) as pool:
        futures = {pool.submit(one, entry): entry for entry in waiting}
        try:
            for future in as_completed(futures):
                entry = futures.pop(future)
                error = future.exception()
                if isinstance(error, submissions.Changed):
                    entry.unreadable = clean.line(error, submissions.MOST_REASON)
                elif error is not None:  # a fault of the grader: said, and the others go on
                    reason = f"{FAILED} ({type(error).__name__}: {error})"
                    entry.unreadable = clean.line(reason, submissions.MOST_REASON)
                bar.update()
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            return True
    clean.say_all(faults)  # of the checks, which cost their exercise alone
    return False


def _limits(lesson, course, asked, options):
    """The seconds of a lesson's exercises: told, or measured when they are not enough."""
    if asked.seconds is not None:
        return Limits(asked.seconds)
    return Limits(measure=lambda: grading.solution_seconds(lesson, course, **options))
