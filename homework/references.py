"""The right answers of earlier exercises, in sandboxes where no student's code ever runs.

An exercise whose answer fails, and that uses earlier ones, is tried again with the right ones in
their place. They run here; the student's process reaches them through the grader, as the grader
reaches the student's answer (see ``inside/elsewhere.py``).
"""

import ast
import contextlib
import queue

from homework import loading
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
    def of(self, lesson, exercises, extra=()):
        """A connection to the right answers of ``exercises``, which ends with the block.

        Args:
            extra: sources of more functions, see ``helpers``.

        Yields:
            A :class:`Connection`.
        """
        free = self._free.setdefault(lesson.number, queue.SimpleQueue())
        try:
            box = free.get_nowait()
        except queue.Empty:
            box = Sandbox(self.course.of(lesson), **self.options)
            self._all.append(box)
        texts = [*(lesson.references[one.id] for one in exercises), *extra]
        names = [name for text in texts for name in functions(text)]
        try:
            with box.exercise(seconds=SECONDS) as ask:
                ask(loading.references(lesson, exercises, extra))
                yield Connection(names, [one.id for one in exercises], ask)
        finally:
            free.put(box)


class Connection:
    """What a student's exercise may ask of the right answers: ``elsewhere`` of an exercise.

    Attributes:
        names: of the functions that it may call, and no others.
        replaced: ids of the exercises that they answer.
    """

    def __init__(self, names, replaced, ask):
        self.names, self.replaced, self._ask = names, replaced, ask

    def __call__(self, header, arrays):
        """One call: (header, arrays) of its result, or of its failure."""
        if header.get("elsewhere") not in self.names:
            return {"failed": "is not there"}, ()
        try:
            return self._ask(header | {"op": "elsewhere"}, arrays)
        except Ended:
            return {"failed": "took too much time or memory on these arguments"}, ()


def functions(text):
    """Names of the functions that the source of a cell defines.

    A class stays the student's own: its objects could not be reached from another process.
    """
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
