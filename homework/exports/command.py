"""The command ``python -m homework export``."""

import secrets

from homework import clean, release
from homework.exports import gradescope, nbgrader_course


def run(asked, lessons):
    """Export; returns the exit status."""
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    if asked.system == "nbgrader":
        return _nbgrader(asked, lessons, seed)
    return _gradescope(asked, lessons, seed)


def _nbgrader(asked, lessons, seed):
    paths, needed = nbgrader_course.write(lessons, asked.to, seed, asked.force)
    for path in paths:
        clean.say(f"{path}: written")
    if needed:
        told = f"{asked.to / nbgrader_course.CONFIGURATION}: it is yours and stays; add to it:"
        clean.say(f"{told}\n{needed}")
    names = ", ".join(f"vae{lesson.number}" for lesson in lessons)
    clean.say(f"next: in {asked.to}, nbgrader generate_assignment of {names}")
    return 0


def _gradescope(asked, lessons, seed):
    if len(lessons) != 1 or asked.to.suffix != ".zip":
        told = "Gradescope takes one lesson an assignment, as a zip (--to autograder.zip)"
        clean.say(f"export: {told}", error=True)
        return 2
    [lesson] = lessons
    if asked.to.exists() and not asked.force:
        raise release.ReleaseError(f"{asked.to}: it is there already; --force replaces it")
    try:
        gradescope.write(lesson, asked.to, seed)
    except OSError as error:
        told = f"{asked.to}: could not be written ({error.strerror or error})"
        raise release.ReleaseError(told) from error
    words = sum(question.points for question in lesson.reflections)
    told = f"{asked.to}: lesson {lesson.number}, {lesson.points} points by program"
    clean.say(f"{told}, {words} by hand; seed {seed}")
    return 0
