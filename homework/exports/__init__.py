"""Lessons as other systems take them: ``python -m homework export nbgrader | gradescope``."""
