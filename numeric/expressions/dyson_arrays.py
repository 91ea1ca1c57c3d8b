"""The Dyson equation as arrays: of a system at numbers, or of a variance profile with hundreds of blocks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, to_float, to_fmpq
from resolvent.derive.expressions.dyson import Component, DysonSystem
from resolvent.derive.expressions.pencil import Entry
from resolvent.numeric.expressions.free_letters import FreeLetter, letters_of

Complexes = NDArray[np.complex128]
_BITS = 100  # of square roots, twice
_ONE = 1e-12  # what the shares of blocks may miss


@dataclass(frozen=True, eq=False)
class Part:
    """Components of one size, as arrays: the first axis counts them.

    Attributes:
        constant, spectral: L_0, and where z stands.
        eta: the covariance, as a function of all unknowns.
        index: the places of the entries of g.
        weights, shifts: the cases of the given matrices that are averaged.
    """

    constant: Complexes
    spectral: NDArray[np.float64]
    eta: NDArray[Any]
    index: NDArray[np.int64]
    weights: NDArray[np.float64]
    shifts: Complexes

    def inverses(self, g: Complexes, z: Complexes, epsilon: Any) -> Complexes:
        """The inverses at all points (axis 0), components, and cases."""
        operator = self.constant - self.covariance(g)
        size = operator.shape[-1]
        places = np.arange(size)
        operator[:, :, places, places] += z[:, None, None] * self.spectral + 1j * np.reshape(epsilon, (-1, 1, 1))
        whole = operator[:, :, None] + self.shifts
        return np.asarray(1 / whole if size == 1 else np.linalg.inv(whole))

    def covariance(self, g: Complexes) -> Complexes:
        """eta(g) at all points."""
        count, size = self.spectral.shape
        table = self.eta.reshape(count * size * size, -1).T
        found = g @ table if table.dtype == complex else (g.real @ table) + 1j * (g.imag @ table)
        return np.asarray(found.reshape(len(g), count, size, size))

    def tangent(self, inverses: Complexes, dg: Complexes) -> Complexes:
        """The derivatives of the averaged inverses in one direction for each point."""
        moved = self.covariance(dg)[:, :, None]
        moved = inverses**2 * moved if inverses.shape[-1] == 1 else inverses @ moved @ inverses
        return self.averaged(moved)

    def averaged(self, cases: Complexes) -> Complexes:
        """The means over the cases, a row for each point."""
        return np.asarray(np.einsum("zbcij,bc->zbij", cases, self.weights).reshape(len(cases), -1))

    def tangents(self, inverses: Complexes) -> Complexes:
        """The derivatives of the averaged inverses along all unknowns: d(M^-1) = M^-1 eta(dg) M^-1."""
        points, count, _, size, _ = inverses.shape
        n = self.eta.shape[-1]
        if size == 1:
            slope = np.einsum("zbcij,bc->zb", inverses**2, self.weights)
            return np.asarray(slope[:, :, None] * self.eta.reshape(count, n))
        one = inverses.swapaxes(0, 1)
        weighted = one * self.weights[:, None, :, None, None]
        twice = np.einsum("bzcij,bzckl->bziljk", weighted, one)  # M^-1 E_jk M^-1 at the places (i, l)
        whole = twice.reshape(count, points * size**2, size**2) @ self.eta.reshape(count, size**2, n)
        return np.asarray(whole.reshape(count, points, size**2, n).swapaxes(0, 1).reshape(points, -1, n))


@dataclass(frozen=True, eq=False)
class DysonArrays:
    """The equation g = F(g) of all unknowns: entries of g first, then what letters add that are not averaged.

    Attributes:
        entries, diagonal: the number of entries of g, and the places of those on its diagonal.
        weights: places and shares of the blocks of the expression.
        parts: the components, those of one size together.
        letters, forms: the letters, and what makes their B^* g B of the entries of g.
        reach: of a variance profile how far its support reaches at most; no point but 0 can have an atom.
    """

    entries: int
    diagonal: tuple[int, ...]
    weights: tuple[tuple[int, float], ...]
    parts: tuple[Part, ...]
    letters: tuple[FreeLetter, ...] = ()
    forms: tuple[Complexes, ...] = ()
    reach: float | None = None

    @classmethod
    def of_system(cls, system: DysonSystem, values: Mapping[str, Any]) -> DysonArrays:
        """The arrays of a system, at values of its parameters.

        Raises `ParameterError` where one is missing.
        """
        missing = [s.name for s in system.parameters if s.name not in values]
        if missing:
            raise ParameterError(f"give a number for {missing[0]}", missing=missing)
        numbers = {s.name: to_fmpq(values[s.name]) for s in system.parameters}
        numbers |= {name: _root((x.evaluate(numbers) if numbers else x).to_fmpq()) for name, x in system.roots.items()}

        def number(element: Element) -> float:
            return to_float((element.evaluate(numbers) if numbers else element).to_fmpq())

        entries = sorted({e for c in system.components for i in c.states for j in c.states
                          if (e := system.entry(i, j)) is not None})  # fmt: skip
        place = {e: k for k, e in enumerate(entries)}
        letters = letters_of(system, number, values)
        extras = [np.zeros((0, system.size, system.size), complex)]
        forms: list[Complexes] = []
        for letter in letters:
            columns = letter.columns
            extras.append(columns @ letter.added(np.eye(letter.count, dtype=complex)) @ columns.conj().T)
            form = np.zeros((len(entries), columns.shape[1], columns.shape[1]), complex)
            for i, j in itertools.product(np.flatnonzero(np.abs(columns).sum(axis=1)), repeat=2):
                if (e := system.entry(int(i), int(j))) is not None:
                    form[place[e]] += np.outer(columns[i].conj(), columns[j])
            forms.append(form)
        added = np.concatenate(extras)
        added = added if added.imag.any() else added.real
        found: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        for c in system.components:
            arrays = _component(system, c, place, added, number)
            found.setdefault((len(c.states), len(c.cases)), []).append(arrays)
        return cls(
            len(entries),
            tuple(k for k, e in enumerate(entries) if e[0] == e[1]),
            tuple((place[k, k], number(w)) for k, w in enumerate(system.weights)),
            tuple(Part(*map(np.array, zip(*members, strict=True))) for members in found.values()),
            tuple(letters),
            tuple(forms),
        )

    @classmethod
    def of_profile(cls, variances: ArrayLike, shares: ArrayLike | None) -> DysonArrays:
        """The arrays of a variance profile; see `DysonSolver.of_profile`.

        Raises `ParameterError` for a table that is not symmetric, entries below 0, and shares that are none.
        """
        table = np.array(variances, float)
        if table.ndim != 2 or table.shape[0] != table.shape[1] or not len(table):
            raise ParameterError("a variance profile is a square table of numbers", variances=variances)
        if not (np.isfinite(table).all() and (table >= 0).all() and np.allclose(table, table.T, rtol=1e-12, atol=0)):
            raise ParameterError("the variances of a symmetric matrix form a symmetric table of numbers from 0 on")
        k = len(table)
        weights = np.full(k, 1 / k) if shares is None else np.array(shares, float)
        if weights.shape != (k,) or not (weights > 0).all() or not abs(weights.sum() - 1) < _ONE * k:
            raise ParameterError(f"the shares of {k} blocks are {k} positive numbers of sum 1", shares=shares)
        part = Part(
            np.zeros((k, 1, 1), complex),
            np.ones((k, 1)),
            (table * weights)[:, None, None, :],
            np.arange(k)[:, None, None],
            np.ones((k, 1)),
            np.zeros((k, 1, 1, 1), complex),
        )
        reach = 2.001 * float(np.sqrt((table @ weights).max())) or 1.0  # with some room beyond twice that root
        return cls(k, tuple(range(k)), tuple(enumerate(weights.tolist())), (part,), reach=reach)

    @property
    def is_scalar(self) -> bool:
        """Whether all entries of g are of matrices with one row."""
        return all(part.index.shape[-1] == 1 for part in self.parts)

    @property
    def width(self) -> int:
        """The number of unknowns."""
        return self.entries + sum(letter.count for letter in self.letters)


def _root(square: fmpq) -> fmpq:
    """The square root of a number from 0 on, to 60 digits or more.

    Raises `ParameterError` for a negative number.
    """
    if square < 0:
        raise ParameterError(f"the square root of {square}, a negative number, stands in the expression", square=square)
    bottom = int(square.q) << 2 * _BITS
    return fmpq(math.isqrt(int(square.p) * int(square.q) << 4 * _BITS), bottom)


def _component(
    system: DysonSystem,
    component: Component,
    place: Mapping[Entry, int],
    added: NDArray[Any],
    number: Callable[[Element], float],
) -> tuple[Any, ...]:
    """What a `Part` has of one component: ``added`` are the matrices that the unknowns of letters add to M."""
    states = component.states
    size = len(states)
    constant, spectral = np.zeros((size, size), complex), np.zeros(size)
    eta = np.zeros((size, size, len(place) + len(added)), added.dtype)
    index = np.zeros((size, size), int)
    for a, i in enumerate(states):
        spectral[a] = i < system.pencil.blocks
        for b, j in enumerate(states):
            entry = system.entry(i, j)
            assert entry is not None
            index[a, b] = place[entry]
            if (i, j) in system.constants:
                constant[a, b] = number(system.constants[i, j])
            for source, value in system.covariance.get((i, j), {}).items():
                known = system.entry(*source)
                if known is not None:
                    eta[a, b, place[known]] += number(value)
    if len(added):
        eta[:, :, len(place) :] = -added[:, states][:, :, states].transpose(1, 2, 0)
    shifts = np.zeros((len(component.cases), size, size), complex)
    for k, (_, extra) in enumerate(component.cases):
        for (i, j), value in extra.items():
            shifts[k, states.index(i), states.index(j)] = number(value)
    return constant, spectral, eta, index, np.array([number(weight) for weight, _ in component.cases]), shifts
