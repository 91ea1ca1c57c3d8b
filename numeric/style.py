"""The look of all pictures: colours, fresh axes, and files that are the same in every run."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FILL, ATOM, BARS, QUIET = "#1f3a5f", "#c9d8ea", "#b3452c", "#d9d4c7", "#5a6470"
LINES = (INK, "#b3452c", "#2f7d5b", "#8a5a9e", "#b8860b", "#4f7fb5")
"""The colours of the first, second, ... law on the same axes; they differ in lightness, too."""
SIZE = (6.4, 4.0)
FILES: dict[Any, Any] = {"svg.hashsalt": "resolvent", "svg.fonttype": "path", "pdf.fonttype": 42, "ps.fonttype": 42}
_FONTS = ("pdf.fonttype", "ps.fonttype")
_NO_DATE = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def new_figure(size: tuple[float, float], layout: Literal["constrained"] | None = None) -> Figure:
    """A figure: one of pyplot's where pyplot is in use, so that a notebook or a window shows it.

    Elsewhere it belongs to nobody: programs that draw many need not close them, and threads do not meet.
    """
    if _is_notebook() or "matplotlib.pyplot" in sys.modules:
        import matplotlib.pyplot as plt

        return _with_whole_fonts(plt.figure(figsize=size, layout=layout))
    from matplotlib.figure import Figure

    return _with_whole_fonts(Figure(figsize=size, layout=layout))


def _with_whole_fonts(figure: Figure) -> Figure:
    """The figure, whose files have fonts of type 42: journals refuse type 3, matplotlib's own."""
    figure.savefig = partial(_save, figure)  # type: ignore[method-assign]
    return figure


def _save(figure: Figure, *arguments: Any, **options: Any) -> None:
    import matplotlib

    now: Any = matplotlib.rcParams
    default: Any = matplotlib.rcParamsDefault
    chosen: dict[Any, Any] = {name: FILES[name] for name in _FONTS if now[name] == default[name]}
    with matplotlib.rc_context(chosen):
        type(figure).savefig(figure, *arguments, **options)


def new_axes(size: tuple[float, float] = SIZE) -> Axes:
    """Axes on a figure of their own; see `new_figure`."""
    return new_figure(size, "constrained").add_subplot()


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    found: Any = shell.get_ipython() if shell is not None and hasattr(shell, "get_ipython") else None
    return hasattr(found, "kernel")


def finish(ax: Axes) -> None:
    """What all axes have in common: no frame above and on the right, and numbers that are quieter than the curves."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=QUIET, labelcolor="black")
    for spine in ax.spines.values():
        spine.set_color(QUIET)


def legend(ax: Axes, **options: Any) -> None:
    """The names of what is drawn, without a frame, smaller than the numbers."""
    ax.legend(**{"frameon": False, "fontsize": 8, **options})


def set_title(ax: Axes, title: str, **options: Any) -> None:
    """The title of axes, as large as the numbers."""
    ax.set_title(title, fontsize=10, **options)


def colour_of_next_line(ax: Axes) -> str:
    """The colour of the next law on these axes."""
    drawn = {line.get_color() for line in ax.lines}
    return next((colour for colour in LINES if colour not in drawn), LINES[0])


def file_bytes(figure: Figure, suffix: str, dpi: float = 160) -> bytes:
    """A figure as a .png, .svg or .pdf file, the same in every run, with letters that can be searched in a PDF."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context(FILES):
        figure.savefig(stream, format=suffix.removeprefix("."), dpi=dpi, metadata=_NO_DATE.get(suffix))
    return stream.getvalue()


def _unbroken(title: str) -> str:
    """A title whose lines break between its formulas and never inside one, where matplotlib breaks at any space."""
    parts = title.replace(r"\$", "\0").split("$")
    parts[1::2] = (formula.replace(" ", "\t") for formula in parts[1::2])
    return "$".join(parts).replace("\0", r"\$")


def drawn(draw: Callable[[Axes], object], suffix: str, title: str = "", size: tuple[float, float] = SIZE) -> bytes:
    """What a function draws on fresh axes, as the bytes of a .png, .svg or .pdf file; needs no display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    if title:
        set_title(axes, _unbroken(title), wrap=True)
    return file_bytes(figure, suffix)
