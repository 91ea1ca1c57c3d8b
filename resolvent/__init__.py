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
    "derive.activations": ("Activation", "activation"),
    "derive.algebraic_ode": ("algebraic_ode", "parametric_ode"),
    "derive.critical_values": ("critical_polynomials", "critical_values", "merging_values"),
    "derive.cycle_weights": ("law_of_cycle_weights", "law_of_free_cumulants"),
    "derive.derivation": ("Derivation", "Evidence", "Rule", "Step"),
    "derive.equation": ("ResolventEquation",),
    "derive.equilibrium": ("equilibrium_measure",),
    "derive.errors": (
        "BranchError",
        "DerivationError",
        "NotCertified",
        "ParameterError",
        "ParseError",
        "PrecisionError",
        "ResolventError",
    ),
    "derive.functional": ("direct_sum",),
    "derive.given": ("law_of_equation",),
    "derive.graphs": ("AdmissibleGraph", "admissible_graphs", "symmetry_classes"),
    "derive.guessing": ("Guess", "guess_algebraic", "guess_ode", "guess_recurrence"),
    "derive.holonomic_law": ("HolonomicLaw", "holonomic", "law_of_moments", "law_of_sum"),
    "derive.law": ("AlgebraicLaw", "Law"),
    "derive.laws": (
        "arcsine",
        "atoms",
        "free_poisson",
        "fuss_catalan",
        "kesten_mckay",
        "marchenko_pastur",
        "semicircle",
        "wachter",
    ),
    "derive.local_expansion": ("local_expansion",),
    "derive.moment_polynomials": ("moment_polynomials",),
    "derive.ode": ("LinearODE",),
    "derive.perturbation": ("outlier",),
    "derive.phases": ("phase_conditions",),
    "derive.rectangular": ("doubly_correlated_wishart", "rectangular_sum"),
    "derive.recurrence": ("Recurrence",),
    "derive.symbolic_atoms": ("symbolic_atoms",),
    "derive.telescoping": ("hypergeometric_sum", "telescope"),
    "derive.tensor_law": ("TensorLaw", "classical_sum", "tensor_law", "tensor_product"),
    "derive.tensor_operations": ("tensor_direct_sum",),
    "derive.transforms": ("law_of_r_transform", "law_of_s_transform"),
    "numeric.closed_density": ("ClosedDensity", "closed_density"),
    "numeric.graph_sheet": ("graph_sheet",),
    "numeric.phase_diagram": ("phase_diagram", "phase_map"),
    "numeric.sheet_plots": ("plane_portrait", "sheet_plot"),
    "numeric.spacings": ("compare_spacings",),
    "numeric.spectrum": ("Spectrum",),
    "resolvent.conjectures.check": ("check",),
    "resolvent.conjectures.verdict": ("Verdict",),
    "resolvent.expressions": ("parse",),
    "resolvent.proposals": ("Proposal", "guess"),
    "resolvent.symbols": ("G", "m", "parameter", "z"),
    "resolvent.verification": ("Verification", "verify"),
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
    import catalog
    from derive.activations import Activation, activation
    from derive.algebraic_ode import algebraic_ode, parametric_ode
    from derive.critical_values import critical_polynomials, critical_values, merging_values
    from derive.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
    from derive.derivation import Derivation, Evidence, Rule, Step
    from derive.equation import ResolventEquation
    from derive.equilibrium import equilibrium_measure
    from derive.errors import (
        BranchError,
        DerivationError,
        NotCertified,
        ParameterError,
        ParseError,
        PrecisionError,
        ResolventError,
    )
    from derive.functional import direct_sum
    from derive.given import law_of_equation
    from derive.graphs import AdmissibleGraph, admissible_graphs, symmetry_classes
    from derive.guessing import Guess, guess_algebraic, guess_ode, guess_recurrence
    from derive.holonomic_law import HolonomicLaw, holonomic, law_of_moments, law_of_sum
    from derive.law import AlgebraicLaw, Law
    from derive.laws import (
        arcsine,
        atoms,
        free_poisson,
        fuss_catalan,
        kesten_mckay,
        marchenko_pastur,
        semicircle,
        wachter,
    )
    from derive.local_expansion import local_expansion
    from derive.moment_polynomials import moment_polynomials
    from derive.ode import LinearODE
    from derive.perturbation import outlier
    from derive.phases import phase_conditions
    from derive.rectangular import doubly_correlated_wishart, rectangular_sum
    from derive.recurrence import Recurrence
    from derive.symbolic_atoms import symbolic_atoms
    from derive.telescoping import hypergeometric_sum, telescope
    from derive.tensor_law import TensorLaw, classical_sum, tensor_law, tensor_product
    from derive.tensor_operations import tensor_direct_sum
    from derive.transforms import law_of_r_transform, law_of_s_transform
    from numeric.closed_density import ClosedDensity, closed_density
    from numeric.graph_sheet import graph_sheet
    from numeric.phase_diagram import phase_diagram, phase_map
    from numeric.sheet_plots import plane_portrait, sheet_plot
    from numeric.spacings import compare_spacings
    from numeric.spectrum import Spectrum

    from .conjectures.check import check
    from .conjectures.verdict import Verdict
    from .expressions import parse
    from .proposals import Proposal, guess
    from .symbols import G, m, parameter, z
    from .verification import Verification, verify


def __getattr__(name: str) -> Any:
    if name == "catalog":
        return importlib.import_module("catalog")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'resolvent' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
