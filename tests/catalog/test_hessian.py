"""The Hessian's law against its source's equations and an independent recursion; the network against brute force."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
import sympy
from sympy.polys.rings import PolyElement

from resolvent import catalog
from resolvent.catalog.networks import relu_network
from resolvent.catalog.schema.facts import ZeroEdge
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import generator, haar_orthogonal, symmetric_eigenvalues

HESSIAN = catalog.get("hessian")
PHI, EPS, SIGMA = (HESSIAN.symbols[name] for name in ("phi", "eps", "sigma"))
Z, M = sympy.symbols("z m")


# -- the law -----------------------------------------------------------------------------------------------


def test_equation_is_of_degree_four_and_irreducible() -> None:
    _, factors = sympy.factor_list(HESSIAN.law().equation.expr)
    assert [(sympy.degree(factor, M), power) for factor, power in factors] == [(4, 1)]


def moments_by_noncrossing_partitions(cumulants: list[PolyElement], n: int) -> list[PolyElement]:
    """m_n = sum_s kappa_s sum over i_1 + ... + i_s = n - s of m_(i_1)...m_(i_s) (Speicher 1994)."""
    one = cumulants[0].ring.one
    moments = [one]
    for k in range(1, n + 1):
        total = one.ring.zero
        power = {j: (one if j == 0 else one.ring.zero) for j in range(k)}  # coefficients of (sum m_i w^i)^s
        for s in range(1, k + 1):
            power = {j: sum((power[i] * moments[j - i] for i in range(j + 1)), one.ring.zero) for j in range(k)}
            total += cumulants[s - 1] * power[k - s]
        moments.append(total)
    return moments[1:]


def test_moments_to_order_twelve_follow_from_the_cumulants() -> None:
    ring, phi, eps, sigma = sympy.ring("phi,eps,sigma", sympy.QQ)
    cumulants = []
    for k in range(1, 13):
        residual = eps * phi / 2 * (eps * phi**2 / 2) ** (k // 2 - 1) if k % 2 == 0 else ring.zero
        cumulants.append(sigma**k * phi ** (k - 1) + residual)
    expected = moments_by_noncrossing_partitions(cumulants, 12)
    plain = {PHI: sympy.Symbol("phi"), EPS: sympy.Symbol("eps"), SIGMA: sympy.Symbol("sigma")}
    derived = [ring.from_expr(moment.xreplace(plain)) for moment in HESSIAN.law().moments(12)]
    assert derived == expected


def test_second_moment_at_a_half() -> None:
    assert HESSIAN.law(phi="1/2", eps="1/2", sigma=1).moments(2) == [1, sympy.Rational(13, 8)]


@pytest.mark.parametrize(
    ("phi", "value"), [("1/4", 0.627416997969521), ("1/2", 0.0810367098085365)], ids=["phi=1/4", "phi=1/2"]
)
def test_critical_energy_has_the_checked_values(phi: str, value: float) -> None:
    fact = next(f for f in HESSIAN.facts(phi=phi, sigma=1) if isinstance(f, ZeroEdge))
    assert float(fact.value) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("phi", ["1/4", "1/2", "9/10"])
def test_an_edge_is_at_zero_at_the_critical_energy(phi: str) -> None:
    """At an edge two roots of P(0, m) coincide; P(0, m) is a cubic and the energy a quadratic irrationality."""
    fact = next(f for f in HESSIAN.facts(phi=phi, sigma=1) if isinstance(f, ZeroEdge))
    cubic = HESSIAN.law(phi=phi, sigma=1).equation.expr.xreplace({Z: sympy.Integer(0)})
    discriminant = sympy.Poly(sympy.discriminant(cubic, M), EPS)
    at_edge, beside = (abs(discriminant.eval(sympy.N(fact.value, 50) * factor)) for factor in (1, sympy.Rational(1.01)))
    assert at_edge < sympy.Float("1e-40") * beside


def test_critical_energy_near_phi_one() -> None:
    """eps_c = sigma^2 (8/27)(1 - phi)^3 (1 + (1 - phi) + ...)."""
    fact = next(f for f in HESSIAN.facts(phi="999/1000", sigma=1) if isinstance(f, ZeroEdge))
    d = 1e-3
    assert float(sympy.N(fact.value, 40)) == pytest.approx(8 / 27 * d**3 * (1 + d), rel=3 * d**2, abs=0)


# -- derivation --------------------------------------------------------------------------------------------


def test_derivation_lists_every_assumption_of_the_source() -> None:
    names = {step.rule.name for step in HESSIAN.law().derivation.assumptions}
    assert names >= {
        "freeness of the two terms",
        "Gaussian residuals",
        "Gaussian data",
        "Gaussian weights",
        "independent Jacobian",
        "ReLU mask",
    }


def test_derivation_is_proved_from_its_assumptions() -> None:
    assert HESSIAN.law().derivation.evidence is Evidence.PROVED


def test_substitution_checks_the_domain() -> None:
    with pytest.raises(ParameterError, match="eps must be positive"):
        HESSIAN.law().at(eps=-1)


def test_substitution_in_two_steps_is_substitution_in_one() -> None:
    assert HESSIAN.law().at(phi=2).at(eps="1/3", sigma=2).equation == HESSIAN.law(phi=2, eps="1/3", sigma=2).equation


# -- the model's matrices ----------------------------------------------------------------------------------


def test_index_of_the_model_is_the_known_one() -> None:
    """The fraction of negative eigenvalues at phi = 1/2, eps = sigma = 1 tends to 0.124480674654183."""
    values = symmetric_eigenvalues(HESSIAN.sample(600, 1, phi="1/2", eps=1, sigma=1))
    assert (values < 0).mean() == pytest.approx(0.124480674654183, abs=0.006)


def test_model_is_positive_below_the_critical_energy() -> None:
    values = symmetric_eigenvalues(HESSIAN.sample(400, 1, phi="1/2", eps="1/20", sigma=1))
    assert values.min() > 0


# -- the network -------------------------------------------------------------------------------------------


def loss(state: relu_network.NetworkState) -> Callable[[np.ndarray], float]:
    """L as a function of all weights, with the labels that make the residuals of ``state`` its residuals."""
    n, m = state.inputs.shape
    labels = state.second @ np.maximum(state.first @ state.inputs, 0) - state.residuals

    def value(weights: np.ndarray) -> float:
        first, second = weights[: n * n].reshape(n, n), weights[n * n :].reshape(n, n)
        return float(((second @ np.maximum(first @ state.inputs, 0) - labels) ** 2).sum() / (2 * m))

    return value


def outputs(state: relu_network.NetworkState, weights: np.ndarray) -> np.ndarray:
    n = len(state.first)
    first, second = weights[: n * n].reshape(n, n), weights[n * n :].reshape(n, n)
    return (second @ np.maximum(first @ state.inputs, 0)).ravel()


def weights_of(state: relu_network.NetworkState) -> np.ndarray:
    return np.concatenate([state.first.ravel(), state.second.ravel()])


STATES = [relu_network.random_state(n, m, generator(n), 0.7, 1.3) for n, m in ((1, 2), (2, 3), (3, 7))]
each_state = pytest.mark.parametrize("state", STATES, ids=lambda s: f"n={len(s.first)}")


@each_state
def test_network_hessian_is_the_second_difference_of_the_loss(state: relu_network.NetworkState) -> None:
    """Central differences of step h in double precision: truncation and rounding are both near 1e-8 at h = 1e-4."""
    h, centre, value = 1e-4, weights_of(state), loss(state)
    assert np.abs(state.pre_activations).min() > 10 * h, "a kink of the ReLU lies within the stencil"
    steps = h * np.eye(len(centre))
    brute = np.empty((len(centre), len(centre)))
    for i, j in product(range(len(centre)), repeat=2):
        a, b = steps[i], steps[j]
        plus, minus = value(centre + a + b) + value(centre - a - b), value(centre + a - b) + value(centre - a + b)
        brute[i, j] = (plus - minus) / (4 * h * h)
    assert relu_network.hessian(state) == pytest.approx(brute, abs=1e-6)


@each_state
def test_outer_product_term_is_that_of_the_jacobian(state: relu_network.NetworkState) -> None:
    """The outputs are linear in each single weight, so a central difference is exact up to rounding."""
    h, centre = 1e-3, weights_of(state)
    jacobian = np.array(
        [(outputs(state, centre + step) - outputs(state, centre - step)) / (2 * h) for step in h * np.eye(len(centre))]
    )
    m = state.inputs.shape[1]
    assert relu_network.outer_product_term(state) == pytest.approx(jacobian @ jacobian.T / m, abs=1e-10)


def test_network_matrix_has_two_rows_per_weight_pair_and_is_symmetric() -> None:
    matrix = HESSIAN.sample(5, 0, sampler="network", phi="1/2", eps=1)
    assert matrix.shape == (50, 50)
    assert (matrix == matrix.T).all()


def test_network_energy_and_mean_eigenvalue_are_the_ones_asked_for() -> None:
    """E L = n eps and E tr H_0 = 2 n^2 sigma at finite size: means of 2000 draws within 4.5 standard errors."""
    n, m, rng = 6, 10, generator(77)
    energies, means = [], []
    for _ in range(2000):
        state = relu_network.random_state(n, m, rng, energy=0.6, scale=1.7)
        energies.append((state.residuals**2).sum() / (2 * m * n))
        means.append(np.trace(relu_network.outer_product_term(state)) / (2 * n * n))
    for draws, exact in ((energies, 0.6), (means, 1.7)):
        assert abs(np.mean(draws) - exact) <= 4.5 * np.std(draws) / np.sqrt(len(draws))


def kolmogorov(first: np.ndarray, second: np.ndarray) -> float:
    """The largest difference of two empirical distribution functions."""
    points = np.concatenate([first, second])
    shares = [np.searchsorted(np.sort(v), points, side="right") / len(v) for v in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


@cache
def network_spectra() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues of H_0, H_1 and H of one network of width 16 at phi = 1/2, eps = sigma = 1."""
    state = relu_network.random_state(16, 64, generator(5), 1.0, 1.0)
    outer, residual = relu_network.outer_product_term(state), relu_network.residual_term(state)
    first, second, total = (symmetric_eigenvalues(a) for a in (outer, residual, outer + residual))
    return first, second, total


