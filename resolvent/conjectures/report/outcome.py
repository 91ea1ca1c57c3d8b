"""What a check found, as data: the findings, the statistics, and the verdict that follows from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Status, worst
from resolvent.conjectures.statistics.statistical_stage import PointStatistics

FORMAT = 1
EXIT_STATUS = {SUPPORTED: 0, REFUTED: 1, UNDECIDED: 3}


@dataclass(frozen=True, eq=False)
class Outcome:
    """The outcome of a check.

    "refuted" if anything refutes the conjecture, "supported" if everything that decides supports it and something does,
    otherwise "undecided", which never counts as supported.

    Attributes:
        conjecture: what was checked.
        findings: what was found, in order; those without a status decide nothing.
        statistics: for each point that was sampled what the matrices say.
    """

    conjecture: Conjecture
    findings: tuple[Finding, ...]
    statistics: tuple[PointStatistics, ...] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.verdict}: {self.conjecture.title}>"

    @property
    def verdict(self) -> Status:
        """supported, refuted or undecided."""
        return worst([f.status for f in self.findings if f.status is not None])

    @property
    def first_wrong(self) -> Finding | None:
        """The first finding that refutes; without one the first that leaves the conjecture undecided."""
        for status in (REFUTED, UNDECIDED):
            for finding in self.findings:
                if finding.status == status:
                    return finding
        return None

    @property
    def exit_status(self) -> int:
        """0 supported, 1 refuted, 3 undecided."""
        return EXIT_STATUS[self.verdict]

    @property
    def is_expected(self) -> bool | None:
        """Whether the verdict is the one the file expects, and for the reason it gives; None where it says nothing."""
        expected = self.conjecture.expected
        if expected is None:
            return None
        status, reason = expected
        wrong = self.first_wrong
        text = wrong.text if wrong is not None else " ".join(f.text for f in self.findings)
        return status == self.verdict and reason in text

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data; equal for equal files, seeds and sizes, however the work was spread."""
        wrong = self.first_wrong
        return {
            "format": FORMAT,
            "name": self.conjecture.name,
            "title": self.conjecture.title,
            "verdict": self.verdict,
            "first_wrong": None if wrong is None else asdict(wrong),
            "findings": [asdict(f) for f in self.findings],
            "statistics": [s.to_json() for s in self.statistics],
            "assumptions": list(self.conjecture.assumptions),
            "references": list(self.conjecture.references),
            "seed": self.conjecture.plan.seed,
            "expected": None if self.conjecture.expected is None else self.conjecture.expected[0],
            "is_expected": self.is_expected,
        }
