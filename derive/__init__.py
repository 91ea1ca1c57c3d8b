"""Exact derivations: laws, their resolvent equations, transforms and convolutions. Imports no other package of ours."""
