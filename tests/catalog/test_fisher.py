"""The laws of the Fisher information: the printed formulas, the elliptic density, and networks of growing width."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog.entries import fisher, fisher_linear
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.tensor.atoms import parts_of
from resolvent.numeric.density.tensor_density import TensorDensity
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum

LINEAR, GENERAL = catalog.get("fisher-linear"), catalog.get("fisher")
eta, slope, zeta = (p.symbol for p in GENERAL.parameters)


# -- the linear network ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_closed_form_of_density_and_transform_is_proved() -> None:
    """The transform against the tensor law's own, which integrates over both factors."""
    assert LINEAR.closed_form is not None
    found = LINEAR.closed_form.derive()
    assert found.derivation.check()
    assert found.derivation.evidence is Evidence.PROVED
    assert found.proof is not None
    transform = sympy.lambdify(Z, found.proof.transform.expression(), "mpmath")
    spectrum = Spectrum(LINEAR.law(c1=1, c2=1))
    for z in (1 + 0.5j, 4.5 + 0.1j, 9 - 1j, -2 + 0.01j):
        assert complex(transform(mpmath.mpmathify(z))) == pytest.approx(complex(spectrum.stieltjes(z)), abs=1e-10)


@pytest.mark.parametrize(
    ("c1", "c2", "atom"),
    [
        (1, 1, "1/2"),
        ("1/2", "1/2", "3/5"),  # r = 2/5
        (2, "1/2", "3/4"),  # r = 1/4
        ("1/2", 2, "1/4"),  # r = 1, and the gauge symmetry: n_1^2 of n_1 (n_0 + n_2)
        ("1/2", 3, "1/5"),  # r = 6/5
        ("1/4", 4, "1/8"),  # r = 2
        (2, 2, "3/5"),
    ],
)
def test_atom_is_the_share_of_the_missing_rank(c1: Any, c2: Any, atom: str) -> None:
    assert parts_of(LINEAR.law(c1=c1, c2=c2)).atoms == ((0, sympy.Rational(atom)),)


def test_atom_is_the_rank_of_an_integer_network() -> None:
    """At n = (4, 2, 6), so c1 = 1/2 and c2 = 3, exactly."""
    first, second = fisher_linear.integer_weights(4, 2, 6, 1)
    matrix, _ = fisher_linear.factors(first, second)
    assert 20 - matrix.rank() == 20 / 5


def test_step_of_the_factorisation_would_find_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    good = fisher_linear.linear_jacobian
    monkeypatch.setattr(fisher_linear, "linear_jacobian", lambda *a: [[2 * v for v in row] for row in good(*a)])
    with pytest.raises(DerivationError, match="Fisher information of a linear network"):
        LINEAR.law().derivation.check()


def test_nothing_is_assumed_of_the_linear_network() -> None:
    derivation = LINEAR.law().derivation
    assert derivation.assumptions == ()
    assert derivation.evidence is Evidence.PROVED


def test_widths_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ParameterError, match="leave no inputs or outputs"):
        LINEAR.sample(4, 0, c1=100, c2=1)


# -- any activation ----------------------------------------------------------------------------------------------


def test_equal_constants_give_the_linear_law_symbolically() -> None:
    """Its resolvent trace is half of 1/(zeta (l_1 + l_2) - z) and half of -1/z."""
    l1, l2, z = fisher.LAMBDA_1, fisher.LAMBDA_2, sympy.Symbol("z")
    trace = GENERAL.law(eta=zeta, eta_prime=zeta).resolvent_trace()
    assert sympy.cancel(trace - (1 / (zeta * (l1 + l2) - z) - 1 / z) / 2) == 0


def test_equal_constants_of_one_give_the_catalog_entry_of_the_linear_law() -> None:
    linear = LINEAR.law(c1=1, c2=1)
    assert GENERAL.law(eta=1, eta_prime=1, zeta=1).same_as(linear)


def test_without_linear_part_there_are_two_atoms() -> None:
    parts = parts_of(GENERAL.law(eta=1, eta_prime=3, zeta=0))
    assert parts.atoms == ((1, sympy.Rational(1, 2)), (3, sympy.Rational(1, 2)))
    assert parts.curves == ()


def test_matrix_of_a_pair_is_the_symmetric_one_of_singular_values() -> None:
    """Conjugation by diag(s, t) turns H(s^2, t^2) into diag(alpha, beta) + zeta (s, t)(s, t)^T."""
    s, t = sympy.symbols("s t", positive=True)
    h = sympy.Matrix(fisher.pair_matrix(eta, slope, zeta)).subs({fisher.LAMBDA_1: s**2, fisher.LAMBDA_2: t**2})
    turned = sympy.diag(s, t) * h * sympy.diag(1 / s, 1 / t)
    expected = sympy.diag(slope - zeta, eta - zeta) + zeta * sympy.Matrix([s, t]) * sympy.Matrix([[s, t]])
    assert (turned - expected).applyfunc(sympy.simplify) == sympy.zeros(2)


def test_step_of_the_pairs_would_find_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fisher, "pair_matrix", lambda *a: [[a[1], 0], [0, a[0]]])
    assert not fisher.pairs_hold()


def test_first_order_is_the_only_assumption() -> None:
    assert [step.rule.name for step in GENERAL.law().derivation.assumptions] == [fisher.FIRST_ORDER.rule.name]


