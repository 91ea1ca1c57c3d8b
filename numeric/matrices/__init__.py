"""Matrices that are really sampled."""
