"""A root followed from one point to many others at once, along the segments of a tree, by proof.

Where the root goes is guessed from approximations of all roots at the ends of each segment; tubes around the guesses
then prove it (see `derive.tubes`). A segment whose two tubes do not meet gets a new node in its middle, a few times.
What is not proved after that says nothing: the sheet may still be followed there one step after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import acb
from numpy.typing import NDArray

from .errors import PrecisionError
from .sheet import Sheet
from .tube import Complexes
from .tubes import Tubes, tubes

_ROUNDS = 5
_OVERLAP = 0.6  # of a segment: the width wanted of the tubes at both of its ends
_TINY = 1e-20
_POLISHES = 2
_STEEP = 1e8  # ratio of the roots at the ends of a segment
_REAL = 1e-9  # relative imaginary part below which a root is taken to be real before that is proved


class TubeTree:
    """Nodes at points of the plane, each with a tube around what the root of a sheet becomes on the way there.

    Args:
        sheet: a sheet of a polynomial with real coefficients.
        place: an exact point.
        root: an enclosure that isolates the root there.
    """

    def __init__(self, sheet: Sheet, place: acb, root: acb) -> None:
        self._sheet = sheet
        self._parents: list[int] = [-1]
        self._guesses: list[int] = [-1]
        x = np.array([self._offset(place)])
        self._all, self._slopes = self._roots(x)
        self._tubes = self._empty(x)
        self.is_proved: NDArray[np.bool_] = np.array([True])
        self._start = place, root
        self._maps: list[list[int]] = [[]]
        distances = np.abs(self._all[0] - complex(root))
        self._guesses[0] = int(np.argmin(distances))

    def __len__(self) -> int:
        return len(self._parents)

    # -- what the tree holds --------------------------------------------------------------------------------

    def grow(self, parents: Sequence[int], places: Sequence[complex]) -> list[int]:
        """New nodes, each with the number of its parent, which is an older one or comes before it; their numbers.

        Places are relative to the center of the sheet. `is_proved` says of which nodes the tube holds the
        continuation of the root along the segments from the start.
        """
        new = self._added(parents, np.array(places, dtype=complex))
        pending = list(new)
        with np.errstate(all="ignore"):
            for round_ in range(_ROUNDS + 1):
                good = self._tested(pending)
                failed = [k for k, ok in zip(pending, good, strict=True) if not ok and not self._is_pole(k)]
                if not failed or round_ == _ROUNDS:
                    break
                middles = [(self._tubes.places[k] + self._tubes.places[self._parents[k]]) / 2 for k in failed]
                between = self._added([self._parents[k] for k in failed], np.array(middles))
                for k, middle in zip(failed, between, strict=True):
                    self._parents[k] = middle
                self._match(failed)
                pending += between
        self.is_proved[0] = self._starts()
        linked = dict(zip(pending, good, strict=True))
        known: dict[int, bool] = {}
        for k in pending:
            path = []
            here = k
            while here in linked and here not in known:
                path.append(here)
                here = self._parents[here]
            proved = known[here] if here in known else bool(self.is_proved[here])
            for node in reversed(path):
                proved = known[node] = proved and bool(linked[node])
        for k, proved in known.items():
            self.is_proved[k] = proved
        return new

    def is_real(self, k: int) -> bool:
        """Whether the root at a node on the line is proved real (its guess is, and the conjugate root is in the tube)."""
        return bool(self._tubes.places[k].imag == 0 and self._tubes.roots[k].imag == 0)

    def is_above(self, k: int) -> bool:
        """Whether the root at a node is proved to have a positive imaginary part."""
        return bool(self._tubes.roots[k].imag > self._tubes.inner[k])

    def is_below(self, k: int) -> bool:
        """Whether the root at a node is proved to have a negative imaginary part."""
        return bool(-self._tubes.roots[k].imag > self._tubes.inner[k])

    def root(self, k: int, x: acb) -> acb | None:
        """The root at an exact point in the tube of a proved node, as a tight ball; None if that is not proved."""
        if not self.is_proved[k]:
            return None
        step = complex(x - self._sheet.center - acb(complex(self._tubes.places[k])))
        (middle,), (rounding,) = self._tubes.middles(np.array([k]), np.array([step]))
        try:
            root = self._sheet.refine(x, acb(complex(middle)))
        except PrecisionError:
            return None
        distance = float(abs(root - acb(complex(middle))).upper()) * 1.0000001 + rounding
        inside = abs(step) < 0.999999 * self._tubes.widths[k] and distance < 0.999999 * self._tubes.outer[k]
        return root if inside else None

    def guess(self, k: int) -> complex:
        """The root at a node, approximately."""
        return complex(self._tubes.roots[k])

    @property
    def tubes(self) -> Tubes:
        """The tubes of all nodes, proved or not."""
        return self._tubes

    def _starts(self) -> bool:
        """Whether the tube at the first node holds the root that the tree begins with."""
        place, root = self._start
        step = np.array([complex(place - self._sheet.center - acb(complex(self._tubes.places[0])))])
        (middle,), (rounding,) = self._tubes.middles(np.array([0]), step)
        distance = float(abs(root - acb(complex(middle))).upper()) * 1.0000001 + rounding
        return bool(abs(step[0]) < 0.999999 * self._tubes.widths[0] and distance < 0.999999 * self._tubes.outer[0])

    # -- growth ---------------------------------------------------------------------------------------------

    def _offset(self, place: acb) -> complex:
        return complex(place - self._sheet.center)

    def _empty(self, x: Complexes) -> Tubes:
        nothing = np.zeros(len(x))
        return Tubes(x, np.full(len(x), np.nan + 0j), nothing, nothing, nothing, np.zeros((len(x), 4), dtype=complex))

    def _added(self, parents: Sequence[int], x: Complexes) -> list[int]:
        first = len(self)
        roots, slopes = self._roots(x)
        self._all = np.concatenate([self._all, roots])
        self._slopes = np.concatenate([self._slopes, slopes])
        self._tubes = self._tubes.joined(self._empty(x))
        self.is_proved = np.concatenate([self.is_proved, np.zeros(len(x), dtype=bool)])
        self._parents += parents
        self._guesses += [-1] * len(x)
        self._maps += [[] for _ in range(len(x))]
        new = list(range(first, len(self)))
        self._match(new)
        return new

    def _roots(self, x: Complexes) -> tuple[Complexes, Complexes]:
        """All roots at some points and their derivatives, approximately."""
        matrix, _ = self._sheet.expansions.table
        with np.errstate(all="ignore"):
            powers = x[:, None] ** np.arange(len(matrix))
            rows = powers @ matrix
            slopes = (powers[:, :-1] * np.arange(1.0, len(matrix))) @ matrix[1:]
            roots = approximate_roots(rows)
            along = _horner(slopes, roots)[0]
            derivative = -along / _horner(rows, roots)[1]
        return roots, np.where(np.isfinite(derivative), derivative, 0.0)

    def _match(self, nodes: Sequence[int]) -> None:
        """For each sheet at the parent of a node the sheet at the node that it probably becomes."""
        here = np.array(nodes, dtype=np.intp)
        there = np.array([self._parents[k] for k in nodes], dtype=np.intp)
        half = ((self._tubes.places[here] - self._tubes.places[there]) / 2)[:, None]
        ahead = self._all[there] + self._slopes[there] * half
        back = self._all[here] - self._slopes[here] * half
        closest = np.abs(ahead[:, :, None] - back[:, None, :]).argmin(axis=2).tolist()
        for k, row in zip(nodes, closest, strict=True):
            self._maps[k] = row

    def _is_pole(self, k: int) -> bool:
        """Whether the root is probably infinite at a node or at its parent."""
        here, there = (abs(self._all[j, self._guesses[j]]) for j in (k, self._parents[k]))
        return not 1 / _STEEP < here / there < _STEEP

    def _guessed(self, pending: Sequence[int]) -> None:
        for k in pending:
            self._guesses[k] = -1
        for k in pending:
            path = []
            here = k
            while self._guesses[here] < 0:
                path.append(here)
                here = self._parents[here]
            guess = self._guesses[here]
            for node in reversed(path):
                guess = self._guesses[node] = self._maps[node][guess]

    def _tested(self, pending: Sequence[int]) -> list[bool]:
        """Whether the tubes of each node and its parent hold the same root; tubes are proved where they are missing."""
        self._guessed(pending)
        children = np.array(pending, dtype=np.intp)
        parents = np.array([self._parents[k] for k in pending], dtype=np.intp)
        lengths = np.abs(self._tubes.places[children] - self._tubes.places[parents])
        wanted = np.zeros(len(self))
        np.maximum.at(wanted, children, lengths)
        np.maximum.at(wanted, parents, lengths)
        involved = np.flatnonzero(wanted)
        guesses = np.array(self._guesses)[involved]
        roots = self._all[involved, guesses]
        on_line = (self._tubes.places[involved].imag == 0) & (np.abs(roots.imag) <= _REAL * np.abs(roots))
        roots = np.where(on_line, roots.real, roots)
        missing = (roots != self._tubes.roots[involved]) | (self._tubes.widths[involved] == 0)
        chosen = involved[missing]
        if len(chosen):
            found = tubes(self._sheet.expansions, self._tubes.places[chosen], roots[missing], _OVERLAP * wanted[chosen])
            self._tubes = self._tubes.replaced(chosen, found)
        return list(self._tubes.share(parents, children))


def approximate_roots(rows: Complexes) -> Complexes:
    """All roots of polynomials, lowest coefficients first, polished by Newton's iteration; in conjugate pairs if real.

    A leading coefficient that vanishes gives a very large root.
    """
    degree = rows.shape[1] - 1
    scale = np.max(np.abs(rows), axis=1)
    lead = np.where(np.abs(rows[:, -1]) > _TINY * scale, rows[:, -1], _TINY * scale)
    companions = np.zeros((len(rows), degree, degree), dtype=complex)
    companions[:, np.arange(1, degree), np.arange(degree - 1)] = 1.0
    companions[:, :, -1] = -rows[:, :-1] / lead[:, None]
    usable = np.all(np.isfinite(companions), axis=(1, 2))
    real = usable & np.all(rows.imag == 0, axis=1)
    roots = np.full((len(rows), degree), np.nan + 0j)
    roots[real] = np.linalg.eigvals(companions[real].real)
    roots[usable & ~real] = np.linalg.eigvals(companions[usable & ~real])
    for _ in range(_POLISHES):
        value, slope = _horner(rows, roots)
        correction = value / slope
        roots = np.where(np.isfinite(correction) & (np.abs(correction) < 0.1 * np.abs(roots)), roots - correction, roots)
    return roots


def _horner(rows: Complexes, x: Complexes) -> tuple[Complexes, Complexes]:
    """Values and derivatives of each row's polynomial at the entries of the same row of x."""
    value, slope = np.zeros_like(x), np.zeros_like(x)
    for column in rows.T[::-1]:
        slope = slope * x + value
        value = value * x + column[:, None]
    return value, slope
