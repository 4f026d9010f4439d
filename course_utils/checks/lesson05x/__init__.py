"""Checks of lesson 05x: a baseline of the other draws, ReinMax, DisARM."""
