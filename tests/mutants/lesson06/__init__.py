"""Answers to the exercises of lesson 06."""

BREAKS = [
    ("flow_log_prob", "flow_without_determinant", "a Gaussian is a flow with constant scales"),
    ("masks", "masks_leak", "MADE: wrong or missing"),
    ("flow_rate", "rate_without_one", "an untrained flow's rate: off the closed form, in errors"),
    ("least_waste", "waste_summed", "the ring's waste: its bound less 4 errors"),
]
