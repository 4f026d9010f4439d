"""Checks of lesson 03x: the rate in two parts, and a Gaussian's KL to the prior in three."""
