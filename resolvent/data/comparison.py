"""`compare`: eigenvalues against a law, with a verdict, a report and a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from resolvent.data.illustrated import Illustrated
from resolvent.derive.border import checked
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.comparison import ComparisonRecord, compared
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.density_plot import histogram_plot, legend_above
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import ATOM, QUIET
from resolvent.writing.blocks import Block, Entries, Entry, Items, Report, Section, Table, Words
from resolvent.writing.titles import law_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from resolvent.numeric.spectrum.edge_test import EdgeTest, OutsideEigenvalue


_MOST_ROWS = 12  # of the table of eigenvalues outside
_HEIGHT = 0.75  # of the axes, up to which lines reach; above are the words
_SUMS = (
    ("excess", "the sum over the eigenvalues less what the law predicts"),
    ("deviation", "the standard deviation of that, widened for other ensembles"),
    ("allowed", "what the test allows besides: 1, and 1 for each component"),
    ("p-value", "how often a true law exceeds what is allowed by as much"),
)
_TAILS = (
    ("statistic", "the distance from the edge in units of the Tracy-Widom law"),
    ("p-value", "how often noise alone sends its outermost eigenvalue as far"),
    (
        "reading",
        "a component, where that is rarer than the test's level; no scale, where no square root ends the density",
    ),
)


class Comparison(ComparisonRecord, Illustrated):
    """What eigenvalues say about a law; see `numeric.data.comparison.ComparisonRecord` for its parts."""

    _CAPTION, _PREFIX = "The eigenvalues under the density of the law.", "compared"

    def __repr__(self) -> str:
        return f"<Comparison: {self.verdict}, {self.components} components, power {self.power:.3g}>"

    def report(self) -> Report:
        """The comparison as a report."""
        return _report(self)

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return _json(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Histogram and density, with edges, eigenvalues outside, and components marked; returns the matplotlib axes.

        A new figure is one of pyplot's if `matplotlib.pyplot` was imported before; else ``ax.figure`` saves it.
        """
        return _plot(self, ax)


@checked
def compare(
    eigenvalues: Any,
    law: Law | Spectrum,
    *,
    beta: int | None = None,
    level: float = 0.01,
    resolution: float = 0.02,
    singular: bool | None = None,
    lanczos: bool = False,
    **parameters: Any,
) -> Comparison:
    """Whether the eigenvalues of one matrix, or of several, come from a law: supported, refuted or undecided.

    The test looks at Kolmogorov's distance, at sums of Chebyshev polynomials against their Gaussian limit, at
    eigenvalues outside the support (with Tracy-Widom p-values) and at the number of zeros. A few components that stick
    out are named and left out; they do not speak against a law.

    Args:
        eigenvalues: an array; a list of arrays for several matrices; or a symmetric matrix.
        law: a law, or its spectrum.
        beta: 1 for real matrices, 2 for complex ones, 4 for quaternions; by default 2 for a complex matrix, else 1.
        level: how often a true law may be refuted, at most. The test assumes rigid eigenvalues, as random matrices
            have them; independent numbers are refuted.
        resolution: the relative error of the eigenvalues that must be seen before a law is supported.
        singular: take a matrix X of size p x n as data: the eigenvalues of X X^T/n.
        lanczos: take a matrix, or anything with a shape and products such as a sparse matrix or a
            `scipy.sparse.linalg.LinearOperator`, by stochastic Lanczos quadrature: for matrices too large for their
            eigenvalues. The errors of the estimates widen the test.
        parameters: numbers for the law's parameters.

    >>> import numpy as np
    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> x = np.random.default_rng(1).normal(size=(500, 1000))
    >>> compare(x, marchenko_pastur("1/2"), singular=True).verdict
    'supported'
    >>> compare(x, marchenko_pastur("11/20"), singular=True).verdict
    'refuted'
    >>> compare(x[:20, :40], marchenko_pastur("1/2"), singular=True).verdict
    'undecided'

    Raises `ParameterError` for eigenvalues that are complex, not finite or too few, a matrix that is not symmetric, a
    level or resolution outside (0, 1), and for missing parameters.

    Sources: Johansson, Duke Math. J. 91 (1998), for sums of Chebyshev polynomials; Tracy, Widom, Commun. Math. Phys.
    159 (1994) and 177 (1996).
    """
    found = compared(
        eigenvalues,
        law,
        beta=beta,
        level=level,
        resolution=resolution,
        singular=singular,
        lanczos=lanczos,
        **parameters,
    )
    return Comparison(**vars(found))


def _name(record: ComparisonRecord) -> str:
    return str(getattr(record.spectrum.law, "text", record.spectrum.measure.subject))


def _title(record: ComparisonRecord) -> str:
    """The law as the picture names it."""
    return law_title(record.spectrum.law) or _name(record)


