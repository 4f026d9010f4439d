"""Answers to the exercises of lesson 05."""

BREAKS = [
    ("gumbel_max", "draw_wrong_sign", "Gumbel-max: p of chi-square"),
    ("gumbel_softmax", "relaxed_logits_alone", "the relaxed bias at 0.02: times of chance"),
    ("straight_through", "hard_soft", "straight-through, off its limit: times of chance"),
    ("categorical_kl_uniform", "kl_without_log_k", "a certain code costs 20 log 10"),
    ("mutual_information", "information_bits", "a code that is the digit tells its entropy"),
]
