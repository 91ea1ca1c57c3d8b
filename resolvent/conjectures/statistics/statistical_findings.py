"""What the matrices of one point say, in sentences, and what follows from each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Point, Status
from resolvent.conjectures.statistics.corrections import Correction, Quantile, fallen
from resolvent.conjectures.statistics.outlier_test import outlier_finding
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.rigidity import Distance
from resolvent.numeric.statistics.empirical_spectrum import distance_bound
from resolvent.numeric.statistics.joint_test import JointTest

STAGE = "statistics"
_MANY_ERRORS = 4.0  # standard errors of a mean that need a word though the test passes
_MOST_ADVISED = 1000  # trials; of a run that far from its aim the sizes are too small


class PointFindings:
    """The sentences about one point."""

    def __init__(self, point: str, conjecture: Conjecture, values: Point) -> None:
        self.point = point
        self.claim = conjecture.claim
        self.values = values
        self.resolution = conjecture.plan.resolution
        self.found: list[Finding] = []

    @property
    def is_refuted(self) -> bool:
        """Whether a finding refutes the claim."""
        return any(f.status == REFUTED for f in self.found)

    def add(self, subject: str, status: Status | None, text: str) -> None:
        """Add a finding on a part of the claim, with the line where that stands."""
        line = self.claim.lines.get(subject)
        self.found.append(Finding(STAGE, subject, status, text, "tested" if status else "", self.point, line))

    def quantile(self, found: Quantile | None) -> None:
        """The distribution function at quantiles: what is rough shows there."""
        if found is None or (found.correction.exponent == 1.0 and found.correction.explains):
            return
        text = f"the share of eigenvalues up to x = {found.place:.4g} is {found.seen:.5g} in the limit"
        text = f"{text}, {found.claimed:.5g} is claimed; p-value {found.p_value:.1e} at one of {found.count} places"
        self._explained("distribution", text, found.correction)

    def joint(self, test: JointTest, level: float, correction: Correction | None, room: Array) -> None:
        """The joint test, with the correction that explains best what it rejects, and the room for jumps it leaves."""
        k = int(np.argmax(np.abs(test.scores)))
        if correction is None:
            text = (
                f"the joint test of {len(test.names)} statistics passes, p = {test.p_value:.2g}, above the level "
                f"{level:.1g}"
            )
            if abs(test.scores[k]) > _MANY_ERRORS and abs(test.extrapolated[k] - test.expected[k]) <= room[k]:
                gap = f"the mean of {test.names[k]} is off by {abs(test.scores[k]):.1f} standard errors"
                text = f"{text}; {gap}, but not by more than eigenvalues that hardly move may be, {room[k]:.2g}"
            elif abs(test.scores[k]) > _MANY_ERRORS:
                text = (
                    f"{text}; a score such as {test.scores[k]:.1f}, of {test.names[k]}, is large, but the errors are "
                    f"estimated from {test.trials} matrices, and with so few all {len(test.names)} together are that "
                    "far off by chance with this p"
                )
            self.add("joint test", None, text)
            return
        text = (
            f"the mean of {test.names[k]} is {test.extrapolated[k]:.6g} +- {test.errors[k]:.1g} in the limit of "
            f"infinite size, {test.expected[k]:.6g} is claimed ({abs(test.scores[k]):.1f} standard errors); "
            f"joint p-value {test.p_value:.1e} below the level {level:.1e}"
        )
        self._explained("joint test", text, correction)

    def _explained(self, subject: str, text: str, correction: Correction) -> None:
        """What a test rejects is refuted, unless a correction that vanishes slower than 1/size explains it."""
        if correction.explains:
            slow = (
                f"corrections of the order size^-{correction.exponent:.2g} explain this, p = {correction.p_value:.2g}"
            )
            self.add(subject, UNDECIDED, "; ".join(filter(None, (text, slow, correction.advice))))
        else:
            self.add(subject, REFUTED, text)

    def tested(self, count: int) -> None:
        """Which parts of a claim without a law are among the ``count`` statistics: all of a part, or it stays open."""
        for name in ("moments", "means", "atoms"):
            part = getattr(self.claim, name)
            if part is None:
                continue
            tested = min(len(part), count)
            count -= tested
            if not part:
                self.add(name, UNDECIDED, "that there are none is not tested without a law")
            elif tested < len(part):
                self.add(name, UNDECIDED, f"only {tested} of {len(part)} are tested; more trials test more")
            else:
                self.add(name, None, f"all {tested} are in the joint test")

    def distance(
        self,
        distances: Sequence[Distance],
        sizes: Sequence[int],
        count: int,
        rows: int,
        levy: Callable[[], Sequence[float]],
    ) -> None:
        """Kolmogorov's distance at each size, and where it is largest; where it stays, Levy's may tell of atoms."""
        steps = ", ".join(f"{d.value:.4f} at size {n}" for d, n in zip(distances, sizes, strict=True))
        last = distances[-1]
        side = "more" if last.excess > 0 else "less"
        where = f"most at x = {last.location:.4g}, where the sample has {side} mass to the left"
        text = f"the distribution functions differ by {steps}, {where}"
        bound = distance_bound(count, rows)
        stays = last.value > bound and not fallen([d.value for d in distances], sizes, count, rows)
        if stays and (near := levy()) and (near[-1] <= bound or fallen(near, sizes, count, rows)):
            shown = ", ".join(f"{d:.4f}" for d in near)
            self.add("distance", None, f"{text}; eigenvalues close in on atoms: Levy's distances are {shown}")
        elif stays:
            self.add(
                "distance",
                REFUTED,
                f"{text}; the bound is {bound:.4f}, and the distance does not fall with the size as it should",
            )
        else:
            self.add("distance", None, text)

    def outside(
        self, outside: Sequence[Array], trials: int, sizes: Sequence[int], taken: tuple[int, int], margin: float
    ) -> None:
        """How many eigenvalues of a matrix lie outside the support, and which of them are taken for outliers."""
        counts = ", ".join(f"{len(o) / trials:.3g} at size {n}" for o, n in zip(outside, sizes, strict=True))
        last = outside[-1]
        where = f", from {last[0]:.5g} to {last[-1]:.5g}" if len(last) else ""
        text = f"eigenvalues more than {margin:.2g} outside the support, per matrix: {counts}{where}"
        removed = [f"the {k} {which}" for k, which in zip(taken, ("lowest", "highest"), strict=True) if k]
        if removed:
            text = f"{text}; {' and '.join(removed)} of each matrix are left out of the tests of the bulk"
        self.add("outliers", None, text)

    def outliers(self, law: Any, draws: Mapping[int, Sequence[Array]], level: float) -> None:
        """Claimed outliers: whether these are seen, where they are claimed, and no others."""
        if self.claim.outliers is not None:
            places = np.sort([float(a.ball(self.values)) for a in self.claim.outliers])
            is_slow = any(f.subject == "joint test" and f.status == UNDECIDED for f in self.found)
            self.add("outliers", *outlier_finding(places, law, draws, level, self.resolution, is_slow))

    def too_few(self, tested: int, wanted: int, trials: int) -> None:
        """A law is not supported where only its first statistics could be tested."""
        text = f"only {tested} of {wanted} statistics can be tested with so few trials; take at least {trials}"
        self.add("power", UNDECIDED, text)

    def power(self, dilation: float, resolution: float, trials: int) -> None:
        """Which error in scale would have been noticed, and whether that is as small as was asked for."""
        if not math.isfinite(dilation):
            text = "no error in scale would have been noticed: what is tested does not depend on it"
            self.add("power", UNDECIDED, f"{text}. More trials test more")
            return
        seen = f"a law off by {dilation:.2%} in scale would have been noticed with probability 95 %"
        if dilation <= resolution:
            self.add("power", SUPPORTED, seen)
        else:
            enough = math.ceil(1.2 * trials * (dilation / resolution) ** 2)  # errors fall like trials^(-1/2)
            remedy = f"Take about {enough} trials, or larger sizes" if enough <= _MOST_ADVISED else "Take larger sizes"
            self.add("power", UNDECIDED, f"only {seen}; asked for: {resolution:.2%}. {remedy}")
