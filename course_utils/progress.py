"""A progress bar that leaves nothing behind, in a terminal or in a notebook."""

import contextlib
import shutil
import sys

from tqdm import tqdm


@contextlib.contextmanager
def bar(show, description, total, start=0):
    """A progress bar of ``total`` steps: yields ``advance(text="")``. Nothing of it is left."""
    if not (show and (_in_kernel() or sys.stdout.isatty())):
        yield lambda text="": None
        return
    handle = _Handle() if _in_kernel() else None
    steps = tqdm(
        total=total,
        initial=start,
        desc=description,
        file=handle or sys.stdout,
        leave=False,
        mininterval=0.5,
        ncols=80 if handle else min(80, shutil.get_terminal_size().columns),
    )

    def advance(text=""):
        steps.set_postfix_str(text, refresh=False)
        steps.update()

    try:
        yield advance
    finally:
        steps.close()
        if handle:
            handle.clear()


def _in_kernel():
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return getattr(shell, "kernel", None) is not None


class _Handle:
    """A file for tqdm that shows its last line in one notebook output, and can empty it."""

    def __init__(self):
        from IPython.display import display

        self.output = display({"text/plain": ""}, raw=True, display_id=True)

    def write(self, text):
        line = text.replace("\r", "").strip()
        if line:
            self.output.update({"text/plain": line}, raw=True)

    def flush(self):
        pass

    def clear(self):
        self.output.update({"text/plain": ""}, raw=True)
