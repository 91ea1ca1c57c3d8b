"""Quadratic forms of matrix expressions: the limit of u^T E u for a unit vector u, as a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.expression import MatrixExpression, NotSelfAdjoint
from resolvent.derive.expressions.letter import Letter, Ratios
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.arguments import scalar_of
from resolvent.derive.laws.elementary import atoms


@checked
def quadratic_form(
    of: MatrixExpression,
    ratios: Ratios | None = None,
    *,
    column_of: MatrixExpression | None = None,
    along: Mapping[str, Sequence[Any]] | None = None,
    limits: Limits | None = None,
) -> Any:
    """The limit of u^T E u for a unit vector u and a square expression E, as `trace_of` has it.

    Without more u is independent of E, or fixed and in generic position to its given matrices: all letters are then
    invariant under rotations, and u^T E u tends to (1/p) tr E. With ``column_of=X`` it is a column of the Gaussian
    letter X, divided by its length, which E may depend on: columns are exchangeable, so that the limit is
    tr(X^T E X)/tr(X^T X). With ``along={"T": masses}`` it is fixed, and masses are the shares |P_i u|^2 of the
    eigenspaces of the given matrix T, one for each of its eigenvalues: the limit is (1/p) tr(D E), where D commutes
    with T and has the eigenvalues mass over weight.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, given, inv, wigner
    >>> p, n, lam = dimension("p"), dimension("n"), sympy.Symbol("lam", positive=True)
    >>> X = gaussian("X", p, n)
    >>> leverage = quadratic_form(inv(X @ X.T / n + lam), {(p, n): 1}, column_of=X)
    >>> round(leverage.at(lam=2), 12)
    0.267949192431
    >>> T = given("T", p, atoms([1, 3]))
    >>> quadratic_form(inv(T + 1), along={"T": ["1/4", "3/4"]})
    5/16

    Raises `ParameterError` for a form that may be complex, as that of a matrix with the factor i that is not Hermitian,
    for anything but Gaussian letters that are not 0 and have as many rows as E and given matrices with finitely many
    eigenvalues, and for masses that do not add up to 1; `DerivationError` as `trace_of` does.

    Source: Bloemendal, Erdos, Knowles, Yau, Yin, Electron. J. Probab. 19 (2014), for isotropic laws.
    """
    if column_of is not None and along is not None:
        raise ParameterError("a vector is a column of a matrix, or fixed along a given one; leave out one of the two")
    if column_of is not None:
        letter = column_of.letter
        if letter is None or letter.kind != "gaussian" or of.rows != column_of.rows:
            raise ParameterError(f"columns are those of a Gaussian letter with the rows of {of}; got {column_of}")
        if letter.variance == 0:
            raise ParameterError(f"the columns of {column_of} vanish: its entries have the variance 0", letter=letter)
        return trace_of(column_of.H @ of @ column_of / (letter.rows * letter.variance), ratios, limits)
    if along is not None:
        factor, weighted = _weighted(of, along)
        whole = factor @ weighted
        if any(node.scalar.has(sympy.I) for node in of.nodes()):
            _require_self_adjoint(of, ratios)
            whole = (whole + whole.H) / 2
        return trace_of(whole, ratios, limits)
    return trace_of(of, ratios, limits)


def _require_self_adjoint(of: MatrixExpression, ratios: Ratios | None) -> None:
    """Refuse forms that may be complex: of matrices with complex factors that are not Hermitian."""
    with pointing(of):
        scales = scales_of(of.dimensions(), dict(ratios or {}))
        try:
            pencil_of(of, scales, spectral=False)
        except NotSelfAdjoint as error:
            raise ParameterError(
                f"the quadratic form of E = {of} may be complex; ask for those of (E + E.H)/2 and (E - E.H)/(2*I)",
                of=of,
            ) from error


def _weighted(of: MatrixExpression, along: Mapping[str, Sequence[Any]]) -> tuple[MatrixExpression, MatrixExpression]:
    """D and E, with the given matrix of E and D commuting."""
    letters = of.letters()
    if len(along) != 1 or (name := next(iter(along))) not in letters or letters[name].kind != "given":
        raise ParameterError("a fixed vector is given by its masses along one given matrix, along={'T': [...]}")
    letter = letters[name]
    law = letter.law
    if law is None or not (letter.points or law.recipe.build.__name__ == "atoms"):
        raise ParameterError(f"the masses go with the eigenvalues of {name}; give it finitely many, rv.atoms([1, 3])")
    points = letter.points or tuple(scalar_of(x) for x in law.recipe.arguments[0])
    given = law.recipe.arguments[1] if len(law.recipe.arguments) > 1 else None
    weights = letter.weights or tuple(map(scalar_of, given or [sympy.Rational(1, len(points))] * len(points)))
    masses = [scalar_of(x) for x in along[name]]
    if len(masses) != len(points) or sympy.simplify(sum(masses) - 1) != 0:
        raise ParameterError(f"{name} has {len(points)} eigenvalues; give as many masses, which add up to 1")
    if any(m.is_number and m < 0 for m in masses):
        raise ParameterError(f"the masses along {name} are squared coordinates, none is negative; got {along[name]}")
    members = [n for n, x in letters.items() if letter.group and x.group == letter.group] or [name]
    group = "+".join([*members, "u"])
    spectra: dict[str, Letter] = {
        n: replace(letters[n], group=group, points=letters[n].points or points, weights=weights, spectrum="")
        for n in members
    }
    density = tuple(m / w for m, w in zip(masses, weights, strict=True))
    law = atoms(list(density), list(weights))
    own = Letter(
        f"u_{name}", "given", letter.rows, letter.columns, law=law, group=group, points=density, weights=weights
    )
    factor = MatrixExpression("letter", (), (own.rows,), (own.columns,), letter=own)
    return factor, of.with_letters(spectra)
