"""What the head of an article says of itself: date lines, the agency in a dateline, the byline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import regex

from rag.ingest.metadata import split_authors
from rag.ingest.published import read_time
from rag.text.countries import codes
from rag.text.dates import DateOrder, find_dates
from rag.text.months import CALENDAR_WORDS
from rag.text.patterns import lazily

_MAX_LINE = 120
_PUBLISHED = lazily(
    r"\b(?:first\s+)?(?:published|posted|date)\b|đăng\s+lúc|发布(?:时间|于)?|发表"
    r"|\b(?:veröffentlicht|publié|publicado|pubblicato|gepubliceerd)\b",
    regex.I,
)
_UPDATED = lazily(
    r"\b(?:last\s+)?(?:updated?|modified|edited)\b|cập\s+nhật|更新(?:时间|于)?"
    r"|\b(?:aktualisiert|mis\s+à\s+jour|actualizado|aggiornato|bijgewerkt)\b",
    regex.I,
)
_CLOCK = lazily(
    r"\bT?\d{1,2}(?::\d\d){1,2}(?:\.\d+)?\s*(?:[ap]\.?\s?m\b\.?)?(?:Z\b|[+-]\d\d:?\d\d\b)?|\b\d{1,2}\s*[ap]\.?\s?m\b\.?"
    r"|\b(?:GMT|UTC)\s*[+-]\s*\d{1,2}(?::?\d\d)?|\b(?-i:[A-Z]{1,3}[SD]?T)\b",
    regex.I,
)
_CLOCK_TIME = lazily(r"(?<![\d:])\d{1,2}:\d\d")
_FILLER = lazily(
    r"\b(?:on|at|the|first|last|local|time|hrs?|uhr|um|am|le|à|ngày|gmt|utc|ict"
    r"|(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?)\b|thứ\s+\p{L}+|星期.|周.",
    regex.I,
)
_NAME = r"\p{Lu}[\p{L}.'’-]+(?:\s+(?:\p{Lu}[\p{L}.'’-]*|de|da|van|von|der|bin|al)){1,3}"
_BY = lazily(rf"\b(?-i:[Bb]y|BY)\s+{_NAME}(?:(?:\s+(?:and|&)\s+|,\s*){_NAME})*")
_BYLINE = lazily(rf"(?:By|BY)\s+(?P<names>{_NAME}(?:(?:\s*,\s*|\s+(?:and|AND|&)\s+){_NAME})*)")
_SOURCE = lazily(r"^[\s*_]*(?:source|from|via|outlet|publication|newspaper)\s*[:：]\s*", regex.I)
_AGENCY_CLOCK = lazily(r"^\(?(?P<outlet>\p{Lu}[\w’'. ]{1,30}?)\)\s*(?=\d{1,2}:\d{2}\b)")
_AGENCY = lazily(r"^\((?P<outlet>\p{Lu}[\w’'. ]{1,30}?)\)\s*")
_SEGMENT = lazily(r"\s*[|·•]\s*")
_SEGMENT_NAME = lazily(r"\p{Lu}[\p{L}.'’-]*(?:\s+\p{Lu}[\p{L}.'’-]*){0,3}")
_SENTENCE_END = lazily(r"[\p{Sentence_Terminal}…]$")
_BEFORE_OUTLET = lazily(r"\s*[|·•–—]\s*|\s+-\s+|,\s+|\s+\((?=\p{Lu})|\s+(?:of|for|with)\s+")
_MAX_OUTLET_WORDS = 6
_SMALL = frozenset(["of", "and", "&", "the", "de", "du", "des", "la", "le", "der", "die"])

_OUTLET = r"\((?P<outlet>\p{L}[\w’'./ ]{1,30})\)\s*[-–—]{1,2}\s"
_DATELINE = lazily(rf"^\p{{Lu}}[\p{{Lu}} .'’/-]{{1,40}}(?:,\s*[^()\n]{{1,40}}?)?\s*{_OUTLET}")
_TITLE_CASE_DATELINE = lazily(
    rf"^\p{{Lu}}[\p{{L}} .'’/-]{{1,30}}(?:,\s*[^()\n]{{1,40}}?)?\s*{_OUTLET}"
)
_SITE_PREFIX = lazily(
    r"^(?P<outlet>[A-Z]{2,10})\.(?:VN|COM|NET|ORG|CN|UK|AU|DE|FR|IN|EU)\s+[-–—]+\s+(?=\p{Lu})"
)
_PREFIX = lazily(r"^(?P<outlet>\p{L}{2,10})\s+[-–—]+\s+(?=\p{Lu})")
_BRACKETED = lazily(r"^\((?P<outlet>[A-Z]{2,6})\)\s*[-–—]+\s")
# Of three letters and more: of two most are states and countries.
_INITIALS = lazily(r"[A-Z]{3,6}(?:/[A-Z]{2,6})?")
_LETTERS = lazily(r"\p{L}+")
_DOMAIN = lazily(r"\.(?:VN|COM|NET|ORG|CN|UK|AU)$")


@dataclass(frozen=True, slots=True)
class DateLine:
    """A line that is no more than a date, with its label, its hour and who published."""

    day: date
    label: str | None
    """``published``, ``updated`` or None where the date stands alone."""
    ambiguous: bool
    outlet: str | None
    at: str | None = None
    """ISO 8601 with its hour, and its zone where it names one; None where it names no hour, or several."""
    authors: tuple[str, ...] = ()
    """Of a byline before the date: "By Ann Toll, Port Ansel Post, 3 May 2020"."""


def read_date_line(line: str, order: DateOrder | None = None) -> DateLine | None:
    """Return a line as a date line; None where it says anything else, a birth or a deadline say."""
    if len(line) > _MAX_LINE:
        return None
    dates = find_dates(line, order)
    if not dates:
        return None
    published, updated = _PUBLISHED.search(line), _UPDATED.search(line)
    label = "published" if published else "updated" if updated else None
    agency = _AGENCY_CLOCK.match(line) or _AGENCY.match(line)
    rest = line
    for found in reversed(dates):
        rest = f"{rest[: found.start]} {rest[found.end :]}"
    rest = rest[agency.end() :] if agency else rest
    by = _BY.search(rest)
    byline = by.group().replace("by ", "By ", 1) if by else ""
    rest = _CLOCK.sub(" ", _BY.sub(" ", rest))
    parts = _SEGMENT.split(rest)
    named = next((name for one in parts if is_outlet_name(name := _undated(one))), None)
    if byline and named is None:
        named = byline_outlet(byline)
    segments = [
        one for one in parts if not _is_name(one.strip()) and not is_outlet_name(_undated(one))
    ]
    if not all(_filler(one) for one in segments):
        return None
    if label is None and _SENTENCE_END.search(_CLOCK.sub("", line)):
        return None
    after = published.end() if published else 0
    chosen = next((one for one in dates if one.start >= after), dates[0])
    return DateLine(
        chosen.day,
        label,
        chosen.ambiguous,
        outlet_name(agency["outlet"]) if agency else named,
        read_time(line, chosen.day) if len(_CLOCK_TIME.findall(line)) == 1 else None,
        read_byline(byline),
    )


def find_outlet(line: str) -> str | None:
    """Return who reports, where a line opens with it: a dateline's agency, a site's or agency's name."""
    dateline = _DATELINE.match(line)
    if dateline:
        return _agency(dateline)
    found = _SITE_PREFIX.match(line) or _BRACKETED.match(line)
    if found is None:
        # Without capitals or a site's suffix only an agency that is known tells itself from prose.
        known = _TITLE_CASE_DATELINE.match(line) or _PREFIX.match(line)
        found = known if known and known["outlet"].upper() in _agencies() else None
    return outlet_name(found["outlet"]) if found else None


