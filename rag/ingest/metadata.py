"""Fields of front matter or a record to those of an article; an odd one is dropped with a note."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import regex

from rag.ingest.field_names import Named, candidates
from rag.ingest.languages import language_code
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.published import read_published, read_time
from rag.text.addresses import canonical_url
from rag.text.links import safe_url
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

_PLACEHOLDERS = frozenset(["none", "null", "nan", "n/a", "undefined", "\\n"])
_TEMPLATE = lazily(r"\{\{.*\}\}|\{%.*%\}|<%.*%>|\$\{.*\}")
_AND = lazily(r"\s+(?:and|AND|&)\s+|\s*;\s*")
_SUFFIX = lazily(r"(?:Jr|Sr|II|III|IV|PhD|MD|Ph\.D|M\.D)\.?")
_BY = lazily(r"by\s+", regex.I)
_HOST = lazily(r"(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,24}")
# How Python and JSON write a list in a cell of a table.
_LISTED = lazily(r"\[.*\]")
_QUOTED = lazily(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a record says of its article."""

    given: dict[str, Any]
    """Keyword arguments of `make_article`, without text and source."""
    taken: dict[str, str]
    """Fields, and the names in the record that they were read from."""


def read_metadata(
    fields: Mapping[str, object], note: Note, options: ReadOptions = DEFAULTS
) -> dict[str, Any]:
    """Return the keyword arguments of `make_article` that fields give, without text and source."""
    return read_fields(fields, note, options).given


def read_fields(
    record: Mapping[str, object],
    note: Note,
    options: ReadOptions = DEFAULTS,
    *,
    own_ids: bool = True,
) -> Metadata:
    """Return what a record says of its article, whatever it calls it; ``note`` is told what is dropped.

    Parameters
    ----------
    own_ids
        Whether a bare number under ``id`` names the article; else it counts the rows of somebody's
        database, and two files would replace each other's articles.
    """
    reading = _Reading(record, options, note, {})
    given: dict[str, Any] = {
        "title": reading.first("title", _string),
        "outlet": _outlet(reading),
        "url": reading.first("url", _url),
        "language": reading.first("language", _language),
        "id": reading.first("id", _id if own_ids or "id" in options.fields else _named_id),
        "retells": reading.first("retells", _string),
        "published": None,
        "published_at": None,
        "authors": _authors(reading),
    }
    _date(reading, given)
    given["date_origin"] = "metadata" if given["published"] else None
    return Metadata(given, reading.taken)


def split_authors(text: str) -> tuple[str, ...]:
    """Return the names in "A, B and C"; "Last, First" and "Department of Trade and Industry" stay whole."""
    text = normalise_line(text)
    text = _BY.sub("", text, count=1) if _BY.match(text) else text
    semicolons = ";" in text
    parts: list[str] = []
    for phrase in _AND.split(text):
        for part in [phrase] if semicolons else phrase.split(","):
            part = part.strip(" ,")
            if part and parts and _SUFFIX.fullmatch(part):
                parts[-1] += f", {part}"
            elif part:
                parts.append(part)
    lengths = {min(2, len(part.split())) for part in parts}
    separate = semicolons or lengths == {2} or (lengths == {1} and "," not in text)
    if separate and all(len(part.split()) <= 5 for part in parts):
        return tuple(parts)
    return (text.strip(),) if text.strip() else ()


