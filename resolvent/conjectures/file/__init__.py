"""The file of a conjecture: its lines, fields and template."""
