"""Activation functions of neural networks and their Gaussian integrals."""
