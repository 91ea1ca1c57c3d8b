"""Pennington and Bahri 2017: the loss Hessian of a network with one hidden layer, as our survey quotes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy

from resolvent.catalog.literature.comparing import (
    G,
    M,
    Z,
    gap,
    is_equation,
    is_transform,
    law,
    spectrum,
    symbols,
)
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.networks import relu_network
from resolvent.catalog.networks.relu_network import Matrix, NetworkState
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance
from resolvent.numeric.spectrum.spectrum import Spectrum

PB17 = Paper(
    "PB17",
    "J. Pennington, Y. Bahri, Geometry of neural network loss surfaces via random matrix theory, ICML 2017 (PMLR 70)",
)
_PLACE = "survey, 4.1"
_phi, _eps, _s = symbols("hessian", "phi", "eps", "sigma")
_g = sympy.Symbol("g")
_RESIDUAL = _eps * _phi * _g / (2 - _eps * _phi**2 * _g**2)
_OUTER = _s / (1 - _s * _phi * _g)

PB17.definition(
    "loss",
    "survey, 4",
    "the mean squared error of a network with one hidden layer",
    r"\mathcal L = \frac{1}{2m} \sum_{i\mu} e_{i\mu}^2,\ e_{i\mu} = \hat y_{i\mu} - y_{i\mu}",
    "the model of `hessian`",
)


def _state() -> NetworkState:
    return relu_network.random_state(2, 3, np.random.default_rng(4), 0.7, 1.3)


def _outputs(state: NetworkState, weights: Matrix) -> Matrix:
    first, second = weights.reshape(2, *state.first.shape)
    return np.asarray(second @ np.maximum(first @ state.inputs, 0))


def _weights(state: NetworkState) -> Matrix:
    return np.concatenate([state.first.ravel(), state.second.ravel()])


def _loss(state: NetworkState) -> Callable[[Matrix], float]:
    labels = _outputs(state, _weights(state)) - state.residuals
    return lambda weights: float(((_outputs(state, weights) - labels) ** 2).sum() / (2 * state.inputs.shape[1]))


def _slopes(function: Callable[[Matrix], Matrix | float], at: Matrix, step: float) -> Matrix:
    """Central differences, a row for each weight; exact for what is linear in each."""
    rows = [np.ravel(function(at + e)) - np.ravel(function(at - e)) for e in step * np.eye(len(at))]
    return np.array(rows) / (2 * step)


@PB17.numeric(
    "survey, 4",
    "the Hessian is a Gauss-Newton term and a residual term",
    r"H = \frac1m \sum_{i\mu} \frac{\partial\hat y_{i\mu}}{\partial W} \frac{\partial\hat y_{i\mu}}{\partial W} + "
    r"\frac1m \sum_{i\mu} e_{i\mu} \frac{\partial^2 \hat y_{i\mu}}{\partial W \partial W} =: H_0 + H_1",
    by="hessian",
    bound=1e-6,
)
def two_terms() -> float:
    """The blocks of a real network, width 2, against second differences of its loss."""
    state = _state()
    slopes = _slopes(lambda w: _slopes(_loss(state), w, 1e-4), _weights(state), 1e-4)
    return gap(relu_network.hessian(state), slopes)


@PB17.misprint(
    "survey, 4",
    "the Gauss-Newton term is that of the Jacobian of the outputs, not of the loss",
    r"H_0 = \frac1m J J^\top,\ J = \partial\mathcal L/\partial W",
    r"H_0 = \frac1m J J^\top,\ J = \partial\hat y/\partial W",
    by="hessian",
    kind="numeric",
    bound=1e-9,
)
def jacobian_of_outputs(printed: bool) -> float:
    """The blocks of a real network, width 2, against differences of its outputs, which are exact, or of its loss."""
    state = _state()
    function: Callable[[Matrix], Matrix | float] = _loss(state) if printed else lambda w: _outputs(state, w)
    jacobian = _slopes(function, _weights(state), 1e-3)
    return gap(relu_network.outer_product_term(state), jacobian @ jacobian.T / state.inputs.shape[1])


@PB17.numeric(
    _PLACE,
    "the blocks of the residual term",
    r"[\tilde H_1]_{ab;cd} = \frac1m \sum_\mu e_{c\mu} \delta_{ad} \theta(z_{a\mu}) x_{b\mu},\ H_1 = "
    r"\begin{pmatrix} 0 & \tilde H_1 \\ \tilde H_1^\top & 0 \end{pmatrix}",
    by="hessian",
    bound=1e-12,
)
def residual_blocks() -> float:
    """The Hessian of a real network, width 2, less its Gauss-Newton term, against the sum over samples."""
    state = _state()
    x, m = state.inputs, state.inputs.shape[1]
    active = (state.first @ x > 0).astype(float)
    block = np.einsum("cu,ad,au,bu->abcd", state.residuals, np.eye(2), active, x).reshape(4, 4) / m
    stated = np.block([[np.zeros((4, 4)), block], [block.T, np.zeros((4, 4))]])
    return gap(relu_network.hessian(state) - relu_network.outer_product_term(state), stated)


@PB17.sampled(
    _PLACE,
    "half of the samples pass each unit: the residual term has the law of two Gaussian factors",
    r"\tilde H_1 \tilde H_1^\top \approx \frac{1}{m^2} I_n \otimes (\hat e \hat x^\top)(\hat e \hat x^\top)^\top",
    by="hessian-h1",
    bound=0.03,
)
def half_of_the_samples() -> float:
    """Kolmogorov's distance of the residual term of a real network, width 16, from the law."""
    state = relu_network.random_state(16, 64, np.random.default_rng(5), 1.0, 1.0)
    values = symmetric_eigenvalues(relu_network.residual_term(state))
    return float(kolmogorov_distance(spectrum("hessian-h1", phi="1/2", eps=1), values).value)


