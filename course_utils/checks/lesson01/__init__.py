"""Checks of lesson 01: the Gaussian log-density, the reparameterisation, the KL, the ELBO."""