def _agency(dateline: regex.Match[str]) -> str | None:
    """Return who reports by a dateline, where its brackets hold a name of that sort.

    They also hold a place's country, and a short form before them spelled out: "GDP (gross domestic
    product) - ...".
    """
    raw = dateline["outlet"].strip()
    place = dateline.group()[: dateline.start("outlet") - 1]
    name = _DOMAIN.sub("", raw)
    if name.upper() in _agencies():
        return outlet_name(raw)
    if _stands_for(raw, place) or _stands_for(place, raw):
        return None
    named = (
        name != raw or is_outlet_name(name) or _is_compound(name) or bool(_INITIALS.fullmatch(name))
    )
    # A dateline with its day has no other use for brackets.
    dated = any(word in CALENDAR_WORDS for word in _LETTERS.findall(place.lower()))
    return outlet_name(raw) if named or (dated and name[:1].isupper()) else None


def _stands_for(short: str, long: str) -> bool:
    """Whether a short form has the first letters of another's words: WHO of "World Health Organization"."""
    letters = "".join(filter(str.isalpha, short.lower()))
    words = _LETTERS.findall(long.lower())
    large = [word for word in words if word not in _SMALL]
    return len(letters) > 1 and letters in (
        "".join(w[0] for w in words),
        "".join(w[0] for w in large),
    )


