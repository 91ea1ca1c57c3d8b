"""Outliers of spiked matrices, as formulas and thresholds."""
