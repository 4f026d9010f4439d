"""Answers to the exercises of lesson 04."""

BREAKS = [
    ("constant_ratio", "ratio_upside_down", "MSE mean: beta = 784 B / 2"),
    ("equivalent_variance", "variance_no_half", "and so is s"),
    ("class_perplexity", "perplexity_no_exp", "ten classes"),
    ("num_active", "active_std", "f is smallest above 0 as often as it says"),
]
