"""Every lesson in the smoke profile in the memory of Binder and small hubs."""

import capped
import pytest

from course_utils import settings

REASON = capped.why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no control group of memory: {REASON}")
LESSONS = sorted((settings.root() / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_in_2_gb(path):
    done = capped.run(path)
    print(f"{path.stem}: {done.held / 1e9:.2f} GB")
    assert done.code == 0, done.said[-3000:]