def _is_compound(name: str) -> bool:
    """Whether a name is one word that ends as outlets' names do: "Northwire"."""
    lowered = name.lower()
    return (
        name[:1].isupper()
        and name.isalpha()
        and any(lowered.endswith(word) and lowered != word for word in _outlet_words())
    )


def outlet_name(raw: str) -> str | None:
    """Return an outlet's name without its site's suffix; None for a country, and for what labels a report."""
    name = _DOMAIN.sub("", raw.strip())
    return None if name.upper() in _not_outlets() or codes(name) else name


def read_byline(line: str) -> tuple[str, ...]:
    """Return the authors that a line names and nothing else but their outlet; empty where it is no byline."""
    found = _BYLINE.fullmatch(_split_byline(line)[0])
    if found is None or any(word in CALENDAR_WORDS for word in found["names"].lower().split()):
        return ()
    return split_authors(found["names"])


def byline_outlet(line: str) -> str | None:
    """Return the outlet behind the names of a byline: "By Ann Toll, Port Ansel Post"; None where none is."""
    return _split_byline(line)[1] if read_byline(line) else None


def is_outlet_name(text: str) -> bool:
    """Whether a name is an outlet's: an agency's, or one of some words that ends or begins as theirs do."""
    words = [word for word in text.removeprefix("The ").removeprefix("the ").split() if word]
    if text.upper() in _agencies():
        return True
    if not 2 <= len(words) + text.lower().startswith("the ") <= _MAX_OUTLET_WORDS or not words:
        return False
    capital = all(word[:1].isupper() or word in _SMALL for word in words)
    return capital and not {words[0].lower(), words[-1].lower()}.isdisjoint(_outlet_words())


def _split_byline(line: str) -> tuple[str, str | None]:
    """Return a byline without the outlet that it ends with, and that outlet."""
    for mark in _BEFORE_OUTLET.finditer(line[:_MAX_LINE]):
        name = line[mark.end() :].strip(" .")
        if is_outlet_name(name):
            return line[: mark.start()], name
    return line, None


def _undated(text: str) -> str:
    """Return a part of a date line without "Source:", weekdays, and the marks around them."""
    text = _SOURCE.sub("", text)
    kept = [word for word in text.split() if word.lower().strip(",.") not in CALENDAR_WORDS]
    return " ".join(kept).strip(" ,;–—-*_")


def _is_name(text: str) -> bool:
    """Whether a part between bars can be an author or outlet; one word is one only where it is known."""
    return bool(_SEGMENT_NAME.fullmatch(text)) and (
        len(text.split()) > 1 or text.upper() in _agencies()
    )


def _filler(text: str) -> bool:
    """Whether nothing but labels, weekdays and small words of a date line is in a text."""
    text = _FILLER.sub(" ", _UPDATED.sub(" ", _PUBLISHED.sub(" ", text)))
    return not regex.search(r"[\p{L}\p{N}]", text)


@cache
def _agencies() -> frozenset[str]:
    return _listed("agencies.txt")


@cache
def _outlet_words() -> frozenset[str]:
    lines = (files("rag.ingest") / "outlet_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(lines)


@cache
def _not_outlets() -> frozenset[str]:
    return _listed("not_outlets.txt")


def _listed(name: str) -> frozenset[str]:
    """Return the lines of a list in capitals."""
    return frozenset((files("rag.ingest") / name).read_text(encoding="utf-8").upper().splitlines())
