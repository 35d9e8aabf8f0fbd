"""Everything between an article and an answer."""
