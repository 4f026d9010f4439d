"""Likelihoods, divergences and bounds, in nats per example: ``losses.gaussian_kl`` and so on."""

from course_utils.losses._arguments import NotFiniteError
from course_utils.losses.bounds import (
    bits_per_dim,
    dreg_surrogate,
    effective_sample_size,
    elbo,
    importance_weighted_bound,
)
from course_utils.losses.divergences import categorical_kl_uniform, gaussian_kl
from course_utils.losses.likelihoods import (
    bernoulli_log_prob,
    gaussian_log_prob,
    grey_cross_entropy,
)
from course_utils.losses.logistic import (
    discretized_logistic_log_prob,
    discretized_logistic_mixture_log_prob,
    discretized_logistic_mixture_mean,
    sample_discretized_logistic_mixture,
)

__all__ = [
    "NotFiniteError",
    "bernoulli_log_prob",
    "bits_per_dim",
    "categorical_kl_uniform",
    "discretized_logistic_log_prob",
    "discretized_logistic_mixture_log_prob",
    "discretized_logistic_mixture_mean",
    "dreg_surrogate",
    "effective_sample_size",
    "elbo",
    "gaussian_kl",
    "gaussian_log_prob",
    "grey_cross_entropy",
    "importance_weighted_bound",
    "sample_discretized_logistic_mixture",
]
