"""The pages of the site that come from data: one for each ensemble, and the reference of public names.

`write` is called by conf.py before Sphinx reads the folder; what it writes stands in docs/generated and is no source.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

import resolvent as rv
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.derive.laws.record import Law
from resolvent.numeric.spectrum.density_plot import histogram_plot
from resolvent.numeric.style import LINES, QUIET, file_bytes, set_title
from resolvent.writing.blocks import Display, Prose, Report, Section
from resolvent.writing.entry_report import entry_report
from resolvent.writing.law_report import law_report
from resolvent.writing.law_text import to_sympy_code
from resolvent.writing.markdown import markdown
from resolvent.writing.titles import values_title

SIZE = 800
_CODE = 62  # characters of a line of code that a page shows
# What the reference is divided into, by where a name is defined; the first that fits.
PARTS = (
    ("Laws and operations", ("derive.laws", "derive.tensor", "derive.holonomic", "derive.graphs", "derive.explicit")),
    ("Matrices", ("numeric.expressions", "derive.expressions")),
    ("Equations and derivations", ("derive.equations", "derive.derivation", "derive.errors", "derive.sequences")),
    ("Phases, outliers, activations", ("derive.phases", "derive.outliers", "derive.activations")),
    ("Spectra and pictures", ("numeric.spectrum", "numeric.density", "numeric.pictures", "numeric.fluctuations")),
    ("Data", ("numeric.measures", "numeric.data", "numeric.statistics", "data", "numeric.curves")),
    ("Conjectures and guesses", ("conjectures", "proposals", "language", "symbols")),
)


def write(home: Path) -> None:
    """Write all pages below ``home``/generated."""
    target = home / "generated"
    shutil.rmtree(target, ignore_errors=True)
    (target / "ensembles").mkdir(parents=True)
    entries = [rv.catalog.get(name) for name in rv.catalog.names()]
    for entry in entries:
        (target / "ensembles" / f"{entry.slug}.md").write_text(ensemble_page(entry, entries), encoding="utf-8")
        (target / "ensembles" / f"{entry.slug}.png").write_bytes(picture(entry))
    (target / "ensembles" / "index.md").write_text(overview(entries), encoding="utf-8")
    for name, page in reference().items():
        (target / name).write_text(page, encoding="utf-8")


def house_style(gallery: Any, example: str) -> None:
    """What examples draw with pyplot looks as our own pictures do."""
    matplotlib.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=LINES), "axes.spines.top": False, "axes.spines.right": False,
            "axes.edgecolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET, "xtick.labelcolor": "black",
            "ytick.labelcolor": "black", "legend.frameon": False, "legend.fontsize": 9,
        }
    )  # fmt: skip


# -- ensembles -----------------------------------------------------------------------------------------------


def picture(entry: Ensemble) -> bytes:
    """The law at the entry's first case, over the eigenvalues of a matrix that was sampled, where one follows it."""
    case = entry.cases[0] if entry.cases else {}
    spectrum = rv.Spectrum(entry, **case)
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    sampler = entry.faithful_sampler
    if sampler is None:
        spectrum.plot(axes)
    else:
        size = sampler.size_up_to(SIZE)
        matrix = entry.sample(size, 0, sampler=sampler.name, **case)
        histogram_plot(spectrum, np.linalg.eigvalsh(matrix), axes, label=f"sampled, size {size}", curve="law")
    set_title(axes, values_title(case, entry.slug))
    return file_bytes(figure, ".png", dpi=110)


def ensemble_page(entry: Ensemble, entries: list[Ensemble]) -> str:
    """The page of one ensemble."""
    return "\n\n".join(part.strip() for part in _parts(entry, entries)) + "\n"


