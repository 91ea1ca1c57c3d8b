"""What a conjecture claims, as data, and its formulas."""
