"""Quotations of somebody else's text looked up in an index."""

from rag.checking.draft import CheckedQuotation, Match, check_text

__all__ = ["CheckedQuotation", "Match", "check_text"]
