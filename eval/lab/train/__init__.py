"""Training of the reader: data, hard negatives, the loop, development figures, the export."""
