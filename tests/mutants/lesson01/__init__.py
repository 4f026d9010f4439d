"""Answers to the exercises of lesson 01, and which of its claims a mistake breaks."""

BREAKS = [  # (function, mutant, text of the claim that fails in smoke)
    ("log_weight", "weight_no_prior", "best q: its sampled gap is the closed form (errors off)"),
    ("gaussian_kl", "kl_no_half", "50 draws: the rate (errors off)"),
    ("elbo_two_ways", "four_at_mu", "both forms of the ELBO: log p(x) minus gap (difference)"),
]
