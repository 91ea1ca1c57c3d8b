"""Sampled eigenvalues against a law: distances, joint tests, spacings."""
