"""Checks of lesson 12: comparisons in pairs, ties, and the frontier."""
