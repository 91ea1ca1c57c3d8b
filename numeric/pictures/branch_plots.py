r"""Pictures of the resolvent beyond the density: all roots of P(x, m) along the real line, and m(z) over the plane.

Between neighbouring real critical points, the real roots of disc_m(P) lc_m(P), the roots m_j(x + i0) are simple and
finite, so they are analytic functions of x there: real ones stay real and keep their order, the others stay in
conjugate pairs. That joins the roots at neighbouring points by proof; only where several pairs compete does a root
have to be followed (`resolvent.derive.continuation.followed_root`). The physical one is the root in the ball of the
certified branch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import acb, fmpq, fmpq_poly, fmpz_poly
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.border import checked
from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.complex_roots import complex_roots
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.support.support import critical_factors, skeleton
from resolvent.numeric.spectrum import Spectrum
from resolvent.numeric.style import ATOM, FILL, INK, new_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap

Array = NDArray[Any]

_GREY, _MARK = "#a9a598", "#7d7a70"
_PRECISION = 64  # bits, for roots at single points


# -- sheets ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stretch:
    """The sheets over points of an open interval between neighbouring critical points.

    Attributes:
        x: the points, increasing, denser at the ends.
        roots: a row for each root of P(x, .), analytic along the interval; shape (degree, len(x)).
        physical: the row of the physical branch, the limit m(x + i0).
    """

    x: Array
    roots: Array
    physical: int

    @property
    def others(self) -> Array:
        """The rows of the other sheets."""
        return np.delete(self.roots, self.physical, axis=0)


def root_table(equation: ResolventEquation, x: ArrayLike) -> Array:
    """All roots of P(x, m) in m at real points x, isolated by proof and rounded; shape x.shape + (degree,).

    Real roots come first, in increasing order, then those in the upper half-plane by their real parts, then their
    conjugates in the same order. Where the leading coefficient vanishes, roots at infinity are NaN and come last.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> root_table(semicircle().equation, [0, 2.5])
    array([[ 0. +1.j,  0. -1.j],
           [-2. +0.j, -0.5+0.j]])

    Raises `ParameterError` if parameters are left or a point is not finite.
    """
    if not equation.is_numeric:
        names = ", ".join(s.name for s in equation.symbols)
        raise ParameterError(f"roots need a number for each parameter; missing: {names}", missing=names)
    points = np.asarray(x, dtype=float)
    if not np.all(np.isfinite(points)):
        raise ParameterError("roots are computed at finite points", x=x)
    rows = equation.columns
    table = np.full((points.size, len(rows) - 1), complex("nan+nanj"))
    for k, point in enumerate(points.ravel()):
        real, upper = _roots(rows, float(point), _PRECISION)
        above = [complex(r) for r in upper]
        found = [*map(complex, real), *above, *(r.conjugate() for r in above)]
        table[k, : len(found)] = found
    return table.reshape((*points.shape, len(rows) - 1))


def _require_equation(spectrum: object) -> None:
    if not isinstance(spectrum, Spectrum):
        raise ParameterError(
            f"this needs a Spectrum; got {type(spectrum).__name__}; write Spectrum(law)", spectrum=spectrum
        )
    spectrum.critical_points  # noqa: B018 - raises where there is no polynomial equation


def sheets(spectrum: Spectrum, window: tuple[float, float] | None = None, points: int = 1000) -> list[Stretch]:
    """All sheets m_j(x + i0) over a real window, one `Stretch` for each gap between critical points in it.

    Args:
        spectrum: the law.
        window: left and right end; by default the support and a quarter of its width on either side.
        points: about how many points there are altogether.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> [(float(s.x[0].round(3)), float(s.x[-1].round(3)), len(s.roots)) for s in sheets(Spectrum(semicircle()))]
    [(-3.0, -2.0, 2), (-2.0, 2.0, 2), (2.0, 3.0, 2)]

    Raises `ParameterError` for an empty window or a wrong argument.
    """
    _require_equation(spectrum)
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        raise ParameterError(f"points must be a positive integer; got {points!r}", points=points)
    left, right = _window(spectrum, window)
    found = skeleton(spectrum.law.equation)
    critical = [float(p) for p in found.points]
    ends = [left, *(p for p in critical if left < p < right), right]
    stretches = []
    for a, b in pairwise(ends):
        x = _clustered(a, b, max(48, round(points * (b - a) / (right - left))))
        x = x[~np.isin(x, critical)]
        if len(x) >= 2:
            stretches.append(_stretch(found.branch, x))
    return stretches


def _stretch(branch: Branch, x: Array) -> Stretch:
    rows = branch.equation.columns
    exact = [_roots(rows, float(point), branch.precision) for point in x]
    count = len(exact[0][1])
    if any(len(upper) != count for _, upper in exact):
        raise PrecisionError("two critical points are too close to tell apart", points=(float(x[0]), float(x[-1])))
    real = np.array([[complex(r) for r in line] for line, _ in exact]).T.reshape(-1, len(x))
    upper = _joined(branch, x, [line for _, line in exact])
    roots = np.concatenate([real, upper, upper.conj()])
    middle = len(x) // 2
    value = branch.value(acb(float(x[middle])))
    balls = exact[middle]
    listed = [*balls[0], *balls[1], *(u.conjugate() for u in balls[1])]
    same = [ball for ball in listed if ball.overlaps(value)]
    if len(same) != 1:
        raise PrecisionError("the physical branch could not be told from another sheet", point=float(x[middle]))
    return Stretch(x, roots, int(np.argmin(np.abs(roots[:, middle] - complex(same[0])))))


def _joined(branch: Branch, x: Array, lines: list[list[acb]]) -> Array:
    """The roots in the upper half-plane, a row for each that is analytic along x; all but one are followed."""
    table = np.array([[complex(r) for r in line] for line in lines]).reshape(len(x), -1)
    count = table.shape[1]
    joined = np.empty((count, len(x)), dtype=complex)
    free = np.ones(table.shape, dtype=bool)
    for row in range(count):
        if row == count - 1:
            places = np.argmax(free, axis=1)
        else:
            places = _followed(branch, x, lines, table, row)
            if not np.all(free[np.arange(len(x)), places]):
                raise PrecisionError("two sheets could not be told apart", points=(float(x[0]), float(x[-1])))
        joined[row] = table[np.arange(len(x)), places]
        free[np.arange(len(x)), places] = False
    return joined


def _followed(branch: Branch, x: Array, lines: list[list[acb]], table: Array, row: int) -> Array:
    """The place in each line of the root that starts at place ``row``: within the proved radius, else step by step."""
    places = np.full(len(x), row)
    here = 0
    while here < len(x) - 1:
        ball = lines[here][places[here]]
        width, radius = branch.reach(acb(float(x[here])), ball)
        ahead = here + int(np.searchsorted(x[here + 1 :], x[here] + 0.99 * width))
        if ahead > here:
            inside = np.abs(table[here + 1 : ahead + 1] - complex(ball)) < radius
            if np.all(inside.sum(axis=1) == 1):
                places[here + 1 : ahead + 1] = np.argmax(inside, axis=1)
                here = ahead
                continue
        moved = branch.follow(acb(float(x[here])), ball, acb(float(x[here + 1])))
        same = [k for k, root in enumerate(lines[here + 1]) if root.overlaps(moved)]
        if len(same) != 1:
            raise PrecisionError("two sheets could not be told apart", point=float(x[here + 1]))
        here += 1
        places[here] = same[0]
    return places


def _roots(rows: list[fmpz_poly], x: float, precision: int) -> tuple[list[acb], list[acb]]:
    """The real roots of P(x, .) in increasing order, and those in the upper half-plane by their real parts."""
    exact = Fraction(x)
    place = fmpq(exact.numerator, exact.denominator)
    with working_precision(precision):
        roots = fmpq_poly([row(place) for row in rows]).numer().complex_roots()
    balls = [acb(root) for root, multiplicity in roots for _ in range(multiplicity)]
    real = sorted((b for b in balls if b.imag.is_zero()), key=lambda b: b.real.mid())
    return real, sorted((b for b in balls if b.imag > 0), key=lambda b: b.real.mid())


def _clustered(a: float, b: float, count: int) -> Array:
    """Points of the open interval, to the third power denser at its ends."""
    t = (np.arange(count) + 0.5) / count
    return np.unique(np.concatenate([a + (b - a) * _ease(t[t <= 0.5]), b - (b - a) * _ease(1 - t[t > 0.5])]))


def _ease(t: Array) -> Array:
    return t**3 * (10 - 15 * t + 6 * t**2)


# -- pictures ----------------------------------------------------------------------------------------------------


@checked
def sheet_plot(
    spectrum: Spectrum, ax: Axes | None = None, part: str = "imag", window: tuple[float, float] | None = None
) -> Axes:
    """Draw all roots m_j(x + i0) of P(x, m) along the real line, the physical branch in ink, the others in grey.

    Lines end at critical points (triangles mark those that are no edges); the support is shaded, dotted lines are its
    edges, dashed ones atoms.

    Args:
        spectrum: the law.
        ax: the axes to draw on; new ones by default.
        part: "imag" or "real", the part of the roots that is drawn.
        window: left and right end; by default the support and a quarter of its width on either side.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> ax = sheet_plot(Spectrum(marchenko_pastur(4)), part="real", window=(-1, 10))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['other sheets', 'physical branch', 'edge', 'atom']

    Raises `ParameterError` for an unknown part, an empty window or an argument that is no `Spectrum`.
    """
    from matplotlib.collections import LineCollection

    if part not in ("imag", "real"):
        raise ParameterError(f"part must be 'imag' or 'real'; got {part!r}", part=part)
    stretches = sheets(spectrum, window)
    left, right = _window(spectrum, window)
    ax = ax or new_axes()
    others = [np.column_stack([s.x, row]) for s in stretches for row in _part(s.others, part)]
    if others:
        grey = LineCollection(others, colors=_GREY, linewidths=1.0, zorder=2, label="other sheets", gid="sheets")
        ax.add_collection(grey, autolim=False)
    for k, s in enumerate(stretches):
        label = "physical branch" if k == 0 else None
        ax.plot(s.x, _part(s.roots[s.physical], part), color=INK, linewidth=1.8, zorder=4, label=label, gid="physical")
    _mark_support(spectrum, ax, (left, right))
    ax.set_xlim(left, right)
    ax.set_ylim(*_limits(stretches, part, _is_bounded(spectrum, part, (left, right))))
    ax.set_xlabel("$x$")
    ax.set_ylabel(rf"$\mathrm{{{'Im' if part == 'imag' else 'Re'}}}\, m_j(x + i0)$")
    _legend_below(ax)
    return ax


def _mark_support(spectrum: Spectrum, ax: Axes, window: tuple[float, float]) -> None:
    left, right = window
    edges = {p for i in spectrum.intervals for p in (i.left, i.right)}
    for interval in spectrum.intervals:
        ax.axvspan(interval.left, interval.right, color=FILL, alpha=0.35, linewidth=0, zorder=0)
    for k, edge in enumerate(sorted(e for e in edges if left <= e <= right)):
        ax.axvline(edge, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1, label=None if k else "edge")
    for k, atom in enumerate(a for a in spectrum.atoms if left <= float(a.point) <= right):
        ax.axvline(
            float(atom.point), color=ATOM, linewidth=1.2, linestyle=(0, (4, 2)), zorder=3, label=None if k else "atom"
        )
    marked = edges | {float(a.point) for a in spectrum.atoms}
    rest = [p for p in map(float, skeleton(spectrum.law.equation).points) if p not in marked and left <= p <= right]
    if rest:
        ax.plot(
            rest, np.full(len(rest), 0.02), linestyle="", marker="^", markersize=4.5, color=_MARK, zorder=5,
            transform=ax.get_xaxis_transform(), label="critical on another sheet", gid="critical",
        )  # fmt: skip


def _is_bounded(spectrum: Spectrum, part: str, window: tuple[float, float]) -> bool:
    """Whether the part of the physical branch has neither poles nor infinite edges in the window."""
    ends = [p for i in spectrum.intervals for p in ((i.left, i.left_exponent), (i.right, i.right_exponent))]
    infinite = [place for place, exponent in ends if exponent is not None and exponent < 0]
    if part == "real":
        infinite += [float(a.point) for a in spectrum.atoms]
    return not any(window[0] <= place <= window[1] for place in infinite)


def _limits(stretches: list[Stretch], part: str, bounded: bool) -> tuple[float, float]:
    """All of the physical branch, or nearly all of it if it is unbounded, and of the other sheets what is near it."""
    physical, other = ([], [])  # type: tuple[list[Array], list[Array]]
    span = stretches[-1].x[-1] - stretches[0].x[0]
    for s in stretches:
        even = np.linspace(s.x[0], s.x[-1], max(8, round(600 * (s.x[-1] - s.x[0]) / span)))
        for k, row in enumerate(_part(s.roots, part)):
            (physical if k == s.physical else other).append(np.interp(even, s.x, row))
    if bounded:
        rows = [_part(s.roots[s.physical], part) for s in stretches]
        low, high = min(float(np.min(row)) for row in rows), max(float(np.max(row)) for row in rows)
    else:
        low, high = (float(q) for q in np.quantile(np.concatenate(physical), [0.05, 0.95]))
        low, high = low - 0.5 * (high - low), high + 0.5 * (high - low)
    if other:
        below, above = (float(q) for q in np.quantile(np.concatenate(other), [0.03, 0.97]))
        size = max(high - low, 1e-300)
        low, high = min(low, max(below, low - 0.6 * size)), max(high, min(above, high + 0.6 * size))
    if part == "imag":  # conjugate pairs
        high = max(high, -low) or 1.0
        low = -high
    margin = 0.08 * (high - low or 1.0)
    return low - margin, high + margin


@checked
def plane_portrait(
    spectrum: Spectrum,
    ax: Axes | None = None,
    window: tuple[float, float, float] | None = None,
    resolution: int = 480,
) -> Axes:
    """Draw m(z) over the complex plane: the colour is its argument, the contour lines are |m|.

    The support is the cut, atoms are poles. Rings mark the roots of disc_m(P) lc_m(P), where sheets of the equation may
    meet; off the cut they do not touch the branch that is drawn. Values are those of `Spectrum.stieltjes`, half a
    pixel off the real line at the nearest, and mirrored below it.

    Args:
        spectrum: the law.
        ax: the axes to draw on; new ones by default.
        window: left end, right end and height, for left <= Re z <= right, |Im z| <= height; by default around the
            support.
        resolution: the number of pixels along the real line, at least 2.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> ax = plane_portrait(Spectrum(semicircle()), resolution=60)
    >>> tuple(map(float, ax.get_xlim())), ax.images[0].get_array().shape
    ((-3.0, 3.0), (42, 60))

    Raises `ParameterError` for an empty window, a wrong resolution or an argument that is no `Spectrum`.
    """
    _require_equation(spectrum)
    left, right, height = _plane_window(spectrum, window)
    if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
        raise ParameterError(f"resolution must be an integer above 1; got {resolution!r}", resolution=resolution)
    ax = ax or new_axes()
    rows = max(2, round(height / (right - left) * resolution))
    x = left + (right - left) * (np.arange(resolution) + 0.5) / resolution
    y = height * (np.arange(rows) + 0.5) / rows
    upper = spectrum.stieltjes(x + 1j * y[:, None])
    values = np.concatenate([upper[::-1].conj(), upper])
    image = ax.imshow(
        np.angle(values), extent=(left, right, -height, height), origin="lower", cmap=_colours(),
        vmin=-math.pi, vmax=math.pi, interpolation="nearest", aspect="equal", zorder=0,
    )  # fmt: skip
    size = np.abs(values)
    lines = ax.contour(
        x, np.concatenate([-y[::-1], y]), np.log(size), levels=np.log(_levels(size)), colors=INK, linewidths=0.7,
        alpha=0.75, linestyles="solid", zorder=1,
    )  # fmt: skip
    places = _label_places(lines.allsegs, (left, right, height))
    if places:
        ax.clabel(lines, fontsize=7, fmt=lambda level: f"{math.exp(level):.3g}", manual=places)
    _mark_plane(spectrum, ax, (left, right, height))
    bar = ax.get_figure(root=True).colorbar(image, ax=ax, ticks=[-math.pi, 0, math.pi], shrink=0.8, pad=0.02)  # type: ignore[union-attr]
    bar.ax.set_yticklabels([r"$-\pi$", "$0$", r"$\pi$"])
    bar.set_label(r"$\arg m(z)$")
    ax.set(xlim=(left, right), ylim=(-height, height), xlabel=r"$\mathrm{Re}\, z$", ylabel=r"$\mathrm{Im}\, z$")
    return ax


def _mark_plane(spectrum: Spectrum, ax: Axes, window: tuple[float, float, float]) -> None:
    left, right, height = window
    for k, i in enumerate(spectrum.intervals):
        ax.plot(
            [i.left, i.right], [0, 0], color="black", linewidth=2.4, solid_capstyle="butt", zorder=3, gid="cut",
            label="support" if k == 0 else None,
        )  # fmt: skip
    poles = [float(a.point) for a in spectrum.atoms if left <= float(a.point) <= right]
    with working_precision(_PRECISION):
        roots = [complex(r) for f in critical_factors(spectrum.law.equation) for r in complex_roots(f)]
    inside = np.array([r for r in roots if left <= r.real <= right and abs(r.imag) <= height and r not in poles])
    style: dict[str, Any] = {"linestyle": "", "markeredgewidth": 1.1, "clip_on": True}
    if len(inside):
        ax.plot(
            inside.real, inside.imag, marker="o", markersize=5.5, markerfacecolor="white", markeredgecolor="black",
            zorder=4, label="critical point", gid="critical", **style,
        )  # fmt: skip
    if poles:
        ax.plot(
            poles, np.zeros(len(poles)), marker="D", markersize=6, markerfacecolor=ATOM, markeredgecolor="white",
            zorder=5, label="atom (pole)", gid="atoms", **style,
        )  # fmt: skip
    _legend_below(ax)


def _legend_below(ax: Axes) -> None:
    """A legend under the axis label, where it hides nothing and leaves room for a title."""
    from matplotlib.transforms import offset_copy

    under = offset_copy(ax.transAxes, ax.get_figure(root=True), y=-31, units="points")
    ax.legend(
        frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=under, ncols=5,
        handlelength=1.6, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def _colours() -> ListedColormap:
    """A cycle of colours, light at 0 and dark at pi, softened so that dark lines stand out everywhere."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    colours = colormaps["twilight_shifted"](np.linspace(0, 1, 512))[:, :3]
    return ListedColormap(0.62 * colours + 0.38, "phase")


