"""Answers to the exercises of lesson 06x."""

BREAKS = [
    ("log_aggregate", "aggregate_sum", "toy, own images: the estimate as a share of log N"),
    (
        "responsibilities",
        "shares_over_the_codes",
        "pull - share",
    ),
]
