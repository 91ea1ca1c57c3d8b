"""Laws whose inverse z = z(u) is a product of powers, where exponents may be symbols: depth without limit."""
