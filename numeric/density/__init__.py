"""Densities as certified pieces: algebraic, dyadic, of tensor and holonomic laws."""
