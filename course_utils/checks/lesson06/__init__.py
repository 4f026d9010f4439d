"""Checks of lesson 06: the density of a flow, and the masks of a MADE."""
