"""Pictures of reports, as SVG that stands for itself: no fonts, dates or links, and ids of its own; and as PDF.

Pictures are an ornament: what cannot be drawn is left out, and never stops a report.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from resolvent.numeric.style import FILES, file_bytes
from resolvent.writing.blocks import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def drawn_picture(
    draw: Callable[[Axes], object], size: tuple[float, float], prefix: str, caption: str
) -> Picture | None:
    """What a function draws; None where it fails. The ids of the SVG begin with the prefix."""
    import matplotlib
    from matplotlib.figure import Figure

    try:
        with matplotlib.rc_context(), np.errstate(all="ignore"):
            matplotlib.rcdefaults()  # the reader's own style would make another file of the same verdict
            matplotlib.rcParams.update({**FILES, "svg.hashsalt": prefix, "font.size": 9})
            figure = Figure(figsize=size, layout="constrained")
            ax = figure.add_subplot()
            ax.spines[["top", "right"]].set_visible(False)
            draw(ax)
            return Picture(_svg(figure, prefix), caption, file_bytes(figure, ".pdf"))
    except Exception:  # whatever the drawing of a strange law does, the words of the report matter more
        return None


def _svg(figure: Figure, prefix: str) -> str:
    """The figure as an svg element whose ids begin with a prefix, so that several may stand on one page."""
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=nothing)
    text = stream.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'href="#', f'href="#{prefix}', text)
    text = re.sub(r"url\(#", f"url(#{prefix}", text)
    # the size is the page's affair; the drawing says only how wide it is to how high
    text = re.sub(r'^<svg ([^>]*?)\bwidth="[^"]*"|^<svg ', lambda found: f"<svg {found[1] or ''}", text, count=1)
    return re.sub(r'^(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
