"""Optimisation speed: runs of the methods on real least squares, and the polynomials that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaln, eval_legendre, gammaln

import resolvent as rv
from resolvent.numeric.curves import optimisation
from resolvent.numeric.curves.optimisation import descent, halting_time

METHODS = ("gradient", "momentum", "nesterov", "conjugate")


def _run(method: str, d: int, ratio: float, noise: float, steps: int, seed: int) -> np.ndarray:
    """Squared gradients of a method on least squares with d parameters, n = d/ratio samples."""
    rng = np.random.default_rng(seed)
    n = round(d / ratio)
    a, target = rng.standard_normal((n, d)), rng.standard_normal(d) / np.sqrt(d)
    b = a @ target + np.sqrt(noise) * rng.standard_normal(n)
    high, low = (1 + ratio**0.5) ** 2, (1 - ratio**0.5) ** 2

    def gradient(x: np.ndarray) -> np.ndarray:
        return a.T @ (a @ x - b) / n

    x = before = np.zeros(d)
    found = [float(np.sum(gradient(x) ** 2))]
    if method == "conjugate":
        r = -gradient(x)
        p = r
        for _ in range(steps):
            image = a.T @ (a @ p) / n
            step = (r @ r) / (p @ image)
            x, new = x + step * p, r - step * image
            p, r = new + (new @ new) / (r @ r) * p, new
            found.append(float(r @ r))
        return np.array(found)
    s = 4 / (high**0.5 + low**0.5) ** 2 if method == "momentum" else 1 / high
    beta = ((high**0.5 - low**0.5) / (high**0.5 + low**0.5)) ** 2
    for k in range(steps):
        if method == "gradient":
            after = x - s * gradient(x)
        elif method == "momentum":
            after = x - s * gradient(x) + beta * (x - before)
        else:
            y = x + (k - 1) / (k + 2) * (x - before)
            after = y - s * gradient(y)
        before, x = x, after
        found.append(float(np.sum(gradient(x) ** 2)))
    return np.array(found)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("ratio", "noise"), [(0.5, 0.0), (2.0, 0.3)])
def test_runs_approach_the_curve(method: str, ratio: float, noise: float) -> None:
    law = rv.marchenko_pastur(str(ratio))
    limit = descent(law, method, 8, noise=noise, ratio=ratio).gradient
    gaps = []
    for d, draws in ((60, 24), (600, 8)):
        logs = np.log([_run(method, d, ratio, noise, 8, seed) / limit for seed in range(draws)])
        gaps.append(np.max(np.sqrt(np.mean(logs**2, axis=0))))
    assert gaps[1] < gaps[0]
    # eigenvalues beyond the edges, of order d^(-2/3), are amplified by momentum; conjugate gradients adapt to them
    assert gaps[1] < {"momentum": 0.7, "conjugate": 0.3}.get(method, 0.2)


@pytest.mark.parametrize("method", METHODS)
def test_halting_times_of_runs_are_predicted(method: str) -> None:
    law = rv.marchenko_pastur("1/2")
    predicted = halting_time(law, 1e-6, method)
    assert predicted is not None
    run = _run(method, 800, 0.5, 0.0, 2 * predicted, 0)
    seen = int(np.argmax(run <= 1e-6 * run[0]))
    assert abs(seen - predicted) <= max(1, round((0.15 if method == "momentum" else 0.06) * predicted))


def test_conjugate_gradients_are_the_best_polynomials() -> None:
    """f after k steps is the least of int t P^2 over all P of degree k with P(0) = 1."""
    law = rv.marchenko_pastur("1/3") @ rv.atoms([1, 4], ["1/2", "1/2"])
    moments = [1.0, *map(float, law.moments(12))]
    found = descent(law, "conjugate", 5).value
    for k in range(1, 6):
        gram = np.array([[moments[i + j + 1] for j in range(k + 1)] for i in range(k + 1)])
        inverse = np.linalg.inv(gram[1:, 1:])
        least = gram[0, 0] - gram[0, 1:] @ inverse @ gram[1:, 0]
        assert found[k] == pytest.approx(least / 2, rel=1e-7)


def test_nesterov_has_the_polynomials_of_the_source() -> None:
    """P_k = 2 (1 - u)^((k+1)/2)/(k u) (x L_k(x) - L_{k+1}(x)), x = sqrt(1 - u), u = t/L, L_k Legendre's polynomials."""
    places = np.array([0.0, 0.2, 0.7, 1.0, 3.0])
    u = places[1:-1] / 3
    x = np.sqrt(1 - u)
    found = descent(rv.empirical(places), "nesterov", 9).distance
    for k in range(1, 10):
        p = 2 * x ** (k + 1) / (k * u) * (x * eval_legendre(k, x) - eval_legendre(k + 1, x))
        assert found[k] == pytest.approx((1 + np.sum(p**2)) / 5, rel=1e-10)  # P_k(0) = 1, P_k(L) = 0


