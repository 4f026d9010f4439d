"""Checks of lesson 08: the mask of a PixelCNN, and the masks of its two stacks."""
