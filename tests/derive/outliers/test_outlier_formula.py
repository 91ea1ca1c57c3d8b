"""Outlier formulas against closed forms of the literature, transforms, quadrature of densities, and exact edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError, PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, free_poisson, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.derive.outliers import outlier_transform as response
from resolvent.derive.outliers import thresholds
from resolvent.derive.outliers.outlier_formula import THETA, OutlierFormula, outlier
from resolvent.derive.outliers.outlier_transform import Response, response_of
from resolvent.derive.outliers.thresholds import Gap, gaps, lowest_end
from tests import oracles

C, V, S = sympy.symbols("c v sigma", positive=True)
D = sympy.Symbol("d", positive=True)
G, U = sympy.symbols("g u")
T = THETA


def same(a: sympy.Expr | None, b: sympy.Expr) -> bool:
    assert a is not None
    return sympy.simplify(a - b) == 0


# -- closed forms of the literature --------------------------------------------------------------------------


def test_spiked_covariance_has_the_bbp_transition() -> None:
    spike = outlier(marchenko_pastur(C, S), "multiplicative")
    assert same(spike.location, S**2 * (1 + T) * (1 + C / T))
    assert spike.threshold == sympy.sqrt(C)
    assert same(spike.overlap, (1 - C / T**2) / (1 + C / T))
    assert spike.right_overlap is None


def test_spiked_wigner_matrix() -> None:
    spike = outlier(semicircle(V))
    assert same(spike.location, T + V / T)
    assert (spike.threshold, spike.lower_threshold) == (sympy.sqrt(V), -sympy.sqrt(V))
    assert same(spike.overlap, 1 - V / T**2)


def test_spiked_gaussian_rectangle() -> None:
    """FORMULAS O: s_1 and both overlaps; the squared singular value here."""
    spike = outlier(marchenko_pastur(C), "rectangular", ratio=C)
    assert same(spike.location, (1 + T**2) * (C + T**2) / T**2)
    assert spike.threshold == C ** sympy.Rational(1, 4)
    assert spike.lower_threshold is None
    assert same(spike.overlap, 1 - C * (1 + T**2) / (T**2 * (T**2 + C)))
    assert same(spike.right_overlap, 1 - (C + T**2) / (T**2 * (T**2 + 1)))


def test_conjugate_kernel_spike_without_linear_part() -> None:
    """FORMULAS S, zeta = 0: eta MP(c) with lambda = (theta^2+eta)(theta^2+eta c)/theta^2 iff theta^2 > eta sqrt(c)."""
    spike = outlier(marchenko_pastur(C, S), "rectangular", ratio=C)
    eta = S**2
    assert same(spike.location, (T**2 + eta) * (T**2 + eta * C) / T**2)
    assert same(spike.threshold, sympy.sqrt(eta * sympy.sqrt(C)))


def test_gradient_flow_spike() -> None:
    """FORMULAS D: lambda_s = (1+rho)(rho+c)/rho iff rho > sqrt(c), rho the squared norm of the mean."""
    rho = sympy.Symbol("rho", positive=True)
    spike = outlier(marchenko_pastur(C), "rectangular", ratio=C)
    assert spike.location is not None
    assert same(spike.location.subs(T, sympy.sqrt(rho)), (1 + rho) * (rho + C) / rho)
    assert spike.threshold is not None
    assert same(spike.threshold**2, sympy.sqrt(C))


def test_the_numbers_of_one_gradient_step() -> None:
    """FORMULAS O, tanh student: c = 2, theta^2 = 2.2599756524725."""
    spike = outlier(marchenko_pastur(2), "rectangular", ratio=2)
    at = {T: sympy.sqrt(sympy.Float("2.2599756524725", 20))}
    assert spike.location is not None
    assert spike.right_overlap is not None
    assert abs(sympy.sqrt(spike.location).subs(at) - 2.4788991384545) < 1e-12
    assert abs(spike.overlap.subs(at) - 0.32277423) < 1e-8
    assert abs(spike.right_overlap.subs(at) - 0.42178547) < 1e-8


def test_additive_spike_of_a_wishart_matrix() -> None:
    spike = outlier(marchenko_pastur(C))
    assert same(spike.location, T + 1 / (1 - C / T))
    assert same(spike.threshold, C + sympy.sqrt(C))
    assert same(spike.overlap, 1 - C / (T - C) ** 2)
    below = spike.lower_threshold
    assert below is not None
    assert [below.subs(C, v) for v in (sympy.Rational(1, 4), 1, 4)] == [sympy.Rational(-1, 4), 0, 0]


# -- transforms and series -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "r", [1 / (1 - G / 2) + G / 10, 1 / (1 - G / 2) + G / 2 / (2 - G**2 / 4), G / (1 - G**2)], ids=str
)
def test_additive_outliers_stand_at_theta_plus_r(r: sympy.Expr) -> None:
    assert same(outlier(law_of_r_transform(r, G)).location, T + r.subs(G, 1 / T))


@pytest.mark.parametrize("law", [marchenko_pastur(C), marchenko_pastur(C) @ marchenko_pastur(V)], ids=repr)
def test_multiplicative_outliers_stand_at_one_plus_theta_over_s(law: AlgebraicLaw) -> None:
    assert same(outlier(law, "multiplicative").location, (1 + T) / law.s_transform().subs(sympy.Symbol("u"), 1 / T))


@pytest.mark.parametrize("law", [semicircle() + marchenko_pastur(C), kesten_mckay(3), arcsine(3)], ids=repr)
def test_the_series_of_additive_outliers_are_the_free_cumulants(law: AlgebraicLaw) -> None:
    spike = outlier(law)
    assert spike.series(7) == [1, *law.free_cumulants(6)]
    assert spike.series(0) == []


QUADRATIC = (
    kesten_mckay(D),
    arcsine(V),
    atoms([-V, V]),
    atoms([1, 3]).wishart(1),
    marchenko_pastur(1) @ marchenko_pastur(1),
)


@pytest.mark.parametrize("law", QUADRATIC, ids=repr)
def test_a_square_root_is_the_root_with_the_right_series(law: AlgebraicLaw) -> None:
    spike = outlier(law)
    x = sympy.Symbol("x", positive=True)
    expansion = sympy.series(sympy.simplify(x * spike.location.subs(T, 1 / x)), x, 0, 5).removeO()
    assert [sympy.simplify(expansion.coeff(x, k) - t) for k, t in enumerate(spike.series(5))] == [0] * 5


def test_a_square_root_holds_on_both_sides_with_a_real_symbol() -> None:
    t = sympy.Symbol("t", real=True)
    spike = outlier(arcsine(2), strength=t)
    assert spike.location is not None
    assert spike.location.subs(t, -3) == -sympy.sqrt(13)
    assert spike.overlap.subs(t, -3) == 3 / sympy.sqrt(13)


def test_squares_leave_the_root_so_that_no_sign_is_lost() -> None:
    """The radicand of MP(1) @ MP(1) is theta^3 (theta - 4): lambda = theta^2 (1 - sqrt(1 - 4/theta))/2."""
    t = sympy.Symbol("t", real=True)
    spike = outlier(marchenko_pastur(1) @ marchenko_pastur(1), strength=t)
    assert spike.location is not None
    assert spike.location.subs(t, sympy.Rational(9, 2)) == sympy.Rational(27, 4)
    assert abs(spike.location.subs(t, -3).evalf() - (9 - sympy.sqrt(21) * 3) / 2) < 1e-12


# -- overlaps against quadrature -----------------------------------------------------------------------------

QUARTER = sympy.Rational(1, 4)


def marchenko_pastur_integral(f: Callable[[Any], Any]) -> Any:
    """The integral of f against Marchenko-Pastur of ratio 1/4, whose support is [1/4, 9/4]."""
    a, b = mp.mpf(1) / 4, mp.mpf(9) / 4
    return mp.quad(lambda x: f(x) * mp.sqrt((b - x) * (x - a)) / (2 * mp.pi * x / 4), [a, 1, b])


@pytest.mark.parametrize("theta", [2, 5])
@pytest.mark.parametrize("kind", response.KINDS)
def test_formulas_satisfy_the_defining_integrals(kind: str, theta: int) -> None:
    spike = outlier(marchenko_pastur("1/4"), kind, ratio="1/4" if kind == "rectangular" else None)
    assert spike.location is not None
    z = mp.mpf(sympy.Rational(spike.location.subs(T, theta)).p) / sympy.Rational(spike.location.subs(T, theta)).q
    g, slope = (marchenko_pastur_integral(f) for f in (lambda x: 1 / (z - x), lambda x: -1 / (z - x) ** 2))
    left = mp.mpf(str(spike.overlap.subs(T, theta).evalf(30)))
    if kind == "additive":
        assert mp.almosteq(g, mp.mpf(1) / theta, 1e-12)
        assert mp.almosteq(left, -1 / (theta**2 * slope), 1e-12)
    elif kind == "multiplicative":
        t, t_slope = (marchenko_pastur_integral(f) for f in (lambda x: x / (z - x), lambda x: -x / (z - x) ** 2))
        assert mp.almosteq(t, mp.mpf(1) / theta, 1e-12)
        assert mp.almosteq(left, -(1 + theta) / (theta**2 * z * t_slope), 1e-12)
    else:
        c = mp.mpf(1) / 4
        other, other_slope = c * g + (1 - c) / z, c * slope - (1 - c) / z**2
        change = g * other + z * slope * other + z * g * other_slope
        right = mp.mpf(str(spike.right_overlap.subs(T, theta).evalf(30)))  # type: ignore[union-attr]
        assert mp.almosteq(z * g * other, mp.mpf(1) / theta**2, 1e-12)
        assert mp.almosteq(left, -g / (theta**2 * change), 1e-12)
        assert mp.almosteq(right, -other / (theta**2 * change), 1e-12)


def test_two_equal_sheets_leave_the_positive_root_of_the_quadratic() -> None:
    """Arcsine on [0, 4] and c = 1: P is even in m, so only the sign of G above the support decides. D = 1/(z - 4)."""
    spike = outlier(arcsine() + 2, "rectangular", ratio=1)
    assert same(spike.location, T**2 + 4)
    assert same(spike.overlap, T / sympy.sqrt(T**2 + 4))
    assert same(spike.right_overlap, T / sympy.sqrt(T**2 + 4))


def test_a_relation_of_higher_degree_stays_one_with_its_overlap() -> None:
    law = marchenko_pastur(1) @ marchenko_pastur(1) @ marchenko_pastur(1)
    spike = outlier(law)
    assert (spike.location, spike.right_overlap) == (None, None)
    assert spike.threshold == 1 / _edge_cauchy()
    moments = [1, *(float(v) for v in law.moments(40))]  # at theta = 40 the Laurent series converges fast
    z = float(oracle_location(moments, 40.0))
    values = {sympy.Symbol("z"): z, T: 40}
    assert abs(spike.relation.subs(values)) < 1e-8 * abs(sympy.diff(spike.relation, T).subs(values) * 40)
    slope = -sum((k + 1) * m / z ** (k + 2) for k, m in enumerate(moments))
    assert abs(spike.overlap.subs(values) + 1 / (1600 * slope)) < 1e-9


def oracle_location(moments: list[float], theta: float) -> Any:
    """G(z) = sum m_k z^(-k-1) = 1/theta by bisection, z above theta + 1."""
    low, high = theta, 2 * theta
    for _ in range(200):
        middle = (low + high) / 2
        value = sum(m / middle ** (k + 1) for k, m in enumerate(moments))
        low, high = (middle, high) if value > 1 / theta else (low, middle)
    return low


def _edge_cauchy() -> sympy.Expr:
    """G at the edge 256/27 of the Fuss-Catalan law of order 3: B_3(w)/z with w = 27/256, where B = 4/3 is double."""
    return sympy.Rational(4, 3) * sympy.Rational(27, 256)


# -- thresholds ----------------------------------------------------------------------------------------------


def ends(found: tuple[Gap, ...]) -> list[tuple[float, int, float | None]]:
    return [
        (round(float(e.point), 9), e.side, None if e.strength is None else round(float(e.strength), 9))
        for gap in found
        for e in (gap.left, gap.right)
        if e is not None
    ]


def test_thresholds_are_exact_at_numeric_parameters() -> None:
    spike = outlier(marchenko_pastur("1/3"), "multiplicative")
    assert (spike.threshold, spike.lower_threshold) == (1 / sympy.sqrt(3), -1 / sympy.sqrt(3))
    assert outlier(marchenko_pastur(2), "rectangular", ratio=2).threshold == sympy.CRootOf(
        sympy.Symbol("x") ** 4 - 2, 1
    )
    assert outlier(kesten_mckay(5)).threshold == sympy.Rational(3, 2)  # (d-2)/sqrt(d-1)


def test_a_critical_polynomial_has_the_threshold_among_its_zeros() -> None:
    spike = outlier(kesten_mckay(D))
    assert spike.threshold is None
    assert sympy.simplify(spike.critical.subs(D, 5).subs(T, sympy.Rational(3, 2))) == 0
    quartic = outlier(semicircle("1/10") + marchenko_pastur(C))
    assert quartic.threshold is None
    exact = outlier(semicircle("1/10") + marchenko_pastur("1/2")).threshold
    assert exact is not None
    at_half = sympy.Poly(quartic.critical.subs(C, sympy.Rational(1, 2)), T)
    assert abs(float(exact) - max(float(r) for r in at_half.real_roots())) < 1e-12


def test_hard_edges_and_atoms_let_every_strength_out() -> None:
    assert [outlier(law).threshold for law in (arcsine(2), atoms([-1, 1]), arcsine(V))] == [0, 0, 0]
    assert ends(gaps(response_of(marchenko_pastur(1), "additive"))) == [(0.0, -1, 0.0), (4.0, 1, 2.0)]
    assert ends(gaps(response_of(atoms([0, 1]), "additive"))) == [(0, -1, 0), (0, 1, 0), (1, -1, 0), (1, 1, 0)]


def test_the_kernel_is_no_obstacle_to_a_product() -> None:
    found = gaps(response_of(marchenko_pastur(4), "multiplicative"))  # an atom of mass 3/4 at 0, then [1, 9]
    assert ends(found) == [(0.0, 1, -4.0), (1.0, -1, -2.0), (9.0, 1, 2.0)]
    assert lowest_end(found) is found[0].right
    assert outlier(marchenko_pastur(4), "multiplicative").lower_threshold == -2


def test_a_support_that_begins_at_zero_lets_nothing_out_below() -> None:
    found = gaps(response_of(marchenko_pastur(1), "multiplicative"))
    assert ends(found) == [(4.0, 1, 1.0)]
    assert lowest_end(found) is None
    assert outlier(marchenko_pastur(1), "multiplicative").lower_threshold is None


def test_rectangular_responses_vanish_where_the_two_transforms_differ_in_sign() -> None:
    found = gaps(response_of(atoms([1, 4]).wishart("1/10"), "rectangular", "1/10"))
    assert [e[2] is None for e in ends(found)] == [True, False, True, False]
    square = gaps(response_of(atoms([1]), "rectangular", 1))  # an orthogonal matrix: both sides of 1 are open
    assert ends(square) == [(1.0, -1, 0.0), (1.0, 1, 0.0)]
    kernels = gaps(response_of(atoms([0, 1]), "rectangular", "1/2"))  # both kernels are large: 0 lets an outlier out
    assert ends(kernels)[0] == (0.0, 1, 0.0)


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_a_cusp_is_no_gap(kind: str) -> None:
    """Two bulks that touch: the two atoms of a coin at +-1, widened by a semicircle, meet exactly at variance 1."""
    law = atoms([-1, 1]) + semicircle()
    if kind == "multiplicative":
        law = law + 4
    assert len(gaps(response_of(law, kind))) == 2


def test_limits_in_an_algebraic_extension() -> None:
    """V = x^4/4: b^2 = 4/sqrt(3), and G(b) = V'(b)/2 = b^3/2."""
    spike = outlier(equilibrium_measure(2, "1/4"))
    b = (sympy.Integer(16) / 3) ** QUARTER
    assert spike.threshold is not None
    assert abs(float(spike.threshold) - float(2 / b**3)) < 1e-12


