"""Interrupts (Ctrl-C, a notebook's stop button) that wait for the end of what must not be cut."""

import contextlib
import signal
import threading


class Interrupts:
    """While it is entered an interrupt waits for the end of a ``whole()`` block that runs.

    Elsewhere an interrupt comes at once, as without it. Only a program's main thread hears of
    interrupts, so in another one, and where they are ignored or end the program, it does nothing.
    """

    def __init__(self):
        self.waits, self.came, self.before = False, None, None

    def __enter__(self):
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(before):
            self.before = before
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *error):
        # Who put a handler of his own in the meantime keeps it.
        if self.before is not None and signal.getsignal(signal.SIGINT) == self._hear:
            signal.signal(signal.SIGINT, self.before)

    @contextlib.contextmanager
    def whole(self):
        """A short block, without calls of the reader's functions, that no interrupt cuts."""
        self.waits = True
        try:
            yield
        finally:
            self.waits = False
            came, self.came = self.came, None
            if came:
                self.before(*came)

    def _hear(self, number, frame):
        if self.waits:
            self.came = number, frame
        else:
            self.before(number, frame)
