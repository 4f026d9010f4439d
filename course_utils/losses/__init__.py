"""Likelihoods, divergences and bounds, in nats per example: ``losses.gaussian_kl`` and so on."""
