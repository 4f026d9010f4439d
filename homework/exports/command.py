"""The command ``python -m homework export``."""

import secrets

from homework import clean
from homework.exports import gradescope, nbgrader_course


def run(asked, lessons):
    """Export; returns the exit status."""
    return _nbgrader(asked, lessons) if asked.system == "nbgrader" else _gradescope(asked, lessons)


def _nbgrader(asked, lessons):
    paths, needed = nbgrader_course.write(lessons, asked.to, asked.seed, asked.force)
    for path in paths:
        clean.say(f"{path}: written")
    if needed:
        told = f"{asked.to / nbgrader_course.CONFIGURATION}: it is yours and stays; add to it:"
        clean.say(f"{told}\n{needed}")
    clean.say(f"next, in {asked.to}:")
    for lesson in lessons:
        clean.say(f"  nbgrader generate_assignment vae{lesson.number}")
    return 0


def _gradescope(asked, lessons):
    if len(lessons) != 1 or asked.to.suffix != ".zip":
        told = "Gradescope takes one lesson an assignment, as a zip (--to autograder.zip)"
        clean.say(f"export: {told}", error=True)
        return 2
    [lesson] = lessons
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    gradescope.write(lesson, asked.to, seed, asked.force)
    words = sum(question.points for question in lesson.reflections)
    told = f"{asked.to}: lesson {lesson.number}, {lesson.points} points by program"
    clean.say(f"{told}, {words} by hand; seed {seed}")
    return 0
