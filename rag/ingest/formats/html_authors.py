"""Who wrote a page: by what machines are told, else by its byline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from rag.ingest.datelines import read_byline
from rag.ingest.formats.html_blocks import Block, text_key
from rag.ingest.formats.html_head import Head, field_names
from rag.ingest.formats.html_moments import find_moments
from rag.ingest.formats.html_names import host_names, plain_not_names
from rag.ingest.formats.html_parts import is_part
from rag.ingest.formats.html_structured import Structured
from rag.ingest.metadata import split_authors
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily
from rag.text.prose import count_words

_SEPARATOR = lazily(r"\s+[|–—·•»«:]+\s+|\s+-{1,2}\s+|\s*::\s*|\s*[_|｜：]\s*|:\s+")
_BY = lazily(
    r"^\s*(?:(?:written|posted|reported|report|story|text)\s+)?(?:by|von|par|por|di|door|af|av)\b\s*[:：]?\s*"
    r"|^\s*(?:author|report|words|作者|记者|記者|文)\s*[:：]\s*",
    regex.I,
)
_AND = lazily(r"\s+(?:et|und|y|e|og|och|en|và)\s+|\s*[、]\s*")
_NAME = r"\p{Lu}[\p{L}.'’-]+(?:\s+(?!(?:AND|UND|ET|Y)\b)(?:\p{Lu}[\p{L}.'’-]*|de|da|van|von|der|bin|al)){1,3}"
_BY_WITHIN = lazily(
    rf"(?:^|[\s|·•(])(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or)\s+(?P<names>{_NAME}"
    rf"(?:(?:\s+(?:and|AND|&|und|et|y)\s+|,\s*){_NAME})*)"
)
_WRITTEN = lazily(r"(?:作者|记者|記者)\s*[:：]?\s*(\p{Han}{2,4})(?=[\s)）,，。|]|$)")
_DIGIT = lazily(r"[,;]?\s*\d")
_MAX_LEAD = 200
_MAX_BYLINE = 20
_MAX_HEAD = 40
_NO_NAME = lazily(r"https?:|www\.|@|^\d+$|\d{3}|[<>{}=]|\.(?:com|org|net)\b")


def find_authors(
    head: Head,
    structured: Structured,
    blocks: Sequence[Block],
    outlet: str | None,
    near: tuple[int, int],
) -> tuple[str, ...]:
    """Return who wrote a page: what machines are told, else the byline next to the headline or the story."""
    told: list[Sequence[str]] = [[*one.authors, *one.organisations] for one in structured.articles]
    told += [head.metas.get(name, ()) for name in field_names("authors")]
    for names in told:
        cleaned = _clean_authors(names, outlet, head.url)
        if cleaned:
            return cleaned
    for block in blocks[near[0] : min(near[1], near[0] + _MAX_HEAD)]:
        if block.part in ("furniture", "wall", "caption", "credit"):
            continue
        for line in block.text.split("\n", _MAX_HEAD)[:_MAX_HEAD]:
            marked = block.part == "byline" or (
                block.element is not None and is_part(block.element, "byline")
            )
            cleaned = _clean_authors([_named(line, marked)], outlet, head.url, shown=True)
            if cleaned:
                return cleaned
    return ()


def _named(line: str, marked: bool) -> str:
    """Return the names in a byline: a line that opens with "by", or has it beside a date."""
    written = _WRITTEN.search(line[:_MAX_LEAD])
    if written:
        return str(written[1])
    if count_words(line) > _MAX_BYLINE:
        return ""
    within = _BY_WITHIN.search(line)
    if within and (marked or within.start() == 0 or find_moments(line)):
        return str(within["names"])
    if not marked and not _BY.match(line):
        return ", ".join(read_byline(line))
    text = _SEPARATOR.split(_BY.sub("", line))[0]
    return _DIGIT.split(text)[0]


def _clean_authors(
    texts: Iterable[str], outlet: str | None, url: str | None, shown: bool = False
) -> tuple[str, ...]:
    site = {text_key(outlet or "")} | host_names(url) if outlet or url else set()
    names: list[str] = []
    for text in list(texts)[:30]:
        # What follows a bar is where a person works.
        text = _BY.sub("", normalise_line(text)[:300]).partition("|")[0].strip(" ,;-–—")
        for part in _AND.split(text):
            for name in _split(part):
                key = text_key(name)
                within = key and any(
                    key in one or (len(one) > 5 and one in key) for one in site if one
                )
                if not key or within or _is_no_name(name) or (shown and count_words(name) > 4):
                    continue
                if shown and not name[:1].isupper() and name[:1].lower() != name[:1].upper():
                    continue
                if shown and name.isupper() and name.isascii():
                    name = name.title()
                if name not in names:
                    names.append(name)
    return tuple(names)


def _split(text: str) -> tuple[str, ...]:
    """Return the names in a byline; a role or an outlet after a comma is dropped by who asks."""
    names = split_authors(text)
    if len(names) == 1 and text.count(",") == 1:
        first, last = (part.strip() for part in text.split(","))
        # "Delia Cruz, Port Ansel Post": a full name, and where that person works.
        if len(first.split()) >= 2 and len(last.split()) != 1:
            return (first, last)
    return names


def _is_no_name(name: str) -> bool:
    lower = name.lower().strip(" .")
    words = lower.split()
    return bool(
        _NO_NAME.search(lower)
        or lower in plain_not_names()
        or words[-1] in ("desk", "staff", "newsroom", "team")
    )