PB17.definition(
    "assumptions",
    _PLACE,
    "H_0 and H_1 are free; residuals, inputs and weights are Gaussian and independent",
    r"e_{i\mu} \sim N(0, 1),\ X, W^{(\alpha)} \text{ i.i.d. Gaussian}",
    "named assumptions of `hessian`; eps = 1/2 is N(0, 1)",
)


@PB17.exact(
    _PLACE,
    "the law of H_1 is the symmetric one whose square is that of M",
    r"\rho_{H_1}(\lambda) = |\lambda| \rho_M(\lambda^2)",
    by="hessian-h1",
)
def symmetric_square_root() -> bool:
    """The law of the block matrix H_1 against the symmetric root of that of the product, scaled."""
    product = law("wishart-product", alpha=1 / _phi)
    return bool(law("hessian-h1").equation == (_eps * _phi**2 / 2 * product).symmetric_root().equation)


@PB17.numeric(
    _PLACE,
    "the density and the atom of H_1",
    r"\rho_{H_1}(\lambda) = (1 - \min(1, \tfrac\alpha2)) \delta(\lambda) + \frac{\alpha^2 |\lambda|}{2\epsilon} "
    r"\rho_c\Big(\frac{\alpha^2 \lambda^2}{2\epsilon}, \frac\alpha2\Big)",
    by="hessian-h1",
    bound=1e-9,
)
def residual_density() -> float:
    """The density of the derived law at phi = 2/alpha = 2, 1/2 against rho_c, corrected; its atom at 0."""
    gaps = []
    for phi, eps in ((2, 1 / 3), (0.5, 1.0)):
        alpha, rho = 2 / phi, spectrum("hessian-h1", phi=str(phi), eps="1/3" if phi == 2 else 1)
        x = np.concatenate([i.points(30) for i in rho.intervals])
        stated = alpha**2 * np.abs(x) / (2 * eps) * _product_density(alpha**2 * x**2 / (2 * eps), alpha / 2, False)
        atom = sum(float(a.weight) for a in rho.atoms)
        gaps += [gap(rho.pdf(x), stated), gap(atom, 1 - min(1.0, alpha / 2))]
    return max(gaps)


def _product_density(x: Matrix, alpha: float, printed: bool) -> Matrix:
    low, high = ((8 + 20 * alpha - alpha**2 + sign * np.sqrt(alpha) * (8 + alpha) ** 1.5) / 8 for sign in (-1, 1))
    centre = 9 * (2 + alpha) * (x + 2 * (alpha - 1) ** 3 / (9 * (2 + alpha)))
    spread = 6 * np.sqrt(3 * np.maximum((x - low) * x * (high - x), 0))
    plus, minus = np.cbrt(centre + spread), np.cbrt(centre - spread)
    return np.asarray(np.sqrt(3) / (6 * np.pi * x * np.cbrt(2)) * (plus * minus if printed else plus - minus))


