"""Checks of lesson 03: bytes and densities, the best linear VAE, and what a code keeps."""
