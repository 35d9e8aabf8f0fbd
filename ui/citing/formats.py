"""The formats in which quotes leave: their ends in an address, their media types, and what makes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.types import Answer, Citation
from ui.citing.annotation import annotation_page
from ui.citing.references import bibtex, csl_json, ris


@dataclass(frozen=True, slots=True)
class CitationFormat:
    """A format of references or annotations."""

    label: str
    media_type: str
    make: Callable[[Sequence[Citation]], str]


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


CITATION_FORMATS = {
    "bib": CitationFormat("BibTeX", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": CitationFormat("RIS", "application/x-research-info-systems; charset=utf-8", ris),
    "csl.json": CitationFormat(
        "CSL-JSON",
        "application/vnd.citationstyles.csl+json",
        lambda citations: _json(csl_json(citations)),
    ),
    "jsonld": CitationFormat(
        "Web Annotation",
        "application/ld+json",
        lambda citations: _json(annotation_page(citations)),
    ),
}
"""By the end of the address that gives each."""


def citations_shown(answer: Answer) -> list[Citation]:
    """Return what supports an answer and the others beside it, in the order shown, each quote once.

    Of a question that asks for no single fact, the quotes about its topic.
    """
    candidates = () if answer.abstained else answer.candidates
    found: dict[tuple[str, int, int], Citation] = {}
    shown = [one for candidate in candidates for one in candidate.citations]
    for citation in (*shown, *answer.overview):
        found.setdefault((citation.article.id, citation.start, citation.end), citation)
    return list(found.values())
