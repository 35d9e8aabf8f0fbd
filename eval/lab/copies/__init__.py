"""Near-duplicates measured: invented stories, what outlets make of them, and how they are grouped."""
