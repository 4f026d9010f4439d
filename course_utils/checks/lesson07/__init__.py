"""Checks of lesson 07: the nearest code, and a codebook that follows its vectors."""
