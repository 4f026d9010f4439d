"""Checks of lesson 05: drawing categories by Gumbel-max, and the relaxed draw."""
