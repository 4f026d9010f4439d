"""The right answers of earlier exercises, in sandboxes where no student's code ever runs.

An exercise whose answer fails, and that uses earlier ones, is tried again with the right ones in
their place. They run here; the student's process reaches them through the grader, as the grader
reaches the student's answer (see ``inside/elsewhere.py``).
"""

import ast
import contextlib
import queue

from homework import loading
from homework.lessons import source
from homework.sandbox import Ended, Sandbox

SECONDS = 600.0  # of all calls: each waits for a student's exercise, which has its own limit


class References:
    """Sandboxes with the lessons' own cells, kept for a whole grading.

    Args:
        course: a ``grading.Course``. options: of each ``Sandbox``.
    """

    def __init__(self, course, **options):
        self.course, self.options = course, options
        self._free, self._all = {}, []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for box in self._all:
            box.close()

    @contextlib.contextmanager
    def of(self, lesson, exercises, more=()):
        """A connection to the right answers of ``exercises``, which ends with the block.

        Args:
            more: name -> source of other functions that are there too, see ``helpers``.

        Yields:
            A :class:`Connection`.
        """
        free = self._free.setdefault(lesson.number, queue.SimpleQueue())
        try:
            box = free.get_nowait()
        except queue.Empty:
            box = Sandbox(self.course.of(lesson), **self.options)
            self._all.append(box)
        try:
            names = [name for one in exercises for name in functions(lesson, one)] + list(more)
            with box.exercise(seconds=SECONDS) as ask:
                cells, places = loading.cells_of(lesson, lesson.notebook)
                asked = loading.request(lesson, lesson.exercises[-1], cells, places, wanted=names)
                for name, text in dict(more).items():  # whatever the lesson calls by that name
                    asked["exercises"].append({"id": name, "defines": [name], "cell": len(cells)})
                    cells.append(text)
                ask(asked)
                yield Connection(names, ask)
        finally:
            free.put(box)


class Connection:
    """What a student's exercise may ask of the right answers: ``elsewhere`` of an exercise.

    Attributes:
        names: of the functions that it may call, and no others.
    """

    def __init__(self, names, ask):
        self.names, self._ask = names, ask

    def __call__(self, header, arrays):
        """One call: (header, arrays) of its result, or of its failure."""
        if header.get("elsewhere") not in self.names:
            return {"failed": "is not there"}, ()
        try:
            return self._ask(header | {"op": "elsewhere"}, arrays)
        except Ended:
            return {"failed": "took too much time or memory on these arguments"}, ()


def functions(lesson, exercise):
    """Names of the functions that the lesson's own cell of an exercise defines.

    A class stays the student's own: its objects could not be reached from another process.
    """
    cell = ast.parse(source(lesson.cells[exercise.cell]))
    return [node.name for node in cell.body if isinstance(node, ast.FunctionDef)]
