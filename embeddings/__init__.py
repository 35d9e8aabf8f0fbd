"""Text to vectors; knows strings and arrays only."""
