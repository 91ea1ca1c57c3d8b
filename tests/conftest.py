"""Hypothesis draws the same examples in every run, so that a run that fails can be repeated."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
