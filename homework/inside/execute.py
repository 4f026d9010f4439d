"""Statements of a notebook, executed one by one: each may fail, and together they may take a while.

Training that an answer's cell holds is stopped, and the answer itself is still looked at.
"""

import contextlib
import inspect
import resource
import signal
import time

from inside import inert, magics

MOST = 5.0  # seconds for all statements together, and no more than
SHARE = 0.25  # of the exercise's time
LEAST = 0.2  # seconds of each: a definition takes none
AGAIN = 0.5  # seconds until a statement that holds on is stopped once more


def statement(one, space, patience):
    """Execute one ``extract.Taken`` in ``space``; why it failed, or an empty string."""
    try:
        if one.kind == "import":
            exec(one.code, space)
        else:
            with patience:
                _finish(eval(one.code, space))
    except ImportError as error:
        if one.kind != "import" or inert.is_allowed(one.module):
            return f"{type(error).__name__}: {error}"
        for name in one.binds:  # may be imported; whoever uses it is told its name
            if name not in magics.NAMES:
                space[name] = inert.LeftOutOfTheGrading(one.module)
    except BaseException as error:  # sys.exit() too: the other statements still run
        return f"{type(error).__name__}: {error}"
    return ""


def _finish(value):
    """Await at the top level, as Jupyter takes it."""
    with contextlib.suppress(StopIteration):
        while inspect.iscoroutine(value):
            value.send(None)


@contextlib.contextmanager
def undisturbed():
    """A block that no :class:`Patience` stops half-way: a question waits for its answer."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


class Stopped(BaseException):
    """A statement of a cell took too long."""


class Patience:
    """The time that the statements of a notebook may take together, before the answer is called."""

    def __init__(self):
        seconds, _ = resource.getrlimit(resource.RLIMIT_CPU)
        self.left = MOST if seconds == resource.RLIM_INFINITY else min(MOST, SHARE * seconds)

    def __enter__(self):
        self.began = time.monotonic()
        signal.signal(signal.SIGALRM, self._stop)
        signal.setitimer(signal.ITIMER_REAL, max(self.left, LEAST), AGAIN)

    def __exit__(self, *error):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.left -= time.monotonic() - self.began

    @staticmethod
    def _stop(*signalled):
        raise Stopped("the notebook's statements together took too long")
