"""The maintainers' commands behind the Makefile; `course.py` is the one that the README names."""
