"""``resolvent graphs``: the admissible graphs of a moment, as a table, JSON, or drawn on one sheet."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resolvent.cli.files import write_file
from resolvent.cli.guard import guarded
from resolvent.cli.outputs import PICTURES, check_output, file_option
from resolvent.cli.subjects import AsJson
from resolvent.numeric.style import file_bytes
from resolvent.progress import watched

if TYPE_CHECKING:
    from resolvent.derive.graphs.admissible_graphs import AdmissibleGraph

_MOST = 1000  # of k and of L; far beyond anything that can be enumerated
_LARGEST_SIDE = 30_000  # pixels


@guarded
def graphs(
    k: Annotated[int, typer.Option("-k", min=1, max=_MOST, metavar="K", help="The order of the moment.")],
    colours: Annotated[
        int,
        typer.Option(
            min=1,
            max=_MOST,
            metavar="L",
            help="1 for Hermitian matrices, 2 for Gram matrices, L for cyclic products of L rectangular ones.",
        ),
    ] = 2,
    every: Annotated[
        bool, typer.Option("--all/--classes", help="Every graph, or one of each symmetry class with their number.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Go ahead with up to N graphs, or drawings.", show_default=False),
    ] = None,
    json: AsJson = False,
    output: Annotated[list[Path] | None, file_option("Draw them: .png, .svg, .pdf")] = None,
) -> None:
    """List or draw the admissible graphs of a moment.

    The code has, for each edge of the polygon, the length of the cycle that begins there; the cycles' lengths are in
    units of L, the vertices are counted by colour (rows, columns).

    Row and column vertices carry the ratios psi and phi (phi0, phi1, ... for other numbers of colours than 2), a cycle
    of length L*j the weight w_j. With two colours m_k = psi^(1-k) * P_k, and P_k is the sum of the weights of all
    graphs; with one colour m_k is that sum, and the w_j are the free cumulants.
    """
    for path in output or []:
        check_output(path, PICTURES)
    if not output or json:
        _check_number(k, colours, limit)
    for path in output or []:
        write_file(path, _picture(k, colours, every, limit, path.suffix.lower()))
    if json:
        _print(_json_lines(k, colours, every))
    elif not output:
        _print(_table(k, colours, every))


def _check_number(k: int, colours: int, limit: int | None) -> None:
    from resolvent.derive.errors import ParameterError
    from resolvent.derive.graphs.admissible_graphs import MOST_GRAPHS, number_of_graphs, number_text

    number, most = number_of_graphs(k, colours), limit or MOST_GRAPHS
    if number > most:
        raise ParameterError(
            f"the moment of order {k} has {number_text(number)} admissible graphs, more than the limit of {most}; take "
            "a smaller k or raise the limit with --limit N",
            number=number,
            limit=most,
        )


def _graphs(k: int, colours: int, every: bool) -> Iterator[tuple[AdmissibleGraph, int]]:
    """The graphs to be listed, each with the number of graphs it stands for; a stream."""
    from resolvent.derive.graphs.admissible_graphs import admissible_graphs, symmetry_classes

    if every:
        return ((graph, 1) for graph in admissible_graphs(k, colours, limit=None))
    return symmetry_classes(k, colours, limit=None)


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _table(k: int, colours: int, every: bool) -> Iterator[str]:
    """Lines with columns wide enough for whatever may come."""
    from resolvent.numeric.pictures.graph_picture import counted, weight_text

    edges = k * colours
    widths = [2 * edges - 1 + edges // 10, 2 * k - 1, colours * (len(str(k)) + 1) - 1]
    names = ["code", "cycles", "vertices"]
    widths = [max(width, len(name)) for width, name in zip(widths, names, strict=True)]
    head = [f"{name:{width}}" for name, width in zip(names, widths, strict=True)]
    yield "  ".join([*head, *([] if every else ["graphs"]), "weight"])
    rows = total = 0
    for graph, multiplicity in _graphs(k, colours, every):
        cells = [
            ",".join(map(str, graph.code)),
            "+".join(map(str, graph.cycle_lengths)),
            ",".join(map(str, graph.counts)),
        ]
        cells = [f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)]
        yield "  ".join([*cells, *([] if every else [f"{multiplicity:6}"]), weight_text(graph)])
        rows, total = rows + 1, total + multiplicity
    classes = "" if every else f" in {counted(rows, 'class')}"
    yield f"k = {k}: {counted(total, 'admissible graph')}{classes}"


def _json_lines(k: int, colours: int, every: bool) -> Iterator[str]:
    """One JSON object; each graph has a line of its own."""
    from resolvent.derive.graphs.admissible_graphs import number_of_graphs
    from resolvent.numeric.pictures.graph_picture import weight_text

    yield f'{{\n  "k": {k},\n  "colours": {colours},\n  "number": {number_of_graphs(k, colours)},\n  "graphs": ['
    before = ""
    for graph, multiplicity in _graphs(k, colours, every):
        if before:
            yield f"{before},"
        found = {
            "code": graph.code,
            "vertices": graph.vertices,
            "cycle_lengths": graph.cycle_lengths,
            "counts": graph.counts,
            "weight": weight_text(graph),
        }
        before = f"    {json_format.dumps(found if every else found | {'multiplicity': multiplicity})}"
    yield before
    yield "  ]\n}"


def _picture(k: int, colours: int, every: bool, limit: int | None, suffix: str) -> bytes:
    from resolvent.derive.errors import ParameterError
    from resolvent.numeric.pictures.graph_picture import MOST_DRAWINGS, graph_sheet

    with watched("drawing"):
        try:
            figure = graph_sheet(k, colours, classes=not every, limit=limit or MOST_DRAWINGS)
        except ParameterError as error:
            if "limit" not in error.objects:
                raise
            raise ParameterError(f"{error} with --limit N", **error.objects) from None
        dpi = min(160.0, _LARGEST_SIDE / max(figure.get_size_inches()))
        return file_bytes(figure, suffix, dpi)
