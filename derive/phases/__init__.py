"""How a law depends on its parameters: critical values, phases, expansions, atoms."""