def test_gradient_descent_on_points_is_a_power() -> None:
    found = descent(rv.atoms([1, 3], ["1/2", "1/2"]), "gradient", 4, step_size=0.25)
    expected = [0.5 * 0.75 ** (2 * k) + 0.5 * 9 * 0.25 ** (2 * k) for k in range(5)]
    assert found.gradient == pytest.approx(expected, rel=1e-13)
    assert found.distance[0] == pytest.approx(1)
    assert descent(rv.atoms([1, 3], ["1/2", "1/2"]), "conjugate", 4).gradient[2:] == pytest.approx(0, abs=1e-20)


def test_the_rate_of_momentum_is_that_of_the_condition_number() -> None:
    """Polyak: the squared gradient falls like k^2 beta^k."""
    law = rv.marchenko_pastur("1/2")
    found = descent(law, "momentum", 60).gradient
    root = np.sqrt(0.5)
    beta = (((1 + root) - (1 - root)) / 2) ** 2
    assert np.log(found[60] / found[40]) / 20 == pytest.approx(np.log(beta), rel=0.1)


def test_a_law_by_numbers_and_a_time_that_is_not_reached() -> None:
    law = rv.empirical(np.linspace(1, 2, 50)).sample_covariance("1/4")
    assert halting_time(law, 1e-3) == halting_time(rv.Spectrum(law), 1e-3)
    assert halting_time(rv.marchenko_pastur(1), 1e-9, most=50) is None


def _conjugate_at_the_hard_edge(k: float) -> float:
    """|grad f_k|^2 over |grad f_0|^2 at c = 1: h_k/P_k(0)^2 of the Jacobi polynomials of t^(3/2) (4 - t)^(1/2)."""
    size = gammaln(k + 2.5) + gammaln(k + 1.5) - gammaln(k + 1) - gammaln(k + 3) - np.log(2 * k + 3)
    at_zero = gammaln(k + 2.5) - gammaln(k + 1) - gammaln(2.5)
    first = gammaln(2.5) + gammaln(1.5) - gammaln(3) - np.log(3)
    return float(np.exp(size - 2 * at_zero - first))


