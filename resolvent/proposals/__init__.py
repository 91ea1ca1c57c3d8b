"""Equations proposed from moments alone."""
