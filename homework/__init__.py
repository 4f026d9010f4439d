"""For instructors: student versions of the lessons, and a grader (``python -m homework``).

``release`` makes the student version, ``verify`` proves that no solution is left in it, ``check``
gives the points of the visible checks, ``grade`` grades what came back in a sandbox, ``export``
writes a lesson as nbgrader or Gradescope takes it.
"""
