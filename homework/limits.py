"""How long an exercise may take: measured on this machine by the lesson's own solution.

Before a class is graded, the lesson's own notebook is: it must earn everything here, or the
environment is at fault and nobody is graded. Its times set the limits, so that a slow machine
stops nobody and an endless loop costs a class little.
"""

from dataclasses import dataclass, field

LEAST, TIMES = 3.0, 20.0  # seconds of an exercise: at least, and times those of the solution
LEAST_AFTER, TIMES_AFTER = 0.5, 8.0  # of each, once an answer of the submission was stopped
LEAST_ALL, TIMES_ALL = 6.0, 10.0  # of all exercises of a submission together


@dataclass
class Limits:
    """Seconds of a submission's exercises.

    Attributes:
        fixed: of each exercise, if told; else by ``measured``, id -> seconds of the solution.
    """

    fixed: float | None = None
    measured: dict = field(default_factory=dict)

    @property
    def whole(self):
        """Of all exercises together."""
        if self.fixed is not None:
            return self.fixed * max(2 * len(self.measured), 10)
        return max(LEAST_ALL, TIMES_ALL * sum(self.measured.values()))

    def of(self, exercise, was_stopped=False):
        """Of one exercise; ``was_stopped``: an answer of this submission was stopped before."""
        if self.fixed is not None:
            return self.fixed
        took = self.measured.get(exercise, 0.0)
        if was_stopped:
            return max(LEAST_AFTER, TIMES_AFTER * took)
        return max(LEAST, TIMES * took)


class Clock:
    """The time of one submission: what it may still use."""

    def __init__(self, limits):
        self.limits, self.left, self.was_stopped = limits, limits.whole, False

    def of(self, exercise):
        """Seconds for the next exercise; 0 if the submission has used up its own."""
        return max(min(self.limits.of(exercise, self.was_stopped), self.left), 0.0)

    def spend(self, seconds, stopped):
        """What an exercise took, and whether it had to be stopped."""
        self.left -= seconds
        self.was_stopped = self.was_stopped or stopped
