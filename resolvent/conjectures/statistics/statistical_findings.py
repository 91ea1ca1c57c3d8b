"""What the matrices of one point say, in sentences, and what follows from each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Point, Status
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.statistics.empirical_spectrum import Distance, outside_support
from resolvent.numeric.statistics.joint_test import JointTest

STAGE = "statistics"


class PointFindings:
    """The sentences about one point."""

    def __init__(self, point: str, conjecture: Conjecture, values: Point) -> None:
        self.point = point
        self.claim = conjecture.claim
        self.values = values
        self.found: list[Finding] = []

    @property
    def is_refuted(self) -> bool:
        return any(f.status == REFUTED for f in self.found)

    def add(self, subject: str, status: Status | None, text: str) -> None:
        line = self.claim.lines.get(subject)
        self.found.append(Finding(STAGE, subject, status, text, "tested" if status else "", self.point, line))

    def quantiles(self, found: list[tuple[float, float, float, float]], level: float) -> None:
        """The distribution function at quantiles, (x, claimed, extrapolated, p-value): what is rough shows there."""
        if not found:
            return
        x, claimed, seen, p_value = min(found, key=lambda entry: entry[3])
        if p_value * len(found) < level:
            text = f"the share of eigenvalues up to x = {x:.4g} is {seen:.5g} in the limit, {claimed:.5g} is claimed"
            self.add("distribution", REFUTED, f"{text}; p-value {p_value:.1e} at one of {len(found)} places")

    def joint(self, test: JointTest, level: float) -> None:
        k = int(np.argmax(np.abs(test.scores)))
        worst = (
            f"the mean of {test.names[k]} is {test.extrapolated[k]:.6g} +- {test.errors[k]:.1g} in the limit of "
            f"infinite size, {test.expected[k]:.6g} is claimed ({abs(test.scores[k]):.1f} standard errors)"
        )
        if test.p_value < level:
            self.add("joint test", REFUTED, f"{worst}; joint p-value {test.p_value:.1e} below the level {level:.1e}")
        else:
            self.add(
                "joint test", None, f"the joint test of {len(test.names)} statistics passes, p = {test.p_value:.2g}"
            )

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

    def distance(self, distances: Sequence[Distance], bound: float, sizes: Sequence[int]) -> None:
        steps = ", ".join(f"{d.value:.4f} at size {n}" for d, n in zip(distances, sizes, strict=True))
        last = distances[-1]
        side = "more" if last.excess > 0 else "less"
        where = f"most at x = {last.location:.4g}, where the sample has {side} mass to the left"
        text = f"the distribution functions differ by {steps}, {where}"
        expected_ratio = sizes[0] / sizes[-1]
        decays = last.value < math.sqrt(expected_ratio) * distances[0].value
        if last.value > bound and not decays:
            self.add(
                "distance",
                REFUTED,
                f"{text}; the bound is {bound:.4f}, and the distance does not fall with the size as it should",
            )
        else:
            self.add("distance", None, text)

    def outside(self, outside: Sequence[Array], trials: int, sizes: Sequence[int]) -> None:
        counts = ", ".join(f"{len(o) / trials:.3g} at size {n}" for o, n in zip(outside, sizes, strict=True))
        last = outside[-1]
        where = f", from {last[0]:.5g} to {last[-1]:.5g}" if len(last) else ""
        self.add("outliers", None, f"eigenvalues outside the support, per matrix: {counts}{where}")

    def outliers(self, law: Any, trials_at_largest: Sequence[Array], margin: float) -> None:
        """Claimed outliers: how many are further than ``margin`` outside of the support, and where."""
        claimed = self.claim.outliers
        if claimed is None:
            return
        places = np.sort([float(a.ball(self.values)) for a in claimed])
        lower, upper = law.support()
        rows = len(trials_at_largest[0])
        if len(outside_support(law, places, 0.0)) < len(places):
            self.add("outliers", REFUTED, "an outlier is claimed inside of the support")
            return
        room = margin + (upper - lower) / math.sqrt(rows)  # for the outlier's own fluctuations
        far = outside_support(law, places, room)
        if len(far) < len(places):
            near = next(place for place in places if place not in far)
            text = f"an outlier is claimed at {near:.6g}, not further than {room:.3g} from the support"
            self.add("outliers", UNDECIDED, f"{text}: matrices of this size do not tell; take larger ones")
            return
        per_matrix = [outside_support(law, e, margin) for e in trials_at_largest]
        typical = float(np.median([len(o) for o in per_matrix]))
        if typical != len(places):
            self.add("outliers", REFUTED, f"{len(places)} outliers are claimed; a typical matrix has {typical:.3g}")
            return
        if not len(places):
            text = f"none is claimed, and a typical matrix has none further than {margin:.3g} from the support"
            self.add("outliers", SUPPORTED, text)
            return
        full = [np.sort(o) for o in per_matrix if len(o) == len(places)]
        for k, place in enumerate(places):
            values = np.array([o[k] for o in full])
            spread = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
            room = 6 * spread + 3 * (upper - lower) / rows
            if abs(float(values.mean()) - place) > room:
                text = f"an outlier is claimed at {place:.6g}; it is seen at {values.mean():.6g} +- {spread:.1g}"
                self.add("outliers", REFUTED, text)
                return
        self.add("outliers", SUPPORTED, f"{len(places)} outliers are claimed, and seen where they are claimed")

    def too_few(self, tested: int, wanted: int, trials: int) -> None:
        """A law is not supported where only its first statistics could be tested."""
        text = f"only {tested} of {wanted} statistics can be tested with so few trials; take at least {trials}"
        self.add("power", UNDECIDED, text)

    def power(self, dilation: float, resolution: float) -> None:
        if not math.isfinite(dilation):
            text = "no error in scale would have been refuted: what is tested does not depend on it"
            self.add("power", UNDECIDED, f"{text}. More trials test more")
            return
        seen = f"a law off by {dilation:.2%} in scale would have been refuted with probability 95 %"
        if dilation <= resolution:
            self.add("power", SUPPORTED, seen)
        else:
            self.add(
                "power", UNDECIDED, f"only {seen}; asked for: {resolution:.2%}. More trials or larger sizes will tell"
            )
