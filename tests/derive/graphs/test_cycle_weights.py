"""Laws from cycle weights, against known laws, sums over partitions, and a fixed point in the plane."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.graphs.moment_polynomials import moment_polynomials
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.derive.laws.rectangular import rectangular_sum
from tests.oracles import moments_by_partitions, rectangular_moments_by_partitions

t, g, w = sympy.symbols("t g w")
eta, zeta, phi, psi, v = sympy.symbols("eta zeta phi psi v", positive=True)
GRAM = (eta - zeta) * t + zeta * t / (1 - zeta * t)
half, third = sympy.Rational(1, 2), sympy.Rational(1, 3)


def exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


# -- the nonlinear Gram law --------------------------------------------------------------------------------


def test_gram_weights_give_the_quartic_of_the_source() -> None:
    z, G, m = sympy.symbols("z G m")
    quartic = (
        phi**2 * zeta * (eta - zeta) * z**2 * G**4
        + (2 * phi * (psi - phi) * zeta * (eta - zeta) * z - phi * psi * zeta * z**2) * G**3
        + ((psi - phi) ** 2 * zeta * (eta - zeta) - phi * psi**2 * eta * z + psi * (2 * phi - psi) * zeta * z) * G**2
        + (psi**3 * z + psi * (psi - phi) * (zeta - psi * eta)) * G
        - psi**3
    )
    found = law_of_cycle_weights(GRAM).equation
    assert found.degree == 4
    assert sympy.expand(found.expr.xreplace({m: -G}) - quartic) == 0


@pytest.mark.parametrize(("columns", "rows"), [("2/3", "4/5"), (3, "1/2"), (1, 1), ("1/4", 2)])
def test_linear_activation_gives_the_cubic_of_two_gaussian_factors(columns: object, rows: object) -> None:
    """M = W A W^T with A = X X^T/m ~ MP(n0/m): the companion of A^(1/2) W^T W A^(1/2), W^T W ~ MP(n0/n1) n1/n0."""
    law = law_of_cycle_weights(GRAM.xreplace({zeta: eta}), t, phi=columns, psi=rows).at(eta=1)
    product = marchenko_pastur(columns) @ (marchenko_pastur(rows) / rows)
    assert law.equation.degree == 3
    assert law.equation == product.companion(rows).equation


@pytest.mark.parametrize(("columns", "rows"), [("2/3", "4/5"), (3, "1/2"), (1, 1)])
def test_companion_is_the_free_product_of_the_other_normalisation(columns: object, rows: object) -> None:
    """Y^T Y/n1 ~ MP(m/n1) times, freely, (eta - zeta) + zeta MP(m/n0)."""
    law = law_of_cycle_weights(GRAM, t, phi=columns, psi=rows).at(eta=2, zeta=half)
    f, r = (sympy.Rational(str(x)) for x in (columns, rows))
    population = 2 - half + half * marchenko_pastur(1 / f)
    assert (law * r / f).companion(f / r).equation == (marchenko_pastur(r / f) @ population).equation


def test_no_slope_gives_marchenko_pastur() -> None:
    law = law_of_cycle_weights(eta * t, t)
    assert law.equation.degree == 2
    assert law.at(phi=1, psi=3, eta=2).equation == (2 * marchenko_pastur(third)).equation
    scaled = [eta**k * m.xreplace({v: phi / psi}) for k, m in enumerate(marchenko_pastur(v).moments(5), start=1)]
    assert all(sympy.simplify(a - b) == 0 for a, b in zip(law.moments(5), scaled, strict=True))


def test_quartic_series_is_the_functional_equations_to_thirty() -> None:
    weights = [eta, *(zeta**j for j in range(2, 31))]
    at = {eta: sympy.Rational(5, 4), zeta: sympy.Rational(2, 3), phi: sympy.Rational(3, 7), psi: sympy.Rational(11, 5)}
    numbers = [e.xreplace(at) for e in weights]
    expected = moment_polynomials(30, numbers, [at[psi], at[phi]])
    law = law_of_cycle_weights(GRAM).at(**{s.name: value for s, value in at.items()})
    assert law.moments(30) == [p * at[psi] ** (1 - k) for k, p in enumerate(expected, start=1)]


def test_symbolic_moments_are_the_polynomials() -> None:
    expected = moment_polynomials(7, [eta, *(zeta**j for j in range(2, 8))])
    found = law_of_cycle_weights(GRAM).moments(7)
    assert all(
        sympy.expand(m * psi ** (k - 1) - p) == 0 for k, (m, p) in enumerate(zip(found, expected, strict=True), 1)
    )


def test_equation_holds_at_the_fixed_point_of_the_functional_equation() -> None:
    """P is iterated at one complex t; no series, no elimination."""
    e, s, f, r = 1.3, 0.7, 0.4, 1.7
    z = 30.0 + 7.0j
    time = 1 / (z * r)
    p = 1 + 0j
    for _ in range(400):
        h = time * (1 + f * (p - 1)) * (1 + r * (p - 1))
        p = 1 + (e - s) * h + s * h / (1 - s * h)
    m = -(r / z * p + (1 - r) / z)
    law = law_of_cycle_weights(GRAM, t, phi="2/5", psi="17/10").at(eta="13/10", zeta="7/10")
    value = complex(law.equation.expr.subs({"z": z, "m": m}))
    slope = complex(sympy.diff(law.equation.expr, sympy.Symbol("m")).subs({"z": z, "m": m}))
    assert abs(value / slope) < 1e-14


# -- two colours: rectangular free cumulants ---------------------------------------------------------------


@settings(deadline=None, max_examples=15, derandomize=True)
@given(
    st.lists(st.fractions(min_value=-2, max_value=2, max_denominator=5), min_size=2, max_size=3),
    st.fractions(min_value=Fraction(1, 4), max_value=3, max_denominator=4),
    st.fractions(min_value=Fraction(1, 4), max_value=3, max_denominator=4),
)
def test_scaled_weights_are_rectangular_free_cumulants(weights: list[Fraction], f: Fraction, r: Fraction) -> None:
    cumulants = [x * r ** (1 - j) for j, x in enumerate(weights, start=1)]
    cumulants += [Fraction(0)] * (5 - len(cumulants))
    polynomials = moment_polynomials(5, list(map(exact, weights)), [exact(r), exact(f)])
    moments = [p * exact(r) ** (1 - k) for k, p in enumerate(polynomials, start=1)]
    assert moments == list(map(exact, rectangular_moments_by_partitions(cumulants, f / r)))


def test_weights_add_for_free_rectangular_matrices() -> None:
    a, b = t / (1 - t), 2 * t
    both = law_of_cycle_weights(a + b, t, phi=1, psi=2)
    parts = [law_of_cycle_weights(x, t, phi=1, psi=2) for x in (a, b)]
    assert rectangular_sum(*parts, half).equation == both.equation


def test_zero_weights_are_the_zero_matrix() -> None:
    law = law_of_cycle_weights([0, 0], phi=1, psi=1)
    assert law.is_zero
    assert law.moments(3) == [0, 0, 0]


# -- other numbers of colours ------------------------------------------------------------------------------


@pytest.mark.parametrize("colours", [2, 3, 4])
def test_a_single_weight_is_a_product_of_gaussian_matrices(colours: int) -> None:
    assert law_of_cycle_weights([1], ratios=[1] * colours).equation == fuss_catalan(colours - 1).equation


def test_three_colours_are_a_product_of_two_rectangular_gaussian_matrices() -> None:
    law = law_of_cycle_weights([1], ratios=(1, half, third))
    assert law.equation == (marchenko_pastur(half) @ marchenko_pastur(third)).equation


def test_order_of_the_other_ratios_does_not_matter() -> None:
    first, second = (law_of_cycle_weights([2, half], ratios=(1, *r)) for r in ((half, third), (third, half)))
    assert first.equation == second.equation


@pytest.mark.parametrize(
    ("cumulants", "expected"),
    [
        ([0, 1], semicircle()),
        ([3, 2], semicircle(2) + 3),
        ([0], atoms([0])),
        ([half], atoms([half])),
    ],
)
def test_finitely_many_free_cumulants(cumulants: list[object], expected: AlgebraicLaw) -> None:
    assert law_of_free_cumulants(cumulants).equation == expected.equation


def test_rational_r_transform() -> None:
    law = law_of_free_cumulants(g / (1 - g**2), g)
    assert law.equation == law_of_r_transform(g / (1 - g**2), g).equation
    assert law.derivation.evidence is Evidence.PROVED


def test_free_cumulants_come_back() -> None:
    cumulants = [Fraction(1, 2), Fraction(2), Fraction(1, 3), Fraction(1, 10)]
    law = law_of_free_cumulants(list(map(exact, cumulants)))
    assert law.free_cumulants(6) == [*map(exact, cumulants), 0, 0]
    assert law.moments(7) == list(map(exact, moments_by_partitions([*cumulants, *[Fraction(0)] * 3])))


# -- the derivation ----------------------------------------------------------------------------------------

MANY = [
    lambda: law_of_cycle_weights(GRAM),
    lambda: law_of_cycle_weights([eta, zeta]),
    lambda: law_of_cycle_weights([4, 1], phi=2, psi=half),
    lambda: law_of_cycle_weights([1], ratios=(v, 1, half)),
    lambda: law_of_free_cumulants([0, 1, 0, "1/10"]),
]


@pytest.mark.parametrize("build", MANY)
def test_derivation_goes_from_weights_over_graphs_to_the_equation(build: object) -> None:
    law = build()  # type: ignore[operator]
    assert law.derivation.check()
    names = [step.rule.name for step in law.derivation.steps]
    assert names[:4] == [
        "definition by cycle weights",
        "moments from graphs",
        "decomposition at the root",
        "generating function and transform",
    ]
    assert law.derivation.evidence is Evidence.PROVED


@pytest.mark.parametrize("build", MANY)
def test_derivation_can_be_printed(build: object) -> None:
    law = build()  # type: ignore[operator]
    assert "P_l = 1 + r_l (P - 1)" in law.derivation.text() or "P(t)" in law.derivation.text()
    assert r"\begin{document}" in law.derivation.latex()


def test_a_wrong_moment_is_seen_by_the_check() -> None:
    from resolvent.derive.graphs.cycle_weights import GraphExpansion

    good = GraphExpansion.of(GRAM, t, (psi, phi))
    assert good.agrees_with_graphs()

    class Wrong(GraphExpansion):
        def moments(self, n: int, values: object) -> object:
            return super().moments(n, values) * 2  # type: ignore[arg-type]

    bad = Wrong(*(getattr(good, name) for name in good.__dataclass_fields__))
    assert not bad.agrees_with_graphs()


def test_replaying_with_numbers() -> None:
    law = law_of_cycle_weights(GRAM)
    assert law.at(eta=2, zeta=1, phi=1, psi=half).equation == law_of_cycle_weights(
        t + t / (1 - t), t, phi=1, psi=half
    ).equation  # fmt: skip
    assert str(law.at(phi=1)).endswith(", t, phi=1, psi=psi)")
    with pytest.raises(ParameterError, match="the law has no parameter 't'"):
        law.at(t=1)


def test_the_variable_may_have_any_name() -> None:
    assert law_of_cycle_weights(eta * w, w).equation == law_of_cycle_weights(eta * t).equation
    assert law_of_cycle_weights([sympy.Symbol("t", positive=True)]).moments(1) == [sympy.Symbol("t", positive=True)]


# -- weights of no law -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([-1], "m_1 is the first that fails"),
        ([1, -2], "m_2 is the first that fails"),
        (t / (1 - t) - half * t, "m_5 is the first that fails"),
        ([0, 1], "m_2 is the first that fails"),
    ],
)
def test_weights_without_a_positive_measure_name_the_first_moment(weights: object, message: str) -> None:
    with pytest.raises(DerivationError, match=message):
        law_of_cycle_weights(weights, phi=1, psi=1)


def test_a_slight_excess_of_slope_is_found_far_out() -> None:
    with pytest.raises(DerivationError, match="m_101 is the first") as caught:
        law_of_cycle_weights(t / (1 - t) - t / 100, phi=1, psi=1)
    assert caught.value.objects["moment"] == 101


def test_numbers_put_in_later_are_checked_too() -> None:
    with pytest.raises(DerivationError, match="no law of a Gram matrix"):
        law_of_cycle_weights(GRAM).at(eta=half, zeta=1, phi=1, psi=1)


@pytest.mark.parametrize("weights", [[4, 1], t / (1 - t), t - t**2 / (4 + 2 * t), [3, 0, half]])
@pytest.mark.parametrize(("columns", "rows"), [(2, 1), (5, half)])
def test_tall_matrices_have_the_mass_at_zero_that_their_rank_asks_for(
    weights: object, columns: object, rows: object
) -> None:
    """`companion` raises where the law of Y^T Y would have negative mass at 0."""
    law = law_of_cycle_weights(weights, t if isinstance(weights, sympy.Expr) else None, phi=columns, psi=rows)
    c = sympy.Rational(str(columns)) / sympy.Rational(str(rows))
    assert law.companion(c).moments(2) == [c * m for m in law.moments(2)]


@pytest.mark.parametrize(("cumulants", "order"), [([0, -1], 2), ([0, 1, 0, -2], 4), ([0, 1, 5], 4)])
def test_free_cumulants_of_no_law_name_the_first_moment(cumulants: list[int], order: int) -> None:
    with pytest.raises(DerivationError, match=f"Hankel determinant up to the moment m_{order} is negative"):
        law_of_free_cumulants(cumulants)


# -- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: law_of_cycle_weights(1 + t), r"w\(0\) must be 0"),
        (lambda: law_of_cycle_weights(1 / t), "pole at t = 0"),
        (lambda: law_of_cycle_weights(sympy.exp(t)), "not a rational function"),
        (lambda: law_of_cycle_weights(eta * w), "cannot tell the variable"),
        (lambda: law_of_cycle_weights(3), "cannot tell the variable"),
        (lambda: law_of_cycle_weights("t"), "not a rational number"),
        (lambda: law_of_cycle_weights(eta * t, "t"), "must be a SymPy symbol"),
        (lambda: law_of_cycle_weights(sympy.Symbol("z"), sympy.Symbol("z")), "cannot be called z"),
        (lambda: law_of_cycle_weights([t], t), "rename it"),
        (lambda: law_of_cycle_weights(eta * t, phi=t), "also a parameter"),
        (lambda: law_of_cycle_weights([1], phi=-1), "ratio of colour 1 must be positive; got -1"),
        (lambda: law_of_cycle_weights([1], psi=0), "ratio of colour 0 must be positive; got 0"),
        (lambda: law_of_cycle_weights([1], phi=1, ratios=[1, 1]), "not both"),
        (lambda: law_of_cycle_weights([1], ratios=[]), "1 to 12 colours"),
        (lambda: law_of_cycle_weights([1], ratios=[2]), "that of a single colour is 1"),
        (lambda: law_of_cycle_weights([1], ratios=[1] * 13), "1 to 12 colours"),
        (lambda: law_of_free_cumulants(1 / g**2, g), "pole at"),
        (lambda: law_of_free_cumulants([sympy.pi]), "not a rational function"),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()  # type: ignore[operator]