@pytest.mark.parametrize(
    ("constants", "words"),
    [
        ({"eta": 1, "eta_prime": 2, "zeta": 2}, "zeta > eta"),
        ({"eta": 1, "eta_prime": "3/2", "zeta": "1/4"}, "eta_prime < 2 eta - zeta"),
        ({"eta": 1, "eta_prime": 2, "zeta": -1}, r"must lie in \[0, oo\)"),
        ({"activation": "sign"}, "eta_prime = E f'\\^2 of sign, centred is infinite"),
        ({"activation": "step"}, "eta_prime"),
        ({"activation": "relu", "eta_prime": 3}, "sets eta_prime"),
        ({"activation": np.arctan}, "not known without its derivative"),
    ],
)
def test_constants_of_no_activation_are_refused(constants: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        GENERAL.law(**constants)


def test_constants_of_relu_come_from_the_table() -> None:
    law = GENERAL.law(activation="relu")
    variance = sympy.Rational(1, 2) - 1 / (2 * sympy.pi)
    assert float(law.moments(1)[0] - (variance + sympy.Rational(1, 2)) / 2) == pytest.approx(0, abs=1e-16)
    assert "eta_prime of relu, centred" in law.derivation.text()


@pytest.mark.parametrize(("constants", "frequency"), [((1, 3, 0.5), 2.2), ((1, 1.5, 0.5), 0.0), ((2, 2, 2), 0.0)])
def test_stand_in_activation_has_its_constants(constants: tuple[float, ...], frequency: float) -> None:
    act = fisher.LinearAndCosine(*constants)
    t, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    moments = (weights @ act(t) ** 2, weights @ act.slope(t) ** 2, (weights @ act.slope(t)) ** 2)
    assert moments == pytest.approx(constants, rel=1e-12)
    assert weights @ act(t) == pytest.approx(0, abs=1e-12)
    assert act.frequency == pytest.approx(frequency, abs=0.05)


# -- networks of growing width -----------------------------------------------------------------------------------


def gaps(name: str, size: int, draws: int) -> np.ndarray:
    """Mean of tr F^k/(2n^2), k = 1..4, over networks, less the law's moments, over sqrt(m_2k)."""
    exact = [float(m) for m in GENERAL.law(activation=name).moments(8)]
    found = []
    for seed in range(draws):
        matrix = GENERAL.sample(size, seed, activation=name)
        square = matrix @ matrix
        found.append([np.trace(matrix), np.trace(square), (square * matrix).sum(), (square * square).sum()])
    means = np.mean(found, axis=0) / (2 * size**2)
    return np.asarray((means - exact[:4]) / np.sqrt(exact[1::2]))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "largest"), [("tanh", 0.6), ("relu", 6.0)])
def test_gap_to_the_law_falls_like_one_over_the_width(name: str, largest: float) -> None:
    """At n = 15 and 45, means of twelve and of four networks: the gap in units of sqrt(m_2k) is at most largest/n."""
    small, large = gaps(name, 15, 12), gaps(name, 45, 4)
    assert np.abs(large).max() < largest / 45
    assert np.abs(large).max() < np.abs(small).max()


def distribution(rho: TensorDensity) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, masses around them, and the distribution function there."""
    t = np.linspace(-3.2, 3.2, 81)
    near, far = 1 / (1 + np.exp(-np.pi * np.sinh(t))), 1 / (1 + np.exp(np.pi * np.sinh(t)))
    places, masses = [], []
    for k, (left, right) in enumerate(zip(rho.points, rho.points[1:], strict=False)):
        width, low = right - left, near < far
        density = np.empty(t.shape)
        density[low], density[~low] = rho.near(k, width * near[low]), rho.near(k + 1, -width * far[~low])
        places.append(left + width * near)
        masses.append(density * width * near * far * np.pi * np.cosh(t) * (t[1] - t[0]))
    mass = np.concatenate(masses)
    assert mass.sum() == pytest.approx(1, abs=1e-8)
    return np.concatenate(places), mass, np.cumsum(mass) - mass / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_spectrum_of_a_network_tends_to_the_law(name: str) -> None:
    """The mean distance of the distribution functions is below 1.2/n at n = 10, 20 and 40, one network each.

    Kolmogorov's distance is larger, 0.08 and 0.11 at n = 40: it is reached at the left edge, where the density diverges
    and the norms of single units, which fluctuate like n^(-1/2), smear it out.
    """
    places, mass, expected = distribution(TensorDensity(GENERAL.law(activation=name)))
    means, largest = [], []
    for size in (10, 20, 40):
        values = symmetric_eigenvalues(GENERAL.sample(size, 1, activation=name))
        gap = np.abs(np.searchsorted(values, places) / len(values) - expected)
        means.append(size * float(np.sum(mass * gap)))
        largest.append(float(gap.max()))
    assert max(means) < 1.2
    assert largest[0] > largest[1] > largest[2]
    assert largest[2] < 0.12


def test_factors_of_the_linear_law_are_those_of_the_weights() -> None:
    law = LINEAR.law(c1="1/2", c2=3)
    assert law.laws[0].equation == marchenko_pastur(3).equation
    assert law.laws[1].moments(2) == [sympy.Rational(1, 2), sympy.Rational(3, 4)]
