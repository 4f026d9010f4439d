"""What several answers of lesson 06 share."""

import math

LOG_2_PI = math.log(2 * math.pi)


def log_normal(epsilon):
    """log N(epsilon; 0, 1) for each dimension."""
    return -0.5 * (epsilon.square() + LOG_2_PI)
