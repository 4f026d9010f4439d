"""Checks of lesson 02x: a linear probe of codes, and lines between codes."""
