"""Learning curves: what a spectrum says about the errors of ridge regression, random features and gradient methods."""
