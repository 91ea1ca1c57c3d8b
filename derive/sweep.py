"""The physical branch along the whole real line: which gaps between critical points carry density.

The branch is analytic on the line outside the critical points, so one proved value in each gap decides its sign. Roots
of the discriminant that the branch passes belong to other sheets. All this is tried at once first, with a tree of tubes
that comes down from the upper half-plane in some gaps and goes on along the line (see `derive.tube_tree`). Where that
proves nothing, the branch is followed from gap to gap, and where it stops, a path comes down to the next gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from flint import acb, arb

from .continuation import Branch
from .errors import BranchError, DerivationError, PrecisionError
from .tube_tree import TubeTree

_FALL = 1.7  # of the height from one node of a path downwards to the next
_DEEPEST = 1e-13  # of the range: closer critical points are beyond doubles


def sweep(
    branch: Branch, balls: Sequence[arb], samples: Sequence[arb], crossings: Sequence[bool], poles: Sequence[bool]
) -> tuple[list[bool], list[bool]]:
    """For each gap whether the density is positive, for each critical point whether the branch is proved to pass it.

    Between two gaps without density that is asked only where there may be an atom.

    Args:
        branch: the physical branch.
        balls: the critical points in increasing order, as disjoint balls.
        samples: an exact point in each gap, one before the first and one after the last.
        crossings: for each critical point whether the branch probably passes it; this only guides the search.
        poles: for each critical point whether some sheet has a pole there.

    Raises `DerivationError` for a negative density, or one out to infinity.
    """
    at_once = _AtOnce(branch, balls, samples, crossings, poles)
    positive = [at_once.sign(0)]
    if positive[0]:
        raise DerivationError("the branch has density out to infinity; it belongs to no compact law")
    passed = []
    root: acb | None = None
    for k in range(len(balls)):
        here, there = acb(samples[k]), acb(samples[k + 1])
        following = at_once.known_sign(k + 1)
        if at_once.passes(k):
            passed.append(True)
            positive.append(positive[-1])
            root = None
            continue
        if following is not None and (following != positive[-1] or not (following or poles[k])):
            passed.append(False)
            positive.append(following)
            root = None
            continue
        try:
            root = branch.follow(
                here, root or at_once.value(k), there, floor=1e-3 * float(samples[k + 1] - samples[k])
            )
            passed.append(True)
            positive.append(positive[-1])
        except (BranchError, PrecisionError):
            root = None
            passed.append(False)
            positive.append(at_once.sign(k + 1))
    if positive[-1]:
        raise DerivationError("the branch has density out to infinity; it belongs to no compact law")
    return positive, passed


def density_sign(branch: Branch, x: arb, root: acb) -> bool:
    """Whether the density at x, outside the critical points, is positive (True) or zero (False).

    Raises `DerivationError` if it is negative.
    """
    if root.imag > 0:
        return True
    if root.imag < 0:
        raise _negative(x)
    if not branch.is_real(acb(x), root):
        raise PrecisionError("the sign of the density could not be decided", point=float(x))
    return False


def _negative(x: arb) -> DerivationError:
    return DerivationError(
        f"the branch has negative density at x = {float(x):.6g}: it belongs to no probability measure", point=float(x)
    )


class _AtOnce:
    """What a tree of tubes proves about the gaps and the critical points."""

    def __init__(
        self,
        branch: Branch,
        balls: Sequence[arb],
        samples: Sequence[arb],
        crossings: Sequence[bool],
        poles: Sequence[bool],
    ) -> None:
        self._branch, self._samples = branch, samples
        center = branch.center.real
        self._tree = TubeTree(branch, branch.start, branch.start_root)
        self._gaps = [float(x - center) for x in samples]
        self._points = [float(x - center) for x in balls]
        self._singular = np.array([x for x, crossing in zip(self._points, crossings, strict=True) if not crossing])
        self._range = self._gaps[-1] - self._gaps[0]
        self._nodes: list[int] = [-1] * len(samples)
        self._crossed: list[int] = [-1] * len(balls)  # nodes in the gaps beyond
        exact = [arb(x) + center for x in self._gaps]
        fences = [exact[0] - 1, *balls, exact[-1] + 1]
        if all(a < x < b for x, a, b in zip(exact, fences[:-1], fences[1:], strict=True)):
            self._grow(crossings)
            self._cross(poles)

    # -- results --------------------------------------------------------------------------------------------

    def known_sign(self, k: int) -> bool | None:
        """Whether the density is positive in a gap, if the tree proves that.

        Raises `DerivationError` if it is negative.
        """
        node = self._nodes[k]
        if node < 0 or not self._tree.is_proved[node]:
            return None
        if self._tree.is_below(node):
            raise _negative(self._samples[k])
        if self._tree.is_real(node):
            return False
        return True if self._tree.is_above(node) else None

    def sign(self, k: int) -> bool:
        """Whether the density is positive in a gap, by a path of its own if need be."""
        known = self.known_sign(k)
        return density_sign(self._branch, self._samples[k], self.value(k)) if known is None else known

    def value(self, k: int) -> acb:
        """The branch at the sample of a gap."""
        x = acb(self._samples[k])
        node = self._nodes[k]
        root = self._tree.root(node, x) if node >= 0 else None
        if root is None:
            return self._branch.value(x)
        self._branch.learn(x, root)
        return root

    def passes(self, k: int) -> bool:
        """Whether the branch is proved to be analytic at a critical point."""
        node = self._crossed[k]
        return node >= 0 and bool(self._tree.is_proved[node])

    # -- the tree -------------------------------------------------------------------------------------------

    def _grow(self, crossings: Sequence[bool]) -> None:
        """One path down into each run of gaps that the branch probably passes from end to end, and along the runs."""
        runs: list[list[int]] = [[0]]
        for k, crossing in enumerate(crossings):
            if crossing:
                runs[-1].append(k + 1)
            else:
                runs.append([k + 1])
        entries = [max(run, key=lambda k: self._room(self._gaps[k])) for run in runs]
        shoot = _Shoot(self._tree)
        start = complex(self._branch.start - self._branch.center)
        high = self._range / 2
        middle = len(runs) // 2
        landing = complex(self._gaps[entries[middle]], high)
        node, height = 0, start.imag
        while height > _FALL * high:
            height /= _FALL
            node = shoot.add(node, landing + (start - landing) * ((height - high) / (start.imag - high)))
        tops = {middle: shoot.add(node, landing)}
        for r in (*range(middle - 1, -1, -1), *range(middle + 1, len(runs))):
            beside = tops[r + 1 if r < middle else r - 1]
            tops[r] = shoot.add(beside, complex(self._gaps[entries[r]], high))
        for r, run in enumerate(runs):
            k = entries[r]
            node, height = tops[r], high
            while height > 0.8 * max(self._room(self._gaps[k]), _DEEPEST * self._range):
                height /= _FALL
                node = shoot.add(node, complex(self._gaps[k], height))
            self._nodes[k] = shoot.add(node, complex(self._gaps[k]))
            for j in range(k, run[-1]):
                self._nodes[j + 1] = self._crossed[j] = self._beyond(shoot, self._nodes[j], j, j, j + 1)
            for j in range(k, run[0], -1):
                self._nodes[j - 1] = self._crossed[j - 1] = self._beyond(shoot, self._nodes[j], j, j - 1, j - 1)
        shoot.grow()

    def _cross(self, poles: Sequence[bool]) -> None:
        """From run to run, where the density is positive on both sides, or zero but there may be an atom."""
        shoot = _Shoot(self._tree)
        for k in range(len(self._points)):
            before, after = self.known_sign(k), self.known_sign(k + 1)
            if self._crossed[k] < 0 and before is not None and before == after and (before or poles[k]):
                self._crossed[k] = self._beyond(shoot, self._nodes[k], k, k, k + 1)
        shoot.grow()

    def _beyond(self, shoot: _Shoot, node: int, gap: int, point: int, next_gap: int) -> int:
        """Nodes along the line from a gap through a critical point into the next gap; the number of the last one."""
        here, middle, there = self._gaps[gap], self._points[point], self._gaps[next_gap]
        near = self._room(middle)
        inwards, outwards = [], []
        for way, length in ((inwards, here - middle), (outwards, there - middle)):
            distance = near
            while distance < 0.7 * abs(length):
                way.append(middle + math.copysign(distance, length))
                distance = 1.8 * distance + 0.9 * near
        for x in (*reversed(inwards), middle, *outwards, there):
            node = shoot.add(node, complex(x))
        return node

    def _room(self, x: float) -> float:
        """The distance from the next critical point that the branch probably does not pass."""
        distances = np.abs(self._singular - x)
        return float(np.min(distances[distances > _DEEPEST * self._range], initial=self._range))


class _Shoot:
    """New nodes of a tree, collected before they are grown."""

    def __init__(self, tree: TubeTree) -> None:
        self._tree = tree
        self._first = len(tree)
        self._parents: list[int] = []
        self._places: list[complex] = []

    def add(self, parent: int, place: complex) -> int:
        """The number that a node will have."""
        self._parents.append(parent)
        self._places.append(place)
        return self._first + len(self._places) - 1

    def grow(self) -> None:
        """Grow what has been collected."""
        if self._places:
            self._tree.grow(self._parents, self._places)
