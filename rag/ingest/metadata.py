"""Fields of front matter or a JSON record to those of an article; an odd one is dropped with a note."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import regex

from rag.ingest.markup import strip_markup
from rag.ingest.published import read_published
from rag.text.links import safe_url
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

_FIELDS = ("title", "outlet", "url", "language", "id", "retells")
_PLACEHOLDERS = frozenset(["none", "null", "nan", "n/a", "undefined"])
_TEMPLATE = lazily(r"\{\{.*\}\}|\{%.*%\}|<%.*%>|\$\{.*\}")
_AND = lazily(r"\s+(?:and|AND|&)\s+|\s*;\s*")
_SUFFIX = lazily(r"(?:Jr|Sr|II|III|IV|PhD|MD|Ph\.D|M\.D)\.?")
_BY = lazily(r"by\s+", regex.I)


def read_metadata(fields: dict[str, Any], note: Callable[[str], None]) -> dict[str, Any]:
    """Return the keyword arguments of `make_article` that fields give, without text and source."""
    source = fields.get("source")
    if isinstance(source, dict):
        # Hugo and others nest the outlet: "source: {name: ..., url: ...}".
        fields = {"outlet": source.get("name"), "url": source.get("url")} | {
            name: value for name, value in fields.items() if value is not None
        }
    given: dict[str, Any] = {name: _string(name, fields.get(name), note) for name in _FIELDS}
    if given["url"] and (safe_url(given["url"].strip()) is None or len(given["url"]) > 2000):
        note(f"its url {given['url'][:60]!r} is not a plain http(s) address; dropped")
        given["url"] = None
    if given["id"] and not 0 < len(normalise_line(given["id"])) <= 200:
        note(f"its id {given['id'][:40]!r} is empty or longer than 200 characters; dropped")
        given["id"] = None
    given["published"] = _published(fields, note)
    given["date_origin"] = "metadata" if given["published"] else None
    given["authors"] = _authors(fields.get("authors") or fields.get("author"), note)
    return given


def split_authors(text: str) -> tuple[str, ...]:
    """Return the names in "A, B and C"; "Last, First" and "Department of Trade and Industry" stay whole."""
    text = _BY.sub("", normalise_line(text), count=1) if _BY.match(text.strip()) else text
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


def _string(name: str, value: object, note: Callable[[str], None]) -> str | None:
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        value = value["name"]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bool | list | tuple | dict):
        note(f"its {name} is not a string; dropped")
        return None
    text = str(value) if value is not None else ""
    # An id and an address are identities: nothing is decoded in them.
    text = text if name in ("id", "url") else strip_markup(text)
    if _TEMPLATE.search(text[:2000]) and name != "id":
        note(f"its {name} {text[:40]!r} is a template that was never filled in; dropped")
        return None
    if name not in ("title", "id") and text.strip().lower() in _PLACEHOLDERS:
        return None
    return text if text.strip() else None


def _published(fields: dict[str, Any], note: Callable[[str], None]) -> object:
    for name in ("published", "date"):
        day, remark = read_published(fields.get(name))
        if remark:
            note(remark)
        if day:
            return day
    return None


def _authors(value: object, note: Callable[[str], None]) -> tuple[str, ...]:
    if isinstance(value, str):
        return split_authors(_string("author", value, note) or "")
    names: list[str] = []
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, dict):
            one = one.get("name")
        if isinstance(one, str):
            name = _string("author", one, note)
            names += [name] if name else []
        elif one is not None:
            note(f"its author {str(one)[:40]!r} is not a name; dropped")
    return tuple(names)
