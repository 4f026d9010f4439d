"""How long an exercise may take: measured, where it matters, by the lesson's own solution.

An exercise that is right takes a tenth of a second. It has at least two seconds, and if those
are not enough, twenty times what the lesson's own solution takes on this machine at that time. So
a slow or busy machine stops nobody, and an endless loop costs a class little.
"""

import threading

LEAST, TIMES = 2.0, 20.0  # seconds of an exercise: at least, and times those of the solution
LEAST_AFTER, TIMES_AFTER = 0.5, 5.0  # of each, once an answer of the submission was stopped
LEAST_ALL, TIMES_ALL = 5.0, 10.0  # of all exercises of a submission together
FIXED_ALL = 10  # exercises' worth of time for a submission, where the seconds are told


class Limits:
    """Seconds of a lesson's exercises.

    Args:
        fixed: of each exercise, if told.
        measure: ``measure()`` -> id of each exercise -> seconds of the solution.
    """

    def __init__(self, fixed=None, measure=None):
        self.fixed, self._measure, self._lock = fixed, measure, threading.Lock()
        self.took = {}

    def of(self, exercise, was_stopped=False):
        """Of one exercise; ``was_stopped``: an answer of this submission was stopped before."""
        if self.fixed is not None:
            return self.fixed
        took = self.took.get(exercise, 0.0)
        if was_stopped:
            return max(LEAST_AFTER, TIMES_AFTER * took)
        return max(LEAST, TIMES * took)

    @property
    def whole(self):
        """Of all exercises of a submission together."""
        if self.fixed is not None:
            return FIXED_ALL * self.fixed
        return max(LEAST_ALL, TIMES_ALL * sum(self.took.values()))

    def learn(self):
        """Measure, the first time; True if that was now."""
        with self._lock:
            if self.fixed is not None or self._measure is None or self.took:
                return False
            self.took = self._measure()
            return True


class Clock:
    """The time of one submission: what it may still use."""

    def __init__(self, limits):
        self.limits, self.spent, self.was_stopped = limits, 0.0, False

    def of(self, exercise):
        """Seconds for the next exercise; 0 if the submission has used up its own."""
        wanted = self.limits.of(exercise, self.was_stopped)
        if self.limits.whole - self.spent < wanted:
            self.limits.learn()
            wanted = self.limits.of(exercise, self.was_stopped)
        return max(min(wanted, self.limits.whole - self.spent), 0.0)

    def more(self, exercise, seconds):
        """Seconds for an exercise that was stopped after so many, or 0: it had its time."""
        self.limits.learn()
        more = self.limits.of(exercise, self.was_stopped)
        return more if more > 1.1 * seconds else 0.0

    def spend(self, seconds, stopped):
        """What an exercise took, and whether it had to be stopped."""
        self.spent += seconds
        self.was_stopped = self.was_stopped or stopped
