"""Checks of lesson 04x: a variance that is filled in, exact rates, a weight that rises."""
