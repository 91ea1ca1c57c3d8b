"""Derivations: steps with their rules, evidence and checks, and their LaTeX."""
