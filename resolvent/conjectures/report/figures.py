"""The pictures of the report on a verdict: at each point a histogram and the scores, or the density."""

from __future__ import annotations

import base64
import re
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from resolvent.catalog.conjectures.conjecture import REFUTED, Conjecture, Point, point_text
from resolvent.conjectures.exact.exact_stage import reference_law
from resolvent.conjectures.exact.measured_law import measured_law
from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.report.sections import is_computable, sampled_words, unreached
from resolvent.conjectures.statistics.statistical_stage import PointStatistics
from resolvent.derive.errors import ResolventError
from resolvent.derive.exact.deadline import within
from resolvent.numeric.spectrum.density_plot import density_plot, histogram_plot
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import legend
from resolvent.writing.blocks import Picture
from resolvent.writing.drawing import drawn_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SECONDS = 60.0  # for all densities together
_CURVE, _OTHER, _BAND, _FAR = "#1f3a5f", "#b3452c", "#d9e4dd", 5.0


def point_pictures(verdict: Outcome) -> dict[str, list[Picture]]:
    """For each point, in words, its pictures; points without any are left out."""
    import matplotlib.figure  # noqa: F401 - here once, rather than in each of the child processes below

    end = time.monotonic() + _SECONDS
    found: dict[str, list[Picture]] = {}
    sampled = {s.point: s for s in verdict.statistics}
    left = unreached(verdict)
    for k, point in enumerate(verdict.conjecture.points):
        name = point_text(point)
        if name in sampled:
            drawn = [_histogram(verdict.conjecture, sampled[name], f"h{k}-"), _scores(sampled[name], f"s{k}-")]
        elif name in left or not is_computable(verdict):
            continue
        else:
            drawn = [_density(verdict, point, f"d{k}-", end - time.monotonic())]
        if pictures := [p for p in drawn if p is not None]:
            found[name] = pictures
    return found


# -- the pictures ------------------------------------------------------------------------------------------


def _histogram(conjecture: Conjecture, statistics: PointStatistics, prefix: str) -> Picture | None:
    if statistics.law is None:
        return None
    claim = conjecture.claim
    gives_law = any(part is not None for part in (claim.law, claim.equation, claim.density))
    words = "claimed density" if gives_law else "density of the model"
    caption = f"Eigenvalues at size {statistics.sizes[-1]} under the {words}; {sampled_words(statistics)}."

    def draw(ax: Axes) -> None:
        histogram_plot(statistics.law, statistics.eigenvalues, ax, curve=words)

    return drawn_picture(draw, (6.4, 3.4), prefix, caption)


def _scores(statistics: PointStatistics, prefix: str) -> Picture | None:
    scores = np.asarray(statistics.test.scores, dtype=float)
    names = [name if len(name) <= 24 else f"{name[:23]}…" for name in statistics.test.names]

    def draw(ax: Axes) -> None:
        heights = np.arange(len(scores))[::-1]
        finite = np.isfinite(scores)
        ax.axvspan(-2, 2, color=_BAND, zorder=0)
        ax.axvline(0, color="#555555", linewidth=0.8, zorder=1)
        ax.plot(scores[finite], heights[finite], "o", color=_CURVE, markersize=5, zorder=3)
        for height in heights[~finite]:
            ax.annotate("not finite", (0, height), ha="center", va="center", fontsize=8, color=_OTHER)
        largest = float(np.max(np.abs(scores[finite]), initial=0.0))
        if largest > 4 * _FAR:
            ax.set_xscale("symlog", linthresh=_FAR)
        reach = max(3.0, 1.15 * largest)
        ax.set_xlim(-reach, reach)
        ax.set_ylim(-0.6, len(scores) - 0.4)
        ax.set_yticks(heights, list(map(_as_label, names)))
        ax.set_xlabel("difference from what is claimed, in standard errors")

    caption = "Scores of the statistics, with the band of two standard errors; the verdict rests on the joint test."
    return drawn_picture(draw, (6.4, 0.9 + 0.26 * max(len(scores), 3)), prefix, caption)


def _as_label(name: str) -> str:
    """A polynomial of ours in mathematics; what users write is shown as it is."""
    return f"${name}$" if re.fullmatch(r"T_[0-9]", name) else name.replace("$", r"\$")


def _density(verdict: Outcome, point: Point, prefix: str, seconds: float) -> Picture | None:
    """The claimed density where nothing was sampled, with the model's where it is another one."""
    is_refuted = any(f.status == REFUTED and f.point == point_text(point) for f in verdict.findings)
    try:
        found = within(max(seconds, 0.0), partial(_drawn, verdict.conjecture, point, is_refuted, prefix))
    except ResolventError:
        return None
    if found is None:
        return None
    svg, caption, pdf = found
    return Picture(svg, caption, base64.b64decode(pdf))


def _drawn(conjecture: Conjecture, point: Point, is_refuted: bool, prefix: str) -> tuple[str, str, str] | None:
    """In the child process: the laws again, and the picture as SVG, caption and PDF."""
    reference = reference_law(conjecture, point)
    claimed = model = None
    if reference.claimed or reference.derived is None or conjecture.claim.density is not None:
        try:
            claimed = measured_law(conjecture, point, reference.law if reference.claimed else None)
        except ResolventError:
            claimed = None
    if reference.derived is not None and (claimed is None or is_refuted):
        model = Spectrum(reference.derived)
    if claimed is None and model is None:
        return None

    def draw(ax: Axes) -> None:
        top = 0.0
        for law, colour, line, label in (
            (model, _OTHER, "--", "model"),
            (claimed, _CURVE, "-", "claimed"),
        ):
            if law is not None:
                density_plot(law, ax, label=label, color=colour, linestyle=line)
                top = max(top, ax.get_ylim()[1])
        ax.set_ylim(0, top)
        if ax.lines:
            legend(ax)

    words = {
        (True, True): "The claimed density, and the model's (dashed).",
        (True, False): "The claimed density.",
        (False, True): "The density of the model.",
    }[claimed is not None, model is not None]
    picture = drawn_picture(draw, (6.4, 3.2), prefix, words)
    return None if picture is None else (picture.svg, picture.caption, base64.b64encode(picture.pdf).decode())


__all__ = ["point_pictures"]
