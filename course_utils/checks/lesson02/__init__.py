"""Checks of lesson 02: binarising, the Bernoulli log-likelihood, traversals, active units."""
