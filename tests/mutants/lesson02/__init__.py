"""Answers to the exercises of lesson 02."""

BREAKS = [
    (
        "bernoulli_log_prob",
        "bernoulli_half",
        "the mean image costs the same in binary draws as in grey",
    ),
    (
        "gaussian_like",
        "gaussian_standard",
        "a Gaussian like the codes spreads as far as they do",
    ),
]
