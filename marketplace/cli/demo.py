"""The demonstration season."""
