"""Answers to the exercises of lesson 02x."""

BREAKS = [
    (
        "spherical_line",
        "line_straight",
        "the middle of a turning line is as far out as its ends",
    ),
]
