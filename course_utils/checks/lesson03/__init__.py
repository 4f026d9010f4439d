"""Checks of lesson 03: dequantising and the logit transform with its log-determinant."""
