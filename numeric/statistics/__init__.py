"""Sampled eigenvalues against a law: distances, joint tests, spacings."""

from resolvent.numeric.spectrum.rigidity import Distance, kolmogorov_distance
from resolvent.numeric.statistics.joint_test import JointTest
from resolvent.numeric.statistics.spacing_laws import ReferenceLaw, gap_probability, ratio_law, spacing_law
from resolvent.numeric.statistics.spacings import SpacingComparison, compare_spacings, gap_ratios, unfold

__all__ = [
    "Distance",
    "JointTest",
    "ReferenceLaw",
    "SpacingComparison",
    "compare_spacings",
    "gap_probability",
    "gap_ratios",
    "kolmogorov_distance",
    "ratio_law",
    "spacing_law",
    "unfold",
]
