"""Grade a class: jobs at a time, nothing lost by a crash, everything written as it comes."""

import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tqdm import tqdm

from homework import clean, grading, lessons, shards, submissions
from homework.gradebook import FAILED, Gradebook


def run(asked):
    """The command ``grade``; returns its exit status."""
    import torch

    torch.set_num_threads(1)
    shards.expect_seed(asked)
    book = Gradebook.open(asked.out, asked.seed, asked.resume, asked.only)
    entries = submissions.collect(asked.submissions, book.around)
    if book.around is None:
        book.around = entries[0].around
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
    waiting = [entry for entry in readable if not (asked.resume and book.has(entry))]
    clean.say(
        f"{told}{len(entries)} files: {len(waiting)} to grade, "
        f"{len(readable) - len(waiting)} graded before, "
        f"{sum(bool(entry.unreadable) for entry in entries)} unreadable; seed {book.seed}"
    )
    started = time.monotonic()
    with grading.Course() as course:
        for lesson in known.values():  # here, not in two threads at once
            course.of(lesson)
        interrupted = _grade_all(waiting, known, course, book, asked)
    book.report(entries, known)
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
    return tell_ungraded(entries)


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
    slots = queue.SimpleQueue()
    for slot in range(asked.jobs):
        slots.put(slot)
    stop, faults = threading.Event(), []

    def one(entry):
        if stop.is_set():
            return
        slot = slots.get()
        try:
            options = {"slot": slot, "safe": not asked.unsafe, "seconds": asked.seconds}
            lesson = known[entry.lesson]
            only = asked.only if book.has(entry) or not book.knows(entry) else None
            notebook = entry.read()
            outcomes = grading.grade(lesson, notebook, course, book.seed, only, **options)
            if not stop.is_set():
                book.add(entry, lesson, notebook, outcomes)
                for outcome in outcomes:
                    if outcome["fault"]:
                        told = f"{entry.where}: exercise {outcome['id']}: {outcome['fault']}"
                        faults.append(told)
        finally:
            slots.put(slot)

    silent = not sys.stderr.isatty()
    with ThreadPoolExecutor(asked.jobs) as pool, tqdm(total=len(waiting), disable=silent) as bar:
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
