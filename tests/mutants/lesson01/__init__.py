"""Answers to the exercises of lesson 01, and which of its claims a mistake breaks."""

BREAKS = [  # (function, mutant, text of the claim that fails in smoke)
    ("log_weight", "weight_no_prior", "best q: sampled inference gap, standard errors off"),
    ("gaussian_kl", "kl_no_half", "rate, 50 draws: standard errors off"),
    ("elbo_two_ways", "four_at_mu", "ELBO: both forms and log p(x) minus inference gap differ by"),
]
