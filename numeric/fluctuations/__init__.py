"""How the outermost eigenvalues fluctuate."""