@PB17.misprint(
    _PLACE,
    "the density of the product of two Gaussian matrices has a difference where a product is printed",
    r"\rho_c(x, \alpha) = \frac{\sqrt3}{6\pi x \sqrt[3]2} (r_+ r_-),\ r_\pm = \sqrt[3]{9(2+\alpha)(x - \xi_0) \pm "
    r"6\sqrt{3(x - x_-) x (x_+ - x)}},\ \xi_0 = -\tfrac{2(\alpha-1)^3}{9(2+\alpha)}",
    r"\rho_c(x, \alpha) = \frac{\sqrt3}{6\pi x \sqrt[3]2} (r_+ - r_-)",
    by="wishart-product",
    kind="numeric",
    bound=1e-8,
)
def product_density(printed: bool) -> float:
    """The density of the derived law at alpha = 1/2, 2 and 4."""
    found = []
    for alpha in ("1/2", "2", "4"):
        rho = spectrum("wishart-product", alpha=alpha)
        x = np.concatenate([i.points(30) for i in rho.intervals])
        found.append(gap(rho.pdf(x), _product_density(x, float(sympy.Rational(alpha)), printed)))
    return max(found)


@PB17.exact(
    _PLACE,
    "the edges of the product of two Gaussian matrices",
    r"x_\pm = \frac{8 + 20\alpha - \alpha^2 \pm \sqrt\alpha (8 + \alpha)^{3/2}}{8}",
    by="wishart-product",
)
def product_edges() -> bool:
    """Both are zeros of the discriminant of the derived equation."""
    (alpha,) = symbols("wishart-product", "alpha")
    discriminant = sympy.discriminant(law("wishart-product").equation.expr, M)
    both = sympy.expand((8 * Z - 8 - 20 * alpha + alpha**2) ** 2 - alpha * (8 + alpha) ** 3)
    return bool(sympy.rem(sympy.Poly(discriminant, Z), sympy.Poly(both, Z)).is_zero)


@PB17.exact(
    _PLACE,
    "the R-transform of H_1",
    r"\mathcal R_{H_1}(z) = \frac{\epsilon\phi z}{2 - \epsilon\phi^2 z^2}",
    "hessian-h1",
)
def residual_r_transform() -> bool:
    """It solves the polynomial of the R-transform of the derived law."""
    return is_transform(law("hessian-h1"), "R", _RESIDUAL, _g)


@PB17.exact(
    _PLACE, "the R-transform of H_0", r"\mathcal R_{H_0}(z) = \frac{\varsigma}{1 - \varsigma\phi z}", "hessian-h0"
)
def outer_r_transform() -> bool:
    """It solves the polynomial of the R-transform of the derived law."""
    return is_transform(law("hessian-h0"), "R", _OUTER, _g)


@PB17.exact(
    _PLACE,
    "the R-transform of H is the sum",
    r"\mathcal R_{H_0 + H_1}(z) = \frac{\varsigma}{1 - \varsigma\phi z} + \frac{\epsilon\phi z}{2 - \epsilon\phi^2 "
    r"z^2}",
    "hessian",
)
def r_transform_of_the_sum() -> bool:
    """It solves the polynomial of the R-transform of the law derived from the matrix H."""
    return is_transform(law("hessian"), "R", _OUTER + _RESIDUAL, _g)


@PB17.exact(
    _PLACE,
    "the equation of the transform of H",
    r"2 = 2(z - \varsigma(1 - \phi)) m_H - \phi(2\varsigma z + \epsilon(1 - \phi)) m_H^2 - \epsilon\phi^2 (z + "
    r"\varsigma(\phi - 2)) m_H^3 + z\epsilon\varsigma\phi^3 m_H^4",
    "hessian",
)
def quartic() -> bool:
    """It is the equation derived from the matrix H; m_H of the source is the Cauchy transform."""
    stated = (
        2 * (Z - _s * (1 - _phi)) * G
        - _phi * (2 * _s * Z + _eps * (1 - _phi)) * G**2
        - _eps * _phi**2 * (Z + _s * (_phi - 2)) * G**3
        + Z * _eps * _s * _phi**3 * G**4
        - 2
    )
    return is_equation(law("hessian"), stated)