def test_residual_term_of_the_network_follows_the_law_of_h1() -> None:
    model = symmetric_eigenvalues(catalog.get("hessian-h1").sample(600, 1, phi="1/2", eps=1))
    assert kolmogorov(network_spectra()[1], model) < 0.03


def test_outer_product_term_of_the_network_is_no_wishart_matrix() -> None:
    """Its second moment exceeds that of the Wishart matrix, sigma^2 (1 + phi), by more than half."""
    assert (network_spectra()[0] ** 2).mean() > 1.5 * 1.5


def test_network_is_at_the_stated_distance_from_the_model() -> None:
    model = symmetric_eigenvalues(HESSIAN.sample(600, 1, phi="1/2", eps=1, sigma=1))
    assert kolmogorov(network_spectra()[2], model) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(("samples", "distance"), [(80, 0.033), (27, 0.157)])
def test_the_terms_of_a_network_are_not_free(samples: int, distance: float) -> None:
    """H_0 + H_1 against H_0 + O H_1 O^T with a Haar matrix O, at phi = 1/2 and 3/2, weights of variance 1/n, eps = 1.

    Two such sums with an O for each are much nearer to one another.
    """
    rng = generator(3)
    state = relu_network.random_state(20, samples, rng, 1.0, 0.5)
    outer, residual = relu_network.outer_product_term(state), relu_network.residual_term(state)
    turns = [haar_orthogonal(len(outer), rng) for _ in range(2)]
    free = [symmetric_eigenvalues(outer + turn @ residual @ turn.T) for turn in turns]
    real = kolmogorov(symmetric_eigenvalues(outer + residual), free[0])
    assert real == pytest.approx(distance, rel=0.15)
    assert kolmogorov(free[0], free[1]) < real / 3


def test_default_size_of_the_network_fits_the_default_memory() -> None:
    sampler = HESSIAN.sampler("network")
    values = {"phi": 0.25, "eps": 1.0, "sigma": 1.0}
    assert sampler.check_size(sampler.default_size, values, catalog.MEMORY_LIMIT) == sampler.default_size


def test_network_that_needs_too_much_memory_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"size 500 .* needs about .* GiB"):
        HESSIAN.sample(500, 0, sampler="network", phi=1, eps=1)


def test_network_state_refuses_shapes_that_do_not_fit() -> None:
    square, wide = np.ones((2, 2)), np.ones((2, 3))
    with pytest.raises(ParameterError, match="n x n, n x n, n x m, n x m"):
        relu_network.NetworkState(square, square, wide, square)
