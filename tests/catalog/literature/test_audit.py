"""The audit and the literature table."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sympy
from typer.testing import CliRunner

from resolvent import catalog
from resolvent.catalog.literature import audit as module
from resolvent.catalog.literature.audit import audit_entry
from resolvent.catalog.literature.gram import BP22
from resolvent.catalog.schema.facts import Moment
from resolvent.cli.app import app
from resolvent.derive.errors import ParameterError


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
    data = json.loads(CliRunner().invoke(app, ["audit", "semicircle", "BP22", "--json"]).output)
    assert data["entries"][0]["holds"]
    rows = data["literature"]
    assert [row["label"] for row in rows] == [row.label for row in BP22.rows]
    assert all(row["outcome"]["holds"] for row in rows)
    assert CliRunner().invoke(app, ["audit", "semicirle"]).exit_code == 2


def test_the_command_says_which_statement_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(BP22.rows[0], check=lambda: 0.5)
    monkeypatch.setattr(BP22, "rows", [wrong, *BP22.rows[1:]])
    result = CliRunner().invoke(app, ["audit", "BP22"])
    assert result.exit_code == 1
    assert result.output.startswith("BP22                   FAILS  6/7 statements")
    assert "BP22:strengths FAILS: difference 0.5" in result.output


def test_names_that_do_not_exist() -> None:
    with pytest.raises(ParameterError, match="did you mean"):
        audit_entry("semicirle")
