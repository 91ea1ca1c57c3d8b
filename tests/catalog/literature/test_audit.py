"""The audit and the literature table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sympy
from typer.testing import CliRunner

from resolvent import catalog
from resolvent.catalog.literature import audit as module
from resolvent.catalog.literature.audit import audit_entry
from resolvent.catalog.literature.table import TABLE, page
from resolvent.catalog.schema.facts import Moment
from resolvent.cli.app import app
from resolvent.derive.errors import ParameterError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("slug", ["marchenko-pastur", "jacobian", "one-step"])
def test_entries_hold(slug: str) -> None:
    found = audit_entry(slug)
    assert found.holds, found.text()
    cases = len(catalog.get(slug).cases)
    assert [f.what for f in found.findings].count("sample") == cases
    assert found.text().startswith(slug)


def test_a_wrong_fact_and_a_wrong_sampler_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalog.get("semicircle")
    wrong = replace(entry, known=(Moment(2, sympy.Integer(7)),))
    monkeypatch.setattr(module, "get", lambda slug: wrong)
    found = audit_entry("semicircle")
    assert not found.holds
    assert "not as stated: Moment" in found.text()
    sampler = replace(entry.samplers[0], build=lambda size, rng, **values: 3 * entry.sample(size, rng, **values))
    monkeypatch.setattr(module, "get", lambda slug: replace(entry, samplers=(sampler,)))
    assert [f.what for f in audit_entry("semicircle").findings if not f.holds][:1] == ["sample"]


def test_the_command() -> None:
    result = CliRunner().invoke(app, ["audit", "semicircle"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("semicircle")
    data = json.loads(CliRunner().invoke(app, ["audit", "semicircle", "--json"]).output)
    assert data["entries"][0]["holds"]
    assert len(data["literature"]) == len(TABLE)
    assert CliRunner().invoke(app, ["audit", "semicirle"]).exit_code == 2


def test_names_that_do_not_exist() -> None:
    with pytest.raises(ParameterError, match="did you mean"):
        audit_entry("semicirle")


def test_the_table_names_entries_and_tests_that_exist() -> None:
    for statement in TABLE:
        if statement.status == "open":
            assert not statement.test
            continue
        assert statement.entry in catalog.names() or statement.entry.startswith("resolvent ")
        assert (ROOT / statement.test).is_file(), statement.test


def test_the_page_is_made_from_the_table() -> None:
    assert (ROOT / "docs" / "catalog" / "literature.md").read_text(encoding="utf-8") == page()
