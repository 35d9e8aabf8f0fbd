"""Quotes taken along: with their source, as references, as annotations, in an evidence pack."""
