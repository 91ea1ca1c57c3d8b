r"""Given matrices of any law and Haar matrices in the numeric Dyson equation, by subordination.

A letter T that is free from the rest enters M through B Sigma B^*, where B spans the range of its coefficient
A = B K B^*. With G = B^* g B and W = G^{-1} - Sigma, which is what the rest leaves of M there, Sigma is such that
G = E (W + K t)^{-1}, t the eigenvalues of T. That mean is m_T(-K^{-1} W) K^{-1}, and Sigma = K phi(-K^{-1} W) with
phi(x) = x + 1/m_T(x). A Haar matrix U with the coefficient
B C^* is diagonal with its eigenvalues e^(i theta) on the circle, where the mean of (W + U part)^{-1} is
(W - diag(gamma, delta))^{-1}, gamma = [(W - diag(gamma, 0))^{-1}]_22, delta = [(W - diag(0, delta))^{-1}]_11: a
tridiagonal operator in the Fourier modes.

Source: Belinschi, Mai, Speicher, J. Reine Angew. Math. 732 (2017), Theorem 2.2 (operator-valued subordination).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.numeric.spectrum.measure import Pieces, measure_of
from resolvent.numeric.spectrum.stieltjes_values import stieltjes_values

Complexes = NDArray[np.complex128]

_CLOSE = 1e-6


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

    def tangent(self, g: Complexes, x: Complexes, dg: Complexes, dx: Complexes) -> Complexes:
        """The derivatives of the image along pairs of dg and dx, a column for each pair, where x is G's."""


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
        return x.reshape(len(x), *self.coefficient.shape)

    def image(self, g: Complexes, x: Complexes) -> Complexes:
        """K phi(-K^{-1} W)."""
        _, vectors, phi, _ = self._function(np.linalg.inv(g) - self.added(x))
        return (self.coefficient @ (vectors * phi[:, None, :]) @ np.linalg.inv(vectors)).reshape(len(x), -1)

    def tangent(self, g: Complexes, x: Complexes, dg: Complexes, dx: Complexes) -> Complexes:
        """The derivatives of the image, by divided differences of phi."""
        inverse = np.linalg.inv(g)
        values, vectors, phi, slopes = self._function(inverse - self.added(x))
        dw = -inverse[:, None] @ dg @ inverse[:, None] - self.added(dx)
        gaps = values[:, :, None] - values[:, None, :]
        close = np.abs(gaps) < _CLOSE * (1 + np.abs(values[:, :, None]))
        middle = (slopes[:, :, None] + slopes[:, None, :]) / 2
        divided = np.where(close, middle, (phi[:, :, None] - phi[:, None, :]) / np.where(close, 1, gaps))
        back = np.linalg.inv(vectors)
        moved = divided[:, None] * (back[:, None] @ np.linalg.solve(-self.coefficient, dw) @ vectors[:, None])
        found = self.coefficient @ vectors[:, None] @ moved @ back[:, None]
        return np.asarray(found.reshape(len(x), len(dg), -1).swapaxes(1, 2))

    def _function(self, w: Complexes) -> tuple[Complexes, ...]:
        """The eigenvalues of -K^{-1} W and their vectors, and phi and its slope at them."""
        argument = np.linalg.solve(-self.coefficient, w)
        if argument.shape[1] == 1:
            values, vectors = argument[:, :, 0], np.ones_like(argument)
        else:
            values, vectors = np.linalg.eig(argument)
        m, slope = (stieltjes_values(self.spectrum, values, k) for k in (0, 1))
        return tuple(map(np.asarray, (values, vectors, values + 1 / m, 1 - slope / m**2)))


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

    def tangent(self, g: Complexes, x: Complexes, dg: Complexes, dx: Complexes) -> Complexes:
        """The derivatives of the image."""
        one, moved = np.eye(self.rank), []
        corners, blocks = self._corners(g[:, None]), self._blocks(x[:, None])
        for c, other, dc, d_other in zip(corners[::-1], blocks[::-1], self._corners(dg)[::-1], self._blocks(dx)[::-1],
                                         strict=True):  # fmt: skip
            image = c @ np.linalg.inv(one + other @ c)
            moved.append(np.linalg.inv(one + c @ other) @ dc @ np.linalg.inv(one + other @ c) - image @ d_other @ image)
        return np.asarray(_flat(*moved).swapaxes(1, 2))

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