@pytest.mark.parametrize("law", [marchenko_pastur("1/2"), semicircle(2), kesten_mckay(4)], ids=repr)
def test_limits_at_soft_edges_against_densities(law: AlgebraicLaw) -> None:
    """G(e+) by quadrature of the density: the first negative moment about the edge, which a soft edge leaves finite."""
    (_, above) = gaps(response_of(law, "additive"))
    assert above.left is not None
    assert above.left.value is not None
    edge = float(above.left.point)
    value = {"marchenko_pastur(1/2)": 1 / (0.5 + 0.5**0.5), "semicircle(2)": 2**-0.5, "kesten_mckay(4)": 3**0.5 / 2}
    assert abs(float(above.left.value) - value[law.text]) < 1e-14
    assert edge > 0


# -- printing and errors -------------------------------------------------------------------------------------


def test_latex_has_place_threshold_and_overlaps() -> None:
    text = outlier(marchenko_pastur(C), "multiplicative").latex()
    assert text.startswith(r"\lambda = \frac{\left(c + \theta\right) \left(\theta + 1\right)}{\theta} \qquad")
    assert r"\theta > \sqrt{c}" in text
    assert r"\left|\langle u, v\rangle\right|^{2} = " in text
    assert text.count(r"\qquad") == 2


def test_latex_of_singular_vectors_and_of_relations() -> None:
    text = outlier(marchenko_pastur(C), "rectangular", ratio=C).latex()
    assert r"\langle u, u_1\rangle" in text
    assert r"\langle v, v_1\rangle" in text
    cubic = outlier(free_poisson(V) @ free_poisson(V) @ free_poisson(V))
    assert cubic.location is None
    assert r"\lambda^{3}" in cubic.latex()
    assert " = 0" in cubic.latex()
    assert ">" not in cubic.latex()


