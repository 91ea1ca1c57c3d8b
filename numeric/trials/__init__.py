"""Many draws of a matrix, side by side, with a journal."""
