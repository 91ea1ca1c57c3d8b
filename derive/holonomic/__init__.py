"""Laws with a linear differential equation, and their hypergeometric closed forms."""