def _report(record: ComparisonRecord) -> Report:
    count = record.count
    matrices = "one matrix" if len(record.samples) == 1 else f"{len(record.samples)} matrices"
    low, high = record.spectrum.support()
    wrong = f"eigenvalues that are all {record.resolution:.2%} too large, or too far apart"
    estimated = ", by stochastic Lanczos quadrature" if record.is_estimated else ""
    overview = Entries(
        (
            Entry("law", (_name(record),), is_code=True),
            Entry("eigenvalues", (f"{count} of {matrices}{estimated}",)),
            Entry("support", (f"[{low:.8g}, {high:.8g}]{_pieces(len(record.spectrum.intervals))}",)),
            Entry("distance", (f"{record.distance.value:.4g} at {record.distance.location:.6g}, {_expected(record)}",)),
            Entry("zeros", (f"{record.zeros[0]}, the law has {record.zeros[1]:.6g}",)),
            Entry("power", (f"{record.power:.3g} against {wrong}",)),
        )
    )  # fmt: skip
    sums = Table(
        "Sums of Chebyshev polynomials, moved to the support",
        ("statistic", "excess", "deviation", "allowed", "p-value"),
        tuple(
            (s.name, f"{s.excess:.4g}", f"{s.deviation:.3g}", f"{s.allowed:.3g}", _chance(s.p_value))
            for s in record.statistics
        ),
    )
    return Report(
        "Eigenvalues against a law",
        (
            Section("Comparison", (overview, Items(record.reasons))),
            Section("Linear statistics", (sums, _meanings(_SUMS))),
            Section("Outside the support", _outside(record)),
        ),
        record.verdict,
    )


def _pieces(count: int) -> str:
    return f", in {count} intervals" if count > 1 else ""


def _chance(p: float) -> str:
    """A probability; doubles end at 10^-308."""
    return f"{p:.3g}" if p else "< 1e-300"


def _meanings(columns: Sequence[tuple[str, str]]) -> Entries:
    """What the columns of a table are."""
    return Entries(tuple(Entry(name, (words,)) for name, words in columns))


def _expected(record: ComparisonRecord) -> str:
    """What the distance may be, in words: distances are at most 1."""
    if record.distance_allowed < 1:
        return f"at most {record.distance_allowed:.3g} is expected"
    return "which says nothing: eigenvalues that are so few, or stick out so often, may be at any distance"


def _outside(record: ComparisonRecord) -> tuple[Block, ...]:
    found = [(number, edge, o) for number, edge in enumerate(record.edges, start=1) for o in edge.outside]
    if not found:
        return (Words("No eigenvalue lies outside the support."),)
    kept = found
    words: tuple[Words, ...] = ()
    if len(found) > _MOST_ROWS:
        kept = sorted(sorted(found, key=_prominence)[:_MOST_ROWS], key=lambda row: (row[0], row[2].value))
        words = (Words(f"{len(found)} eigenvalues lie outside the support, {len(found) / record.count:.1%} of all; "
                       f"these stick out most."),)  # fmt: skip
    header = ("matrix", "eigenvalue", "edge", "statistic", "p-value", "reading")
    rows = tuple(
        (f"{number}", f"{o.value:.8g}", f"{o.edge.place:.8g}", *_readings(edge, o)) for number, edge, o in kept
    )
    return (*words, Table("Eigenvalues outside, against Tracy-Widom", header, rows), _meanings(_TAILS))


def _readings(edge: EdgeTest, outside: OutsideEigenvalue) -> tuple[str, str, str]:
    if math.isnan(outside.statistic):
        return "-", "-", "no scale there"
    reading = "component" if outside in edge.components else "as noise does"
    return f"{outside.statistic:.4g}", _chance(outside.p_value), reading


def _prominence(row: tuple[int, EdgeTest, OutsideEigenvalue]) -> tuple[float, float]:
    """Orders what sticks out, most first: by Tracy and Widom's scale, or by the distance where there is none."""
    outside = row[2]
    distance = abs(outside.value - outside.edge.place)
    return (math.inf, -distance) if math.isnan(outside.statistic) else (-outside.statistic, -distance)


def _json(record: ComparisonRecord) -> dict[str, Any]:
    return {
        "law": _name(record),
        "verdict": record.verdict,
        "reasons": list(record.reasons),
        "matrices": len(record.samples),
        "eigenvalues": record.count,
        "estimated": record.is_estimated,
        "support": list(record.spectrum.support()),
        "distance": {"value": record.distance.value, "location": record.distance.location,
                     "allowed": record.distance_allowed},
        "statistics": [vars(s) for s in record.statistics],
        "outside": [
            {"matrix": k, "value": o.value, "edge": o.edge.place, "statistic": o.statistic, "p_value": o.p_value,
             "is_component": o in e.components}
            for k, e in enumerate(record.edges) for o in e.outside
        ],
        "components": record.components,
        "zeros": {"found": record.zeros[0], "expected": record.zeros[1]},
        "power": record.power,
        "resolution": record.resolution,
        "level": record.level,
        "beta": record.beta,
    }  # fmt: skip


def _plot(record: ComparisonRecord, ax: Axes | None) -> Axes:
    places = {o.value for edge in record.edges for o in edge.components}
    return marked_plot(record.spectrum, record.samples, places, ax, _title(record))


def marked_plot(
    spectrum: Spectrum, samples: Sequence[Array], components: Iterable[float], ax: Axes | None, curve: str
) -> Axes:
    """Histogram and density, with the edges and the components marked; returns the matplotlib axes."""
    import numpy as np

    axes = histogram_plot(spectrum, np.concatenate(samples), ax, "eigenvalues", curve)
    for k, end in enumerate(end for i in spectrum.intervals for end in (i.left, i.right)):
        axes.axvline(
            end, 0, _HEIGHT, linestyle="--", color=QUIET, linewidth=0.7, zorder=1, label=None if k else "edges"
        )
    low, high = axes.get_xlim()
    places = sorted(components)
    shown = [place for place in places if low <= place <= high]  # those beyond are told at the margin
    for k, place in enumerate(shown if len(places) <= _MOST_ROWS else ()):
        label = None if k else "components" if len(shown) > 1 else "component"
        axes.axvline(place, 0, _HEIGHT, linestyle=":", color=ATOM, linewidth=1, label=label)
    legend_above(axes)
    return axes
