"""Exports of Factiva: documents as they are displayed, and with two-letter codes before their fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from rag.ingest.datelines import read_byline
from rag.ingest.formats.exported import Exported, blocks, date_line, is_copyright
from rag.ingest.languages import language_code
from rag.ingest.metadata import split_authors
from rag.ingest.wrapping import unwrap
from rag.text.patterns import lazily

_ACCESSION = lazily(r"\s*(?:AN\s+)?Document (?P<id>[A-Z0-9]{2,12}\d{12}[a-z0-9]{6,12})\s*")
_WORDS = lazily(r"\s*[\d,]+ words\s*")
_CLOCK = lazily(r"\s*\d{1,2}:\d\d(?:\s*[AP]M)?(?:\s*[A-Z]{2,4})?\s*", regex.I)
_CODES = (
    "SE", "CLM", "HD", "BY", "CR", "WC", "PD", "ET", "SN", "SC", "ED", "VOL", "PG", "LA", "CY", "LP",
    "TD", "CT", "RF", "ART", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "AN",
)  # fmt: skip
_RANK = {code: rank for rank, code in enumerate(_CODES)}
_CODE = lazily(rf"(?P<code>{'|'.join(_CODES)})(?:(?P<gap>[ \t]+)(?P<value>.*))?")
# What follows a code below the text, where prose could begin with the same letters.
_INDEX_TERM = lazily(r"[a-z0-9]+ : .*|Document [A-Z0-9].*")
_MAX_HEAD = 15


def split_documents(lines: Sequence[str]) -> tuple[list[Exported], list[str]] | None:
    """Return the documents that their accession numbers end; None for another text."""
    ends = [n for n, line in enumerate(lines) if "Document " in line and _ACCESSION.fullmatch(line)]
    if not ends:
        return None
    found = [_document(lines[a + 1 : b], lines[b]) for a, b in pairwise([-1, *ends])]
    if not any(one.date or one.outlet for one in found):
        return None
    rest = list(lines[ends[-1] + 1 :])
    summary = next((n for n, line in enumerate(rest) if line.strip() == "Search Summary"), None)
    return found, rest[:summary]


def _document(lines: Sequence[str], ending: str) -> Exported:
    found = _ACCESSION.fullmatch(ending)
    name = found["id"] if found else None
    coded = {match["code"] for match in map(_CODE.fullmatch, lines) if match}
    return _coded(lines, name) if {"HD", "PD"} <= coded else _displayed(lines, name)


def _displayed(lines: Sequence[str], name: str | None) -> Exported:
    """Return a document whose head is headline, byline, words, date, hour, outlet ... rights."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    counted = next((n for n, line in enumerate(lines[:_MAX_HEAD]) if _WORDS.fullmatch(line)), None)
    if counted is None:
        return Exported("\n".join(lines).strip(), id=name)
    above = [line.strip() for line in lines[:counted] if line.strip()]
    authors: tuple[str, ...] = ()
    if len(above) > 1 and (read_byline(above[-1]) or above[-1].lower().startswith("by ")):
        authors = split_authors(above.pop())
    # A section of the paper may stand above the headline.
    if len(above) > 1 and len(above[0].split()) <= 3 < len(above[1].split()):
        above = above[1:]
    end = counted + 1
    while end < len(lines) and lines[end].strip() and not is_copyright(lines[end]):
        end += 1
    below = [line.strip() for line in lines[counted + 1 : end]]
    dated = date_line(below)
    after = below[dated + 1 :] if dated is not None else below
    if after and _CLOCK.fullmatch(after[0]):
        after = after[1:]
    language = next((line for line in after[1:] if language_code(line) != line), None)
    rights = end < len(lines) and is_copyright(lines[end])
    return Exported(
        text=_text(lines[end + rights :]),
        title=" ".join(above) or None,
        outlet=after[0] if after else None,
        date=" ".join(below[dated : dated + 2]) if dated is not None else None,
        authors=authors,
        language=language,
        id=name,
    )


def _coded(lines: Sequence[str], name: str | None) -> Exported:
    fields: dict[str, list[str]] = {}
    code = ""
    for line in lines:
        found = _CODE.fullmatch(line)
        if found and _begins(found, code):
            code = found["code"]
            fields[code] = [found["value"] or ""]
        elif code:
            fields[code].append(line)

    def value(code: str) -> str:
        return " ".join(" ".join(fields.get(code, ())).split())

    return Exported(
        text="\n\n".join(
            text for text in map(_text, (fields.get("LP", []), fields.get("TD", []))) if text
        ),
        title=value("HD") or None,
        outlet=value("SN") or None,
        date=f"{value('PD')} {value('ET')}".strip() or None,
        authors=split_authors(value("BY")),
        language=value("LA") or None,
        id=name,
    )


def _begins(found: regex.Match[str], code: str) -> bool:
    """Whether a line that opens like a code is one: they come in one order, and below the text apart."""
    if _RANK[found["code"]] <= _RANK.get(code, -1):
        return False
    if code not in ("LP", "TD") or found["code"] == "TD":
        return True
    gap, value = found["gap"] or "", found["value"] or ""
    return not value or "\t" in gap or len(gap) > 1 or _INDEX_TERM.fullmatch(value) is not None


def _text(lines: Sequence[str]) -> str:
    return unwrap("\n\n".join("\n".join(block) for block in blocks(lines)))
