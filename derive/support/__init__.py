"""The real line of a law: support, edges, atoms, positivity."""
