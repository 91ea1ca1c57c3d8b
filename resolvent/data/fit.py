"""`fit`: the parameters of a law from eigenvalues, with a report and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolvent.data.comparison import marked_plot
from resolvent.data.illustrated import Illustrated
from resolvent.derive.border import checked
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.fit import FitRecord, fitted
from resolvent.numeric.data.samples import tails_words
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.writing.blocks import Entries, Entry, Items, Report, Section, Table
from resolvent.writing.titles import values_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVEL = 0.01  # a p-value below it speaks against the law
_MOST = 12  # eigenvalues left out that are listed


@checked
class Fit(FitRecord, Illustrated):
    """The parameters that explain the bulk; see `numeric.data.fit.FitRecord` for its parts."""

    _CAPTION, _PREFIX = "The eigenvalues under the density of the fitted law.", "fitted"

    def __repr__(self) -> str:
        """The law, and each parameter with its error and interval."""
        ends = {name: "({:.6g}, {:.6g})".format(*ends) for name, ends in self.intervals.items()}
        found = [f"{k} = {v:.6g} +- {self.errors[k]:.2g}, {self.confidence:.0%} interval {ends[k]}"
                 for k, v in self.parameters.items()]  # fmt: skip
        left_out = f"left out: {len(self.left_out)} that stick out" if self.left_out else ""
        tails = "entries with heavy tails" if self.tails else ""
        return f"<Fit: {'; '.join(filter(None, [*found, left_out, tails]))}; p-value {self.p_value:.3g}>"

    def __str__(self) -> str:
        return self.text()

    @property
    def explains(self) -> bool:
        """Whether a true law would fit worse in one case of a hundred, or there is nothing to tell it by."""
        return not self.p_value < _LEVEL

    def report(self) -> Report:
        """The fit as a report."""
        return _report(self)

    def to_json(self) -> dict[str, Any]:
        """The fit as plain data."""
        return {
            "law": self.family.text,
            "parameters": dict(self.parameters),
            "errors": dict(self.errors),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "confidence": self.confidence,
            "left_out": list(self.left_out),
            "misfit": {"value": self.misfit[0], "degrees": self.misfit[1]},
            "p_value": self.p_value,
            "tails": self.tails,
            "matrices": len(self.samples),
            "eigenvalues": sum(map(len, self.samples)),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Histogram and fitted density, with edges, and what was left out marked; returns the matplotlib axes.

        A new figure is one of pyplot's if `matplotlib.pyplot` was imported before; else ``ax.figure`` saves it.
        """
        curve = values_title({name: f"{value:.4g}" for name, value in self.parameters.items()})
        return marked_plot(Spectrum(self.law), self.samples, set(self.left_out), ax, curve)


@checked
def fit(
    eigenvalues: Any, law: Law, *, beta: int | None = None, confidence: float = 0.95, singular: bool | None = None
) -> Fit:
    """The parameters of a law from the eigenvalues of one matrix or several, robust to a few that stick out.

    Args:
        eigenvalues: an array, a list of arrays, or a matrix; the zeros of matrices without full rank belong to them.
        law: a law with parameters.
        beta: 1 for real matrices, 2 for complex ones, 4 for quaternions; by default 2 for a complex matrix, else 1.
        confidence: of the intervals, each for itself. They assume entries with the fourth moment of a Gaussian and
            sizes that have the ratio of the law: centred data of n samples count as n - 1.
        singular: take a matrix X of size p x n as data: the eigenvalues of X X^T/n.

    >>> import numpy as np, sympy
    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c, s = sympy.symbols("c s", positive=True)
    >>> found = fit(np.random.default_rng(0).normal(size=(300, 600)), marchenko_pastur(c, s), singular=True)
    >>> [round(value, 1) for value in found.parameters.values()], found.left_out
    ([0.5, 1.0], ())

    Raises `ParameterError` for a law without parameters, or more than six, for eigenvalues as `compare` does or if
    all are equal, and for a confidence outside (0, 1); `PrecisionError` if no parameters explain the eigenvalues.

    Source: Bai, Silverstein, Ann. Probab. 32 (2004) 553-605, for the Gaussian limit of linear statistics.
    """
    return Fit(**vars(fitted(eigenvalues, law, beta=beta, confidence=confidence, singular=singular)))


def _report(found: Fit) -> Report:
    matrices = "one matrix" if len(found.samples) == 1 else f"{len(found.samples)} matrices"
    shown = ", ".join(f"{value:.6g}" for value in found.left_out[-_MOST:])
    more = f"the largest {_MOST} of {len(found.left_out)}: " if len(found.left_out) > _MOST else ""
    misfit, degrees = found.misfit
    overview = Entries(
        (
            Entry("law", (found.family.text,), is_code=True),
            Entry("eigenvalues", (f"{sum(map(len, found.samples))} of {matrices}",)),
            Entry("left out", (more + shown if shown else "none sticks out",)),
            Entry("misfit", (f"{misfit:.4g} with {degrees} degrees of freedom",)),
        )
    )
    table = Table(
        "Parameters",
        ("name", "estimate", "standard error", f"{100 * found.confidence:.6g}% interval"),
        tuple(
            (name, f"{value:.6g}", f"{found.errors[name]:.2g}", "({:.6g}, {:.6g})".format(*found.intervals[name]))
            for name, value in found.parameters.items()
        ),
    )
    return Report("A law fitted to eigenvalues", (Section("Fit", (overview, table, Items(_readings(found)))),))


def _readings(found: Fit) -> tuple[str, ...]:
    if not found.tails:
        return (_reading(found),)
    return (
        _reading(found),
        tails_words(found.tails, "the intervals are too narrow, and what was left out may be single entries"),
    )


def _reading(found: Fit) -> str:
    if found.misfit[1] == 0:
        return "as many parameters as statistics: nothing is left to tell whether the law is right"
    if found.explains:
        return f"nothing speaks against the law: a true one fits worse with probability {found.p_value:.3g}"
    return (
        f"the law does not explain the bulk, or the noise is not like Gaussian noise: a true law fits worse with "
        f"probability {found.p_value:.2g}, and the intervals mean nothing"
    )
