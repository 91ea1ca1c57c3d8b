"""A root followed from one point to many others at once, along the segments of a tree, by proof.

Where the root goes is guessed by a few of Euler's and Newton's steps in doubles; tubes around the guesses then prove it
(see `resolvent.derive.continuation.tube_batch`). A segment whose two tubes do not meet gets a new node in its middle, a
few times. What is not proved after that says nothing: the sheet may still be followed there one step after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flint import acb

from resolvent.derive.arrays import np
from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.continuation.tube import Complexes, modulus
from resolvent.derive.continuation.tube_batch import Tubes, no_tubes, tubes
from resolvent.derive.errors import PrecisionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS = 5
_PATIENCE = 2  # rounds in which a node without a tube gets new neighbours
_OVERLAP = 0.6  # of a segment: the width wanted of the tubes at both of its ends
_STOPS = 3  # of a guess on its way along a segment
_NEWTON = 6
_COARSE, _FINE = 1e-3, 1e-15  # relative change at which Newton's iteration ends
_SAME = 1e-9
_UNKNOWN = complex(math.nan, math.nan)
_STEEP = 1e8  # ratio of the roots at the ends of a segment
_REAL = 1e-9  # relative imaginary part below which a root is taken to be real before that is proved


class TubeTree:
    """Nodes at points of the plane, each with a tube around what the root of a sheet becomes on the way there.

    Args:
        sheet: a sheet of a polynomial with real coefficients.
        place: an exact point.
        root: an enclosure that isolates the root there.
        center: an exact real point, by default the center of the sheet; places are relative to it.
        height: a real number; roots are relative to it. Doubles are sharp where both distances are small.

    >>> from resolvent.derive.continuation.physical_branch import Branch
    >>> from resolvent.derive.laws.elementary import semicircle
    >>> branch = Branch(semicircle().equation)
    >>> tree = TubeTree(branch, branch.start, branch.start_root)
    >>> above, inside, beyond = tree.grow([0, 1, 2], [1 + 3j, 1 + 0j, 3 + 0j])  # the last one through an edge
    >>> [bool(tree.is_proved[k]) for k in (above, inside, beyond)], tree.is_above(inside)
    ([True, True, False], True)
    >>> print(tree.root(inside, acb(1)).str(12, radius=False))
    -0.500000000000 + 0.866025403784j
    """

    def __init__(self, sheet: Sheet, place: acb, root: acb, center: acb | None = None, height: float = 0.0) -> None:
        self._sheet = sheet
        self.center = sheet.center if center is None else center
        self.height = height
        self._expansions = sheet.expansions if center is None else sheet.expansions_around(center, height)
        self._matrix = self._expansions.table[0]
        self._start = place, root
        self._parents = [-1]
        self._guesses = [complex(root - height)]
        self._slopes: list[complex | None] = [None]  # dy/dx
        self._tubes = no_tubes(np.array([complex(place - self.center)]))
        self.is_proved: NDArray[np.bool_] = np.array([False])

    def __len__(self) -> int:
        return len(self._parents)

    # -- what the tree holds --------------------------------------------------------------------------------

    def grow(self, parents: Sequence[int], places: Sequence[complex], rounds: int = _ROUNDS) -> list[int]:
        """New nodes, each with the number of its parent, which is an older one or comes before it; their numbers.

        `is_proved` says of which nodes the tube holds the continuation of the root along the segments from the start.

        Args:
            parents: for each node the number of the node that its segment begins at; the start has the number 0.
            places: relative to the center.
            rounds: how often segments that are not proved are halved.
        """
        new = self._added(parents, np.array(places, dtype=complex))
        pending, fresh = list(new), list(new)
        with np.errstate(all="ignore"):
            for round_ in range(rounds + 1):
                self._guess(pending, fresh)
                good = self._tested(pending)
                failed = [k for k, ok in zip(pending, good, strict=True) if not ok and self._is_promising(k, round_)]
                if not failed or round_ == rounds:
                    break
                middles = [(self._tubes.places[k] + self._tubes.places[self._parents[k]]) / 2 for k in failed]
                between = self._added([self._parents[k] for k in failed], np.array(middles))
                for k, middle in zip(failed, between, strict=True):
                    self._parents[k] = middle
                pending += between
                fresh = between + failed
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
        """Whether the root at a proved node on the line is real: its guess is, and its conjugate is in the tube too."""
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
        step = complex(x - self.center - acb(complex(self._tubes.places[k])))
        (middle,), (rounding,) = self._tubes.middles(np.array([k]), np.array([step]))
        try:
            root = self._sheet.refine(x, acb(complex(middle)) + self.height)
        except PrecisionError:
            return None
        distance = float(abs(root - self.height - acb(complex(middle))).upper()) * 1.0000001 + rounding
        inside = abs(step) < 0.999999 * self._tubes.widths[k] and distance < 0.999999 * self._tubes.outer[k]
        return root if inside else None

    @property
    def tubes(self) -> Tubes:
        """The tubes of all nodes, proved or not."""
        return self._tubes

    def _starts(self) -> bool:
        """Whether the tube at the first node holds the root that the tree begins with."""
        place, root = self._start
        step = np.array([complex(place - self.center - acb(complex(self._tubes.places[0])))])
        (middle,), (rounding,) = self._tubes.middles(np.array([0]), step)
        distance = float(abs(root - self.height - acb(complex(middle))).upper()) * 1.0000001 + rounding
        return bool(abs(step[0]) < 0.999999 * self._tubes.widths[0] and distance < 0.999999 * self._tubes.outer[0])

    # -- growth ---------------------------------------------------------------------------------------------

    def _added(self, parents: Sequence[int], x: Complexes) -> list[int]:
        first = len(self)
        self._tubes = self._tubes.joined(no_tubes(x))
        self.is_proved = np.concatenate([self.is_proved, np.zeros(len(x), dtype=bool)])
        self._parents += parents
        self._guesses += [_UNKNOWN] * len(x)
        self._slopes += [None] * len(x)
        return list(range(first, len(self)))

    def _guess(self, pending: Sequence[int], fresh: Sequence[int]) -> None:
        """Guesses at the fresh nodes, and at those that they lead to if they are new there."""
        tables = dict(zip(fresh, self._steps(fresh), strict=True))
        waiting = set(pending)
        is_new: dict[int, bool] = {}
        for k in pending:
            path = []
            here = k
            while here in waiting:
                waiting.remove(here)
                path.append(here)
                here = self._parents[here]
            for node in reversed(path):
                parent = self._parents[node]
                if node not in tables:
                    if not is_new.get(parent, False):
                        continue
                    (tables[node],) = self._steps([node])
                before = self._guesses[node]
                self._guesses[node], self._slopes[node] = self._led(parent, *tables[node])
                is_new[node] = not modulus(self._guesses[node] - before) <= _SAME * modulus(before)

    def _steps(self, nodes: Sequence[int]) -> list[tuple[complex, list[list[complex]], list[list[complex]]]]:
        """For the segments to some nodes a step, and at each stop P and P_x, as polynomials in y, highest first."""
        parents = self._tubes.places[[self._parents[k] for k in nodes]]
        steps = (self._tubes.places[list(nodes)] - parents) / _STOPS
        x = parents[:, None] + steps[:, None] * np.arange(_STOPS + 1)
        powers = x[:, :, None] ** np.arange(len(self._matrix))
        rows = powers @ self._matrix[:, ::-1]
        slopes = (powers[:, :, :-1] * np.arange(1.0, len(self._matrix))) @ self._matrix[1:, ::-1]
        return list(zip(steps.tolist(), rows.tolist(), slopes.tolist(), strict=True))

    def _led(
        self, parent: int, step: complex, rows: list[list[complex]], slopes: list[list[complex]]
    ) -> tuple[complex, complex | None]:
        """The guess at the end of a segment and dy/dx there, from those at its beginning."""
        y, slope = self._guesses[parent], self._slopes[parent]
        try:
            if slope is None:
                slope = -_value(slopes[0], y) / _newton(rows[0], y, 1.0)[1]
            for stop in range(1, _STOPS + 1):
                last = stop == _STOPS
                y, across = _newton(rows[stop], y + step * slope, _FINE if last else _COARSE)
                slope = -_value(slopes[stop], y) / across
        except (ZeroDivisionError, OverflowError):
            return _UNKNOWN, None
        return y, slope

    def _is_promising(self, k: int, round_: int) -> bool:
        """Whether halving the segment to a node may help: no pole is near, and no other sheet that is met there."""
        parent = self._parents[k]
        here, there = (modulus(self._guesses[j] + self.height) for j in (k, parent))
        return here < _STEEP * there and (
            round_ < _PATIENCE or bool(self._tubes.widths[k] > 0 and self._tubes.widths[parent] > 0)
        )

    def _tested(self, pending: Sequence[int]) -> list[bool]:
        """Whether the tubes of each node and its parent hold the same root; tubes are proved where they are missing."""
        children = np.array(pending, dtype=np.intp)
        parents = np.array([self._parents[k] for k in pending], dtype=np.intp)
        lengths = np.abs(self._tubes.places[children] - self._tubes.places[parents])
        wanted = np.zeros(len(self))
        np.maximum.at(wanted, children, lengths)
        np.maximum.at(wanted, parents, lengths)
        involved = np.flatnonzero(wanted)
        roots = np.array(self._guesses)[involved]
        on_line = (self._tubes.places[involved].imag == 0) & (np.abs(roots.imag) <= _REAL * np.abs(roots))
        roots = np.where(on_line, roots.real, roots)
        missing = (roots != self._tubes.roots[involved]) | (self._tubes.widths[involved] == 0)
        chosen = involved[missing]
        if len(chosen):
            found = tubes(self._expansions, self._tubes.places[chosen], roots[missing], _OVERLAP * wanted[chosen])
            self._tubes = self._tubes.replaced(chosen, found)
        return list(self._tubes.share(parents, children))


def share_of_distance(degree: int) -> float:
    """A guess how wide tubes are, as a share of the distance to the nearest singularity."""
    return min(0.45, 2.5 / (degree + 2))


def _newton(row: list[complex], y: complex, tolerance: float) -> tuple[complex, complex]:
    """A root of a polynomial, highest coefficient first, close to y, and the derivative next to it."""
    slope = 0j
    for _ in range(_NEWTON):
        value, slope = row[0], 0j
        for c in row[1:]:
            slope = slope * y + value
            value = value * y + c
        change = value / slope
        y -= change
        if modulus(change) <= tolerance * modulus(y):
            break
    return y, slope


def _value(row: list[complex], y: complex) -> complex:
    value = 0j
    for c in row:
        value = value * y + c
    return value
