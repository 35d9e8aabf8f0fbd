"""A follow-up question becomes one that stands alone."""
