"""The statistical stage of a check: sampled matrices against what is claimed."""
