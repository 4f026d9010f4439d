"""Lessons as files: executed, normalised, counted, drawn small, listed in the READMEs."""
