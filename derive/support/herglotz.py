"""Does a branch belong to a probability measure? The test of analyticity and positivity in the upper half-plane."""

from __future__ import annotations

from flint import acb, acb_poly

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.support.atoms import find_atom
from resolvent.derive.support.support import critical_factors, skeleton


def require_herglotz(equation: ResolventEquation) -> None:
    """Raise `DerivationError` unless the branch is the Stieltjes transform of a probability measure.

    It is one if it continues analytically through the upper half-plane with non-negative boundary values and
    positive atoms (m ~ -1/z then makes the mass 1). Every complex critical point is visited: the branch passes
    through it, or a small loop around it brings the branch back.
    """
    frame = skeleton(equation)
    branch = frame.branch
    leading_column = equation.columns[-1]
    for number in frame.points:
        if number.is_root_of(leading_column):
            find_atom(equation, branch, number, positive=False)  # raises at a negative mass
    with working_precision(branch.precision):
        critical = [acb(r) for f in critical_factors(equation) for r, _ in f.complex_roots()]
        leading = acb_poly(equation.columns[-1])
        for point in critical:
            if not point.imag > 0:
                continue
            others = [abs(complex(point - other)) for other in critical if not other.overlaps(point)]
            radius = 0.4 * min([*others, float(point.imag.mid())])
            if not _is_regular(branch, point, radius, leading(point).contains(0)):
                raise DerivationError(
                    f"the branch has a singularity at z = {complex(point):.6g}, in the upper half-plane: it belongs "
                    "to no probability measure",
                    point=complex(point),
                )


def _is_regular(branch: Branch, point: acb, radius: float, may_be_pole: bool) -> bool:
    center = point.mid()
    start = acb((center.real + radius).mid(), center.imag)
    root = branch.value(start)
    try:
        branch.follow(start, root, center)
    except (BranchError, PrecisionError):
        pass
    else:
        return True
    if may_be_pole:
        return False
    try:
        return branch.turns(center, start, root, 1) == 1
    except BranchError:
        return False
