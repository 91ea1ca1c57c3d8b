"""Equations in which traces of given matrices stay, and the spectra at which they are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy
from flint import acb, fmpz_mpoly

from resolvent.derive.exact.precision import cached_property
from resolvent.derive.expressions.branch import Branch
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import Letter
from resolvent.derive.expressions.open_branch import OpenEnclosure, OpenSeries
from resolvent.derive.expressions.polynomial_system import Writer
from resolvent.derive.laws.elementary import atoms

TAU = sympy.Symbol("tau")
_POINTS = ((2, 5, 3, 7), (3, 1, 8, 2), (7, 4, 1, 5), (5, 9, 6, 1))
_WEIGHTS = tuple(sympy.Rational(k, 24) for k in (12, 7, 4, 1))


class trbar(sympy.Function):  # noqa: N801
    """The normalised trace of a function of given matrices, which stand in it as commuting symbols.

    >>> sympy.latex(trbar(1 / (sympy.Symbol("S") + 2)))
    '\\\\overline{\\\\operatorname{tr}}\\\\left[\\\\frac{1}{S + 2}\\\\right]'
    """

    nargs = 1

    def _latex(self, printer: sympy.printing.latex.LatexPrinter) -> str:
        return rf"\overline{{\operatorname{{tr}}}}\left[{printer._print(self.args[0])}\right]"


def unspecified(model: MatrixExpression) -> tuple[Letter, ...]:
    """The given matrices without a spectrum."""
    return tuple(x for x in model.letters().values() if x.kind == "given" and x.law is None)


def with_probes(model: MatrixExpression) -> MatrixExpression:
    """The expression with a spectrum of four eigenvalues for every given matrix without one."""
    spectra = {}
    letters = unspecified(model)
    for number, group in enumerate(dict.fromkeys(x.group or x.name for x in letters)):
        members = [x for x in letters if (x.group or x.name) == group]
        points = [tuple(sympy.Integer(row[(k + number) % 4] + 2 * (k // 4) + number) for k in range(len(members)))
                  for row in _POINTS]  # fmt: skip
        for k, letter in enumerate(members):
            own = tuple(point[k] for point in points)
            law = atoms(list(own), list(_WEIGHTS))
            spectra[letter.name] = (law, own, _WEIGHTS) if letter.group else (law, (), ())
    return model.respecified(spectra)


@dataclass(frozen=True, eq=False)
class OpenEquations:
    """What is left of a system.

    Attributes:
        system: at the spectra of `with_probes`.
        unknown: m, minus the trace of the resolvent, or tau, the trace of the expression.
        solved: the kept entries of M and traces g, as functions of the unknowns that are left.
        relations: polynomials in the unknowns that are left.
        traces: for every trace that determines something its name, and the function of the given matrices it is of.
        steps: what was done, in words.
        names: what the symbols in the equations are called in the polynomials.
        polynomials, definitions: what was eliminated from, for `hold`.
    """

    system: DysonSystem
    unknown: sympy.Symbol
    solved: Mapping[str, sympy.Expr]
    relations: tuple[sympy.Expr, ...]
    traces: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    steps: tuple[str, ...]
    names: Mapping[sympy.Symbol, str]
    polynomials: tuple[fmpz_mpoly, ...]
    definitions: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]]

    def without_zeros(self) -> OpenEquations:
        """The same without the unknowns t of equations t = t trbar(f): they vanish where trbar(f) is not 1.

        That is looked at for the probes; then it holds for all spectra, as in the exclusion of factors.
        """
        if self.system.free_letters:
            return self
        images: dict[sympy.Symbol, sympy.Expr] = {}
        for value, function in self.traces:
            if isinstance(value, sympy.Symbol) and value != self.unknown and function.subs(value, 0) == 0:
                rest = sympy.cancel(function / value)
                if not rest.has(sympy.zoo, sympy.nan) and abs(self._mean(rest) - 1) > 1e-10:
                    images[value] = sympy.S.Zero
        if not images:
            return self
        traces = [(v.subs(images), sympy.factor(f.subs(images))) for v, f in self.traces if v not in images]
        solved = {n: sympy.factor(v.subs(images)) for n, v in self.solved.items()}
        relations = tuple(x for r in self.relations if (x := sympy.factor(r.subs(images))) != 0)
        return replace(self, traces=tuple(traces), solved=solved, relations=relations)

    @cached_property
    def _values(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The symbols at the probes, at one point and one choice of the parameters, to 40 digits and more."""
        unknowns = dict(Writer(self.system).unknowns)
        branch = OpenEnclosure(self.system, unknowns, self.definitions)
        balls = branch.balls(branch.levels[0])
        return {s: _number(balls[n]) for s, n in self.names.items() if n in balls}

    def _mean(self, function: sympy.Expr) -> sympy.Expr:
        """The trace of a function of the given matrices at the probes."""
        letters, images = self.system.pencil.letters, self._values
        known = [letters[str(s)] for s in function.free_symbols if str(s) in letters and s not in images]
        if not known:
            return sympy.N(function.xreplace(images), 40)
        total = sympy.Integer(0)
        for k, weight in enumerate(known[0].weights or _WEIGHTS):
            spot = {sympy.Symbol(x.name): (x.points or x.law.recipe.arguments[0])[k] for x in known if x.law}
            total += weight * function.xreplace(spot).xreplace(images)
        return sympy.N(total, 40)

    def hold(self) -> bool:
        """Whether all polynomials vanish on the solution at the probes, found anew, and the traces agree at a point."""
        system = self.system
        unknowns = dict(Writer(system).unknowns)
        branch: Branch
        if system.free_letters:
            branch = OpenSeries(system, unknowns, self.definitions)
            return all(branch.vanishes(p, branch.levels[1]) for p in self.polynomials)
        branch = OpenEnclosure(system, unknowns, self.definitions)
        if not all(branch.vanishes(p, branch.levels[0]) for p in self.polynomials):
            return False
        return all(abs(sympy.N(v.xreplace(self._values), 40) - self._mean(f)) < 1e-25 for v, f in self.traces)

    @property
    def equations(self) -> tuple[sympy.Eq, ...]:
        """All equations, the traces on the right."""
        out = [sympy.Eq(value, trbar(function), evaluate=False) for value, function in self.traces]
        if "m" in self.solved:
            out.insert(0, sympy.Eq(self.unknown, self.solved["m"], evaluate=False))
        return (*out, *(sympy.Eq(r, 0, evaluate=False) for r in self.relations))


def _number(ball: acb) -> sympy.Expr:
    """The middle of a ball as a SymPy number of 60 digits."""
    real, imag = (sympy.Float(x.mid().str(60, radius=False), 60) for x in (ball.real, ball.imag))
    return real + sympy.I * imag
