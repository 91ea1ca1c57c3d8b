"""The graphs behind the moments of a nonlinear Gram matrix, and the laws that their weights give."""
