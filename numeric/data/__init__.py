"""What a law says about a person's own matrices."""
