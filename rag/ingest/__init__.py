"""Files to articles."""
