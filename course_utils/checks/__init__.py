"""Checks: they take the reader's answer and say which mistake it makes.

``checks.gaussian_kl(gaussian_kl)`` prints one line of what was verified, or raises
:class:`CheckFailed`, whose message names the mistake. One file a lesson.
"""

from course_utils.checks._contract import build, call, check, gradient
from course_utils.checks._remote import CheckFailed, Local, Remote
from course_utils.checks.lesson01 import (
    gaussian_kl,
    gaussian_log_prob,
    log_weight,
    rate_and_distortion,
    reparameterise,
)
from course_utils.checks.lesson02 import active_units, bernoulli_log_prob, binarise, traverse
from course_utils.checks.lesson02_vae import vae_fc
from course_utils.checks.lesson03 import dequantise, logit_transform
from course_utils.checks.lesson03_linear import gaussian_bits_per_dim, principal_weights

__all__ = [
    "CheckFailed",
    "Local",
    "Remote",
    "active_units",
    "bernoulli_log_prob",
    "binarise",
    "build",
    "call",
    "check",
    "dequantise",
    "gaussian_bits_per_dim",
    "gaussian_kl",
    "gaussian_log_prob",
    "gradient",
    "log_weight",
    "logit_transform",
    "principal_weights",
    "rate_and_distortion",
    "reparameterise",
    "traverse",
    "vae_fc",
]
