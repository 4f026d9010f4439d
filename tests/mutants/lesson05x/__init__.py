"""Answers to the exercises of lesson 05x."""

BREAKS = [
    (
        "leave_one_out",
        "weights_with_the_own_cost",
        "toy, leave-one-out of 4: p of no bias",
    ),
    ("reinmax", "code_of_plain_straight_through", "ReinMax, quadratic f: exact bias"),
    ("disarm", "pairs_without_the_half", "binary, DisARM: p of no bias"),
]
