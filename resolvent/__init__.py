"""Limiting spectral laws of random matrices: derived exactly, turned into numbers, compared with sampled matrices.

>>> import resolvent as rv
>>> c = rv.parameter("c", positive=True)
>>> law = rv.semicircle() + rv.marchenko_pastur(c)
>>> law.equation.expr
c*m**3 + c*m**2*z + c*m + m**2 + m*z - m + 1
>>> law.moments(3)
[1, c + 2, c**2 + 3*c + 4]

Names are imported when they are first used, so that importing the package takes no time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "resolvent.derive.activations.activation": ("Activation", "activation"),
    "resolvent.derive.holonomic.algebraic_ode": ("algebraic_ode", "parametric_ode"),
    "resolvent.derive.phases.critical_values": ("critical_polynomials", "critical_values", "merging_values"),
    "resolvent.derive.graphs.cycle_weights": ("law_of_cycle_weights", "law_of_free_cumulants"),
    "resolvent.derive.derivation.derivation": ("Derivation", "Evidence", "Rule", "Step"),
    "resolvent.derive.equations.equation": ("ResolventEquation",),
    "resolvent.derive.laws.equilibrium": ("equilibrium_measure",),
    "resolvent.derive.errors": (
        "BranchError",
        "DerivationError",
        "NotCertified",
        "ParameterError",
        "ParseError",
        "PrecisionError",
        "ResolventError",
    ),
    "resolvent.derive.laws.matrix_functions": ("direct_sum",),
    "resolvent.derive.laws.from_equation": ("law_of_equation",),
    "resolvent.derive.graphs.admissible_graphs": ("AdmissibleGraph", "admissible_graphs", "symmetry_classes"),
    "resolvent.derive.sequences.guessing": ("Guess", "guess_algebraic", "guess_ode", "guess_recurrence"),
    "resolvent.derive.holonomic.holonomic_law": ("HolonomicLaw", "holonomic", "law_of_moments", "law_of_sum"),
    "resolvent.derive.laws.algebraic_law": ("AlgebraicLaw", "Law"),
    "resolvent.derive.laws.elementary": (
        "arcsine",
        "atoms",
        "free_poisson",
        "fuss_catalan",
        "kesten_mckay",
        "marchenko_pastur",
        "semicircle",
        "wachter",
    ),
    "resolvent.derive.phases.local_expansion": ("local_expansion",),
    "resolvent.derive.graphs.moment_polynomials": ("moment_polynomials",),
    "resolvent.derive.sequences.ode": ("LinearODE",),
    "resolvent.derive.outliers.outlier_formula": ("outlier",),
    "resolvent.derive.phases.phases": ("phase_conditions",),
    "resolvent.derive.laws.rectangular": ("doubly_correlated_wishart", "rectangular_sum"),
    "resolvent.derive.sequences.recurrence": ("Recurrence",),
    "resolvent.derive.phases.symbolic_atoms": ("symbolic_atoms",),
    "resolvent.derive.sequences.telescoping": ("hypergeometric_sum", "telescope"),
    "resolvent.derive.tensor.tensor_law": ("TensorLaw", "classical_sum", "tensor_law", "tensor_product"),
    "resolvent.derive.tensor.operations": ("tensor_direct_sum",),
    "resolvent.derive.laws.transforms": ("law_of_r_transform", "law_of_s_transform"),
    "resolvent.numeric.density.closed_density": ("ClosedDensity", "closed_density"),
    "resolvent.numeric.pictures.graph_picture": ("graph_sheet",),
    "resolvent.numeric.pictures.phase_diagram": ("phase_diagram", "phase_map"),
    "resolvent.numeric.pictures.branch_plots": ("plane_portrait", "sheet_plot"),
    "resolvent.numeric.statistics.spacings": ("compare_spacings",),
    "resolvent.numeric.spectrum.spectrum": ("Spectrum",),
    "resolvent.conjectures.check": ("check",),
    "resolvent.conjectures.verdict": ("Verdict",),
    "resolvent.language.expressions": ("parse",),
    "resolvent.proposals.proposal": ("Proposal", "guess"),
    "resolvent.symbols": ("G", "m", "parameter", "z"),
    "resolvent.conjectures.verification": ("Verification", "verify"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Activation",
    "AdmissibleGraph",
    "AlgebraicLaw",
    "BranchError",
    "ClosedDensity",
    "Derivation",
    "DerivationError",
    "Evidence",
    "G",
    "Guess",
    "HolonomicLaw",
    "Law",
    "LinearODE",
    "NotCertified",
    "ParameterError",
    "ParseError",
    "PrecisionError",
    "Proposal",
    "Recurrence",
    "ResolventEquation",
    "ResolventError",
    "Rule",
    "Spectrum",
    "Step",
    "TensorLaw",
    "Verdict",
    "Verification",
    "activation",
    "admissible_graphs",
    "algebraic_ode",
    "arcsine",
    "atoms",
    "catalog",
    "check",
    "classical_sum",
    "closed_density",
    "compare_spacings",
    "critical_polynomials",
    "critical_values",
    "direct_sum",
    "doubly_correlated_wishart",
    "equilibrium_measure",
    "free_poisson",
    "fuss_catalan",
    "graph_sheet",
    "guess",
    "guess_algebraic",
    "guess_ode",
    "guess_recurrence",
    "holonomic",
    "hypergeometric_sum",
    "kesten_mckay",
    "law_of_cycle_weights",
    "law_of_equation",
    "law_of_free_cumulants",
    "law_of_moments",
    "law_of_r_transform",
    "law_of_s_transform",
    "law_of_sum",
    "local_expansion",
    "m",
    "marchenko_pastur",
    "merging_values",
    "moment_polynomials",
    "outlier",
    "parameter",
    "parametric_ode",
    "parse",
    "phase_conditions",
    "phase_diagram",
    "phase_map",
    "plane_portrait",
    "rectangular_sum",
    "semicircle",
    "sheet_plot",
    "symbolic_atoms",
    "symmetry_classes",
    "telescope",
    "tensor_direct_sum",
    "tensor_law",
    "tensor_product",
    "verify",
    "wachter",
    "z",
]

if TYPE_CHECKING:
    from resolvent import catalog
    from resolvent.conjectures.check import check
    from resolvent.conjectures.verdict import Verdict
    from resolvent.conjectures.verification import Verification, verify
    from resolvent.derive.activations.activation import Activation, activation
    from resolvent.derive.derivation.derivation import Derivation, Evidence, Rule, Step
    from resolvent.derive.equations.equation import ResolventEquation
    from resolvent.derive.errors import (
        BranchError,
        DerivationError,
        NotCertified,
        ParameterError,
        ParseError,
        PrecisionError,
        ResolventError,
    )
    from resolvent.derive.graphs.admissible_graphs import AdmissibleGraph, admissible_graphs, symmetry_classes
    from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
    from resolvent.derive.graphs.moment_polynomials import moment_polynomials
    from resolvent.derive.holonomic.algebraic_ode import algebraic_ode, parametric_ode
    from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, holonomic, law_of_moments, law_of_sum
    from resolvent.derive.laws.algebraic_law import AlgebraicLaw, Law
    from resolvent.derive.laws.elementary import (
        arcsine,
        atoms,
        free_poisson,
        fuss_catalan,
        kesten_mckay,
        marchenko_pastur,
        semicircle,
        wachter,
    )
    from resolvent.derive.laws.equilibrium import equilibrium_measure
    from resolvent.derive.laws.from_equation import law_of_equation
    from resolvent.derive.laws.matrix_functions import direct_sum
    from resolvent.derive.laws.rectangular import doubly_correlated_wishart, rectangular_sum
    from resolvent.derive.laws.transforms import law_of_r_transform, law_of_s_transform
    from resolvent.derive.outliers.outlier_formula import outlier
    from resolvent.derive.phases.critical_values import critical_polynomials, critical_values, merging_values
    from resolvent.derive.phases.local_expansion import local_expansion
    from resolvent.derive.phases.phases import phase_conditions
    from resolvent.derive.phases.symbolic_atoms import symbolic_atoms
    from resolvent.derive.sequences.guessing import Guess, guess_algebraic, guess_ode, guess_recurrence
    from resolvent.derive.sequences.ode import LinearODE
    from resolvent.derive.sequences.recurrence import Recurrence
    from resolvent.derive.sequences.telescoping import hypergeometric_sum, telescope
    from resolvent.derive.tensor.operations import tensor_direct_sum
    from resolvent.derive.tensor.tensor_law import TensorLaw, classical_sum, tensor_law, tensor_product
    from resolvent.language.expressions import parse
    from resolvent.numeric.density.closed_density import ClosedDensity, closed_density
    from resolvent.numeric.pictures.branch_plots import plane_portrait, sheet_plot
    from resolvent.numeric.pictures.graph_picture import graph_sheet
    from resolvent.numeric.pictures.phase_diagram import phase_diagram, phase_map
    from resolvent.numeric.spectrum.spectrum import Spectrum
    from resolvent.numeric.statistics.spacings import compare_spacings
    from resolvent.proposals.proposal import Proposal, guess
    from resolvent.symbols import G, m, parameter, z


def __getattr__(name: str) -> Any:
    if name == "catalog":
        return importlib.import_module("resolvent.catalog")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'resolvent' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