def test_an_unknown_kind_is_answered_with_the_closest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'multiplicative'"):
        outlier(semicircle(), "multiplicativ")
    with pytest.raises(ParameterError, match=r"'xyz'\. Known: additive, multiplicative, rectangular"):
        outlier(semicircle(), "xyz")


@pytest.mark.parametrize("strength", [2, "theta", T + 1])
def test_a_strength_is_a_symbol(strength: Any) -> None:
    with pytest.raises(ParameterError, match="must be a symbol"):
        outlier(semicircle(), strength=strength)


def test_a_strength_is_no_parameter_of_the_law() -> None:
    with pytest.raises(ParameterError, match="is a parameter of the law"):
        outlier(semicircle(V), strength=V)
    with pytest.raises(ParameterError, match="reserved"):
        outlier(semicircle(V), strength=sympy.Symbol("z"))
    with pytest.raises(ParameterError, match="two different parameters"):
        outlier(semicircle(V), strength=sympy.Symbol("v"))


def test_ratios_belong_to_rectangles() -> None:
    with pytest.raises(ParameterError, match="rectangular kind only"):
        outlier(marchenko_pastur(C), ratio=C)
    with pytest.raises(ParameterError, match="needs the ratio"):
        outlier(marchenko_pastur(C), "rectangular")
    with pytest.raises(ParameterError, match="must be positive"):
        outlier(marchenko_pastur(C), "rectangular", ratio=-1)
    with pytest.raises(DerivationError, match="atom"):
        outlier(marchenko_pastur("1/2"), "rectangular", ratio=2)


