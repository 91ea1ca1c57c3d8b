"""Figures that users save themselves."""

from __future__ import annotations

import io
import pickle
from typing import Any

import matplotlib
import pytest

import resolvent as rv
from resolvent.numeric.style import new_figure


def saved(figure: Any, ending: str) -> bytes:
    """A figure as a user saves it."""
    stream = io.BytesIO()
    figure.savefig(stream, format=ending)
    return stream.getvalue()


@pytest.mark.parametrize(("ending", "refused"), [("pdf", b"/Type3"), ("ps", b"/FontType 3")])
def test_a_picture_that_a_user_saves_has_fonts_that_journals_take(ending: str, refused: bytes) -> None:
    figure = rv.Spectrum(rv.semicircle()).plot().figure
    assert refused not in saved(figure, ending)
    plain = matplotlib.figure.Figure()
    plain.text(0.5, 0.5, "words")
    assert refused in saved(plain, ending)  # as matplotlib does it


def test_a_figure_is_pickled_with_it_and_settings_stay() -> None:
    figure = new_figure((2, 2))
    figure.text(0.5, 0.5, "words")
    before = matplotlib.rcParams["pdf.fonttype"]
    assert b"/Type3" not in saved(pickle.loads(pickle.dumps(figure)), "pdf")  # noqa: S301
    assert matplotlib.rcParams["pdf.fonttype"] == before