def _parts(entry: Ensemble, entries: list[Ensemble]) -> Iterator[str]:
    law = entry.law()
    case = ", ".join(f'{name}="{value}"' for name, value in (entry.cases[0] if entry.cases else {}).items())
    yield f"(ensemble-{entry.slug})=\n# {entry.title}"
    yield f"![The density of {entry.slug}, and a sampled matrix]({entry.slug}.png)"
    name = f'rv.catalog["{entry.slug}"]'
    call = f"rho = rv.Spectrum({name}{', ' if case else ''}{case})"
    if len(call) > _CODE:
        call = f"rho = rv.Spectrum(\n    {name},\n    {case}\n)"
    yield f"```python\nimport resolvent as rv\n{call}\n```"
    (blocks,) = (section.blocks for section in law_report(law, steps=False).sections)
    stated = tuple(block for block in blocks if isinstance(block, (Prose, Display)))
    yield markdown(Report("", (Section("", stated),))) + f"\nEvidence: {law.derivation.evidence_in_words}."
    yield "::::{dropdown} The equation as LaTeX, and as Python\n```latex\n" + law.latex() + "\n```"
    if law.has_equation:
        yield f"```python\n{to_sympy_code(law)}\n```"
    yield "::::"
    yield f"::::{{dropdown}} The derivation\n{_derivation(law)}\n::::"
    told = "What the sources state, compared with the derived law: moments, cumulants, equations and atoms by"
    checked = f"{told} `resolvent audit {entry.slug}`, the rest in the tests."
    yield markdown(_untitled(entry_report(entry))).replace("## Known\n", f"## Known\n\n{checked}\n")
    related = [other for other in entries if other is not entry and _sources(other) & _sources(entry)]
    if related:
        yield "## Related laws\n\n" + ", ".join(f"[{other.slug}]({other.slug}.md)" for other in related)


def _derivation(law: Law) -> str:
    whole = law_report(law)
    return markdown(Report("", whole.sections[1:])).replace("### ", "").replace("# ", "")


def _untitled(report: Report) -> Report:
    return Report("", report.sections)


def _sources(entry: Ensemble) -> set[str]:
    return {reference.text for reference in entry.references}


def overview(entries: list[Ensemble]) -> str:
    """All ensembles, each with its picture."""
    cards = "\n".join(
        f":::{{grid-item-card}} {entry.title}\n:img-top: {entry.slug}.png\n:link: ensemble-{entry.slug}\n"
        f":link-type: ref\n`{entry.slug}`\n:::" for entry in entries
    )  # fmt: skip
    tree = "\n".join(entry.slug for entry in entries)
    return (
        "# Ensembles\n\nEvery law is derived, every fact compared with it in tests, every matrix sampled. In Python: "
        f'`rv.catalog["{entries[0].slug}"]`; in a terminal: `resolvent show {entries[0].slug}`.\n\n'
        f"::::{{grid}} 1 2 3 3\n:gutter: 3\n{cards}\n::::\n\n```{{toctree}}\n:hidden:\n{tree}\n```\n"
    )


# -- the reference -------------------------------------------------------------------------------------------


def reference() -> dict[str, str]:
    """Every public name with its docstring: a page for what each part is for, and one that lists them."""
    found: dict[str, list[str]] = {title: [] for title, _ in PARTS}
    directives = {}
    for name in rv.__all__:
        value: Any = getattr(rv, name)
        if name == "catalog" or not callable(value):
            continue
        home = value.__module__.removeprefix("resolvent.")
        title = next((t for t, wings in PARTS if any(home.startswith(wing) for wing in wings)), PARTS[-1][0])
        kind = "autoclass" if isinstance(value, type) else "autofunction"
        options = "\n:members:\n:inherited-members:" if kind == "autoclass" and not issubclass(value, Exception) else ""
        found[title].append(name)
        directives[name] = f"```{{eval-rst}}\n.. {kind}:: resolvent.{name}{_indented(options)}\n```"
    parts = {f"reference-{_slug(title)}": (title, names) for title, names in found.items() if names}
    pages = {
        f"{slug}.md": f"# {title}\n\n" + "\n\n".join(directives[name] for name in names) + "\n"
        for slug, (title, names) in parts.items()
    }
    listed = "\n\n".join(
        f"## [{title}]({slug}.md)\n\n" + ", ".join(f"[{name}]({slug}.md#resolvent.{name})" for name in names)
        for slug, (title, names) in parts.items()
    )
    tree = "\n".join(parts)
    intro = "# Reference\n\nThe public names, `import resolvent as rv`."
    return {"reference.md": f"{intro}\n\n{listed}\n\n```{{toctree}}\n:hidden:\n{tree}\n```\n", **pages}


def _slug(title: str) -> str:
    return title.lower().replace(",", "").replace(" ", "-")


def _indented(options: str) -> str:
    return options.replace("\n", "\n   ")
