"""Answers to the exercises of lesson 04."""

BREAKS = [
    ("constant_ratio", "ratio_upside_down", "MSE mean: beta = 784 B / 2"),
    ("equivalent_variance", "variance_no_half", "MSE mean: s = 784 B / 2"),
    ("class_perplexity", "perplexity_no_exp", "the test set has ten classes"),
    ("num_active", "active_std", "num_active counts where f is smallest above 0"),
]
