"""Answers to the exercises of lesson 03x."""

BREAKS = []
