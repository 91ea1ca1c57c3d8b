"""The law of H_0 of real networks: checked values, sampled networks of several widths, and its limits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.catalog.networks.tangent_kernel import random_kernel
from resolvent.numeric.curves.feature_model import quadrature
from resolvent.numeric.curves.gauss_newton import GaussNewton


def test_the_checked_values() -> None:
    """FORMULAS N: at equal widths, for two numbers of samples, and for the first layer alone."""
    two = GaussNewton("relu", 2).kernel_transform([1 + 0.5j, -0.3])
    half = GaussNewton("relu", "1/2").kernel_transform([1 + 0.5j, -0.3])
    assert two.round(5).tolist() == pytest.approx([0.46560 - 0.68762j, -1.79884], abs=6e-6)
    assert half.round(5).tolist() == pytest.approx([0.42967 - 0.88975j, -1.34058], abs=6e-6)
    first = GaussNewton("relu", 2, first_layer_only=True)
    assert complex(first.kernel_transform(1 + 0.5j)) == pytest.approx(0.58286 - 0.56775j, abs=6e-6)
    assert (first.moments(2) * [2, 4] / first.rank_share).tolist() == pytest.approx([1 / 2, 11 / 8], rel=1e-9)


def test_width_400_by_lanczos() -> None:
    """The numbers of a network of width 400 in FORMULAS, from a network of our own of width 200."""
    kernel = random_kernel(200, 200, 200, 400, np.random.default_rng(0), rv.activation("relu", centred=True))
    z = 1 + 0.5j
    found = kernel.spectrum(4, 40, np.random.default_rng(1)).expect(lambda x: (1 / (z - x)).real)
    assert abs(found.value - 0.46560) < 5 * found.error + 0.01


@pytest.mark.parametrize(
    ("name", "widths", "scales"),
    [("relu", (2, 3, 1, 2), (1, 1)), ("tanh", (2, 2, 2, 4), ("3/2", "6/5")), ("erf", (3, 2, 3, 2), (1, 2)),
     ("relu", (3, 1, 2, 2), (1, 1)), ("relu", (1, 3, 1, 2), (2, 1))],
)  # fmt: skip
def test_networks_of_any_widths_approach_the_law(
    name: str, widths: tuple[int, ...], scales: tuple[object, object]
) -> None:
    n0, n1, n2, m = widths
    ratios = [f"{k}/{n0}" for k in (m, n1, n2)]
    network = GaussNewton(name, *ratios, *scales)
    act = rv.activation(name, sigma_w=scales[0], centred=True)
    z = np.array([0.5, 1.5, 4]) * network._middle * np.array([1 + 0.4j, 1 + 0.4j, 1j])
    limit, gaps = network.kernel_transform(z), []
    for scale, draws in ((4, 24), (14, 3)):
        rows = []
        for seed in range(draws):
            sizes = [scale * k for k in widths]
            two = float(Fraction(str(scales[1])))
            kernel = random_kernel(*sizes, np.random.default_rng(seed), act, two)
            values = np.linalg.eigvalsh(kernel.matrix()) / sizes[0]
            rows.append(np.mean(1 / (z[:, None] - values), axis=1))
        gaps.append(np.max(np.abs(np.mean(rows, axis=0) - limit) / np.abs(limit)))
    assert gaps[1] < gaps[0]
    assert gaps[1] < 0.1


@pytest.mark.slow
def test_many_samples_give_the_fisher_information() -> None:
    """The moments of the entry fisher are the limit m/n -> infinity, with a gap like n/m."""
    for name in ("relu", "tanh"):
        limit = np.array([float(v) for v in rv.catalog.get("fisher").law(activation=name).moments(3)])
        gaps = [np.abs(GaussNewton(name, k).moments(3) - limit) / limit for k in (50, 400)]
        assert gaps[0][0] < 1e-9
        assert np.all(gaps[1][1:] < gaps[0][1:] / 6)
        assert np.all(gaps[1] < 0.02)


def test_linear_networks_are_a_mixture() -> None:
    """phi = 1/2: half an atom at 0, half the mean over lambda of (lambda + MP(1)).sample_covariance(phi/2)."""
    z = np.array([0.5 + 1j, -1.0 + 0.5j])
    points, weights = quadrature(1.0, 10)
    parts = [
        rv.Spectrum((rv.marchenko_pastur(1) + str(round(float(x), 12))).sample_covariance("1/4")).stieltjes(z)
        for x in points
    ]
    mixture = 0.5 / (0 - z) + 0.5 * weights @ np.array(parts)
    assert GaussNewton("linear", 4).stieltjes(z) == pytest.approx(mixture, abs=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("samples", "hidden", "outputs"), [("1/2", 1, 1), (4, 1, 1), ("3/2", "3/2", "1/2")])
def test_the_law_has_the_facts_that_it_was_not_built_from(samples: object, hidden: object, outputs: object) -> None:
    network = GaussNewton("relu", samples, hidden, outputs)
    rho = rv.Spectrum(network.law)
    assert rho.certificate.mass == pytest.approx(1, abs=1e-3)
    assert [rho.moment(k) for k in (1, 2, 3)] == pytest.approx(network.moments(3).tolist(), rel=2e-3)
    z = 0.7 + 0.3j
    assert complex(rho.stieltjes(z)) == pytest.approx(complex(network.stieltjes(z)), abs=1e-3)
    share = network.rank_share
    atoms = [(float(a.point), float(a.weight)) for a in rho.atoms]
    assert atoms == ([(0.0, pytest.approx(1 - share))] if share < 1 else [])


@pytest.mark.slow
def test_eigenvalues_of_real_networks_follow_the_law() -> None:
    network = GaussNewton("relu", 4)
    rho, distances = rv.Spectrum(network.law), []
    for n in (10, 24):
        kernel = random_kernel(n, n, n, 4 * n, np.random.default_rng(n), rv.activation("relu", centred=True))
        values = np.sort(np.linalg.eigvalsh(kernel.gauss_newton()))
        grid = (np.arange(len(values)) + 0.5) / len(values)
        distances.append(float(np.max(np.abs(rho.cdf(values) - grid))))
    assert distances[1] < distances[0]
    assert distances[1] < 0.07


def test_as_many_outputs_of_samples_as_parameters_are_no_exception() -> None:
    """phi = 2 n/m = 1, where the spectrum reaches down to 0: smooth in m, and real networks come closer like 1/n."""
    z = np.array([-0.05, -0.3, 0.1 + 0.1j, 0.6 + 0.2j])
    limit = GaussNewton("relu", 2).stieltjes(z)
    bends = []
    for h in ("1/10", "1/20"):
        low, high = (GaussNewton("relu", 2 + sign * sympy.Rational(h)).stieltjes(z) for sign in (-1, 1))
        bends.append(np.abs((low + high) / 2 - limit))
    assert bends[0] / bends[1] == pytest.approx(4, rel=0.05)
    relu, gaps = rv.activation("relu", centred=True), []
    for n, draws in ((8, 12), (24, 3)):
        kernels = [random_kernel(n, n, n, 2 * n, np.random.default_rng(s), relu) for s in range(draws)]
        values = np.array([np.linalg.eigvalsh(kernel.gauss_newton()) for kernel in kernels])
        gaps.append(np.abs(np.mean(1 / (values - z[:, None, None]), axis=(1, 2)) - limit))
        assert np.all(gaps[-1] < 2 * np.abs(limit) / n)
    assert np.all(gaps[1] < gaps[0] / 1.8)


def test_kernel_and_gauss_newton_matrix_share_their_spectrum() -> None:
    kernel = random_kernel(3, 4, 2, 5, np.random.default_rng(0), rv.activation("tanh", centred=True, sigma_w=2), 1.5)
    theta = kernel.matrix()
    v = np.random.default_rng(1).standard_normal(kernel.rows)
    assert kernel.product(v) == pytest.approx(theta @ v, rel=1e-12)
    h0 = kernel.gauss_newton()
    assert len(h0) == kernel.parameters == 4 * 5
    top = np.sort(np.linalg.eigvalsh(theta))[::-1] / 5
    assert np.sort(np.linalg.eigvalsh(h0))[::-1][:10] == pytest.approx(top[:10], abs=1e-10)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="must be positive"):
        GaussNewton("relu", 0)
    with pytest.raises(rv.ParameterError, match="jump"):
        GaussNewton("sign", 1)
    with pytest.raises(rv.ParameterError, match="at least one moment"):
        GaussNewton("linear", 1).moments(0)
    with pytest.raises(rv.ParameterError, match="must be positive"):
        random_kernel(0, 1, 1, 1, np.random.default_rng(0), rv.activation("relu"))
    with pytest.raises(rv.PrecisionError, match="reaches down to 0"):
        rv.Spectrum(GaussNewton("relu", 2).law)


def test_the_printed_fixed_point_has_the_transform_of_h0() -> None:
    """The equations of the law's statement at phi = 1/2, sigma_1 = 1, sigma_2 = 1/2, solved by plain iteration."""
    phi, one, two, z = 1 / 2, 1.0, 1 / 2, 1 + 3j
    law = rv.catalog.get("network-gauss-newton").law(phi=phi, sigma_1=one, sigma_2=two)
    assert law.statement().formula.text()[0] == "m(z) = 1/z - 8*int I_11(a) mu(da), w = 4*z"
    assert law.statement("cauchy").formula.text()[0] == "G(z) = -1/z + 8*int I_11(a) mu(da), w = 4*z"
    assert law.statement().formula.text()[-2] == "mu = 1/4*MP(1), nu = 1*MP(1), d = 0 or 1 with equal probability"
    assert law.statement().formula.text()[-1] == "alpha = 1/2, rho^2 = 1/4 - 1/(2*pi)"
    x, v = quadrature(1.0, 32)
    a, s, w = two**2 * x, one**2 * x, 2 * z / phi
    slope, power, root = np.sqrt(s) / 2, s / 4 + one**2 * (1 / 4 - 1 / (2 * np.pi)), np.sqrt(a)
    i, omega, ones = np.zeros((len(a), 3, 3), complex), np.zeros((2, 2), complex), np.ones(len(a))
    i[:, 0, 0] = 1 / w
    for step in range(60):
        i_11, i_12, i_22 = (i[:, j, k][:, None] for j, k in ((0, 0), (0, 1), (1, 1)))
        inner = np.array([[i_22 + 0 * s, slope * i_12], [slope * i_12, power * i_11]]).transpose(2, 3, 0, 1)
        answer = np.linalg.inv(np.eye(2) - 2 / phi * inner) * np.array([[ones, slope], [slope, power]]).T
        mean = np.einsum("s,asjk->ajk", v, answer)
        if step:
            fields = np.array([[a * i[:, 0, 0], root * i[:, 0, 2]], [root * i[:, 0, 2], i[:, 2, 2]]])
            inside = np.linalg.inv(fields @ v) - omega
            masked = sum(np.linalg.inv(inside - d * np.array([[0, 1], [1, 0]])) / 2 for d in (0, 1))
            omega = (omega + np.linalg.inv(masked) - inside) / 2
        rows = [
            [w - mean[:, 1, 1] + a * omega[0, 0], -mean[:, 0, 1], root * omega[0, 1]],
            [-mean[:, 0, 1], -mean[:, 0, 0], ones],
            [root * omega[0, 1], ones, omega[1, 1] * ones],
        ]
        i = np.linalg.inv(np.array(rows).transpose(2, 0, 1))
    found = (1 / phi - 1) / z - 2 / phi**2 * (v @ i[:, 0, 0])
    assert complex(law.solved.stieltjes(z)) == pytest.approx(complex(found), abs=1e-9)
    assert "1/z" not in rv.catalog.get("network-gauss-newton").law(phi=1).statement().formula.text()[0]
