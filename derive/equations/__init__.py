"""Resolvent equations: the polynomial, its branches at infinity, its discriminant and critical curve."""
