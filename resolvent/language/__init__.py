"""The language of texts: expressions, formulas, scalars, their vocabulary."""
