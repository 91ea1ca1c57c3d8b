"""The template: true as it stands, and every alternative in its comments is read when it is uncommented."""

from __future__ import annotations

import re

import pytest

from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.file.template import template

TEXT = template("my_law")
ALTERNATIVES = re.findall(r"^# ([a-z_]+ = .*)$", TEXT, flags=re.MULTILINE)
HEAD, REST = TEXT.split("[model]\n")


def with_lines(*lines: str, without: str = "", parameters: str = 'c = "1/2"') -> str:
    """The template with some alternatives uncommented, in their table, instead of the fields named in ``without``."""
    rows = []
    top = [line for line in lines if line.split(" =")[0] in ("assumptions", "references", "notes", "expected")]
    for row in TEXT.split("\n"):
        if row == "[model]":
            rows += top
        if re.match(rf"({without or '-'}) = ", row):
            continue
        rows.append(row[2:] if row.startswith("# ") and row[2:] in lines and row[2:] not in top else row)
    return "\n".join(rows).replace('c = "1/2"', parameters)


def alternative(name: str) -> str:
    return next(line for line in ALTERNATIVES if line.startswith(f"{name} = "))


def test_the_template_is_true() -> None:
    verdict = check_conjecture(conjecture_of(TEXT), exact_only=True)
    assert (verdict.verdict, verdict.conjecture.title) == ("supported", "my law")


def test_it_names_the_file() -> None:
    assert "`resolvent check my_law.toml`" in TEXT


@pytest.mark.parametrize(
    "name", ["law", "edges", "means", "outliers", "sizes", "assumptions", "references", "notes", "expected"]
)
def test_alternatives_beside_what_there_is(name: str) -> None:
    found = conjecture_of(with_lines(alternative(name), without="edges" if name == "edges" else ""))
    assert found.source.count(alternative(name)) >= 1
    plain = conjecture_of(TEXT)
    assert (found.claim, found.plan, found.assumptions, found.references, found.notes, found.expected) != (
        *(plain.claim, plain.plan, plain.assumptions, plain.references, plain.notes, plain.expected),
    )


def test_the_density_goes_with_its_intervals() -> None:
    assert "density" in conjecture_of(with_lines(alternative("density"), alternative("intervals"))).claim.made


def test_the_other_models() -> None:
    gram = [alternative(n) for n in ("ensemble", "sampler")]
    model = conjecture_of(with_lines(*gram, without="expression")).model
    assert (model.kind, model.text, model.sampler) == ("ensemble", "nonlinear-gram", "features")  # type: ignore[union-attr]
    network = [alternative(n) for n in ("activation", "sampler", "sigma_w", "sigma_x", "centred")]
    model = conjecture_of(with_lines(*network, without="expression")).model
    assert model.options == {"activation": "relu", "sigma_w": 1, "sigma_x": 1, "centred": 1}  # type: ignore[union-attr]
    weights = with_lines(alternative("cycle_weights"), without="expression", parameters="c = 1\neta = 1\nzeta = 1")
    assert conjecture_of(weights).model.kind == "cycle_weights"  # type: ignore[union-attr]
    matrix = [alternative(n) for n in ("matrix", "symbols", "ratios")]
    model = conjecture_of(with_lines(*matrix, without="expression")).model
    assert (model.kind, model.ratios) == ("matrix", ("p/n = c",))  # type: ignore[union-attr]
    function = conjecture_of(with_lines(alternative("function"), without="expression")).model
    assert (function.kind, function.text) == ("function", "my_samplers:anticommutator")  # type: ignore[union-attr]


def test_every_alternative_is_tested() -> None:
    tested = "law edges means outliers sizes assumptions references notes expected density intervals ensemble sampler"
    more = "activation sigma_w sigma_x centred cycle_weights function matrix symbols ratios"
    assert {line.split(" =")[0] for line in ALTERNATIVES} == {*tested.split(), *more.split()}


def test_the_atoms_in_its_comment_are_read() -> None:
    found = re.search(r"or (\[\{at.*\}\])", TEXT)
    assert found is not None
    assert len(conjecture_of(TEXT.replace("atoms = []", f"atoms = {found[1]}")).claim.atoms or ()) == 1


def test_it_lists_every_function() -> None:
    from resolvent.catalog.conjectures.formula import ARITY

    head = " ".join(HEAD.split())
    assert all(re.search(rf"\b{name}\b", head) for name in ARITY)
