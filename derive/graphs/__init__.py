"""Admissible graphs, the polynomials that they sum to, and the laws with given cycle weights."""

from resolvent.derive.graphs.admissible_graphs import AdmissibleGraph, admissible_graphs, symmetry_classes
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.graphs.moment_polynomials import moment_polynomials

__all__ = [
    "AdmissibleGraph",
    "admissible_graphs",
    "law_of_cycle_weights",
    "law_of_free_cumulants",
    "moment_polynomials",
    "symmetry_classes",
]