@pytest.mark.parametrize(("kind", "ratio"), [("multiplicative", None), ("rectangular", 1)])
def test_products_and_rectangles_need_a_half_line(kind: str, ratio: Any) -> None:
    with pytest.raises(DerivationError, match="mass below 0"):
        outlier(semicircle(V), kind, ratio=ratio)


def test_the_zero_matrix_has_no_multiplicative_outlier() -> None:
    with pytest.raises(DerivationError, match="zero matrix"):
        outlier(atoms([0]), "multiplicative")
    assert same(outlier(atoms([0])).location, T)


@pytest.mark.parametrize("n", [-1, True, 1.5])
def test_a_number_of_terms_is_a_non_negative_integer(n: Any) -> None:
    with pytest.raises(ParameterError, match="non-negative integer"):
        outlier(semicircle()).series(n)


def test_thresholds_need_numbers() -> None:
    with pytest.raises(DerivationError, match="give values for c"):
        gaps(response_of(marchenko_pastur(C), "additive"))


def test_what_precision_cannot_decide_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "keeps_apart", lambda *_: _refuse())
    with pytest.raises(PrecisionError, match="refused"):
        gaps(response_of(marchenko_pastur("3/7"), "additive"))


def _refuse() -> Any:
    raise PrecisionError("refused")