def host_of(text: str) -> str | None:
    """Return the host that an address or a bare host names, without "www."; None for other texts."""
    text = text.strip().lower()[:300]
    if "://" in text:
        try:
            host = urlsplit(text).hostname
        except ValueError:
            return None
    else:
        host = text.rstrip("/") if _HOST.fullmatch(text.rstrip("/")) else None
    return host.removeprefix("www.") if host else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A record while its fields are read."""

    record: Mapping[str, object]
    options: ReadOptions
    note: Note
    taken: dict[str, str]

    def named(self, field: str) -> Iterable[Named]:
        return candidates(self.record, field, self.options.fields)

    def first(
        self, field: str, read: Callable[[str, Named], tuple[str | None, str | None]]
    ) -> str | None:
        """Return the first value that can be read; where none can, the first remark is told."""
        remarks: list[str] = []
        for one in self.named(field):
            value, remark = read(field, one)
            if value is not None:
                self.taken[field] = one.name
                return value
            remarks += [remark] if remark else []
        if remarks:
            self.note(remarks[0])
        return None


def _string(field: str, one: Named) -> tuple[str | None, str | None]:
    """Return a value as text, and why it is none where that is worth telling."""
    value = one.value
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        value = value["name"]
    if isinstance(value, float) and not math.isfinite(value):
        return None, None
    if isinstance(value, bool | list | tuple | dict):
        return None, f"its {field} is not a string; dropped"
    # An id and an address are identities: nothing is decoded in them.
    text = str(value) if field in ("id", "url") else strip_markup(str(value))
    if _TEMPLATE.search(text[:2000]) and field != "id":
        return None, f"its {field} {text[:40]!r} is a template that was never filled in; dropped"
    if field not in ("title", "id") and text.strip().lower() in _PLACEHOLDERS:
        return None, None
    return (text if text.strip() else None), None


def _url(field: str, one: Named) -> tuple[str | None, str | None]:
    text, remark = _string(field, one)
    if text is None:
        return None, remark
    address = text.strip()
    if safe_url(address) is None or len(text) > 2000:
        # Under other names there are outlets ("source") and keys ("guid") as often as addresses.
        told = one.name.lower() in ("url", "link")
        shown = f"its url {text[:60]!r} is not a plain http(s) address; dropped"
        return None, shown if told else None
    if one.name.lower() != "url" and not urlsplit(address).path.strip("/") and "?" not in address:
        # The outlet's front page: all of its articles would have one address.
        return None, None
    return _untracked(address), None


def _untracked(address: str) -> str:
    """Return an address without what canonical addresses leave out, if anything; its fragment stays.

    The posts of a live ticker differ in their fragments alone.
    """
    page, sign, fragment = address.partition("#")
    canonical = canonical_url(page)
    return f"{canonical}{sign}{fragment}" if len(canonical) < len(page) else address


def _id(field: str, one: Named) -> tuple[str | None, str | None]:
    text, remark = _string(field, one)
    if text and not 0 < len(normalise_line(text)) <= 200:
        return None, f"its id {text[:40]!r} is empty or longer than 200 characters; dropped"
    return text, remark


def _named_id(field: str, one: Named) -> tuple[str | None, str | None]:
    text, remark = _id(field, one)
    return (None, None) if text and text.strip().isdigit() else (text, remark)


def _language(field: str, one: Named) -> tuple[str | None, str | None]:
    text, remark = _string(field, one)
    return (language_code(text) if text else None), remark


def _outlet(reading: _Reading) -> str | None:
    """Return the outlet's name; where only hosts are given, the first of them."""
    host: tuple[str, str] | None = None
    remarks: list[str] = []
    for one in reading.named("outlet"):
        text, remark = _string("outlet", one)
        remarks += [remark] if remark else []
        if text is None:
            continue
        found = None if one.name.lower() == "outlet" else host_of(text)
        if found is None and "://" not in text:
            reading.taken["outlet"] = one.name
            return text
        if found and host is None:
            host = (one.name, found)
    if host is None:
        for remark in remarks[:1]:
            reading.note(remark)
        return None
    reading.taken["outlet"] = host[0]
    return host[1]


def _date(reading: _Reading, given: dict[str, Any]) -> None:
    for one in reading.named("published"):
        day, remark = read_published(one.value, reading.options.date_order)
        if remark:
            reading.note(remark)
        if day:
            utc = one.name.lower().endswith(("gmt", "utc"))
            given["published"] = day
            given["published_at"] = read_time(one.value, day, utc=utc)
            reading.taken["published"] = one.name
            return


def _authors(reading: _Reading) -> tuple[str, ...]:
    for one in reading.named("authors"):
        names = _names(one, reading.note)
        if names:
            reading.taken["authors"] = one.name
            return names
    return ()


def _names(one: Named, note: Note) -> tuple[str, ...]:
    value = one.value
    if isinstance(value, str):
        text = _told("author", Named(one.name, value), note) or ""
        if _LISTED.fullmatch(text.strip()):
            value = [a or b for a, b in _QUOTED.findall(text[:5000])]
        else:
            return split_authors(text)
    elif isinstance(value, int) and one.name.lower() != "authors":
        # Content management systems keep the number of a person there.
        return ()
    names: list[str] = []
    for person in value if isinstance(value, list | tuple) else [value]:
        if isinstance(person, dict):
            person = person.get("name")
        if isinstance(person, str):
            name = _told("author", Named(one.name, person), note)
            names += [name] if name else []
        elif person is not None:
            note(f"its author {str(person)[:40]!r} is not a name; dropped")
    return tuple(names)


def _told(field: str, one: Named, note: Note) -> str | None:
    text, remark = _string(field, one)
    if remark:
        note(remark)
    return text
