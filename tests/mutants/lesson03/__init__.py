"""Answers to the exercises of lesson 03."""

BREAKS = [
    (
        "dequantise",
        "noise_middle",
        "with noise, a byte that is always 128 never costs less than 0 bits",
    ),
    (
        "logit_transform",
        "logit_inverse_det",
        "the density by the Jacobian has the right mass",
    ),
    (
        "principal_weights",
        "weights_no_variance",
        "no column turned or resized is better for the pixel pairs",
    ),
    (
        "gaussian_bits_per_dim",
        "bits_no_width",
        "sampled bits of the linear VAE are its exact bits, in errors",
    ),
    (
        "variance_explained",
        "explained_one_mean",
        "half of every deviation explains three quarters of the variance",
    ),
]