def test_a_limit_that_is_not_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds._Limits, "_circle", lambda *_: None)
    monkeypatch.setattr(thresholds, "_MOST_BITS", 128)
    with pytest.raises(PrecisionError, match="could not be decided"):
        gaps(response_of(marchenko_pastur("3/7"), "additive"))


def test_conjugates_that_cannot_be_told_apart_are_an_error() -> None:
    from flint import arb, fmpz_poly

    root = thresholds.AlgebraicNumber((-2, 0, 1), 1)
    with pytest.raises(PrecisionError, match="conjugate"):
        thresholds._image(root, lambda b: b * arb(0, 9), lambda p: fmpz_poly(list(p)))


def test_results_are_frozen() -> None:
    spike = outlier(semicircle())
    assert isinstance(spike, OutlierFormula)
    assert isinstance(spike.response, Response)
    with pytest.raises(AttributeError):
        spike.location = None  # type: ignore[misc]


def test_moments_of_the_wishart_oracle_give_the_same_series() -> None:
    """lambda of the multiplicative kind from psi's reversion in fractions: 1/w(t), psi(w) = sum m_k w^k."""
    from fractions import Fraction

    cumulants = [Fraction(1, 2) ** k for k in range(6)]  # Marchenko-Pastur of ratio 1/2
    moments = oracles.moments_from_cumulants(cumulants)
    spike = outlier(marchenko_pastur("1/2"), "multiplicative")
    series = [Fraction(int(t.p), int(t.q)) for t in spike.series(5)]
    # psi(w) = t with w = t/(s_0 + s_1 t + ...): the composition must be the identity up to t^5
    w = _reciprocal_times_t(series)
    total = [Fraction(0)] * 6
    power = [Fraction(1)] + [Fraction(0)] * 5
    for m in moments[:5]:
        power = _product(power, w)
        total = [a + m * b for a, b in zip(total, power, strict=True)]
    assert total == [0, 1, 0, 0, 0, 0]


def _product(a: list[Any], b: list[Any]) -> list[Any]:
    return [sum(a[i] * b[k - i] for i in range(k + 1)) for k in range(6)]


def _reciprocal_times_t(series: list[Any]) -> list[Any]:
    inverse = [1 / series[0]]
    for k in range(1, 5):
        inverse.append(-sum(series[i] * inverse[k - i] for i in range(1, k + 1)) / series[0])
    return [series[0] * 0, *inverse]
