"""The report on a verdict."""
