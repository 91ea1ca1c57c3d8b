"""Exports: the exported texts are run, here and only here, and compared with closed forms they were not made from."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
)
from resolvent.language.expressions import parse
from resolvent.writing.law_report import to_text
from resolvent.writing.law_text import assumptions_of, code_of, identifiers, to_json, to_latex, to_sympy_code
from resolvent.writing.python_function import to_python_function

c, sigma, v = (sympy.Symbol(name, positive=True) for name in ("c", "sigma", "v"))
z, m, G = sympy.symbols("z m G")


def run(source: str) -> SimpleNamespace:
    """The names that an exported source defines."""
    names: dict[str, Any] = {}
    exec(compile(source, "exported", "exec"), names)  # noqa: S102
    return SimpleNamespace(**names)


# -- the Python function ---------------------------------------------------------------------------------------


def semicircle_density(x: np.ndarray, v: float) -> np.ndarray:
    return np.sqrt(np.maximum(4 * v - x**2, 0)) / (2 * np.pi * v)


def marchenko_pastur_density(x: np.ndarray, c: float, sigma: float) -> np.ndarray:
    a, b = (sigma**2 * (1 + s * math.sqrt(c)) ** 2 for s in (-1, 1))
    inside = (x > a) & (x < b)
    safe = np.where(inside, x, 1.0)
    return np.where(inside, np.sqrt(np.maximum((b - x) * (x - a), 0)) / (2 * np.pi * c * sigma**2 * safe), 0.0)


def kesten_mckay_density(x: np.ndarray, d: int) -> np.ndarray:
    inside = np.abs(x) < 2 * math.sqrt(d - 1)
    return np.where(inside, d * np.sqrt(np.maximum(4 * (d - 1) - x**2, 0)) / (2 * np.pi * (d**2 - x**2)), 0.0)


def arcsine_density(x: np.ndarray, r: float) -> np.ndarray:
    inside = np.abs(x) < r
    return np.where(inside, 1 / (np.pi * np.sqrt(np.where(inside, r**2 - x**2, 1.0))), 0.0)


def square_density(x: np.ndarray) -> np.ndarray:
    """The density of the square of a standard semicircular variable."""
    safe = np.where(x > 0, x, 1.0)
    return np.where((x > 0) & (x < 4), semicircle_density(np.sqrt(safe), 1) / np.sqrt(safe), 0.0)


def fuss_catalan_density(x: np.ndarray) -> np.ndarray:
    """Order 2: Penson, Zyczkowski, Phys. Rev. E 83 (2011) 061118, eq. (27)."""
    inside = (x > 0) & (x < 27 / 4)
    t = np.where(inside, x, 1.0)
    root = np.cbrt(27 + 3 * np.sqrt(np.maximum(81 - 12 * t, 0)))
    value = np.cbrt(2) * math.sqrt(3) / (12 * np.pi) * (np.cbrt(2) * root**2 - 6 * np.cbrt(t)) / (t ** (2 / 3) * root)
    return np.where(inside, value, 0.0)


CLOSED: list[tuple[str, AlgebraicLaw, dict[str, float], Callable[[np.ndarray], np.ndarray], tuple[float, float]]] = [
    ("semicircle", semicircle(), {}, lambda x: semicircle_density(x, 1), (-3, 3)),
    ("semicircle(v)", semicircle(v), {"v": 0.3}, lambda x: semicircle_density(x, 0.3), (-2, 2)),
    ("tiny and far", semicircle() / 1000 + 7, {}, lambda x: 1000 * semicircle_density(1000 * (x - 7), 1), (6.99, 7.01)),
    ("MP(c)", marchenko_pastur(c), {"c": 0.4}, lambda x: marchenko_pastur_density(x, 0.4, 1), (-1, 4)),
    ("MP(c, sigma), c > 1", marchenko_pastur(c, sigma), {"c": 3.0, "sigma": 2.0},
     lambda x: marchenko_pastur_density(x, 3, 2), (-1, 35)),
    ("MP(1)", marchenko_pastur(1), {}, lambda x: marchenko_pastur_density(x, 1, 1), (-1, 5)),
    ("kesten-mckay", kesten_mckay(3), {}, lambda x: kesten_mckay_density(x, 3), (-3.5, 3.5)),
    ("arcsine", arcsine(2), {}, lambda x: arcsine_density(x, 2), (-3, 3)),
    ("fuss-catalan", fuss_catalan(2), {}, fuss_catalan_density, (0.01, 8)),
    ("square", semicircle() ** 2, {}, square_density, (-1, 5)),
    ("two bulks", semicircle().direct_sum(semicircle() + 6, "1/4"), {},
     lambda x: semicircle_density(x, 1) / 4 + 3 * semicircle_density(x - 6, 1) / 4, (-3, 9)),
    ("semicircle + MP(1/10^6), nearly shifted", semicircle() + marchenko_pastur("1/1000000"), {},
     lambda x: semicircle_density(x - 1, 1), (-0.5, 2.5)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("law", "values", "density", "window"), [case[1:] for case in CLOSED], ids=[k[0] for k in CLOSED]
)
def test_exported_density_is_the_closed_form(
    law: AlgebraicLaw,
    values: dict[str, float],
    density: Callable[[np.ndarray], np.ndarray],
    window: tuple[float, float],
) -> None:
    x = np.linspace(*window, 41) + 0.00123 * (window[1] - window[0])
    expected = density(x)
    tolerance = 2e-6 if "1000000" in str(law) else 1e-10 * max(1.0, expected.max())
    found = run(to_python_function(law)).density(x, **values)
    assert np.max(np.abs(found - expected)) < tolerance


def test_exported_density_of_the_product_of_two_wishart_factors() -> None:
    """The catalog states the closed density of its entry, from another source than the derivation."""
    entry = catalog.get("wishart-product")
    fact = next(f for f in entry.known if type(f).__name__ == "ClosedDensity")
    x = np.linspace(0.05, 6, 30)
    expected = fact.function(x, alpha=0.5)  # type: ignore[attr-defined]
    found = run(to_python_function(entry.law())).density(x, alpha=0.5)
    assert np.max(np.abs(found - expected)) < 1e-10


def quadrature_stieltjes(points: np.ndarray, weights: np.ndarray, at: complex) -> complex:
    return complex(np.sum(weights / (points - at)))


def test_exported_stieltjes_is_the_integral() -> None:
    """Against Gauss-Chebyshev quadrature of the semicircle, at points near and far."""
    k = np.arange(1, 401)
    nodes, weights = 2 * np.cos(np.pi * k / 401), 2 / 401 * np.sin(np.pi * k / 401) ** 2
    at = np.array([0.3 + 0.2j, -1.9 + 0.1j, 5 + 1j, 100j, 2 - 0.5j])
    expected = [quadrature_stieltjes(nodes, weights, t) for t in at]
    assert np.max(np.abs(run(to_python_function(semicircle())).stieltjes(at) - expected)) < 1e-12


def test_exported_stieltjes_of_atoms_is_the_finite_sum() -> None:
    points, weights = [-1, 2, 5], ["1/2", "1/3", "1/6"]
    found = run(to_python_function(atoms(points, weights))).stieltjes(1 + 0.01j)
    assert abs(found - quadrature_stieltjes(np.array(points), np.array([1 / 2, 1 / 3, 1 / 6]), 1 + 0.01j)) < 1e-11


@pytest.mark.parametrize(("order", "moment"), [(0, 1.0), (1, 0.0), (2, 6.25), (3, 0.0)])
def test_exported_stieltjes_of_degree_ten_has_the_moments_of_the_sum(order: int, moment: float) -> None:
    """Two 4-atom measures: means, variances and third central moments add; read off a circle around the support."""
    stieltjes = run(to_python_function(atoms([0, 1, 2, 3]) + atoms([0, 2, 4, 6]))).stieltjes
    angles = 2 * np.pi * (np.arange(48) + 0.5) / 48
    offset = 8 * np.exp(1j * angles)
    integral = -np.mean(offset ** (order + 1) * stieltjes(4.5 + offset))
    assert integral == pytest.approx(moment, abs=1e-9)


def test_a_branch_that_needs_two_moments() -> None:
    """The inverse of a shifted semicircle: both its sheets start like -1/z; density by change of variable."""
    law = (semicircle() + 3) ** -1
    assert len(law.equation.germ) == 2
    x = np.linspace(0.21, 0.99, 25)
    expected = semicircle_density(1 / x - 3, 1) / x**2
    assert np.max(np.abs(run(to_python_function(law)).density(x) - expected)) < 1e-10


def test_a_number_gives_a_number() -> None:
    assert run(to_python_function(semicircle())).density(0.0) == pytest.approx(1 / math.pi, abs=1e-14)


def test_shapes_are_kept() -> None:
    assert run(to_python_function(semicircle())).density(np.zeros((2, 3))).shape == (2, 3)


def test_an_edge_with_a_divergence_gives_nan_not_a_number() -> None:
    assert np.isnan(run(to_python_function(arcsine(2))).density(2.0))


def test_real_points_are_refused_by_the_transform() -> None:
    with pytest.raises(ValueError, match="must not be real"):
        run(to_python_function(semicircle())).stieltjes(1.0)


def test_values_outside_the_domain_are_refused() -> None:
    with pytest.raises(ValueError, match="c must be positive; got -1"):
        run(to_python_function(marchenko_pastur(c))).density(1.0, c=-1)


def test_parameters_are_keywords() -> None:
    with pytest.raises(TypeError):
        run(to_python_function(marchenko_pastur(c))).density(1.0)


def test_cauchy_is_minus_stieltjes() -> None:
    names = run(to_python_function(semicircle(), "cauchy"))
    assert names.cauchy(2j) == pytest.approx(1 / (1j * (1 + math.sqrt(2))), abs=1e-14)


def test_a_parameter_named_like_a_word_of_python() -> None:
    law = marchenko_pastur(sympy.Symbol("lambda", positive=True))
    found = run(to_python_function(law)).density(1.0, lambda_=0.5)
    assert found == pytest.approx(float(marchenko_pastur_density(np.array([1.0]), 0.5, 1)[0]), abs=1e-12)


def test_rounding_is_an_error_and_not_a_wrong_number() -> None:
    """Ten sheets far from 0, moved there by a symbol, so that the function cannot shift the law back."""
    law = atoms([0, 1, 2, 3]) + atoms([0, 2, 4, 6])
    x = np.array([3.1, 4.4, 5.2])
    found = run(to_python_function(law + v)).density(x + 40, v=40.0)
    expected = run(to_python_function(law)).density(x)
    assert np.all(np.isnan(found) | (np.abs(found - expected) < 1e-7))


@pytest.mark.parametrize("law", [semicircle(), marchenko_pastur(c, sigma), catalog.get("hessian").law()], ids=str)
def test_exported_function_imports_only_numpy_and_math(law: AlgebraicLaw) -> None:
    tree = ast.parse(to_python_function(law))
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert modules == {"math", "numpy"}


# -- SymPy code ------------------------------------------------------------------------------------------------

LAWS = [
    semicircle(),
    marchenko_pastur(c, sigma),
    semicircle(v) + marchenko_pastur(c),
    (semicircle() + 3) ** -1,
    free_poisson(sympy.Symbol("lambda", positive=True), 2),
    catalog.get("hessian").law(),
]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_sympy_code_makes_the_polynomial(law: AlgebraicLaw) -> None:
    assert sympy.expand(run(to_sympy_code(law)).polynomial - law.equation.expr) == 0


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_sympy_code_makes_the_germ(law: AlgebraicLaw) -> None:
    germ = run(to_sympy_code(law)).germ
    assert germ[1:] == law.moments(len(germ) - 1)


def test_sympy_code_in_the_cauchy_convention() -> None:
    assert run(to_sympy_code(semicircle(), "cauchy")).polynomial == G**2 - z * G + 1


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_sympy_code_needs_only_sympy(law: AlgebraicLaw) -> None:
    tree = ast.parse(to_sympy_code(law))
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(n) for n in imports] == ["import sympy"]


@pytest.mark.parametrize("text", ["sqrt(2)", "c/3 + 1", "sqrt(c)", "c**Rational(1, 3)", "-7/5"])
def test_code_of_scalars_is_exact(text: str) -> None:
    plain = sympy.Symbol("c")
    values = {"sqrt(2)": sympy.sqrt(2), "c/3 + 1": plain / 3 + 1, "sqrt(c)": sympy.sqrt(plain),
              "c**Rational(1, 3)": plain ** sympy.Rational(1, 3), "-7/5": sympy.Rational(-7, 5)}  # fmt: skip
    assert eval(code_of(values[text]), {"sympy": sympy, "c": plain}) == values[text]  # noqa: S307


# -- text, LaTeX, JSON -----------------------------------------------------------------------------------------


def test_text_in_full() -> None:
    assert to_text(semicircle() + marchenko_pastur(c), moments=2, cumulants=2).splitlines() == [
        "law: semicircle(1) + marchenko_pastur(c)",
        "equation in m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity:",
        "  c*m**3 + (c*z + 1)*m**2 + (c + z - 1)*m + 1 = 0",
        "parameter: c, positive",
        "evidence: proved, given 1 assumption",
        "moments:",
        "  m_1 = 1",
        "  m_2 = c + 2",
        "free cumulants:",
        "  kappa_1 = 1",
        "  kappa_2 = c + 1",
        "assumed: semicircle(1) and marchenko_pastur(c) are asymptotically free",
    ]


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
def test_equation_of_the_text_is_the_polynomial(law: AlgebraicLaw, convention: str) -> None:
    lines = to_text(law, convention).split("infinity:\n")[1].split("\nparameter")[0].split("\nevidence")[0]
    names = {str(s.name): s for s in law.equation.symbols} | {"z": z, "m": m, "G": G}
    printed = sympy.parse_expr(
        " ".join(lines.split()).removesuffix("= 0").replace("lambda", "L"),
        local_dict=names | {"L": names.get("lambda")},
    ).subs(G, -m)
    assert sympy.expand(printed - law.equation.expr) == 0 or sympy.expand(printed + law.equation.expr) == 0


def test_text_fits_80_columns() -> None:
    text = to_text(catalog.get("hessian").law(), steps=True, moments=3)
    assert max(len(line) for line in text.splitlines()) <= 80


def test_text_with_steps_has_them_all() -> None:
    law = semicircle() + marchenko_pastur(c)
    text = to_text(law, steps=True)
    assert all(f"\n{k}. " in text for k in range(1, len(law.derivation.steps) + 1))


def test_latex_of_the_equation() -> None:
    assert to_latex(marchenko_pastur(c), steps=False) == r"c z m^{2} + \left(c + z - 1\right) m + 1 = 0"


def test_latex_with_steps_is_a_document() -> None:
    document = to_latex(semicircle(), "cauchy", title="A title")
    assert document.startswith(r"\documentclass")
    assert r"\raggedright A title\par" in document


def test_json_survives_its_own_text() -> None:
    found = to_json(catalog.get("hessian").law(), moments=2, cumulants=2)
    assert json.loads(json.dumps(found)) == found


def test_json_polynomial_is_the_equation() -> None:
    law = semicircle(v) + marchenko_pastur(c)
    printed = sympy.parse_expr(to_json(law)["equation"]["polynomial"], local_dict={"c": c, "v": v, "z": z, "m": m})
    assert sympy.expand(printed - law.equation.expr) == 0


def test_json_moments() -> None:
    assert to_json(semicircle(), moments=4)["moments"] == ["0", "1", "0", "2"]


def test_json_free_cumulants() -> None:
    assert to_json(free_poisson(2, 3), cumulants=3)["free_cumulants"] == ["6", "18", "54"]


def test_json_steps_use_earlier_ones() -> None:
    steps = to_json(semicircle() + marchenko_pastur(c))["derivation"]
    assert all(used < step["number"] for step in steps for used in step["uses"])


def test_json_without_steps() -> None:
    assert "derivation" not in to_json(semicircle(), steps=False)


def test_json_lists_the_assumptions() -> None:
    assert to_json(semicircle() + marchenko_pastur(c))["assumptions"] == [
        "semicircle(1) and marchenko_pastur(c) are asymptotically free"
    ]


@pytest.mark.parametrize("export", [to_text, to_latex, to_json, to_sympy_code, to_python_function])
def test_unknown_convention(export: Callable[[AlgebraicLaw, str], object]) -> None:
    with pytest.raises(ParameterError, match="unknown convention 'greens'; known: stieltjes, cauchy"):
        export(semicircle(), "greens")


def test_negative_number_of_moments() -> None:
    with pytest.raises(ParameterError, match="non-negative"):
        to_text(semicircle(), moments=-1)


def test_identifiers_do_not_collide() -> None:
    symbols = [sympy.Symbol(n) for n in ("x", "x_", "c 1", "c_1", "lambda", "2a")]
    assert list(identifiers(symbols, taken={"x"}).values()) == ["x_", "x__", "c_1", "c_1_", "lambda_", "_2a"]


def test_assumptions_leave_out_the_weaker() -> None:
    assert assumptions_of(sympy.Symbol("k", positive=True, integer=True)) == ["positive", "integer"]


@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
@pytest.mark.parametrize("text", ["wachter(c1, c2)", "atoms([a, b], [p, 1 - p])", "semicircle(t) + atoms([a, b])"])
def test_the_equation_in_text_reads_back_as_the_equation(text: str, convention: str) -> None:
    law = parse(text)
    lines = to_text(law, convention, steps=False).splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("equation")) + 1
    last = next(k for k, line in enumerate(lines) if line.endswith("= 0"))
    printed = "".join(line.strip() + " " for line in lines[first : last + 1]).removesuffix("= 0 ")
    symbols = {s.name: s for s in law.equation.symbols} | {"z": sympy.Symbol("z"), "m": sympy.Symbol("m")}
    found = eval(printed, {**symbols, "G": -sympy.Symbol("m")})  # noqa: S307 - the text is our own
    assert sympy.expand(found - law.equation.expr) == 0 or sympy.expand(found + law.equation.expr) == 0
