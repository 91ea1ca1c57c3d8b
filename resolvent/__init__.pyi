"""The public names and where each is defined; `__init__.py` reads this file, so a name is listed here once."""

from . import catalog
from .conjectures.check import check
from .conjectures.verdict import Verdict
from .conjectures.verification import verify
from .data.comparison import Comparison, compare
from .data.fit import Fit, fit
from .derive.activations.activation import Activation, activation
from .derive.activations.kernel_matrix import kernel_matrix
from .derive.derivation.derivation import Derivation
from .derive.derivation.step import Evidence, Rule, Step
from .derive.equations.equation import ResolventEquation
from .derive.errors import (
    BranchError,
    DerivationError,
    NotCertified,
    ParameterError,
    ParseError,
    PrecisionError,
    ResolventError,
)
from .derive.expressions.elimination import Limits
from .derive.expressions.open_law import OpenLaw, OpenTrace
from .derive.expressions.quadratic_form import quadratic_form
from .derive.expressions.trace import Trace, TraceDerivative, trace_ball, trace_of
from .derive.graphs.admissible_graphs import AdmissibleGraph, admissible_graphs, symmetry_classes
from .derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from .derive.graphs.moment_polynomials import moment_polynomials
from .derive.holonomic.algebraic_ode import algebraic_ode, parametric_ode
from .derive.holonomic.holonomic_law import HolonomicLaw, holonomic, law_of_moments, law_of_sum
from .derive.laws.algebraic_law import AlgebraicLaw
from .derive.laws.closed_potential import mass_below, potential_primitive
from .derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from .derive.laws.equilibrium import equilibrium_measure
from .derive.laws.from_equation import law_of_equation
from .derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from .derive.laws.matrix_functions import direct_sum
from .derive.laws.record import Law
from .derive.laws.rectangular import doubly_correlated_wishart, rectangular_sum
from .derive.outliers.outlier_formula import outlier
from .derive.phases.critical_values import critical_polynomials, critical_values, merging_values
from .derive.phases.local_expansion import local_expansion
from .derive.phases.phases import phase_conditions
from .derive.phases.symbolic_atoms import symbolic_atoms
from .derive.sequences.guessing import Guess, guess_algebraic, guess_ode, guess_recurrence
from .derive.sequences.ode import LinearODE
from .derive.sequences.recurrence import Recurrence
from .derive.sequences.telescoping import hypergeometric_sum, telescope
from .derive.tensor.operations import tensor_direct_sum
from .derive.tensor.tensor_law import TensorLaw, classical_sum, tensor_law, tensor_product
from .language.expressions import parse
from .numeric.curves.batch_hessian import BatchOutlier, batch_outliers, minimal_damping
from .numeric.curves.feature_curves import FeatureErrors, random_feature_errors, tangent_kernel_errors
from .numeric.curves.feature_variance import (
    FeatureVariances,
    random_feature_variances,
    tangent_kernel_variances,
)
from .numeric.curves.gauss_newton import GaussNewton
from .numeric.curves.gradient_flow import BestTime, GradientFlow
from .numeric.curves.optimisation import Descent, descent, halting_time
from .numeric.curves.random_features import RandomFeatures
from .numeric.curves.ridge import BestRidge, RidgeRegression
from .numeric.curves.spin_glass import SpinGlass
from .numeric.data.cleaning import shrink
from .numeric.data.population import population, population_error, spike, spike_of
from .numeric.data.singular_values import shrink_singular_values, singular_spike_of, singular_value_threshold
from .numeric.density.closed_density import ClosedDensity, closed_density
from .numeric.expressions import (
    MatrixExpression,
    block,
    commuting,
    dimension,
    gaussian,
    given,
    haar,
    identity,
    inv,
    kron,
    projection,
    wigner,
)
from .numeric.expressions.dyson_solver import DysonSolver
from .numeric.expressions.law import law_of, law_of_profile
from .numeric.fluctuations.tracy_widom import tracy_widom
from .numeric.measures.known_by_numbers import empirical, law_of_density, law_of_distribution, mixture
from .numeric.measures.numeric_law import NumericLaw
from .numeric.measures.seen_from_vector import seen_from
from .numeric.pictures.branch_plots import plane_portrait, sheet_plot
from .numeric.pictures.graph_picture import graph_sheet
from .numeric.pictures.phase_diagram import phase_diagram, phase_map
from .numeric.spectrum.spectrum import Spectrum
from .numeric.statistics.spacings import compare_spacings
from .numeric.statistics.unfolding import smooth_cdf
from .proposals.proposal import Proposal, guess
from .symbols import G, m, parameter, z

