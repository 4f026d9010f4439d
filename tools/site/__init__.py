"""The lessons as a web site."""
