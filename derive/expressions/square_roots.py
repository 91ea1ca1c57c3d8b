r"""Square roots in a pencil: a change of the states after which they leave the Dyson equation, or the real form.

Where the imaginary unit stays, as for i(A B - B A), every coefficient A is replaced by [[Re A, -Im A], [Im A, Re A]].
For a real letter X this is the matrix of A x X as a real linear map, so that every eigenvalue of L occurs twice;
complex letters have the same limits as real ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.expressions.pencil import Entry, Pencil
from resolvent.derive.expressions.scaling import IMAGINARY, Scales, conjugate


def without_roots(pencil: Pencil) -> Pencil:
    """A diagonal change of the states after which square roots enter the covariance and L_0 by their squares only."""
    scales = pencil.scales
    for root in list(scales.roots):
        parities: dict[str, dict[Entry, int]] = {}
        for name, entries in pencil.table.items():
            parities[name] = {e: _parity(x, root) for e, x in entries.items()}
        if not any(p for table in parities.values() for p in table.values()):
            continue
        equations: list[tuple[int, int]] = []  # a mask of states, and the parity their powers must add up to
        for name, table in parities.items():
            letter = pencil.letters.get(name)
            if letter is None or letter.kind in ("given", "haar"):
                equations += [((1 << i) ^ (1 << j), p) for (i, j), p in table.items()]
                continue
            edges = list(table.items())
            for (i, j), p in edges:
                for (k, end), q in edges:
                    if pencil.states[j] == pencil.states[end]:
                        equations.append(((1 << i) ^ (1 << j) ^ (1 << k) ^ (1 << end), p ^ q))
        equations += [(1 << k, 0) for k in range(pencil.blocks)]
        powers = _solve_mod_two(equations)
        if powers is None:
            continue
        generator = Field((root,)).generator(root)
        factors = {k: generator if powers >> k & 1 else Field().constant(1) for k in range(pencil.size)}
        table_ = {
            name: {(i, j): conjugate(factors[i]) * x * factors[j] for (i, j), x in entries.items()}
            for name, entries in pencil.table.items()
        }
        pencil = replace(pencil, table=table_)
    return pencil


def real_form(pencil: Pencil) -> Pencil:
    """The pencil with every state twice, the blocks of the expression first."""
    inner = range(pencil.blocks, pencil.size)
    order = [(k, copy) for part in (range(pencil.blocks), inner) for copy in (0, 1) for k in part]
    place = {state: k for k, state in enumerate(order)}
    unit, scales = Field((IMAGINARY,)).generator(IMAGINARY), pencil.scales
    table: dict[str, dict[Entry, Element]] = {}
    for name, entries in pencil.table.items():
        made: dict[Entry, Element] = {}
        for (i, j), x in entries.items():
            real, imaginary = (scales.without_roots(y / 2) for y in (x + conjugate(x), (conjugate(x) - x) * unit))
            for copy in (0, 1):
                made[place[i, copy], place[j, copy]] = real
                made[place[i, copy], place[j, 1 - copy]] = imaginary if copy else -imaginary
        table[name] = {e: x for e, x in made.items() if x}
    states = tuple(pencil.states[k] for k, _ in order)
    copies = tuple((place[k, 0], place[k, 1]) for k in range(pencil.size))
    return replace(pencil, states=states, blocks=2 * pencil.blocks, table=table, copies=copies)


def _parity(value: Element, root: str) -> int:
    """Whether a root enters with odd powers."""
    if root not in value.field.names:
        return 0
    place = value.field.ring.variable_to_index(root)
    top = {e[place] % 2 for e in value.numerator.to_dict()}
    bottom = {e[place] % 2 for e in value.denominator.to_dict()}
    return (max(top) + max(bottom)) % 2


def _solve_mod_two(equations: list[tuple[int, int]]) -> int | None:
    """A solution of linear equations modulo two, unknowns as bits; None if there is none."""
    pivots: dict[int, tuple[int, int]] = {}
    for mask, value in equations:
        while mask:
            top = mask.bit_length() - 1
            if top not in pivots:
                pivots[top] = (mask, value)
                break
            mask, value = mask ^ pivots[top][0], value ^ pivots[top][1]
        else:
            if value:
                return None
    solution = 0
    for top in sorted(pivots):
        mask, value = pivots[top]
        if (bin(mask & solution & ~(1 << top)).count("1") + value) % 2:
            solution |= 1 << top
    return solution


class RootStays(DerivationError):
    """A square root among the scalars does not occur in even powers alone."""


def refuse_roots(values: Iterable[Element], scales: Scales, *, real: bool = True) -> None:
    """Raise `RootStays` where a coefficient has a square root, with its square: -1 if it is that of any.

    Unless ``real`` only the imaginary unit is refused.
    """
    left = {name for value in values for name in value.field.names if name in scales.roots}
    if IMAGINARY in left or (real and left):
        square = scales.roots[IMAGINARY if IMAGINARY in left else min(left)]
        raise RootStays(
            f"the square root of {square} does not leave the equation; give the root a name, and write the name "
            "squared for its square",
            root=square,
        )
