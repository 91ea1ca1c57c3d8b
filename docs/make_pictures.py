"""Make the pictures of the user guide: `make pictures`."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import resolvent as rv

HERE = Path(__file__).parent / "pictures"


def spectrum() -> Figure:
    """The density of spectrum.md."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    law = rv.semicircle("1/10") + rv.marchenko_pastur(3)
    rv.Spectrum(law).plot(figure.add_subplot())
    return figure


def hessian() -> Figure:
    """Both samplers of the Hessian against its law."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("hessian")
    params = {"phi": "1/2", "eps": 1, "sigma": 1}
    for axes, (sampler, size) in zip(figure.subplots(1, 2), (("model", 800), ("network", 24)), strict=True):
        result = rv.verify(entry, params=params, sampler=sampler, size=size, trials=4)
        result.plot(axes)
        axes.set_title(f"{sampler}: {result.verdict}", fontsize=10)
    return figure


def graphs() -> Figure:
    """The admissible graphs of graphs.md."""
    return rv.graph_sheet(3)


def gram() -> Figure:
    """Features of a centred and of an uncentred ReLU against their law."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("nonlinear-gram")
    for axes, centred in zip(figure.subplots(1, 2), (1, 0), strict=True):
        params = {"phi": "3/4", "psi": "3/2", "activation": "relu", "centred": centred}
        result = rv.verify(entry, params=params, size=600, trials=4)
        result.plot(axes)
        axes.set_title(f"{result.parameters['activation']}: {result.verdict}", fontsize=10)
    return figure


def main() -> None:
    """Write every picture."""
    HERE.mkdir(exist_ok=True)
    for make in (spectrum, hessian, graphs, gram):
        make().savefig(HERE / f"{make.__name__}.png", dpi=110)


if __name__ == "__main__":
    main()
