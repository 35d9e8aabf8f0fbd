"""Records as JSON-ready dictionaries: the contract that scripts read (``--json``, ``/api``)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from rag.text.content_hash import content_hash
from rag.types import Answer, Article, Candidate, Citation, Passage, TimeGap, Version, page_of
from ui.markup import version_path

if TYPE_CHECKING:
    from rag.checking import CheckedCitation, CheckedQuotation


def answer_json(answer: Answer) -> dict[str, Any]:
    """One answer; abstaining, ``answer`` is null, ``citations`` and ``alternatives`` empty."""
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "answer": answer.text,
        "confidence": answer.confidence,
        "citations": [citation_json(citation) for citation in answer.citations],
        "alternatives": [candidate_json(candidate) for candidate in answer.alternatives],
        "passages": [passage_json(passage) for passage in answer.passages],
        "timings_ms": dict(answer.timings_ms),
        "as_of": _day(answer.as_of),
        "time_gap": _time_gap_json(answer.time_gap),
        "threshold": answer.threshold,
        "overview": [citation_json(citation) for citation in answer.overview],
        "outlet": answer.outlet,
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """One of the other answers."""
    return {
        "answer": candidate.text,
        "confidence": candidate.confidence,
        "citations": [citation_json(citation) for citation in candidate.citations],
        "relation": candidate.relation,
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A quote and where it stands; ``source`` is the first place its article was added from."""
    article = citation.article
    return {
        **_whose(article),
        "source": article.sources[0] if article.sources else None,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "answer_start": citation.answer_start,
        "answer_end": citation.answer_end,
        "link": citation.link,
        "page": page_of(article, citation.start),
        "hash": content_hash(article),
        "copies": len(citation.reprints),
        "also_in": list(citation.also_in),
        "speaker": citation.speaker,
        "in_quotes": citation.in_quotes,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """A retrieved slice of an article with its score (higher is better)."""
    return {
        **_whose(passage.article),
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "text": passage.chunk.text,
        "score": passage.score,
    }


def article_json(article: Article, with_text: bool) -> dict[str, Any]:
    """Every field of an article, its text only where asked for; ``published`` is an ISO date."""
    record: dict[str, Any] = {
        "id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": _day(article.published),
        "url": article.url,
        "authors": list(article.authors),
        "language": article.language,
        "sources": list(article.sources),
        "retells": article.retells,
        "date_origin": article.date_origin,
        "published_at": article.published_at,
        "pages": list(article.pages),
        "collection": article.collection,
        "hash": content_hash(article),
    }
    if with_text:
        record["text"] = article.text
    return record


def checked_json(checked: CheckedQuotation, draft: str) -> dict[str, Any]:
    """A quotation of a draft, looked up; offsets are characters of the draft.

    ``speaker_confirmed``: whether an article names the draft's speaker; null where one of them names none.
    """
    quotation = checked.quotation
    return {
        "quotation": checked.text,
        "start": quotation.start,
        "end": quotation.end,
        "line": draft.count("\n", 0, quotation.start) + 1,
        "speaker": quotation.speaker,
        "status": checked.status,
        "speaker_confirmed": checked.speaker_confirmed,
        "matches": [
            {
                **citation_json(match.citation),
                "speaker": match.speaker,
                "in_quotes": match.in_quotes,
                "similarity": round(match.alignment.score / 100, 4),
                "omissions": match.alignment.omissions,
                "changes": [
                    {"draft": change.quoted, "article": change.article}
                    for change in match.alignment.changes
                ],
            }
            for match in checked.matches
        ],
    }


def evidence_json(checked: CheckedCitation) -> dict[str, Any]:
    """A saved citation, and what the index has of it now; ``start_now`` is null where it has none.

    ``version`` is the hash of the replaced version that was cited, ``version_path`` its page on the server.
    ``differs`` lists what was saved of the article's title, outlet, date and address and of the quote's
    speaker and is otherwise now; ``known`` tells whether an earlier version had it.
    """
    return {
        "question": checked.question,
        "status": checked.status,
        "start_now": checked.start,
        "changes": [{"saved": saved, "now": now} for saved, now in checked.changes],
        "article_now": checked.article_id,
        "version": checked.version,
        "version_path": version_path(checked.article_id, checked.version)
        if checked.article_id and checked.version
        else None,
        "differs": [
            {"field": one.name, "saved": one.saved, "now": one.now, "known": one.known}
            for one in checked.fields
        ],
        "citation": dict(checked.citation),
    }


def version_json(version: Version, with_text: bool) -> dict[str, Any]:
    """An article as it was before a newer version replaced it."""
    return {
        **article_json(version.article, with_text),
        "hash": version.content_hash,
        "replaced_at": version.replaced_at.isoformat(),
    }


def _time_gap_json(gap: TimeGap | None) -> dict[str, Any] | None:
    if gap is None:
        return None
    return {"start": _day(gap.start), "end": _day(gap.end), "nearest": _day(gap.nearest)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _whose(article: Article) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": _day(article.published),
        "url": article.url,
        "collection": article.collection,
    }
