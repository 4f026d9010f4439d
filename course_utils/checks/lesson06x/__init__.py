"""Checks of lesson 06x: a mixture of posteriors, and which component a code belongs to."""
