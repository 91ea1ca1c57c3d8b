"""Spectra: a law at numbers, with density, edges, atoms, outliers and linear statistics."""
