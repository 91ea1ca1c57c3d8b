"""The physical branch along the whole real line: which gaps between critical points carry density.

The branch is analytic on the line outside the critical points, so one proved value in each gap decides its sign. Roots
of the discriminant that the branch passes belong to other sheets. All this is tried at once first, with a tree of tubes
that comes down from the upper half-plane in some gaps and goes on along the line (see
`resolvent.derive.continuation.tube_tree`). Where that proves nothing, the branch is followed from gap to gap, and where
it stops, a path comes down to the next gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import acb, arb

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.continuation.tube_tree import TubeTree, share_of_distance
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError

_ATTEMPTS = 3
_MOST_NODES = 200  # along a segment
_DEEPEST = 1e-13  # of the range: closer critical points are beyond doubles


@dataclass(frozen=True)
class Sweep:
    """What the branch does along the line.

    Attributes:
        positive: for each gap whether the density is positive.
        passed: for each critical point whether the branch is proved to be analytic there. Between two gaps without
            density this is asked only where there may be an atom.
        value: the branch at the sample of a gap.
    """

    positive: list[bool]
    passed: list[bool]
    value: Callable[[int], acb]


def sweep(
    branch: Branch, balls: Sequence[arb], samples: Sequence[arb], crossings: Sequence[bool], poles: Sequence[bool]
) -> Sweep:
    """The gaps with density, and the critical points that the branch passes.

    Args:
        branch: the physical branch.
        balls: the critical points in increasing order, as disjoint balls.
        samples: an exact point in each gap, one before the first and one after the last.
        crossings: for each critical point whether the branch probably passes it; this only guides the search.
        poles: for each critical point whether some sheet has a pole there.

    Raises `DerivationError` for a negative density, or one out to infinity.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> branch = Branch(semicircle().equation)
    >>> sweep(branch, [arb(-2), arb(2)], [arb(-3), arb(0), arb(3)], [False, False], [False, False]).positive
    [False, True, False]
    """
    at_once = _AtOnce(branch, balls, samples, crossings, poles)
    positive = [at_once.sign(0)]
    if positive[0]:
        raise DerivationError("the branch has density out to infinity; it belongs to no compact law")
    passed = []
    for k, pole in enumerate(poles):
        before, after = positive[-1], at_once.known_sign(k + 1)
        if at_once.passes(k):
            passed.append(True)
            positive.append(before)
        elif after is not None and (after != before or not (after or pole)):
            passed.append(False)
            positive.append(after)
        else:
            here, there = acb(samples[k]), acb(samples[k + 1])
            try:
                root = branch.follow(here, at_once.value(k), there, floor=1e-3 * float(samples[k + 1] - samples[k]))
                branch.learn(there, root)
                passed.append(True)
                positive.append(before)
            except (BranchError, PrecisionError):
                passed.append(False)
                positive.append(at_once.sign(k + 1))
    if positive[-1]:
        raise DerivationError("the branch has density out to infinity; it belongs to no compact law")
    return Sweep(positive, passed, at_once.value)


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
        self._singular = [x for x, crossing in zip(self._points, crossings, strict=True) if not crossing]
        self._share = share_of_distance(branch.degree)
        self._range = self._gaps[-1] - self._gaps[0] or float(branch.start.imag) / 8  # no critical points: no scale
        self._nodes: list[int] = [-1] * len(samples)
        self._crossed: list[int] = [-1] * len(balls)  # nodes in the gaps beyond
        exact = [arb(x) + center for x in self._gaps]
        if all(a < x < b for a, x, b in zip(exact[:-1], balls, exact[1:], strict=True)):
            self._tops = [(0, complex(branch.start - branch.center))]
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
        if (learnt := self._branch.learnt(x)) is not None:
            return learnt
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
        """One path down into each run of gaps that the branch probably passes from end to end, and along the runs.

        Where the branch meets another sheet inside a run after all, the rest of the run is a run of its own then.
        """
        runs: list[list[int]] = [[0]]
        for k, crossing in enumerate(crossings):
            if crossing:
                runs[-1].append(k + 1)
            else:
                runs.append([k + 1])
        for _ in range(_ATTEMPTS):
            self._grow_runs(runs)
            runs = [rest for run in runs for rest in self._unproved(run)]
            if not runs:
                break

    def _grow_runs(self, runs: Sequence[Sequence[int]]) -> None:
        entries = [max(run, key=lambda k: self._room(self._gaps[k])) for run in runs]
        shoot = _Shoot(self._tree)
        high = self._range / 2
        middle = len(runs) // 2
        for r in (*range(middle, -1, -1), *range(middle + 1, len(runs))):
            x = self._gaps[entries[r]]
            node, place = min(self._tops, key=lambda top: abs(top[1] - complex(x, high)))
            node = self._along(shoot, node, place, complex(x, high))
            self._tops.append((node, complex(x, high)))
            self._nodes[entries[r]] = self._along(shoot, node, complex(x, high), complex(x))
        for k, run in zip(entries, runs, strict=True):
            for way in (range(k + 1, run[-1] + 1), range(k - 1, run[0] - 1, -1)):
                node = self._nodes[k]
                for j in way:
                    last = j - 1 if j > k else j + 1
                    node = self._along(shoot, node, complex(self._gaps[last]), complex(self._gaps[j]))
                    self._nodes[j] = self._crossed[min(j, last)] = node
        shoot.grow()
        self._tops = [top for top in self._tops if self._tree.is_proved[top[0]]]

    def _unproved(self, run: Sequence[int]) -> list[list[int]]:
        """The stretches of a run in which nothing is proved, if something is."""
        stretches: list[list[int]] = []
        for k in run:
            if self._tree.is_proved[self._nodes[k]]:
                continue
            if stretches and stretches[-1][-1] == k - 1:
                stretches[-1].append(k)
            else:
                stretches.append([k])
        return [] if stretches == [list(run)] else stretches

    def _cross(self, poles: Sequence[bool]) -> None:
        """From run to run, where the density is positive on both sides, or zero but there may be an atom."""
        shoot = _Shoot(self._tree)
        for k in range(len(self._points)):
            before, after = self.known_sign(k), self.known_sign(k + 1)
            if self._crossed[k] < 0 and before is not None and before == after and (before or poles[k]):
                here, point, there = (complex(x) for x in (self._gaps[k], self._points[k], self._gaps[k + 1]))
                others = [c for c in self._singular if c != point.real]
                middle = self._along(shoot, self._nodes[k], here, point, others)
                self._crossed[k] = self._along(shoot, middle, point, there, others)
        shoot.grow()

    def _along(
        self, shoot: _Shoot, node: int, here: complex, there: complex, singular: Sequence[float] | None = None
    ) -> int:
        """Nodes along a segment, as far apart as tubes probably reach; the number of the last one.

        ``singular`` are the points to keep away from, by default all that the branch probably does not pass.
        """
        share = self._share
        for _ in range(_MOST_NODES):
            room, length = self._room(here, singular), abs(there - here)
            if length == 0:
                return node
            step = min(2 * share / (1 - share) * room, length)
            if step > share * (room + self._room(here + (there - here) * (step / length), singular)):
                step = 2 * share / (1 + share) * room  # towards a singularity
            if step > 0.8 * length:
                break
            here += (there - here) * (step / length)
            node = shoot.add(node, here)
        return shoot.add(node, there)

    def _room(self, x: complex, singular: Sequence[float] | None = None) -> float:
        """The distance from the next of some points on the line."""
        least = _DEEPEST * self._range
        points = self._singular if singular is None else singular
        return min([distance for c in points if (distance := abs(x - c)) > least], default=self._range)


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
