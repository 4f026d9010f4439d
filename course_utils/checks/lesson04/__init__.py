"""Checks of lesson 04: weights of the two terms, and which latents they leave active."""
