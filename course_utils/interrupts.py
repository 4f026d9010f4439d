"""Interrupts (Ctrl-C, a notebook's stop button) that wait for the end of what must not be cut."""

import contextlib
import signal
import threading

import torch


class Interrupts:
    """While it is entered an interrupt waits for the end of a ``whole()`` block that runs.

    Its beginning and its end are whole too, or a handler could be left behind: it begins with one
    such block, and a ``finally`` that sets ``waits`` ends it.

    Elsewhere an interrupt comes at once, as without it. Only a program's main thread hears of
    interrupts, so in another one, and where they are ignored or end the program, none waits.

    At the end torch's modes are as before: an interrupt may cut the very end of a ``no_grad`` or an
    ``autocast``, which then would hold for all that follows.
    """

    def __init__(self):
        self.waits, self.came, self.before, self.raised = False, None, None, False

    def __enter__(self):
        before = signal.getsignal(signal.SIGINT)
        self.waits = True
        if threading.current_thread() is threading.main_thread() and callable(before):
            self.before = before
            signal.signal(signal.SIGINT, self._hear)
        self.modes = _modes()
        return self

    def __exit__(self, kind, error, trace):
        _set_modes(*self.modes)
        # Who put a handler of his own in the meantime keeps it.
        if self.before is not None and signal.getsignal(signal.SIGINT) == self._hear:
            signal.signal(signal.SIGINT, self.before)
        self.waits = False
        if self.came:
            self.before(*self.came)
        # Libraries in C may turn an interrupt that comes inside of them into an error of theirs.
        if self.raised and isinstance(error, Exception):
            raise KeyboardInterrupt from error

    @contextlib.contextmanager
    def whole(self):
        """A short block, without calls of the reader's functions, that no interrupt cuts."""
        self.waits, self.raised = True, False
        try:
            yield
        finally:
            self.waits = False
            came, self.came = self.came, None
            if came:
                self._pass_on(*came)

    def _hear(self, number, frame):
        if self.waits:
            self.came = number, frame
        else:
            self._pass_on(number, frame)

    def _pass_on(self, number, frame):
        try:
            self.before(number, frame)
        except KeyboardInterrupt:
            self.raised = True
            raise


def _modes():
    kinds = ("cpu", "cuda")
    casts = [(k, torch.is_autocast_enabled(k), torch.get_autocast_dtype(k)) for k in kinds]
    return torch.is_grad_enabled(), casts, _depth()


def _set_modes(has_gradients, casts, depth):
    torch.set_grad_enabled(has_gradients)
    for kind, is_on, dtype in casts:
        torch.set_autocast_enabled(kind, is_on)
        torch.set_autocast_dtype(kind, dtype)
    if _depth() > depth:
        while _depth() > depth:
            torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()  # weights as they were, in bfloat16


def _depth():
    """Number of autocast blocks around."""
    torch.autocast_increment_nesting()
    return torch.autocast_decrement_nesting()
