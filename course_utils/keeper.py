"""Keeps a training's state in its file while it runs, where the disk takes it."""

import time
from pathlib import Path

from course_utils import distributed
from course_utils.checkpoint import CheckpointError, refusal, save_state


class Keeper:
    """Writes a run's state to its file. Where that cannot be, it says so once; the run goes on.

    Args:
        run: the :class:`Run`.
        path: the file, or None.
        asked: what fixes the training's numbers, for the file.
        seconds: time between two writes.
    """

    def __init__(self, run, path, asked, seconds):
        self.run, self.asked, self.seconds = run, asked, seconds
        self.path = None if path is None else Path(path)
        self.begun = self.written = time.monotonic()
        self.before, self.mark, self.has_spoken = 0.0, None, False

    @property
    def is_there(self):
        """True if there is a file to go on from."""
        return self.path is not None and self.path.is_file()

    def begin(self, tries):
        """Count the seconds from now; with ``tries`` see first whether the file can be written."""
        self.begun = self.written = time.monotonic()
        self.before = self.run.history.seconds
        if self.path is None or not tries or not distributed.is_first():
            return
        values = [*self.run.model.parameters(), *self.run.model.buffers()]
        size = 4 * sum(value.numel() * value.element_size() for value in values)  # Adam's, too
        why = refusal(self.path, size)
        if why:
            self._say(why)

    def seconds_so_far(self):
        return self.before + time.monotonic() - self.begun

    def write_if_due(self):
        if self.path is not None and time.monotonic() - self.written > self.seconds:
            self.write()

    def write(self):
        """Write the state, if it is a new one, whole and finite: else the last good one stays."""
        run = self.run
        if self.path is None or not distributed.is_first() or not run.is_whole:
            return
        if run.mark is self.mark or not run.is_finite():
            return  # where it is not finite the next loss will say so
        self.written, mark = time.monotonic(), run.mark
        run.history.seconds = self.seconds_so_far()
        try:
            with run.interrupts.whole():
                save_state(self.path, run.state(self.asked))
        except CheckpointError as error:
            self._say(error)
        else:
            self.mark = mark

    def rescue(self):
        """Before an error ends the training: write what is there, unless that is the beginning."""
        if self.run.step:
            self.write()

    def _say(self, why):
        if not self.has_spoken:
            self.has_spoken = True
            print(f"{why}. The training goes on without saving its state.")

    def kept(self):
        """In words, what a later start can go on from; the steps since the last write too."""
        self.rescue()
        if self.path is None:
            return "no checkpoint was asked for"
        if self.is_there:
            return f"the last good state is in {self.path}"
        return "no checkpoint was written yet"
