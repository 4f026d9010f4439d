"""Answers to the exercises of lesson 03x."""

BREAKS = [
    ("split_rate", "split_of_a_sum", "with one latent the mismatch is nearly exact"),
    ("mismatch_parts", "parts_of_the_determinant", "a correlation of 0.8 costs half a nat"),
]
