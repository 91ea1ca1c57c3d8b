"""Many draws of a matrix, side by side, with a journal."""

from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Trial
from resolvent.numeric.trials.trials import run_trials

__all__ = ["Journal", "Trial", "run_trials"]
