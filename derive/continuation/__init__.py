"""Analytic continuation by proof: a root followed in tubes, the physical branch found from infinity."""