@PB17.misprint(
    _PLACE,
    "the density from the transform: m_H is the Cauchy transform here, while section 2 of the survey has 1/(x - z)",
    r"\rho(\lambda) = -\frac1\pi \lim_{\epsilon \downarrow 0} \operatorname{Im} m(\lambda + i\epsilon)",
    r"\rho(\lambda) = -\frac1\pi \lim_{\epsilon \downarrow 0} \operatorname{Im} G(\lambda + i\epsilon),\ G = -m",
    by="hessian",
    kind="numeric",
    bound=1e-4,
)
def inversion(printed: bool) -> float:
    """The density of H at phi = 1/2, eps = 1 against its transform at a distance of 1e-6 from the axis."""
    rho = _half()
    x = rho.intervals[0].points(9)[1:-1]
    transform = rho.stieltjes(x + 1e-6j) * (1 if printed else -1)
    return gap(rho.pdf(x), -transform.imag / np.pi)


def _half() -> Spectrum:
    return spectrum("hessian", phi="1/2", eps=1, sigma=1)


@PB17.misprint(
    _PLACE,
    "the index is the mass below 0",
    r"\alpha(\epsilon, \phi) := \int_{-\infty}^{p} \rho(\lambda)\,d\lambda = 1 - \int_0^\infty \rho(\lambda)\,d\lambda",
    r"\alpha(\epsilon, \phi) := \int_{-\infty}^{0} \rho(\lambda)\,d\lambda = 1 - \int_0^\infty \rho(\lambda)\,d\lambda",
    by="hessian",
    kind="numeric",
    bound=1e-10,
)
def index_as_a_mass(printed: bool) -> float:
    """Masses of H at phi = 1/2, eps = 1, p a size; both sides of the equation."""
    rho = _half()
    return gap(rho.cdf(1.0 if printed else 0.0), 1 - rho.sf(0.0))


@PB17.numeric(
    _PLACE,
    "the index from an antiderivative F of R + 1/w",
    r"\int f^{-1}(z)\,dz = z f^{-1}(z) - F \circ f^{-1}(z) + C,\ f(w) = \mathcal R_H(w) + 1/w",
    by="hessian",
    bound=1e-12,
)
def index_in_closed_form() -> float:
    """The mass below 0 of the derived law at phi = 1/2 and three energies against Im(F(w))/pi at the root f(w) = 0."""
    found = []
    for eps in ("1/10", "1", "3"):
        rho = spectrum("hessian", phi="1/2", eps=eps, sigma=1)
        found.append(gap(rho.cdf(0.0), _index(0.5, float(sympy.Rational(eps)))))
    return max(found)


def _index(phi: float, eps: float) -> float:
    """1 + Im(log w + the integral of R)/pi at the root of R + 1/w with Im w < 0, for the mean 1."""
    roots = np.roots([eps * phi**2 * (2 - phi), -eps * phi * (1 - phi), -2 * (1 - phi), -2])
    w = roots[np.argmin(roots.imag)]
    of_outer = -np.log(1 - phi * w) / phi
    of_residual = -(np.log(np.sqrt(2) - np.sqrt(eps) * phi * w) + np.log(np.sqrt(2) + np.sqrt(eps) * phi * w)) / (
        2 * phi
    )
    return float(1 + (of_outer + of_residual + np.log(w)).imag / np.pi)


def _quadratic() -> sympy.Expr:
    """The factor of the discriminant of the derived equation at z = 0 that is quadratic in the energy."""
    at_zero = law("hessian").equation.expr.xreplace({Z: sympy.Integer(0)})
    factor = sympy.factor_list(sympy.discriminant(at_zero, M))[1]
    (quadratic,) = [f for f, _ in factor if sympy.degree(f, _eps) == 2]
    return quadratic


def _critical() -> sympy.Expr:
    """The energy at which the edge of the derived law reaches 0: the positive root of the discriminant at z = 0."""
    a, b, c = sympy.Poly(_quadratic(), _eps).all_coeffs()
    roots = [(-b + sign * sympy.sqrt(b**2 - 4 * a * c)) / (2 * a) for sign in (1, -1)]
    return next(r for r in roots if r.subs({_phi: sympy.Rational(1, 2), _s: 1}) > 0)


