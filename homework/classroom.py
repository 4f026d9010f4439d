"""Grade a class: jobs at a time, nothing lost by a crash, everything written as it comes."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tqdm import tqdm

from homework import grading, lessons, shards, submissions
from homework.gradebook import FAILED, Gradebook


def run(asked):
    """The command ``grade``; returns its exit status."""
    import torch

    torch.set_num_threads(1)
    shards.expect_seed(asked)
    book = Gradebook.open(asked.out, asked.seed, asked.resume, asked.only)
    entries = submissions.collect(asked.submissions)
    known = {lesson.number: lesson for lesson in lessons.all_lessons()}
    for entry in entries:
        if not entry.unreadable and entry.lesson not in known:
            entry.unreadable, entry.notebook = f"there is no lesson {entry.lesson}", None
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
    print(
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
        print(f"Interrupted: {asked.out} holds what is graded; --resume goes on.", file=sys.stderr)
        return 130
    spent = time.monotonic() - started
    if shard:
        shard.finish(entries)
    failed = [entry for entry in entries if entry.unreadable.startswith(FAILED)]
    count = len(waiting) - len(failed)
    print(f"{count} graded in {spent:.1f} s: {asked.out}/scores.csv, summary.html, feedback/")
    for entry in failed:
        print(f"{entry.where}: {entry.unreadable}; --resume tries it again", file=sys.stderr)
    return 1 if failed else 0


def _grade_all(waiting, known, course, book, asked):
    """Grade ``waiting``; True if the caller was interrupted."""
    stop = threading.Event()

    def one(entry):
        if stop.is_set():
            return
        options = {"safe": not asked.unsafe, "seconds": asked.seconds}
        options["group"] = "cgroup" not in asked.without
        lesson = known[entry.lesson]
        only = asked.only if book.has(entry) or not book.knows(entry) else None
        outcomes = grading.grade(lesson, entry.notebook, course, book.seed, only, **options)
        if not stop.is_set():
            book.add(entry, lesson, outcomes)

    silent = not sys.stderr.isatty()
    with ThreadPoolExecutor(asked.jobs) as pool, tqdm(total=len(waiting), disable=silent) as bar:
        futures = {pool.submit(one, entry): entry for entry in waiting}
        try:
            for future in as_completed(futures):
                entry = futures.pop(future)
                error = future.exception()
                if error is not None:  # a fault of the grader: said, and the others go on
                    entry.unreadable = f"{FAILED} ({type(error).__name__}: {error})"
                bar.update()
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            return True
    return False
