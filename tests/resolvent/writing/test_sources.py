"""The sources that rules cite, in full: every rule's, against the rules themselves and the entries' references."""

from __future__ import annotations

import re

import pytest

from resolvent.catalog import registry
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Rule
from resolvent.derive.expressions import rules as of_matrices
from resolvent.writing.latex_steps import _PLACE
from resolvent.writing.sources import in_full

RULES = [rule for module in (rules, of_matrices) for rule in vars(module).values() if isinstance(rule, Rule)]
# of these no public bibliography with a title was found; they stay as they are cited
SHORT = ("Benaych-Georges", "Belinschi", "Comtet", "Brezin", "von zur Gathen", "DLMF")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_source_in_full_keeps_the_names_and_the_year(rule: Rule) -> None:
    for piece in filter(None, rule.reference.split("; ")):
        source = re.sub(r", (section|chapter|Theorem|Proposition|for|by) .*", "", piece)
        if not source[0].isupper() or source.startswith(SHORT):
            continue
        full = in_full(source)
        names = [word for word in re.findall(r"[A-Z][a-z]+", source.split(" (")[0].split(", J.")[0]) if word in full]
        assert names
        assert set(re.findall(r"\b(?:19|20)\d\d\b", source)) <= set(re.findall(r"\d{4}", full))
        assert re.match(r"[A-Z]\. ", full), full


def test_the_entries_sources_have_their_titles() -> None:
    assumed = {s.rule.reference for slug in registry.names() for s in registry.get(slug).assumptions}
    for piece in (p for reference in assumed for p in reference.split("; ") if re.search(r"\d{4}", p)):
        source = re.sub(r", (for|by) .*", "", piece)
        if source[0].isupper():
            assert len(in_full(source)) > len(source) or source.count(" ") > 8, source


def test_every_source_that_a_rule_names_has_its_title() -> None:
    named = {
        _PLACE.fullmatch(p)[1] for r in RULES for p in r.reference.split("; ") if re.search(r"\d{4}|DLMF|von zur", p)
    }
    assert len(named) > 15
    for source in named:
        full = in_full(source)
        assert len(full) > len(source) or re.match(r"[A-Z]\. ", full), source


def test_sources_that_two_papers_could_be_stay_short() -> None:
    assert in_full("Pennington 2017") == "Pennington 2017"
    assert in_full("Pennington, Worah 2017") == in_full("Pennington, Worah, NeurIPS 2017")
    assert in_full("Pennington, Worah, NeurIPS 2018") != in_full("Pennington, Worah, NeurIPS 2017")
