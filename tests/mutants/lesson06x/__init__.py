"""Answers to the exercises of lesson 06x."""

BREAKS = [
    ("log_aggregate", "aggregate_sum", "own images: the toy's 28 nats show log N at most"),
    (
        "responsibilities",
        "shares_over_the_codes",
        "the pull on a component is its responsibility",
    ),
]
