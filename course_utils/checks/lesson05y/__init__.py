"""Checks of lesson 05y: one variable of a code changed at a time, and codes of the prior."""
