"""Checks: they take the reader's answer and say which mistake it makes.

``checks.gaussian_kl(gaussian_kl)`` prints one line of what was verified, or raises
:class:`CheckFailed`, whose message names the mistake. One file a lesson. ``checks.lend`` holds what
the lessons lend to those who are stuck.
"""

from course_utils.checks import lend
from course_utils.checks._contract import SEALS, build, call, check, gradient
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
from course_utils.checks.lesson04 import constant_ratio, equivalent_variance, num_active
from course_utils.checks.lesson04_bugs import diagnose
from course_utils.checks.lesson05 import gumbel_max, gumbel_softmax
from course_utils.checks.lesson05_codes import (
    categorical_kl_uniform,
    mutual_information,
    straight_through,
)
from course_utils.checks.lesson06 import flow_log_prob, masks
from course_utils.checks.lesson06_flow import autoregressive_prior
from course_utils.checks.lesson06_rate import flow_rate, log_aggregate
from course_utils.checks.lesson07 import follow, nearest
from course_utils.checks.lesson07_codes import code_table, js_distance
from course_utils.checks.lesson07_gradients import quantisation_losses, straight_through_code
from course_utils.checks.lesson08 import causal_mask, stack_masks
from course_utils.checks.lesson08_codes import code_log_prob, free_bits
from course_utils.checks.lesson08_conv import conv_at
from course_utils.checks.lesson09 import importance_weighted_bound, nested_bounds
from course_utils.checks.lesson09_dreg import dreg_surrogate
from course_utils.checks.lesson09_noise import ess_share, signal_to_noise
from course_utils.checks.lesson10 import log_mass
from course_utils.checks.lesson10_bits import least_bits
from course_utils.checks.lesson10_means import coupled_means
from course_utils.checks.lesson10_mixture import mixture_log_prob
from course_utils.checks.lesson10_samples import sample_logistic
from course_utils.checks.lesson11 import joint_log_weight, layer_rates
from course_utils.checks.lesson11_ladder import combine, grouped_free_bits
from course_utils.checks.lesson11_means import mean_rates
from course_utils.checks.lesson12 import frontier, paired_difference, tied_with_best
from course_utils.checks.lesson12_bits import bits_of

__all__ = [
    "CheckFailed",
    "Local",
    "Remote",
    "SEALS",
    "active_units",
    "autoregressive_prior",
    "bernoulli_log_prob",
    "binarise",
    "bits_of",
    "build",
    "call",
    "categorical_kl_uniform",
    "causal_mask",
    "check",
    "code_log_prob",
    "code_table",
    "combine",
    "constant_ratio",
    "conv_at",
    "coupled_means",
    "dequantise",
    "diagnose",
    "dreg_surrogate",
    "equivalent_variance",
    "ess_share",
    "flow_log_prob",
    "flow_rate",
    "follow",
    "free_bits",
    "frontier",
    "gaussian_bits_per_dim",
    "gaussian_kl",
    "gaussian_log_prob",
    "gradient",
    "grouped_free_bits",
    "gumbel_max",
    "gumbel_softmax",
    "importance_weighted_bound",
    "joint_log_weight",
    "js_distance",
    "layer_rates",
    "lend",
    "least_bits",
    "log_aggregate",
    "log_mass",
    "log_weight",
    "logit_transform",
    "masks",
    "mean_rates",
    "mixture_log_prob",
    "mutual_information",
    "nearest",
    "nested_bounds",
    "num_active",
    "paired_difference",
    "principal_weights",
    "quantisation_losses",
    "rate_and_distortion",
    "reparameterise",
    "sample_logistic",
    "signal_to_noise",
    "stack_masks",
    "straight_through",
    "straight_through_code",
    "tied_with_best",
    "traverse",
    "vae_fc",
]
