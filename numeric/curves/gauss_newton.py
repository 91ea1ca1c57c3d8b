r"""The law of the Gauss-Newton matrix H_0 of a real network with one hidden layer, as the solution of a fixed point.

y = W_2 f(W_1 x) of widths n_0, n_1, n_2, m samples x ~ N(0, I), W_1 and W_2 with entries N(0, sigma_1^2/n_0) and
N(0, sigma_2^2/n_1). H_0 = (1/m) sum J_mu J_mu^T has n_1(n_0 + n_2) rows and the non-zero spectrum of Theta/m, where

    (Theta V)_mu = W_2 D_mu sum_nu D_nu W_2^T V_nu <x_mu, x_nu> + sum_nu V_nu <h_mu, h_nu>,

with D = f'(W_1 x), h = f(W_1 x), is the tangent kernel. The law rests on three assumptions, which sampled networks
confirm: h acts as alpha W_1 x + rho g (Gaussian equivalence; alpha = E f', rho^2 = Var f - alpha^2 sigma_1^2), D as
entries drawn independently of everything else, and free from W_2. Then the cavity of a sample closes over functions of
a, the eigenvalues of W_2 W_2^T, and s, those of W_1 W_1^T. The samples enter with C(a), 2 x 2 (hidden layer, output
layer); the parameters answer with

    Q = [[C_11, alpha sqrt(s) C_12], [., (alpha^2 s + rho^2) C_22]],   L = (1 - Q)^{-1},
    Lambda(a) = (1/n_0) sum_s [[L_11, alpha sqrt(s) L_12], [., (alpha^2 s + rho^2) L_22]];

a sample has an output, a hidden response and a hidden field, with the masks in Omega, 2 x 2:

    B(a) = [[z - Lambda_22 + a Omega_11, -Lambda_12, sqrt(a) Omega_12], [., -Lambda_11, 1], [., 1, Omega_22]],
    I = B^{-1},
    C = (m/n_0) [[I_22, I_12], [., I_11]],   F = (1/n_1) sum_a [[a I_11, sqrt(a) I_13], [., I_33]],
    omega = F^{-1} - Omega,   Omega = (E_d (omega - d [[0, 1], [1, 0]])^{-1})^{-1} - omega,   d ~ f'(sigma_1 xi),

and G(z) of Theta/n_0 is the mean of I_11 over the outputs. Where widths differ, a hidden or an output direction may
have no partner; its block of B, or of L, is smaller. No source; compared with networks of width 400 at equal widths.

Source: none; derived here by a cavity argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.curves.feature_model import quadrature
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.certificate import moment_checks
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.numbers import positive_number

Complexes = NDArray[np.complex128]

_NODES = 32
_DEPTH, _PLAIN, _STEPS = 8, 10, 600  # Anderson's memory, damped steps before it, and the most steps
_ACCURACY, _ON_THE_WAY = 1e-11, 1e-5
_HEIGHTS = (4.0, 1.0, 0.2, 0.04, 0.008, 0.0)  # imaginary parts, over the size of the spectrum, on the way down
_KNOTS, _SECTIONS = 200, 12
_CIRCLE = 64
_DARK = 1e-7
_REACH, _RUNGS = 200.0, 48  # how far the right edge may lie from the mean
_FLOOR = 3e-4  # of the right edge
_TRUST = 1e-3
_BATCH = 400


@dataclass(frozen=True)
class _Modes:
    """Eigenvalues with their number over n_0, and the numbers of directions without a partner on either side."""

    values: Array
    counts: Array
    only_left: float
    only_right: float


def _modes(rows: float, columns: float, scale: float, nodes: int) -> _Modes:
    """Those of W W^T for W of rows x columns (over n_0) with entries of variance scale/columns."""
    x, w = quadrature(rows / columns, nodes)
    positive = x > 0
    counts = rows * w[positive]
    shared = min(rows, columns)
    return _Modes(scale * x[positive], counts * shared / np.sum(counts), rows - shared, columns - shared)


@checked
class GaussNewton:
    """The law of H_0: its transform off the real line, moments, density, and the law with its operations.

    Args:
        function: the activation; its mean is taken off (a mean adds outliers that grow with the width, no bulk).
        samples: m/n_0.
        hidden, outputs: n_1/n_0 and n_2/n_0.
        sigma_1, sigma_2: the scales of the weights.
        first_layer_only: leave out the derivatives with respect to W_2.

    >>> network = GaussNewton("relu", samples=2)
    >>> complex(network.kernel_transform([1 + 0.5j])[0].round(5))
    (0.4656-0.68762j)

    Raises `ParameterError` for ratios and scales that are not positive, and for activations that jump.

    Source: none; derived by a cavity argument (see the module), and compared with networks.
    """

    def __init__(
        self,
        function: Any = "relu",
        samples: Any = 1,
        hidden: Any = 1,
        outputs: Any = 1,
        sigma_1: Any = 1,
        sigma_2: Any = 1,
        first_layer_only: bool = False,
    ) -> None:
        self.samples = positive_number(samples, "samples")
        self.hidden, self.outputs = positive_number(hidden, "hidden"), positive_number(outputs, "outputs")
        one, two = positive_number(sigma_1, "sigma_1"), positive_number(sigma_2, "sigma_2")
        name = function.given[0] if isinstance(function, Activation) else function
        options = function.given[1] if isinstance(function, Activation) else {}
        self.activation = activation(name, centred=True, sigma_w=sigma_1, **options)
        eta, zeta = (float(v) for v in self.activation.rational())
        self._slopes, self._chances = _slope_law(self.activation, one)
        self.alpha = float(self._slopes @ self._chances)
        self._first_layer_only = bool(first_layer_only)
        self.rest = 0.0 if first_layer_only else max(eta - zeta, 0.0)
        self._linear = 0.0 if first_layer_only else self.alpha
        self._left = _modes(self.outputs, self.hidden, two**2, _NODES)
        self._right = _modes(self.hidden, 1.0, one**2, _NODES)

    def __repr__(self) -> str:
        return shown(
            self, activation=self.activation.name, samples=self.samples, hidden=self.hidden, outputs=self.outputs
        )

    @property
    def rank_share(self) -> float:
        """n_2 m over the number n_1(n_0 + n_2) of parameters; above 1 the kernel has the zeros, below it H_0."""
        second = 0.0 if self._first_layer_only else self.outputs
        return self.outputs * self.samples / (self.hidden * (1 + second))

    # -- the fixed point -------------------------------------------------------------------------------------------

    def _answer(self, c: Complexes) -> tuple[Complexes, Complexes, Complexes]:
        """Lambda at every a, from C."""
        s, counts = self._right.values, self._right.counts
        covariance, slope = self._linear**2 * s + self.rest, self._linear * np.sqrt(s)
        c_11, c_12, c_22 = (c[..., k][..., None] for k in range(3))
        one, two, both = 1 - c_11, 1 - covariance * c_22, slope * c_12
        inverse = 1 / (one * two - both**2)
        hidden, output = self._right.only_right, self._right.only_left  # x alone, h alone
        return (
            (two * inverse) @ counts + hidden / (1 - c[..., 0]),
            (slope * both * inverse) @ counts,
            (covariance * one * inverse) @ counts + output * self.rest / (1 - self.rest * c[..., 2]),
        )

    def _image(self, z: Complexes, state: Complexes) -> tuple[Complexes, Complexes]:
        """The right-hand sides at a state (C at all a, at hidden and at output directions alone; Omega), and G."""
        a, counts = self._left.values, self._left.counts
        number = len(a)
        c, omega_in = state[:, :-3].reshape(len(z), number + 2, 3), state[:, -3:]
        l_11, l_12, l_22 = self._answer(c)
        o_11, o_12, o_22 = (omega_in[:, k][:, None] for k in range(3))
        b_11, b_12, b_13 = z[:, None] - l_22[:, :number] + a * o_11, -l_12[:, :number], np.sqrt(a) * o_12
        b_22 = -l_11[:, :number]
        m_11, m_12, m_13 = b_22 * o_22 - 1, b_13 - b_12 * o_22, b_12 - b_13 * b_22
        scale = 1 / (b_11 * m_11 + b_12 * m_12 + b_13 * m_13)
        i_11, i_12, i_13 = m_11 * scale, m_12 * scale, m_13 * scale
        i_22, i_33 = (b_11 * o_22 - b_13**2) * scale, (b_11 * b_22 - b_12**2) * scale
        image = np.zeros_like(c)
        for k, part in enumerate((i_22, i_12, i_11)):
            image[:, :number, k] = part
        alone = -l_11[:, number] * omega_in[:, 2] - 1  # a hidden direction without an output
        image[:, number, 0] = omega_in[:, 2] / alone
        image[:, number + 1, 2] = 1 / (z - l_22[:, number + 1])  # an output that no hidden direction reaches
        transform = (i_11 @ counts + self._left.only_left * image[:, number + 1, 2]) / self.outputs
        f = np.empty((len(z), 2, 2), complex)
        f[:, 0, 0] = (a * i_11) @ counts / self.hidden
        f[:, 0, 1] = f[:, 1, 0] = (np.sqrt(a) * i_13) @ counts / self.hidden
        f[:, 1, 1] = (i_33 @ counts - self._left.only_right * l_11[:, number] / alone) / self.hidden
        omega = np.linalg.inv(f) - omega_in[:, [0, 1, 1, 2]].reshape(-1, 2, 2)
        masks = np.array([[0.0, -1.0], [-1.0, 0.0]]) * self._slopes[:, None, None]
        mean = np.einsum("d,dzij->zij", self._chances, np.linalg.inv(omega[None] + masks[:, None]))
        out = (np.linalg.inv(mean) - omega).reshape(-1, 4)[:, [0, 1, 3]]
        return np.concatenate([self.samples * image.reshape(len(z), -1), out], axis=1), transform

    def _start(self, z: Complexes) -> Complexes:
        number = len(self._left.values)
        state = np.zeros((len(z), number + 2, 3), complex)
        state[..., 2] = self.samples / z[:, None]
        return np.concatenate([state.reshape(len(z), -1), np.zeros((len(z), 3))], axis=1)

    def _solve(self, z: Complexes, state: Complexes, accuracy: float = _ACCURACY) -> tuple[Complexes, Complexes]:
        """G and the state at the points, by Anderson's iteration.

        Raises `PrecisionError` where it does not converge.
        """
        states: list[Complexes] = []
        residuals: list[Complexes] = []
        for step in range(_STEPS):
            image, transform = self._image(z, state)
            residual = image - state
            size = np.abs(residual).max(axis=1) / (1 + np.abs(state).max(axis=1))
            if np.max(size) < accuracy:
                return transform, state
            states, residuals = [*states[1 - _DEPTH :], state], [*residuals[1 - _DEPTH :], residual]
            if step < _PLAIN:
                state = state + 0.5 * residual
                continue
            moved = np.stack([states[-1] - old for old in states[:-1]], axis=2)
            changed = np.stack([residuals[-1] - old for old in residuals[:-1]], axis=2)
            adjoint = changed.conj().transpose(0, 2, 1)
            normal = adjoint @ changed
            shift = 1e-14 * np.trace(normal, axis1=1, axis2=2).real[:, None, None] + 1e-300
            weights = np.linalg.solve(normal + shift * np.eye(normal.shape[1]), adjoint @ residual[..., None])
            state = state + residual - ((moved + changed) @ weights)[..., 0]
        worst = z[int(np.argmax(size))]
        raise PrecisionError(
            f"the fixed point was not found at z = {worst:.6g}; move z away from the edge there", z=worst
        )

    @cached_property
    def _size(self) -> float:
        """A scale of the kernel's spectrum."""
        return 4 * self._middle

    @cached_property
    def _middle(self) -> float:
        """The mean of the kernel's spectrum without the zeros that it has for more samples than parameters."""
        far = 1e4j * (1 + self.samples)
        g = self._solve(np.array([far]), self._start(np.array([far])))[0]
        return float((far * (far * g[0] - 1)).real) * max(1.0, self.rank_share)

    def _descend(self, z: Complexes) -> Complexes:
        """G of Theta/n_0 in the closed upper half-plane, followed down from far above."""
        state: Complexes | None = None
        found = np.zeros(len(z), complex)
        for height in _HEIGHTS:
            points = z.real + 1j * np.maximum(z.imag, height * self._size)
            is_last = height == _HEIGHTS[-1]
            accuracy, room = (_ACCURACY, 1e-8) if is_last else (_ON_THE_WAY, 10 * _ON_THE_WAY)
            found, state = self._solve(points, self._start(points) if state is None else state, accuracy)
            if np.any(found.imag > room * (1 + np.abs(found))):
                bad = points[int(np.argmax(found.imag))]
                raise PrecisionError(f"the fixed point left the half-plane at z = {bad:.6g}; move z away from 0", z=bad)
        return found

    def kernel_transform(self, z: ArrayLike) -> Complexes:
        """G(z) = int rho(dx)/(z - x) of Theta/n_0; on the support the limit from above.

        Raises `PrecisionError` where the iteration does not converge: within about 1e-6 of an edge.
        """
        points = np.asarray(z, dtype=complex)
        flat = np.where(points.imag < 0, points.conj(), points).ravel()
        parts = [self._descend(flat[k : k + _BATCH]) for k in range(0, len(flat), _BATCH)]
        found = np.concatenate(parts).reshape(points.shape)
        return np.where(points.imag < 0, found.conj(), found)

    # -- H_0 -------------------------------------------------------------------------------------------------------

    def stieltjes(self, z: ArrayLike) -> Complexes:
        """m(z) = int rho(dx)/(x - z) of H_0.

        Raises `PrecisionError` as `kernel_transform` does.
        """
        points = np.asarray(z, dtype=complex)
        share = self.rank_share
        return np.asarray(-share * self.samples * self.kernel_transform(self.samples * points) - (1 - share) / points)

    def moments(self, n: int) -> Array:
        """The moments m_1, ..., m_n of H_0, by the contour integral of z^k G over a circle around the spectrum.

        >>> GaussNewton("relu", samples=2, first_layer_only=True).moments(2).round(9)
        array([0.5   , 0.6875])

        Raises `ParameterError` for n below 1.
        """
        if n < 1:
            raise ParameterError(f"at least one moment; got {n}", n=n)
        top = 1.5 * self.kernel_edge
        angles = np.pi * (np.arange(_CIRCLE) + 0.5) / _CIRCLE
        z = top / 2 + top * np.exp(1j * angles)
        g = self.kernel_transform(z)
        orders = np.arange(1, n + 1)[:, None]
        sums = np.mean((z / self.samples) ** orders * g * (z - top / 2), axis=1).real
        return np.asarray(self.rank_share * sums)

    @cached_property
    def kernel_edge(self) -> float:
        """The right edge of Theta/n_0, to about 1e-8 of itself: beyond it G is real.

        Raises `PrecisionError` if it is not found up to 200 times the mean.
        """
        ladder = np.geomspace(self._middle, _REACH * self._middle, _RUNGS)
        lit = np.flatnonzero(~self._dark(ladder))
        if not len(lit) or lit[-1] == _RUNGS - 1:
            raise PrecisionError(f"the edge of {self.text} was not found; use kernel_transform(z) off the real line")
        return self._edge(float(ladder[lit[-1]]), float(ladder[lit[-1] + 1]))

    def _edge(self, lit: float, dark: float, accuracy: float = 1e-8) -> float:
        """An edge between a point with density and one without, by sections; the dark side of it."""
        while abs(dark - lit) > accuracy * max(lit, dark):
            points = np.linspace(lit, dark, _SECTIONS + 1)[1:-1]
            first = np.flatnonzero(self._dark(points))
            k = int(first[0]) if len(first) else len(points)
            ends = [lit, *points.tolist(), dark]
            lit, dark = ends[k], ends[k + 1]
        return dark

    def _dark(self, x: Array) -> NDArray[np.bool_]:
        """Where there is no density; a point where the iteration does not converge, next to an edge, counts as lit."""
        try:
            return np.abs(self.kernel_transform(x).imag) < _DARK
        except PrecisionError:
            if len(x) == 1:
                return np.array([False])
            return np.concatenate([self._dark(part) for part in np.array_split(x, min(len(x), 4))])

    @cached_property
    def kernel_start(self) -> float:
        """The left edge of the continuous part of Theta/n_0, to 1e-5 of itself; 0 where the density reaches the floor.

        The floor is 3e-4 of the right edge: the nodes of the weights' laws do not resolve what is nearer to 0.
        """
        ladder = np.geomspace(_FLOOR * self.kernel_edge, self.kernel_edge * 0.9, _RUNGS)
        lit = int(np.flatnonzero(~self._dark(ladder))[0])
        return self._edge(float(ladder[lit]), float(ladder[lit - 1]), 1e-5) if lit else 0.0

    @property
    def law(self) -> NumericLaw:
        """The law of H_0, with the operations of numeric laws.

        The density is computed at 200 points and interpolated; mass, mean, second moment and m(-mean) are compared
        with those of the fixed point. The kind of evidence is "numeric", and the error 1e-3 at most.

        Raises `PrecisionError` (when it is computed) if one of them is off by more than that, or if the density reaches
        down to 0, as it does where n_2 m = n_1(n_0 + n_2).
        """
        return NumericLaw(self.text, self._measure)

    @property
    def text(self) -> str:
        """What it is called."""
        widths = f", {self.hidden:g} hidden and {self.outputs:g} output units per input"
        shown = "" if self.hidden == self.outputs == 1 else widths
        return f"Gauss-Newton matrix of {self.activation.name} networks, {self.samples:g} samples per input{shown}"

    def density(self, x: ArrayLike) -> Array:
        """The density of H_0 at points, from the fixed point itself.

        Raises `PrecisionError` next to edges and 0, where the iteration does not converge.
        """
        kernel = self.kernel_transform(self.samples * np.asarray(x, dtype=float))
        return np.asarray(np.maximum(-kernel.imag, 0.0) / np.pi * self.rank_share * self.samples)

    def _measure(self) -> FormulaMeasure:
        from scipy.interpolate import CubicSpline

        low, high, share = self.kernel_start / self.samples, self.kernel_edge / self.samples, self.rank_share
        if not low:
            raise PrecisionError(
                f"the density of {self.text} reaches down to 0, n_2 m being about n_1(n_0 + n_2), and is not resolved "
                "there; use density(x), stieltjes(z) and moments(n), or other numbers of samples"
            )
        t = np.arange(1, _KNOTS) / _KNOTS
        x = low + (high - low) * np.sin(np.pi * t / 2) ** 2  # next to an edge the density is a root
        spline = CubicSpline(np.linspace(0, 1, _KNOTS + 1), np.concatenate([[0.0], self.density(x), [0.0]]))

        def values(y: Array) -> Array:
            place = np.clip((y - low) / (high - low), 0.0, 1.0)
            return np.maximum(spline(2 / np.pi * np.arcsin(np.sqrt(place))), 0.0)

        zero = max(0.0, 1 - share)
        found = FormulaMeasure(values, [(low, high)], [(0.0, zero)] if zero > 1e-12 else [], x.tolist())
        one, two = self.moments(2)
        inverse = float(self.stieltjes(np.array([-one]))[0].real)
        known = ((1.0, np.ones_like), (one, lambda y: y), (two, np.square), (inverse, lambda y: 1 / (y + one)))
        worst = max(abs(float(found.expect(f, 1e-6, ())) / exact - 1) for exact, f in known)
        if worst > _TRUST:
            raise PrecisionError(
                f"the density of {self.text} is good to {worst:.2g} only; use stieltjes(z) and moments(n)", worst=worst
            )
        quadrature = [float(found.expect(f, 1e-6, ())) for f in (lambda y: y, np.square)]
        return found.certified(moment_checks([one, two], quadrature, [one, two]), _TRUST)


def _slope_law(act: Activation, scale: float) -> tuple[Array, Array]:
    """The law of f'(sigma_1 xi): at most 200 values, few where f is piecewise linear."""
    edges: Sequence[float] = sorted({-12.0, 12.0, *(k / scale for k in act.kinks if abs(k / scale) < 12)})
    panels = np.unique(np.concatenate([np.linspace(a, b, 9) for a, b in pairwise(edges)]))
    t, w = np.polynomial.legendre.leggauss(24)
    half = np.diff(panels)[:, None] / 2
    xi = (panels[:-1, None] + half * (1 + t)).ravel()
    weights = (half * w).ravel() * np.exp(-(xi**2) / 2) / np.sqrt(2 * np.pi)
    slopes = act.slope(scale * xi)
    values, index = np.unique(slopes.round(12), return_inverse=True)
    chances = np.bincount(index, weights=weights)
    keep = chances > 1e-16
    return values[keep], chances[keep] / np.sum(chances[keep])
