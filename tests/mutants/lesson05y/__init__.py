"""Answers to the exercises of lesson 05y."""

BREAKS = [
    ("walk", "walk_from_zero", "a walk keeps the other variables"),
    ("prior_codes", "codes_without_the_last", "the prior's codes: p of chi-square"),
]
