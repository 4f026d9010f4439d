"""Checks of lesson 09: the importance-weighted bound, and the bounds of fewer samples."""
