"""Pictures of branches, phases and graphs."""
