"""A lesson runs in the memory that Binder and small hubs give; --platforms tries all of them."""

import capped
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import settings

REASON = capped.why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no control group of memory: {REASON}")
LARGEST = "09_iwae"  # as measured by --platforms


def test_the_lesson_that_takes_most_runs_in_2_gb():
    done = capped.run(settings.root() / "notebooks" / f"{LARGEST}.ipynb")
    assert done.code == 0, done.said[-3000:]


def test_the_limit_is_a_real_one(tmp_path):
    path = tmp_path / "large.ipynb"
    taken = new_code_cell("len(bytearray(b'x') * 600_000_000)")
    nbformat.write(new_notebook(cells=[taken]), path)
    assert capped.run(path, 1_000_000_000).code == 0
    done = capped.run(path, 500_000_000)
    assert done.code != 0 and done.held < 520_000_000