__version__: str

__all__ = [
    "Activation",
    "AdmissibleGraph",
    "AlgebraicLaw",
    "BatchOutlier",
    "BestRidge",
    "BestTime",
    "BranchError",
    "ClosedDensity",
    "Comparison",
    "Derivation",
    "DerivationError",
    "Descent",
    "DysonSolver",
    "Evidence",
    "FeatureErrors",
    "FeatureVariances",
    "Fit",
    "G",
    "GaussNewton",
    "GradientFlow",
    "Guess",
    "HolonomicLaw",
    "Law",
    "Limits",
    "LinearODE",
    "MatrixExpression",
    "NotCertified",
    "NumericLaw",
    "OpenLaw",
    "OpenTrace",
    "ParameterError",
    "ParseError",
    "PrecisionError",
    "Proposal",
    "RandomFeatures",
    "Recurrence",
    "ResolventEquation",
    "ResolventError",
    "RidgeRegression",
    "Rule",
    "Spectrum",
    "SpinGlass",
    "Step",
    "TensorLaw",
    "Trace",
    "TraceDerivative",
    "Verdict",
    "activation",
    "admissible_graphs",
    "algebraic_ode",
    "arcsine",
    "atoms",
    "batch_outliers",
    "block",
    "catalog",
    "check",
    "classical_sum",
    "closed_density",
    "commuting",
    "compare",
    "compare_spacings",
    "critical_polynomials",
    "critical_values",
    "descent",
    "dimension",
    "direct_sum",
    "doubly_correlated_wishart",
    "empirical",
    "equilibrium_measure",
    "fit",
    "free_poisson",
    "fuss_catalan",
    "gaussian",
    "given",
    "graph_sheet",
    "guess",
    "guess_algebraic",
    "guess_ode",
    "guess_recurrence",
    "haar",
    "halting_time",
    "holonomic",
    "hypergeometric_sum",
    "identity",
    "inv",
    "kernel_matrix",
    "kesten_mckay",
    "kron",
    "law_of",
    "law_of_cycle_weights",
    "law_of_density",
    "law_of_distribution",
    "law_of_equation",
    "law_of_free_cumulants",
    "law_of_moments",
    "law_of_profile",
    "law_of_r_transform",
    "law_of_s_transform",
    "law_of_sum",
    "local_expansion",
    "m",
    "marchenko_pastur",
    "mass_below",
    "merging_values",
    "minimal_damping",
    "mixture",
    "moment_polynomials",
    "outlier",
    "parameter",
    "parametric_ode",
    "parse",
    "phase_conditions",
    "phase_diagram",
    "phase_map",
    "plane_portrait",
    "population",
    "population_error",
    "potential_primitive",
    "projection",
    "quadratic_form",
    "random_feature_errors",
    "random_feature_variances",
    "rectangular_sum",
    "seen_from",
    "semicircle",
    "sheet_plot",
    "shrink",
    "shrink_singular_values",
    "singular_spike_of",
    "singular_value_threshold",
    "smooth_cdf",
    "spike",
    "spike_of",
    "symbolic_atoms",
    "symmetry_classes",
    "tangent_kernel_errors",
    "tangent_kernel_variances",
    "telescope",
    "tensor_direct_sum",
    "tensor_law",
    "tensor_product",
    "trace_ball",
    "trace_of",
    "tracy_widom",
    "verify",
    "wachter",
    "wigner",
    "z",
]
