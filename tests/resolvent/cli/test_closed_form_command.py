"""``resolvent derive`` where a density has a closed form: the route, the document, and what is refused."""

from __future__ import annotations

import sympy

from resolvent.derive.holonomic.hypergeometric_form import X
from tests.resolvent.cli.test_cli import FINE, refused, run


def test_the_route_from_moments_to_elliptic_integrals_is_shown() -> None:
    result = run("derive", "fisher-linear")
    assert result.exit_code == FINE
    words = [
        "tensor law",
        "moments of a classical sum",
        "creative telescoping",
        "R(n, k) = ",
        "equation of the transform",
    ]
    words += ["hypergeometric form", "elliptic_k", "elliptic_e", "transform in closed form", "jump across the cut"]
    words += ["rho(x) = "]
    places = [result.stdout.index(word) for word in words]
    assert places == sorted(places)
    assert result.stdout.rstrip().endswith("evidence: proved")
    assert "guessed" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_other_widths_have_no_route() -> None:
    assert "elliptic" not in run("derive", "fisher-linear", "--set", "c1=2").stdout
    assert "elliptic" not in run("derive", "fisher-linear", "--no-steps").stdout


def test_the_document_and_the_expression() -> None:
    document = run("derive", "fisher-linear", "--closed-form", "--format", "latex").stdout
    assert "Nothing is assumed" in document
    assert r"\textbf{jump across the cut}" in document
    assert r"\end{document}" in document
    shown = run("derive", "fisher-linear", "--closed-form", "--format", "sympy").stdout
    assert shown.count("elliptic_k") == 2
    assert str(X) in shown
    assert sympy.Symbol("x") == X


def test_the_closed_form_is_checked_on_request() -> None:
    result = run("derive", "fisher-linear", "--closed-form", "--check")
    assert result.exit_code == FINE
    assert "all 14 steps hold" in result.stderr


def test_what_is_refused() -> None:
    assert "no closed form of the density is known" in refused("derive", "semicircle", "--closed-form")
    assert "derived at --set c1=1 --set c2=1" in refused("derive", "fisher-linear", "--closed-form", "--set", "c2=3")
    assert "goes with --format text, latex or sympy" in refused("derive", "fisher-linear", "--closed-form", "--json")
