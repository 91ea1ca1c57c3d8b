"""What `import resolvent as rv` offers, and what it does not load."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys

import pytest
import sympy

import resolvent as rv
from resolvent import catalog
from resolvent.derive.errors import ParameterError

DESIGNED = [
    "parameter", "z", "m", "G", "semicircle", "marchenko_pastur", "free_poisson", "atoms", "arcsine", "wachter",
    "kesten_mckay", "fuss_catalan", "equilibrium_measure", "law_of_equation", "law_of_r_transform",
    "law_of_s_transform", "doubly_correlated_wishart", "rectangular_sum", "direct_sum", "Spectrum", "catalog", "verify",
    "Law", "AlgebraicLaw", "ResolventEquation", "Derivation", "Evidence", "parse", "ResolventError",
    "ParameterError", "ParseError", "DerivationError", "BranchError", "PrecisionError", "NotCertified",
    "admissible_graphs", "law_of_cycle_weights", "activation", "moment_polynomials", "graph_sheet", "guess", "Proposal",
]  # fmt: skip


@pytest.mark.parametrize("name", DESIGNED)
def test_designed_name_is_public(name: str) -> None:
    assert name in rv.__all__


@pytest.mark.parametrize("name", rv.__all__)
def test_public_name_can_be_imported(name: str) -> None:
    assert getattr(rv, name) is not None


@pytest.mark.parametrize("name", rv.__all__)
def test_public_name_is_listed(name: str) -> None:
    assert name in dir(rv)


def test_public_names_are_sorted_and_distinct() -> None:
    assert sorted(set(rv.__all__)) == sorted(rv.__all__)


def test_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from resolvent import *", names)  # noqa: S102
    assert set(rv.__all__) <= set(names)


@pytest.mark.parametrize("law", [rv.empirical([1.0, 2.0, 4.0]), rv.semicircle()])
def test_what_a_spectrum_has_is_looked_for_there(law: rv.Law) -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'pdf': numbers are those of its spectrum, rv.Spectrum"):
        law.pdf  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'no_such'$"):
        law.no_such  # noqa: B018


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="No resolvent attribute semicirle"):
        rv.semicirle  # noqa: B018


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules in a fresh interpreter after the import and the first use of a law."""
    code = "import resolvent, sys; resolvent.semicircle(); print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", ["scipy", "matplotlib", "typer", "rich", "networkx"])
def test_import_does_not_load(loaded: set[str], module: str) -> None:
    assert module not in loaded


def test_version_is_the_distribution_s() -> None:
    assert rv.__version__ == importlib.metadata.version("resolvent")


def test_catalog_is_the_catalog() -> None:
    assert rv.catalog is catalog


def test_errors_are_one_tree() -> None:
    errors = [getattr(rv, name) for name in DESIGNED if name.endswith("Error")] + [rv.NotCertified]
    assert all(issubclass(error, rv.ResolventError) for error in errors)


# -- parameters ------------------------------------------------------------------------------------------------


def test_parameter_equals_the_symbol_of_the_same_assumptions() -> None:
    assert rv.parameter("c", positive=True) == sympy.Symbol("c", positive=True)


def test_parameter_equals_that_of_the_catalog() -> None:
    assert rv.parameter("phi", positive=True) == catalog.get("hessian").symbols["phi"]


def test_parameter_equals_that_of_an_expression() -> None:
    assert rv.parse("marchenko_pastur(c)").equation == rv.marchenko_pastur(rv.parameter("c", positive=True)).equation


def test_parameter_is_real_by_default() -> None:
    assert rv.parameter("a") == sympy.Symbol("a", real=True)


@pytest.mark.parametrize("name", ["z", "m", "G", "alpha_"])
def test_reserved_names(name: str) -> None:
    with pytest.raises(ParameterError, match="reserved"):
        rv.parameter(name)


@pytest.mark.parametrize("name", ["", "2c", "a b", "c'", "φ", "_c", 3])
def test_names_that_are_no_identifiers(name: str) -> None:
    with pytest.raises(ParameterError, match="a letter first"):
        rv.parameter(name)


@pytest.mark.parametrize("assumptions", [{"postive": True}, {"positive": 1}, {"imaginary": True}])
def test_unknown_assumptions(assumptions: dict[str, bool]) -> None:
    with pytest.raises(ParameterError, match="unknown assumption"):
        rv.parameter("c", **assumptions)


@pytest.mark.parametrize("assumptions", [{"positive": True, "negative": True}, {"real": False}])
def test_assumptions_without_a_real_value(assumptions: dict[str, bool]) -> None:
    with pytest.raises(ParameterError, match=r"contradict|must be real"):
        rv.parameter("c", **assumptions)


def test_spectral_variables() -> None:
    assert (str(rv.z), str(rv.m), str(rv.G)) == ("z", "m", "G")


def test_example_of_the_design() -> None:
    c = rv.parameter("c", positive=True)
    law = rv.semicircle() + rv.marchenko_pastur(c)
    cubic = c * rv.m**3 + (c * rv.z + 1) * rv.m**2 + (c + rv.z - 1) * rv.m + 1
    assert sympy.expand(law.equation.expr - cubic) == 0


@pytest.mark.parametrize(
    ("name", "meant"), [("MarchenkoPastur", "marchenko_pastur"), ("Semicircle", "semicircle"), ("lawof", "law_of")]
)
def test_a_name_written_otherwise_is_found(name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"No resolvent attribute {name}; did you mean '{meant}'"):
        getattr(rv, name)


def test_a_name_that_is_like_no_other_has_no_hint() -> None:
    with pytest.raises(AttributeError, match=r"No resolvent attribute GOE$"):
        rv.GOE  # noqa: B018


@pytest.mark.parametrize("name", ["pdf", "moment", "support", "stieltjes", "outliers"])
def test_a_law_says_where_its_numbers_are(name: str) -> None:
    law = rv.semicircle()
    assert not hasattr(law, name)
    with pytest.raises(AttributeError, match=rf"those of its spectrum, rv\.Spectrum\(law, \.\.\.\)\.{name}$"):
        getattr(law, name)
    assert hasattr(rv.Spectrum(law), name)


def test_values_of_a_spectrum_come_by_name_or_in_a_dictionary() -> None:
    c = rv.parameter("c", positive=True)
    law = rv.marchenko_pastur(c)
    assert rv.Spectrum(law, {c: "1/2"}) == rv.Spectrum(law, {"c": 0.5}) == rv.Spectrum(law, c="1/2")


def test_random_numbers_take_a_generator_by_either_name() -> None:
    rho = rv.Spectrum(rv.semicircle())
    assert (rho.rvs(3, rng=5) == rho.rvs(3, random_state=5)).all()
    with pytest.raises(ParameterError, match="give one of them"):
        rho.rvs(3, random_state=5, rng=5)


def test_a_misspelt_argument_of_law_of_is_named() -> None:
    p, n = rv.dimension("p"), rv.dimension("n")
    X = rv.gaussian("X", p, n)
    with pytest.raises(ParameterError, match="not as ratio="):
        rv.law_of(X @ X.T / n, ratio="1/2")
