"""Grade a class: jobs at a time, nothing lost by a crash, everything written as it comes."""

import contextlib
import json
import os
import queue
import secrets
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from homework import feedback, grading, lessons, submissions

VERSION = 1
FAILED = "the grader failed"  # no fault of the student's
KEPT = {"student", "lesson", "where", "digest", "notes", "outcomes", "words"}


def run(asked):
    """The command ``grade``; returns its exit status."""
    import torch

    torch.set_num_threads(1)
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
    readable = [entry for entry in entries if not entry.unreadable]
    if asked.only:
        numbers = {f"{int(one.split('.')[0]):02d}" for one in asked.only}
        readable = [entry for entry in readable if entry.lesson in numbers]
    waiting = [entry for entry in readable if not (asked.resume and book.has(entry))]
    print(
        f"{len(entries)} files: {len(waiting)} to grade, {len(readable) - len(waiting)} graded "
        f"before, {sum(bool(entry.unreadable) for entry in entries)} unreadable; seed {book.seed}"
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
    failed = [entry for entry in entries if entry.unreadable.startswith(FAILED)]
    count = len(waiting) - len(failed)
    print(f"{count} graded in {spent:.1f} s: {asked.out}/scores.csv, summary.html, feedback/")
    for entry in failed:
        print(f"{entry.where}: {entry.unreadable}; --resume tries it again", file=sys.stderr)
    return 1 if failed else 0


def _grade_all(waiting, known, course, book, asked):
    """Grade ``waiting``; True if the caller was interrupted."""
    slots = queue.SimpleQueue()
    for slot in range(asked.jobs):
        slots.put(slot)
    stop = threading.Event()

    def one(entry):
        if stop.is_set():
            return
        slot = slots.get()
        try:
            options = {"slot": slot, "safe": not asked.unsafe, "seconds": asked.seconds}
            lesson = known[entry.lesson]
            only = asked.only if book.has(entry) or not book.knows(entry) else None
            outcomes = grading.grade(lesson, entry.notebook, course, book.seed, only, **options)
            if not stop.is_set():
                book.add(entry, lesson, outcomes)
        finally:
            slots.put(slot)

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


class Gradebook:
    """``grades.json``: the seed and what is graded, rewritten whole after each submission."""

    def __init__(self, folder, seed):
        self.folder, self.seed = Path(folder), seed
        self.graded, self.lock = {}, threading.Lock()

    @classmethod
    def open(cls, folder, seed, resume, only):
        """A new gradebook, or with ``--resume`` or ``--only`` the one that is there.

        Raises:
            SubmissionsError: there is one already and nothing says to go on with it; it is
                damaged, or its seed is another.
        """
        folder = Path(folder)
        path = folder / "grades.json"
        if not path.exists():
            drawn = secrets.randbelow(2**31) if seed is None else seed
            book = cls(folder, drawn)
            try:
                (folder / "feedback").mkdir(parents=True, exist_ok=True)
                book.save()
            except OSError as error:
                raise submissions.SubmissionsError(
                    f"{folder}: cannot be written ({error.strerror})"
                ) from error
            return book
        if not (resume or only):
            raise submissions.SubmissionsError(
                f"{path}: there are grades already; --resume goes on with them, or choose another "
                "folder by --out"
            )
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored["version"] != VERSION:
                raise ValueError(f"version {stored['version']}")
            book = cls(folder, stored["seed"])
            if type(book.seed) is not int:
                raise ValueError(f"seed {book.seed!r}")
            for one in stored["graded"]:
                missing = KEPT - set(one)
                if missing:
                    raise ValueError(f"an entry without {', '.join(sorted(missing))}")
                book.graded[one["student"], one["lesson"]] = one
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise submissions.SubmissionsError(
                f"{path}: cannot be read ({type(error).__name__}: {error}); move it away to grade "
                "anew"
            ) from error
        if seed is not None and seed != book.seed:
            raise submissions.SubmissionsError(
                f"--seed: these grades have the seed {book.seed}, got {seed}"
            )
        return book

    def has(self, entry):
        """True if this very file is graded."""
        found = self.graded.get((entry.student, entry.lesson))
        return found is not None and found["digest"] == entry.digest

    def knows(self, entry):
        """True if some file of this student for this lesson is graded."""
        return (entry.student, entry.lesson) in self.graded

    def add(self, entry, lesson, outcomes):
        """Keep the outcomes of one submission; those of other exercises stay (``--only``).

        A file that has changed since is graded whole, so no outcome of an older one is left.
        """
        with self.lock:
            key = (entry.student, entry.lesson)
            old = self.graded.get(key, {}).get("outcomes", [])
            new = {outcome["id"]: outcome for outcome in [*old, *outcomes]}
            order = [exercise.id for exercise in lesson.exercises]
            self.graded[key] = {
                "student": entry.student,
                "lesson": entry.lesson,
                "where": entry.where,
                "digest": entry.digest,
                "notes": entry.notes,
                "outcomes": [new[name] for name in order if name in new],
                "words": feedback.words(lesson, entry.notebook),
            }
            self.save()

    def save(self):
        """Write grades.json, whole or not at all."""
        graded = [self.graded[key] for key in sorted(self.graded)]
        text = json.dumps(
            {"version": VERSION, "seed": self.seed, "graded": graded}, indent=1, ensure_ascii=False
        )
        _write(self.folder / "grades.json", text + "\n")

    def report(self, entries, known):
        """Write scores.csv, the feedback pages and the summary."""
        unreadable = [entry for entry in entries if entry.unreadable]
        graded = [self.graded[key] for key in sorted(self.graded)]
        _write(self.folder / "scores.csv", feedback.scores(graded, unreadable, known))
        pages = feedback.pages(graded, unreadable, known)
        _write(self.folder / "summary.html", feedback.summary(graded, unreadable, known, self.seed))
        for name, text in pages.items():
            try:
                _write(self.folder / "feedback" / name, text)
            except OSError as error:  # one page less, not all of them
                print(f"feedback/{name}: could not be written ({error.strerror})", file=sys.stderr)


def _write(path, text):
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as stream:
            stream.write(text.encode("utf-8", "replace"))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
