"""What several answers of lesson 01 share."""

import math

LOG_2_PI = math.log(2 * math.pi)


def gaussian_terms(x, mu, log_var):
    return -0.5 * (LOG_2_PI + log_var + (x - mu) ** 2 / log_var.exp())


def log_density(x, mu, log_var):
    return gaussian_terms(x, mu, log_var).sum(-1)


def kl_terms(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def kl_of(mu, log_var):
    return kl_terms(mu, log_var).sum(-1)


def log_prior(z):
    return -0.5 * (z**2 + LOG_2_PI).sum(-1)
