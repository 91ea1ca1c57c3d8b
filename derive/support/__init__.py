"""The real line of a law: support, edges, atoms, positivity."""

from __future__ import annotations

from resolvent.derive.support.atoms import PointMass
from resolvent.derive.support.support import Edge, Interval, Skeleton, skeleton

__all__ = ["Edge", "Interval", "PointMass", "Skeleton", "skeleton"]
