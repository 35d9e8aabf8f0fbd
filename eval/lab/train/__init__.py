"""Training the reader: data, near misses, the loop, its figures, the export."""
