"""Quotations of a draft, and citations saved earlier, looked up in an index."""

from rag.checking.draft import CheckedQuotation, Match, check_text
from rag.checking.evidence import CheckedCitation, check_evidence, citations_of

__all__ = [
    "CheckedCitation",
    "CheckedQuotation",
    "Match",
    "check_evidence",
    "check_text",
    "citations_of",
]
