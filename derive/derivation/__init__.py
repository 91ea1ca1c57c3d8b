"""Derivations: steps with their rules, evidence and checks, and their LaTeX."""

from __future__ import annotations

from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.step import Evidence, Rule, Step

__all__ = ["Derivation", "Evidence", "Rule", "Step"]
