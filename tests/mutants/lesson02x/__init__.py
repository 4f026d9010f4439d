"""Answers to the exercises of lesson 02x."""
