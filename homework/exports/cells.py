"""nbgrader's metadata of a lesson's cells, computed from the course's own.

The lessons themselves hold only the latter. https://nbgrader.readthedocs.io describes the former:
an answer's cell is a *solution*, its check is *locked* and gives the points, and a question in
words is a solution that a person grades.
"""

SCHEMA = 3  # of nbgrader 0.6 and later
KEY = "nbgrader"
# Of a question, in the source version: where nbgrader finds no region it puts its stub in place of
# the whole cell, question and all.
REGION = "\n\n<!-- BEGIN SOLUTION -->\n<!-- END SOLUTION -->"


def name(kind, number):
    """nbgrader's name of a cell: ``check-1-2``."""
    return f"{kind}-{number.replace('.', '-')}"


def mark(lesson, cells):
    """Put the metadata into ``cells``: copies of the lesson's, in their order."""
    for exercise in lesson.exercises:
        place = exercise.cell
        put(cells[place], name("exercise", exercise.id), solution=True)
        place += 1 + next(i for i, c in enumerate(cells[place + 1 :]) if c["cell_type"] == "code")
        put(cells[place], name("check", exercise.id), locked=True, points=exercise.points)
    for question in lesson.reflections:
        told = {"solution": True, "points": question.points}
        put(cells[question.cell], name("question", question.id), **told)


def put(cell, name, solution=False, locked=False, points=None):
    """Put nbgrader's metadata into one cell; one with ``points`` is graded."""
    told = {"grade": points is not None, "grade_id": name, "locked": locked}
    told |= {"schema_version": SCHEMA, "solution": solution, "task": False}
    cell["metadata"][KEY] = told | ({} if points is None else {"points": points})
