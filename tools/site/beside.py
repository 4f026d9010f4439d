"""A second process beside the build, for work that it need not wait for."""

import signal
from concurrent.futures import ProcessPoolExecutor


def at_once(work, *arguments):
    """Where there is no second process: the work is done here and now."""
    work(*arguments)


class Beside:
    """Takes work as :func:`at_once` does, and does it in a process of its own.

    As a context manager it ends with the work done, or left where an error ends the build.
    """

    def __init__(self):
        # An interrupt of the user's ends the build, which then ends this process.
        ignoring = signal.SIGINT, signal.SIG_IGN
        self._pool = ProcessPoolExecutor(1, initializer=signal.signal, initargs=ignoring)
        self._given = []

    def __call__(self, work, *arguments):
        """Give it ``work(*arguments)``, a function of a module; it is done in the order given."""
        self._given.append(self._pool.submit(work, *arguments))

    def settle(self):
        """Wait for what was given so far.

        Raises:
            the first error of that work.
        """
        given, self._given = self._given, []
        for one in given:
            one.result()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self.settle()
        finally:
            self._pool.shutdown(cancel_futures=True)
