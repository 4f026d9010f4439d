"""Checks of lesson 11: the weights and the rates of two layers of latents."""
