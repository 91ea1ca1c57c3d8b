"""Exact arithmetic on python-flint: fields, polynomials, series, algebraic numbers, resultants."""
