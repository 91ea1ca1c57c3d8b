"""``resolvent density``: the density of a law at numeric parameters, as CSV, a picture, or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.files import emit
from resolvent.cli.guard import MEMORY_LIMIT, TIME_LIMIT, MemoryLimit, TimeLimit, guarded, limited, note
from resolvent.cli.outputs import PICTURES, check_output, file_option, packed, unpack
from resolvent.cli.subjects import AsJson, Matrices, NameOrExpression, Ratios, Settings, Subject, read_subject
from resolvent.numeric.style import drawn
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.numeric.spectrum.spectrum import Spectrum

_MOST_POINTS = 1_000_000


@guarded
def density(
    subject: NameOrExpression,
    settings: Settings = None,
    matrix: Matrices = None,
    ratio: Ratios = None,
    points: Annotated[
        int, typer.Option(min=2, max=_MOST_POINTS, metavar="N", help="About how many points the CSV has.")
    ] = 400,
    json: AsJson = False,
    output: Annotated[list[Path] | None, file_option("Write .csv, .json or a picture: .png, .svg, .pdf")] = None,
    time_limit: TimeLimit = TIME_LIMIT,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
) -> None:
    """Compute the density of a law.

    Every parameter needs a value; a catalog entry's defaults are taken where it has them.
    Without --output the CSV goes to standard output; --json prints the support, the atoms and the certificate instead.
    The points stand denser at the edges of the support. Atoms are not part of the density; they are reported.
    """
    files = output or []
    for path in files:
        check_output(path, (".csv", ".json", *PICTURES))

    def work() -> dict[str, Any]:
        found = read_subject(subject, settings or [], numeric=True, matrices=matrix, ratios=ratio)
        from resolvent.numeric.spectrum.spectrum import Spectrum

        spectrum = Spectrum(found.law)
        text = ""
        if json:
            text = json_text(spectrum_json(spectrum, found))
        elif not files:
            text = csv_text(spectrum, points)
        return {
            "files": packed({path: _content(spectrum, found, path, points) for path in files}),
            "text": text,
            "support": " and ".join(f"[{i.left:.8g}, {i.right:.8g}]" for i in spectrum.intervals),
            "atoms": [f"an atom at {a.point} of weight {a.weight}" for a in spectrum.atoms],
        }

    result = limited(work, "computing the spectrum", time_limit, memory_limit)
    unpack(result["files"])
    if result["text"]:
        emit(result["text"], None)
    if files and not json and result["support"]:
        emit(f"support: {result['support']}", None)
    if not json:
        for atom in result["atoms"]:
            note(f"{atom} is not part of the density")


def _content(spectrum: Spectrum, subject: Subject, output: Path, points: int) -> bytes:
    suffix = output.suffix.lower()
    if suffix == ".json":
        return f"{json_text(spectrum_json(spectrum, subject))}\n".encode()
    if suffix == ".csv":
        return f"{csv_text(spectrum, points)}\n".encode()
    return drawn(lambda axes: spectrum.plot(axes), suffix, _title(subject))


def spectrum_json(spectrum: Spectrum, subject: Subject) -> dict[str, Any]:
    """What is known of the spectrum, as plain values: support, edges, atoms (exact), certificate."""
    lower, upper = spectrum.support()
    return {
        "law": spectrum.law.text,
        "ensemble": subject.entry.slug if subject.entry else None,
        "parameters": {name: str(value) for name, value in subject.values.items()},
        "support": [lower, upper],
        "intervals": [
            {
                "left": i.left,
                "right": i.right,
                "left_exponent": str(i.left_exponent),
                "right_exponent": str(i.right_exponent),
            }
            for i in spectrum.intervals
        ],
        "atoms": [
            {
                "point": str(a.point),
                "point_value": float(a.point),
                "weight": str(a.weight),
                "weight_value": float(a.weight),
            }
            for a in spectrum.atoms
        ],
        "certificate": spectrum.certificate.to_json(),
    }


def csv_text(spectrum: Spectrum, points: int) -> str:
    """Lines ``x,density`` with x increasing, about ``points`` of them inside the support, with 17 digits."""
    intervals = spectrum.intervals
    total = sum(i.right - i.left for i in intervals)
    lines = ["x,density"]
    for i in intervals:
        x = i.points(max(round(points * (i.right - i.left) / total), 2) if total else points)
        lines += [f"{a:.17g},{b:.17g}" for a, b in zip(x, spectrum.pdf(x), strict=True)]
    return "\n".join(lines)


def _title(subject: Subject) -> str:
    from resolvent.writing.titles import entry_title, law_title

    return entry_title(subject.entry, subject.values) if subject.entry else law_title(subject.law)