@PB17.exact(
    "checked value",
    "the critical energy, chi = 1 + 16 phi - 8 phi^2",
    r"\epsilon_c = \frac{\varsigma^2(27 - 18\chi - \chi^2 + 8\chi^{3/2})}{32\phi(1-\phi)^3}",
    by="hessian",
)
def critical_energy_in_closed_form() -> bool:
    """It is a zero of the discriminant at z = 0, the positive one at phi = 1/4 and 1/2, where its value is known."""
    chi = 1 + 16 * _phi - 8 * _phi**2
    stated = _s**2 * (27 - 18 * chi - chi**2 + 8 * chi ** sympy.Rational(3, 2)) / (32 * _phi * (1 - _phi) ** 3)
    values = (("1/4", 0.627416997969521), ("1/2", 0.0810367098085365))
    at = [{_phi: sympy.Rational(phi), _s: sympy.Integer(1)} for phi, _ in values]
    same = all(sympy.simplify((_critical() - stated).xreplace(images)) == 0 for images in at)
    known = [gap(float(stated.xreplace(images)), value) < 1e-14 for images, (_, value) in zip(at, values, strict=True)]
    return same and all(known) and sympy.expand(_quadratic().subs(_eps, stated)).equals(0)


@PB17.series(
    _PLACE,
    "the critical energy next to phi = 1",
    r"\epsilon_c \approx \tfrac{8}{27} \varsigma^2 (1 - \phi)^3 + O((1 - \phi)^4)",
    by="hessian",
)
def critical_energy() -> bool:
    """The energy at which the edge reaches 0, from the discriminant of the derived equation at z = 0."""
    d = sympy.Symbol("d", positive=True)
    series = sympy.series(_critical().subs(_phi, 1 - d), d, 0, 4).removeO()
    return bool(sympy.simplify(series - sympy.Rational(8, 27) * _s**2 * d**3) == 0)


@PB17.misprint(
    _PLACE,
    "the power law of the index holds above the critical energy; below, the index is 0",
    r"\alpha(\epsilon, \phi) \approx \alpha_0(\phi) \Big|\frac{\epsilon - \epsilon_c}{\epsilon_c}\Big|^{3/2}",
    r"\alpha(\epsilon, \phi) \approx \alpha_0(\phi) \Big(\frac{\epsilon - \epsilon_c}{\epsilon_c}\Big)^{3/2} "
    r"\text{ for } \epsilon > \epsilon_c,\ 0 \text{ below}",
    by="hessian",
    kind="numeric",
    bound=0.05,
)
def power_law(printed: bool) -> float:
    """The mass below 0 of the derived law 1 % above and below the critical energy at phi = 1/2, over the power."""
    critical, alpha_0 = _power("1/2")
    power = alpha_0 * 0.01**1.5
    near = [sympy.Rational(str(round(critical * factor, 12))) for factor in (1.01, 0.99)]
    above, below = (float(spectrum("hessian", phi="1/2", eps=e, sigma=1).cdf(0.0)) for e in near)
    return max(abs(above / power - 1), abs(below / power - (1 if printed else 0)))


@PB17.numeric(
    "checked value",
    "the factor of the power law, and the index at two energies, for the mean 1",
    r"\alpha_0(\tfrac14) = 0.0665998734,\ \alpha_0(\tfrac12) = 0.0311043575;\ \alpha(0.1, \tfrac12) = "
    r"0.00301219676687163,\ \alpha(1, \tfrac12) = 0.124480674654183",
    by="hessian",
    bound=1e-10,
)
def values_of_the_index() -> float:
    """The factor from the expansion of the derived transforms at the edge; masses below 0 of the derived law."""
    factors = [_power(phi)[1] for phi in ("1/4", "1/2")]
    masses = [float(spectrum("hessian", phi="1/2", eps=eps, sigma=1).cdf(0.0)) for eps in ("1/10", "1")]
    return gap([*factors, *masses], [0.0665998734, 0.0311043575, 0.00301219676687163, 0.124480674654183])


def _power(phi: str) -> tuple[float, float]:
    """The critical energy, and alpha_0 = (2/(3 pi)) sqrt(2/|z''|) (-eps dz/deps)^(3/2) where z(w) = R + 1/w is flat."""
    values = {_phi: sympy.Rational(phi), _s: sympy.Integer(1)}
    critical = sympy.N(_critical().xreplace(values), 30)
    f = sum((_OUTER, _RESIDUAL, 1 / _g)).xreplace(values)
    w = sympy.nsolve(sympy.diff(f.subs(_eps, critical), _g), _g, -1, prec=30)
    curvature, speed = (sympy.N(e.subs({_eps: critical, _g: w})) for e in (sympy.diff(f, _g, 2), sympy.diff(f, _eps)))
    alpha_0 = 2 / (3 * sympy.pi) * sympy.sqrt(2 / abs(curvature)) * (-critical * speed) ** sympy.Rational(3, 2)
    return float(critical), float(alpha_0)
