"""What a command is about: a catalog name or an expression, and values for its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.guard import note
from resolvent.derive.errors import ParameterError, ParseError, did_you_mean

if TYPE_CHECKING:
    from resolvent.catalog.schema.ensemble import Ensemble
    from resolvent.derive.laws.algebraic_law import AlgebraicLaw


def _slugs(incomplete: str) -> list[str]:
    """The names that a shell offers for what was typed so far."""
    from resolvent.catalog.registry import names

    return [name for name in names() if name.startswith(incomplete)]


def _asked(context: typer.Context) -> Ensemble | None:
    """The catalog entry that a command typed so far is about; its option, still without a value, ends the parsing."""
    from resolvent.catalog.registry import find

    return find(next(iter(context.args), ""))


def _settings(context: typer.Context, incomplete: str) -> list[str]:
    entry = _asked(context)
    return [f"{p.name}=" for p in entry.parameters if p.name.startswith(incomplete)] if entry else []


def _samplers(context: typer.Context, incomplete: str) -> list[str]:
    entry = _asked(context)
    return [s.name for s in entry.samplers if s.name.startswith(incomplete)] if entry else []


NameOrExpression = Annotated[
    str,
    typer.Argument(
        metavar="NAME_OR_EXPRESSION",
        help="A catalog name (see `list`) or an expression, such as 'semicircle() + marchenko_pastur(c)'.",
        show_default=False,
        autocompletion=_slugs,
    ),
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A catalog name (see `list`).", show_default=False, autocompletion=_slugs),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Give a parameter its value, as in --set c=1/2. Repeatable.",
        autocompletion=_settings,
    ),
]
SamplerName = Annotated[
    str | None,
    typer.Option("--sampler", metavar="NAME", help="One of the entry's samplers.", autocompletion=_samplers),
]
Matrices = Annotated[
    list[str] | None,
    typer.Option(
        "--matrix",
        metavar="DEFINITION",
        help="Define a matrix of the expression, as in --matrix 'X: gaussian(p, n)'. Repeatable.",
    ),
]
Ratios = Annotated[
    list[str] | None,
    typer.Option("--ratio", metavar="P/N=C", help="The limit of a ratio of sizes, as in --ratio p/n=c. Repeatable."),
]
Jobs = Annotated[int, typer.Option(metavar="N", help="Worker processes; -1 for one on each core.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler, tcp://host:8786 say, or 'local'.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Subject:
    """A law with its values put in, and the catalog entry it comes from, if any."""

    law: Any  # an AlgebraicLaw, or the TensorLaw of a catalog entry
    values: Mapping[str, Any]
    entry: Ensemble | None = None


def read_subject(
    text: str,
    settings: Sequence[str],
    *,
    numeric: bool = False,
    matrices: Sequence[str] | None = None,
    ratios: Sequence[str] | None = None,
) -> Subject:
    """The law that a name or an expression stands for, with the values of ``--set``.

    With ``numeric`` every parameter needs a number; a catalog entry's defaults are taken where it has them. With
    ``matrices`` the text is an expression in matrices, whose law is derived from its Dyson equation.

    Raises `ParseError` or `ParameterError`.
    """
    if ratios and not matrices:
        raise ParameterError("--ratio goes with --matrix; define the matrices of the expression", ratios=ratios)
    from resolvent.catalog.registry import find

    entry = None if matrices else find(text)
    values = read_settings(settings, entry)
    if entry is not None:
        chosen = entry.numbers(values) if numeric else entry.validate(values)
        return Subject(entry.law(**chosen), chosen, entry)
    from resolvent.language.expressions import parse

    law = _derived(text, matrices, ratios or ()) if matrices else _parsed(text, parse)
    if numeric and not law.has_equation:
        raise ParameterError(
            f"{law.text} has matrices without a spectrum; give them one, 'S: given(p, atoms([1, 3]))' say"
        )
    known = {s.name for s in law.parameters}
    for name in values:
        if name not in known:
            from resolvent.catalog.schema.parameter import unknown

            raise unknown("parameter", name, sorted(known))
    needed = {s.name for s in law.symbols}
    if numeric and (missing := sorted(needed - set(values))):
        hint = " ".join(f"--set {name}=..." for name in missing)
        raise ParameterError(f"every parameter needs a number here; add {hint}", missing=missing)
    if numeric and (symbolic := [name for name, value in values.items() if not value.is_number]):
        raise ParameterError(f"{symbolic[0]} needs a number here; got {values[symbolic[0]]}", names=symbolic)
    return Subject(law.at(**values), values)


def _derived(text: str, matrices: Sequence[str], ratios: Sequence[str]) -> Any:
    """The law of an expression in matrices."""
    from resolvent.derive.expressions.law import law_of
    from resolvent.language.matrices import parse_model

    model = parse_model(text, matrices, ratios)
    law = law_of(model.expression, model.ratios)
    of_ratios = {s.name for value in model.ratios.values() for s in value.free_symbols}
    for name in sorted({s.name for s in law.symbols} - of_ratios):
        if name[0].isupper():
            note(f"note: no --matrix defines {name}, which is a positive number then")
    return law


def require_entry(text: str) -> Ensemble:
    """The catalog entry of that name; raises `ParameterError` with the closest match."""
    from resolvent.catalog.registry import find, get

    return find(text) or get(text.strip())


def read_settings(settings: Sequence[str], entry: Ensemble | None = None) -> dict[str, Any]:
    """The values of ``--set NAME=VALUE`` options, exact; a single word stays one where the entry's option is set.

    >>> read_settings(["c=1/2", "sigma=0.1"])
    {'c': 1/2, 'sigma': 1/10}

    Raises `ParameterError` for what is not NAME=VALUE and for a name given twice, `ParseError` for the value.
    """
    from resolvent.language.expressions import parse_scalar

    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not name.isidentifier():
            raise ParameterError(f"--set takes NAME=VALUE, as in --set c=1/2; got {setting!r}", setting=setting)
        if name in values:
            raise ParameterError(f"--set gives {name} twice", name=name)
        is_word = entry is not None and name in entry.takes_words and value.isidentifier()
        values[name] = value if is_word else parse_scalar(value)
    return values


def _parsed(text: str, parse: Any) -> AlgebraicLaw:
    """The expression, with a hint where a bare word was meant to be a catalog name."""
    try:
        law: AlgebraicLaw = parse(text)
    except ParseError as error:
        if re.fullmatch(r"[A-Za-z][\w-]*", text.strip(), flags=re.ASCII):
            from resolvent import catalog

            hint = did_you_mean(text.strip(), catalog.names(), instead="; see `resolvent list` for the names")
            raise ParseError(f"{text.strip()!r} is no catalog name{hint}", text=text) from error
        if re.search(r"\.[TH]\b|\b(inv|block|kron)\(", text) or "unknown law" in str(error):
            names = dict.fromkeys(re.findall(r"\b[A-Z]\w*\b(?!\()", re.sub(r"\.[TH]\b", "", text)))
            if names:
                defined = " ".join(f"--matrix '{name}: gaussian(p, n)'" for name in names)
                raise ParseError(
                    f"{error}\nfor an expression in matrices, define them: {defined}", text=text
                ) from error
        raise
    return law
