"""Activations of neural networks and the Gaussian expectations that enter limiting laws."""

from resolvent.derive.activations.activation import TABLE, Activation, activation

__all__ = ["TABLE", "Activation", "activation"]
