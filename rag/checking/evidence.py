"""Citations that were saved earlier, verified against an index: unchanged, or what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.checking.alignment import align, tokens
from rag.text.content_hash import content_hash
from rag.types import Article, Version

EvidenceStatus = Literal["unchanged", "edited", "earlier version", "quote gone", "article gone"]
_REQUIRED = {"article_id": str, "quote": str, "start": int, "end": int}


class VersionedIndex(Protocol):
    """What is needed of an index: articles, and the versions they replaced."""

    def article(self, article_id: str) -> Article:
        """Return an article; raises `KeyError` where there is none."""

    def versions(self, article_id: str) -> list[Version]:
        """Return the versions before it, oldest first."""

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path."""


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """A saved citation, and what the index has of it now."""

    question: str | None
    citation: Mapping[str, object]
    """As it was saved."""
    status: EvidenceStatus
    """``unchanged``: the article, its hash and the quote at its offsets are as saved. ``edited``: the article
    was changed since, the quote stands in it. ``earlier version``: the quote stands only in a version that
    was replaced. ``quote gone``: the article has none of it. ``article gone``: there is no such article."""
    start: int | None = None
    """Where the quote begins in the article today; None where it does not stand in it."""
    changes: tuple[tuple[str, str], ...] = ()
    """How the nearest words of today's article differ: saved, and today's."""


def check_evidence(
    index: VersionedIndex, records: Iterable[Mapping[str, object]]
) -> Iterator[CheckedCitation]:
    """Yield every citation of saved answers (objects as `ask --json` prints them), verified."""
    for record in records:
        question = record.get("question")
        for citation in citations_of(record):
            yield _checked(index, question if isinstance(question, str) else None, citation)


def citations_of(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the citations of a saved answer and of its alternatives; what is none of them is left out."""
    alternatives = record.get("alternatives")
    holders = [record, *(alternatives if isinstance(alternatives, list) else ())]
    found: list[Mapping[str, object]] = []
    for holder in holders:
        listed = holder.get("citations") if isinstance(holder, Mapping) else None
        found += [one for one in (listed if isinstance(listed, list) else ()) if _is_citation(one)]
    return found


def _is_citation(one: object) -> bool:
    return isinstance(one, Mapping) and all(
        isinstance(one.get(name), kind) for name, kind in _REQUIRED.items()
    )


def _checked(
    index: VersionedIndex, question: str | None, citation: Mapping[str, object]
) -> CheckedCitation:
    quote, start, end = str(citation["quote"]), citation["start"], citation["end"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    article = _article(index, citation)
    if article is None:
        return CheckedCitation(question, citation, "article gone")
    saved = citation.get("hash")
    in_place = 0 <= start < end and article.text[start:end] == quote
    if in_place and saved in (None, content_hash(article)):
        return CheckedCitation(question, citation, "unchanged", start)
    where = start if in_place else article.text.find(quote)
    if where >= 0:
        return CheckedCitation(question, citation, "edited", where)
    found = align(quote, article.text, tokens(article.text))
    changes = tuple((c.quoted, c.article) for c in found.changes) if found else ()
    for version in index.versions(article.id):
        if version.content_hash == saved or quote in version.article.text:
            return CheckedCitation(question, citation, "earlier version", None, changes)
    return CheckedCitation(question, citation, "quote gone", None, changes)


def _article(index: VersionedIndex, citation: Mapping[str, object]) -> Article | None:
    """Return the cited article: of its id, else of its address, where a newer version has another id."""
    try:
        return index.article(str(citation["article_id"]))
    except KeyError:
        url = citation.get("url")
        ids = index.resolve(url, stems=False) if isinstance(url, str) else []
        return index.article(ids[0]) if ids else None
