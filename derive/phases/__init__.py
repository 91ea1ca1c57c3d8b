"""What a law with parameters does as they move: critical values, phases, local expansions and atoms."""

from resolvent.derive.phases.critical_values import critical_polynomials, critical_values, merging_values
from resolvent.derive.phases.local_expansion import local_expansion
from resolvent.derive.phases.phases import phase_conditions
from resolvent.derive.phases.symbolic_atoms import symbolic_atoms

__all__ = [
    "critical_polynomials",
    "critical_values",
    "local_expansion",
    "merging_values",
    "phase_conditions",
    "symbolic_atoms",
]
