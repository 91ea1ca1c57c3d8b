"""Algebraic laws: the elementary ones, and the free operations between them."""
