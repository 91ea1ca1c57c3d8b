"""A person's own data: files of arrays, and comparisons of eigenvalues with laws."""