def test_conjugate_gradients_at_a_hard_edge_have_jacobis_polynomials(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many nodes as the steps need: with 512 the time at 1e-10 came out as 361."""
    law = rv.marchenko_pastur(1)
    found = descent(law, "conjugate", 500).gradient
    for k in (1, 50, 400, 500):
        assert found[k] == pytest.approx(2 * _conjugate_at_the_hard_edge(k), rel=1e-10)
    for tolerance, steps in ((1e-6, 45), (1e-10, 460)):
        assert halting_time(law, tolerance, "conjugate") == steps
        assert _conjugate_at_the_hard_edge(steps) <= tolerance < _conjugate_at_the_hard_edge(steps - 1)
    assert halting_time(law, 1e-10, "conjugate", most=459) is None
    monkeypatch.setattr(optimisation, "_FINEST", 1024)
    with pytest.raises(rv.PrecisionError, match="do not resolve"):
        halting_time(law, 1e-10, "conjugate")


def test_slow_methods_at_a_hard_edge_have_enough_nodes() -> None:
    """Gradient descent at c = 1 by Euler's integral; Nesterov's method with the same steps for 512 to 4096 nodes."""
    law = rv.marchenko_pastur(1)
    found = descent(law, "gradient", 2000).gradient
    for k in (0, 10, 2000):
        assert found[k] == pytest.approx(2 * np.exp(betaln(2.5, 2 * k + 1.5) - betaln(2.5, 1.5)), rel=1e-10)
    assert halting_time(law, 1e-10, "nesterov") == 505


def test_conjugate_gradients_are_done_after_as_many_steps_as_there_are_eigenvalues() -> None:
    law = rv.atoms([0, 1, 2, 3, 4], ["1/5"] * 5)
    assert halting_time(law, 1e-40, "conjugate") == 4
    found = descent(law, "conjugate", 6)
    assert found.gradient[4:].tolist() == [0.0, 0.0, 0.0]
    assert found.distance[4:] == pytest.approx(0.2)  # the zero is not seen
    assert halting_time(rv.marchenko_pastur("1/2"), 1e-30, "conjugate") == 96  # by 60 digits, 400 nodes


def test_noise_at_an_edge_in_zero_moves_the_minimum_without_limit() -> None:
    """The distance holds int dmu/t over t > 0."""
    assert np.all(np.isinf(descent(rv.marchenko_pastur(1), steps=3, noise=1).distance))
    assert np.all(np.isinf(descent(rv.law_of_density(np.ones_like, (0, 1)), steps=3, noise=1).distance))
    assert descent(rv.semicircle() + 2, steps=0, noise=1).distance == pytest.approx(2)
    assert descent(rv.law_of_density(lambda x: 6 * x * (1 - x), (0, 1)), steps=0, noise=1).distance == pytest.approx(4)
    assert descent(rv.marchenko_pastur(2), steps=0, noise=1, ratio=2).distance == pytest.approx(2)


def test_wrong_arguments_are_refused() -> None:
    law = rv.marchenko_pastur("1/2")
    with pytest.raises(rv.ParameterError, match="the method is"):
        descent(law, "newton")  # type: ignore[arg-type]
    with pytest.raises(rv.ParameterError, match="no eigenvalues below 0"):
        descent(rv.semicircle())
    with pytest.raises(rv.ParameterError, match="tolerance"):
        halting_time(law, 2.0)
    with pytest.raises(rv.ParameterError, match="most steps"):
        halting_time(law, 0.5, most=0)
    with pytest.raises(rv.ParameterError, match="number of steps"):
        descent(law, steps=-1)
    with pytest.raises(rv.ParameterError, match="momentum lies"):
        descent(law, "momentum", momentum=1)
    with pytest.raises(rv.ParameterError, match="reaches 0"):
        descent(rv.marchenko_pastur(1), "momentum")
    with pytest.raises(rv.ParameterError, match="not be negative"):
        descent(law, noise=-1)
    with pytest.raises(rv.ParameterError, match="fewer steps"):
        descent(rv.catalog.get("jacobian").law(depth=9, sigma_w=1, p="1/2"), "conjugate", 20_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "law",
    [
        rv.catalog.get("fisher-linear").law(c1=1, c2=1),  # a formula with a logarithm
        rv.catalog.get("jacobian").law(depth=9, sigma_w=1, p="1/2"),  # an explicit inverse
        rv.law_of_density(lambda x: 0.75 * (1 - (x - 2) ** 2), (1, 3)),
    ],
    ids=["fisher-linear", "jacobian", "density"],
)
def test_any_law_has_halting_times(law: rv.Law) -> None:
    """The k-th squared gradient of gradient descent is a moment: E t^2 (1 - t/L)^(2k)."""
    rho = rv.Spectrum(law)
    top = rho.support()[1]
    found = descent(law, "gradient", 3)
    expected = [float(rho.expect(lambda x, k=k: x**2 * (1 - x / top) ** (2 * k))) for k in range(4)]
    assert found.gradient == pytest.approx(expected, rel=1e-8)
    k = halting_time(law, 1e-3)
    curve = descent(law, "gradient", k).gradient
    assert curve[k] <= 1e-3 * curve[0] < curve[k - 1]
