"""Spans to an answer: grouping, equivalence, abstaining."""
