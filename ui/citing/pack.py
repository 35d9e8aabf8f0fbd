"""The evidence pack of a conversation: what was asked and quoted, so that it can be verified later.

The JSON is read by ``presscite check``. Pure functions; of an article a pack holds its quotes, not its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import chain, repeat
from typing import Any

from rag.errors import QueryError
from rag.text.links import safe_url
from rag.text.months import written_date
from rag.types import Answer, Citation, Filters
from ui.citing.annotation import selectors
from ui.citing.limits import limits_json, limits_lines
from ui.citing.quoting import block_quotation, markdown_escaped, one_line, said
from ui.interface_text import ENGLISH
from ui.reported import (
    DIFFERENT,
    NEWEST_FIRST,
    SILENT,
    STANDINGS,
    chosen,
    standing_name,
    sureness,
    understood_as,
)
from ui.serialize import answer_json

FORMAT = 1
"""Value of ``presscite_evidence``, by which a pack is known."""
_CITATION = {
    "article_id": str, "title": str, "outlet": str, "published": str, "url": str, "quote": str,
    "start": int, "end": int, "answer_start": int, "answer_end": int, "link": str, "page": int,
    "hash": str, "copies": int, "also_in": list, "speaker": str, "in_quotes": bool, "selectors": list,
}  # fmt: skip
_REQUIRED = ("article_id", "quote", "start", "end")
NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class PackTurn:
    """One question of a conversation and what came of it."""

    question: str
    """As it was typed."""
    answer: Answer | Mapping[str, Any] | None
    """The record, or the JSON that `ui.serialize.answer_json` made of it; None where there was no answer,
    such as after an error."""
    filters: Filters = NO_FILTERS
    """Those it was asked with."""
    searched: tuple[int, int] | None = None
    """Of an abstention under filters, how many articles were searched, and how many there are."""


def evidence_pack(
    turns: Sequence[PackTurn], *, title: str | None = None, made_at: datetime | None = None
) -> dict[str, Any]:
    """Return a conversation as an evidence pack, ready for JSON.

    Parameters
    ----------
    turns
        Oldest first.
    title
        The conversation's name.
    made_at
        When the pack is made, with a time zone; None: now.

    Returns
    -------
    dict
        ``presscite_evidence`` (the format, 1), ``presscite`` (the version), ``made_at`` (ISO 8601, UTC),
        ``title`` and ``answers``: one for each turn, with ``question``, ``standalone_question``, ``as_of``,
        ``answer`` (null: the articles don't say), ``confidence`` (0 to 1; null without an answer record),
        ``citations``, ``alternatives``, ``overview``, ``outlet`` and ``time_gap`` as `ask --json` has them,
        ``filters`` (those it was asked with, by name, but for the day) and ``searched`` (of an abstention
        under filters ``articles`` and ``of``: how many were searched, and how many there are; else null).
        Citations have no ``source``, which may be a path of this computer, and have ``selectors`` (W3C)
        where the record was given. The answer and its alternatives have ``reported``, the day of the
        newest report (`rag.types.Candidate.reported`; null where none has a date).

    Raises
    ------
    QueryError
        Where the JSON of an answer holds citations that are none.
    """
    at = (made_at or datetime.now(UTC)).astimezone(UTC)
    return {
        "presscite_evidence": FORMAT,
        "presscite": version("presscite"),
        "made_at": at.isoformat(timespec="seconds"),
        "title": title,
        "answers": [_turn(turn) for turn in turns],
    }


def _turn(turn: PackTurn) -> dict[str, Any]:
    given = turn.answer
    answer = answer_json(given) if isinstance(given, Answer) else given or {}
    known: dict[tuple[str, int, int], Citation] = {}
    if isinstance(given, Answer):
        cited = [c for candidate in given.candidates for c in candidate.citations]
        known = {(c.article.id, c.start, c.end): c for c in (*cited, *given.overview)}
    pack: dict[str, Any] = {
        "question": turn.question,
        "standalone_question": answer.get("standalone_question"),
        "as_of": answer.get("as_of") or chosen(turn.filters).get("as_of"),
        **limits_json(answer, turn.filters, turn.searched),
        "answer": answer.get("answer"),
        "confidence": answer.get("confidence"),
        "citations": _citations(answer, turn.question, known),
        "alternatives": [
            {
                "answer": other.get("answer"),
                "confidence": other.get("confidence"),
                "relation": other.get("relation"),
                "citations": _citations(other, turn.question, known),
            }
            for other in answer.get("alternatives") or ()
            if isinstance(other, Mapping)
        ],
        "overview": _citations({"citations": answer.get("overview")}, turn.question, known),
    }
    candidates = given.candidates if isinstance(given, Answer) and not given.abstained else ()
    holders: list[dict[str, Any]] = [pack, *pack["alternatives"]]
    for holder, candidate in zip(holders, chain(candidates, repeat(None)), strict=False):
        # Which citations copy one story, the JSON of an answer does not say: there each counts.
        day = candidate.reported if candidate else _last_day(holder)
        holder["reported"] = day.isoformat() if day else None
    return pack


def _citations(
    holder: Mapping[str, Any], question: str, known: Mapping[tuple[str, int, int], Citation]
) -> list[dict[str, Any]]:
    listed = holder.get("citations") or []
    if not isinstance(listed, list):
        raise QueryError(f"the answer to {question[:80]!r} has no list of citations")
    return [_citation(one, question, known) for one in listed]


def _citation(
    one: object, question: str, known: Mapping[tuple[str, int, int], Citation]
) -> dict[str, Any]:
    if not isinstance(one, Mapping) or any(
        not isinstance(one.get(name), _CITATION[name]) for name in _REQUIRED
    ):
        raise QueryError(
            f"the answer to {question[:80]!r} has a citation that is none; it needs {', '.join(_REQUIRED)}"
        )
    kept = {
        name: one[name] if isinstance(one.get(name), kind) else None
        for name, kind in _CITATION.items()
    }
    record = known.get((one["article_id"], one["start"], one["end"]))
    if record is not None:
        kept["selectors"] = selectors(record.article, record.start, record.end)
    return kept


def pack_markdown(pack: Mapping[str, Any]) -> str:
    """Return an evidence pack, as `evidence_pack` makes it, as Markdown for people to read.

    Words of articles and questions are shown as they are, whatever they hold.
    """
    title = _escaped(pack.get("title")) or "Evidence"
    parts = [
        f"# {title}",
        f"Made by presscite {_escaped(pack.get('presscite'))} on {_escaped(pack.get('made_at'))}. "
        "The JSON of this pack is verified by: `presscite check PACK.json --index INDEX`",
    ]
    for number, answer in enumerate(pack.get("answers") or (), start=1):
        parts.append(f"## {number}. {_escaped(answer.get('question'))}")
        parts += _turn_parts(answer)
    return "\n\n".join(parts) + "\n"


def answer_markdown(
    question: str,
    answer: Answer,
    filters: Filters = NO_FILTERS,
    searched: tuple[int, int] | None = None,
) -> str:
    """Return one answer with its quotes and their sources as Markdown, as `pack_markdown` shows a turn.

    Filters and how many articles were searched are those of `PackTurn`.
    """
    turn = _turn(PackTurn(question, answer, filters, searched))
    parts = [f"# {_escaped(question)}", *_turn_parts(turn)]
    return "\n\n".join(parts) + "\n"


def _turn_parts(answer: Mapping[str, Any]) -> list[str]:
    parts = []
    if standalone := answer.get("standalone_question"):
        parts.append(_escaped(understood_as(str(standalone))))
    if as_of := answer.get("as_of"):
        parts.append(f"Asked as of {_day(as_of)}.")
    parts += map(_escaped, limits_lines(answer))
    # Of an answer whose articles are gone, words and quote are left without their confidence.
    if answer.get("answer") is not None:
        parts += _candidate_parts("Answer", answer)
    elif answer.get("overview"):
        parts += ["What the articles say:", *map(_citation_part, answer["overview"])]
    elif answer.get("confidence") is None:
        parts.append("No answer was given.")
    else:
        parts.append(SILENT)
    return [*parts, *_other_parts(answer)]


def _other_parts(answer: Mapping[str, Any]) -> list[str]:
    """Return the other answers under the names and in the order that the page has for them."""
    own = _last_day(answer)
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in STANDINGS}
    for other in answer.get("alternatives") or ():
        found[standing_name(other.get("relation"), _last_day(other), own)].append(other)
    for name in NEWEST_FIRST:
        found[name].sort(key=lambda other: _last_day(other) or date.min, reverse=True)
    parts = [DIFFERENT] if found["different"] else []
    for name, others in found.items():
        label = "Another answer" if name == "different" else ENGLISH(name)
        for other in others:
            parts += _candidate_parts(label, other)
    return parts


def _last_day(candidate: Mapping[str, Any]) -> date | None:
    """Return the day of the newest report of an answer, or None where none has a date."""
    if "reported" in candidate:
        return _read_day(candidate["reported"])
    days = (_read_day(citation.get("published")) for citation in candidate.get("citations") or ())
    return max((day for day in days if day), default=None)


def _candidate_parts(label: str, candidate: Mapping[str, Any]) -> list[str]:
    told = f"{label}: **{_escaped(candidate.get('answer'))}**"
    sure = candidate.get("confidence")
    parts = [f"{told} ({sureness(float(sure))})" if isinstance(sure, int | float) else told]
    for citation in candidate.get("citations") or ():
        parts.append(_citation_part(citation))
    return parts


def _citation_part(citation: Mapping[str, Any]) -> str:
    link = safe_url(citation.get("link")) or safe_url(citation.get("url"))
    title = _escaped(citation.get("title")) or "Untitled article"
    published = citation.get("published")
    source = [
        f"[{title}](<{link}>)" if link else title,
        _escaped(citation.get("outlet")),
        _day(published) if published else "undated",
        markdown_escaped(said(citation.get("speaker"), bool(citation.get("in_quotes")))),
    ]
    place = f"article {_escaped(citation['article_id'])}, characters {citation['start']}–{citation['end']}"
    digest = citation.get("hash")
    place += f", SHA-256 {_escaped(digest)}" if digest else ""
    quoted = block_quotation(str(citation["quote"]))
    told = ", ".join(part for part in source if part)
    return f"{quoted}\n>\n> — {told}\n>\n> {place}"


def _escaped(value: object) -> str:
    return markdown_escaped(one_line(str(value))) if value else ""


def _day(value: object) -> str:
    day = _read_day(value)
    return written_date(day) if day else _escaped(value)


def _read_day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