def _label_places(curves: Sequence[Sequence[Array]], window: tuple[float, float, float]) -> list[tuple[float, float]]:
    """A place for a label on each contour line: its top, kept away from the frame, the cut and the other labels."""
    left, right, height = window
    unit = right - left
    found: list[tuple[float, float]] = []
    for curve in (np.asarray(curve) for level in curves for curve in level):
        x, y = curve[:, 0], curve[:, 1]
        inner = (np.abs(x - (left + right) / 2) < 0.46 * unit) & (y > 0.03 * unit) & (y < height - 0.03 * unit)
        if np.any(inner):
            top = int(np.argmax(np.where(inner, y, -np.inf)))
            place = float(x[top]), float(y[top])
            if all(math.hypot((place[0] - a) / 1.5, place[1] - b) > 0.04 * unit for a, b in found):
                found.append(place)
    return found


def _levels(size: Array) -> Array:
    """Round numbers in the range of |m|, 5 to 12 of them as a rule."""
    low, high = np.quantile(size, [0.002, 0.995])
    decades = 10.0 ** np.arange(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ([1.0], [1.0, 3.0], [1.0, 2.0, 5.0], [1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0]):
        levels = np.outer(decades, steps).ravel()
        levels = levels[(levels >= low) & (levels <= high)]
        if len(levels) >= 5:
            return levels
    return levels if len(levels) else np.array([math.sqrt(low * high)])


# -- arguments ---------------------------------------------------------------------------------------------------


def _part(roots: Array, part: str) -> Array:
    return roots.imag if part == "imag" else roots.real


def _window(spectrum: Spectrum, window: tuple[float, float] | None) -> tuple[float, float]:
    if window is None:
        lower, upper = spectrum.support()
        margin = (upper - lower) / 4 or 1.0
        return lower - margin, upper + margin
    left, right = _numbers(window, 2)
    if not left < right:
        raise ParameterError(f"the window is empty: its left end {left} is not below its right end {right}")
    return left, right


def _plane_window(spectrum: Spectrum, window: tuple[float, float, float] | None) -> tuple[float, float, float]:
    if window is None:
        left, right = _window(spectrum, None)
        return left, right, 0.35 * (right - left)
    left, right, height = _numbers(window, 3)
    if not (left < right and height > 0):
        raise ParameterError(f"the window is empty: [{left}, {right}], height {height}", window=window)
    return left, right, height


def _numbers(window: Any, count: int) -> list[float]:
    try:
        numbers = [float(value) for value in window]
    except (TypeError, ValueError) as error:
        raise ParameterError(f"the window must be {count} numbers; got {window!r}", window=window) from error
    if len(numbers) != count or not all(math.isfinite(value) for value in numbers):
        raise ParameterError(f"the window must be {count} finite numbers; got {window!r}", window=window)
    return numbers
