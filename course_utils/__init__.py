"""Helpers of the course on variational autoencoders.

Import the rooms by name: ``from course_utils import checks, data, losses, nets, plotting``.
Every log-likelihood, KL and bound is in nats per example.
"""

__version__ = "0.1.0"
