"""Answers to the exercises of lesson 04x."""

BREAKS = [
    (
        "best_variance",
        "variance_of_the_whole_image",
        "the variance filled in is the mean discarded eigenvalue",
    ),
    ("table_terms", "terms_of_the_posterior", "an unsure q costs"),
]
