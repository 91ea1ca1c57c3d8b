r"""Given matrices of any law and Haar matrices in the numeric Dyson equation, by subordination.

A letter T that is free from the rest enters M through B Sigma B^*, where B spans the range of its coefficient
A = B K B^*. With G = B^* g B and H = (G^{-1} - Sigma)^{-1} = G (1 - Sigma G)^{-1}, which is what the rest makes of
G alone, Sigma is such that G = E (H^{-1} + K t)^{-1}, t the eigenvalues of T: that is Sigma = K (a^{-1}(Y) + Y)^{-1},
Y = -H K, with a(y) = E t/(1 - t y). Written as K a (1 + Y a)^{-1} it holds for singular G and H too, as where T is seen
through fewer dimensions than B has columns. A Haar matrix U with the coefficient
B C^* is diagonal with its eigenvalues e^(i theta) on the circle, where the mean of (W + U part)^{-1} is
(W - diag(gamma, delta))^{-1}, gamma = [(W - diag(gamma, 0))^{-1}]_22, delta = [(W - diag(0, delta))^{-1}]_11: a
tridiagonal operator in the Fourier modes.

Source: Belinschi, Mai, Speicher, J. Reine Angew. Math. 732 (2017), Theorem 2.2 (operator-valued subordination).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.exact.field import Element
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.numeric.spectrum.measure import Pieces, measure_of
from resolvent.numeric.spectrum.stieltjes_values import stieltjes_values

Complexes = NDArray[np.complex128]

Tangent = Callable[[Complexes, Complexes], Complexes]

_CLOSE = 1e-6
_FAR, _NODES = 0.5, 128  # |y| times the reach of a spectrum up to which Gauss's rule has all digits, and its nodes


class FreeLetter(Protocol):
    """A letter as the solver sees it; unknowns x are flat, G is B^* g B, and both have one row for each point."""

    @property
    def columns(self) -> Complexes:
        """B, a row for each state."""

    @property
    def count(self) -> int:
        """The number of unknowns x."""

    def added(self, x: Complexes) -> Complexes:
        """Sigma."""

    def image(self, g: Complexes, x: Complexes) -> Complexes:
        """What x is mapped to: the solution is a fixed point."""

    def residual(self, g: Complexes, x: Complexes) -> tuple[Complexes, Tangent]:
        """What vanishes at a solution, and its derivatives along pairs of dg and dx, a column for each pair."""


@dataclass(frozen=True, eq=False)
class GivenLetter:
    """A given matrix with the coefficient B K B^* and a spectrum; x is Sigma."""

    columns: Complexes
    coefficient: Complexes
    spectrum: Pieces

    @property
    def count(self) -> int:
        """The entries of Sigma."""
        return int(len(self.coefficient) ** 2)

    def added(self, x: Complexes) -> Complexes:
        """Sigma."""
        return x.reshape(*x.shape[:-1], *self.coefficient.shape)

    def image(self, g: Complexes, x: Complexes) -> Complexes:
        """K a (1 + Y a)^{-1}."""
        y = -g @ np.linalg.inv(self._one - self.added(x) @ g) @ self.coefficient
        a, _ = self._mean(y)
        return (self.coefficient @ a @ np.linalg.inv(self._one + y @ a)).reshape(len(x), -1)

    def residual(self, g: Complexes, x: Complexes) -> tuple[Complexes, Tangent]:
        """K^{-1} Sigma (1 + Y a) - a, and the derivatives."""
        sigma, k = self.added(x), self.coefficient
        f = np.linalg.solve(k, sigma)
        right = np.linalg.inv(self._one - sigma @ g)
        h = g @ right
        y = -h @ k
        a, slope = self._mean(y)
        divisor = self._one + y @ a

        def tangent(dg: Complexes, dx: Complexes) -> Complexes:
            left = self._one + h @ sigma  # (1 - G Sigma)^{-1}
            dy = -(left[:, None] @ dg @ right[:, None] + h[:, None] @ self.added(dx) @ h[:, None]) @ k
            df = np.linalg.solve(k, self.added(dx)) @ divisor[:, None]
            moved = df + f[:, None] @ dy @ a[:, None] + (f @ y - self._one)[:, None] @ slope(dy)
            return np.asarray(moved.reshape(len(x), len(dg), -1).swapaxes(1, 2))

        return (f @ divisor - a).reshape(len(x), -1), tangent

    @cached_property
    def _one(self) -> Complexes:
        return np.eye(len(self.coefficient), dtype=complex)

    def _mean(self, y: Complexes) -> tuple[Complexes, Callable[[Complexes], Complexes]]:
        """a(Y), and its derivatives along dY."""
        masses = list(zip(self.spectrum.points, self.spectrum.weights, strict=True))
        inverses = [np.linalg.inv(self._one - t * y) for t, _ in masses]
        a = sum((weight * t * r for (t, weight), r in zip(masses, inverses, strict=True)), np.zeros_like(y))
        has_density = bool(self.spectrum.pieces)
        if has_density:
            values, vectors = np.linalg.eig(y) if y.shape[1] > 1 else (y[:, :, 0], np.ones_like(y))
            back, f = np.linalg.inv(vectors), self._continuous(values, 0)
            a += (vectors * f[:, None, :]) @ back

        def slope(dy: Complexes) -> Complexes:
            da = np.zeros_like(dy)
            for (t, weight), r in zip(masses, inverses, strict=True):
                da += weight * t**2 * r[:, None] @ dy @ r[:, None]
            if has_density:
                slopes = self._continuous(values, 1)
                gaps = values[:, :, None] - values[:, None, :]
                close = np.abs(gaps) < _CLOSE * (1 + np.abs(values[:, :, None]))
                middle = (slopes[:, :, None] + slopes[:, None, :]) / 2
                divided = np.where(close, middle, (f[:, :, None] - f[:, None, :]) / np.where(close, 1, gaps))
                moved = divided[:, None] * (back[:, None] @ dy @ vectors[:, None])
                da += vectors[:, None] @ moved @ back[:, None]
            return da

        return a, slope

    def _continuous(self, y: Complexes, derivative: int) -> Complexes:
        """The part of a(y) that is not from atoms, or its slope: by Gauss's rule where 1/y is far from the spectrum."""
        t, weights, reach = self._rule
        is_far = np.abs(y) * reach < _FAR
        out = np.empty_like(y)
        out[is_far] = (t / (1 - y[is_far][:, None] * t)) ** (1 + derivative) @ weights
        near = y[~is_far]
        if len(near):
            m, mass = stieltjes_values(self._without_atoms, 1 / near), weights.sum()
            if derivative:
                slope = stieltjes_values(self._without_atoms, 1 / near, 1)
                out[~is_far] = (mass + 2 * m / near + slope / near**2) / near**2
            else:
                out[~is_far] = -(mass + m / near) / near
        return out

    @cached_property
    def _rule(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Nodes and weights of the continuous part, and how far from 0 it reaches."""
        rules = [piece.quadrature(2 * len(piece.measure) + _NODES) for piece in self.spectrum.pieces]
        nodes, weights = map(np.concatenate, zip(*rules, strict=True))
        return nodes, weights, max(max(abs(p.left), abs(p.right)) for p in self.spectrum.pieces)

    @cached_property
    def _without_atoms(self) -> Pieces:
        return replace(self.spectrum, points=np.zeros(0), weights=np.zeros(0))


@dataclass(frozen=True, eq=False)
class HaarLetter:
    """A Haar matrix U with the coefficient B C^*; ``columns`` are those of B and of C, x is gamma and delta.

    B and C may have columns in common, so nothing is written with the inverse of G: by alpha = B^* g B, beta = C^* g C
    the equations are gamma = beta (1 + delta beta)^{-1} and delta = alpha (1 + gamma alpha)^{-1}.
    """

    columns: Complexes

    @property
    def rank(self) -> int:
        """The number of columns of B, and of C."""
        return self.columns.shape[1] // 2

    @property
    def count(self) -> int:
        """The entries of gamma and delta."""
        return 2 * self.rank**2

    def added(self, x: Complexes) -> Complexes:
        """-diag(gamma, delta)."""
        gamma, delta = self._blocks(x)
        zero = np.zeros_like(gamma)
        return np.block([[-gamma, zero], [zero, -delta]])

    def image(self, g: Complexes, x: Complexes) -> Complexes:
        """The right-hand sides."""
        (alpha, beta), (gamma, delta) = self._corners(g), self._blocks(x)
        one = np.eye(self.rank)
        return _flat(beta @ np.linalg.inv(one + delta @ beta), alpha @ np.linalg.inv(one + gamma @ alpha))

    def residual(self, g: Complexes, x: Complexes) -> tuple[Complexes, Tangent]:
        """gamma (1 + delta beta) - beta and delta (1 + gamma alpha) - alpha, and their derivatives.

        They have no poles, unlike the image where gamma alpha passes near -1, as it does where a trace has a zero.
        """

        def tangent(dg: Complexes, dx: Complexes) -> Complexes:
            corners, blocks = self._corners(g[:, None])[::-1], self._blocks(x[:, None])
            d_corners, d_blocks = self._corners(dg)[::-1], self._blocks(dx)
            moved = []
            for c, dc, a, b, da, db in zip(
                corners, d_corners, blocks, blocks[::-1], d_blocks, d_blocks[::-1], strict=True
            ):
                moved.append(da + da @ b @ c + a @ db @ c + a @ b @ dc - dc)
            return np.asarray(_flat(*moved).swapaxes(1, 2))

        (alpha, beta), (gamma, delta) = self._corners(g), self._blocks(x)
        return _flat(gamma + gamma @ delta @ beta - beta, delta + delta @ gamma @ alpha - alpha), tangent

    def _corners(self, g: Complexes) -> tuple[Complexes, Complexes]:
        """alpha and beta."""
        r = self.rank
        return g[..., :r, :r], g[..., r:, r:]

    def _blocks(self, x: Complexes) -> tuple[Complexes, Complexes]:
        """gamma and delta."""
        r = self.rank
        gamma, delta = x[..., : r * r], x[..., r * r :]
        return gamma.reshape(*x.shape[:-1], r, r), delta.reshape(*x.shape[:-1], r, r)


def _flat(first: Complexes, second: Complexes) -> Complexes:
    """The entries of two matrices, one after the other."""
    return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in (first, second)], axis=-1)


def letters_of(system: DysonSystem, number: Callable[[Element], float], values: Mapping[str, Any]) -> list[FreeLetter]:
    """The letters of a system that are not averaged over their eigenvalues, at numbers."""

    def spectrum(law: AlgebraicLaw) -> Pieces:
        own = {s.name: values[s.name] for s in law.parameters}
        measure: Any = measure_of(law.at(own) if own else law)
        parts: Pieces = measure.parts
        return parts

    def column(vector: Mapping[int, Element]) -> Complexes:
        out = np.zeros(system.size, complex)
        for state, value in vector.items():
            out[state] = number(value)
        return out

    found: list[FreeLetter] = []
    for given in system.given:
        b = column(given.vector)[:, None]
        found.append(GivenLetter(b, np.array([[number(given.factor)]], complex), spectrum(given.law)))
    for matrix in system.matrices:
        table = np.array([[number(x) for x in row] for row in matrix.table], complex)
        found.append(GivenLetter(np.stack([column(v) for v in matrix.vectors], axis=1), table, spectrum(matrix.law)))
    for rotation in system.rotations:
        sides = [column(v) for v in (*rotation.left, *rotation.right)]
        found.append(HaarLetter(np.stack(sides, axis=1)))
    return found
