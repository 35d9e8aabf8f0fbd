"""The text of a record: a string, HTML, a list of paragraphs, or sections that hold paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.ingest.markup import strip_markup
from rag.ingest.wrapping import unwrap

# Keys of a nested body that hold its words, in the order in which they are read.
_PARTS = ("headline", "heading", "text", "rendered", "content", "paragraphs", "sections", "blocks")
_MAX_NESTING = 8


def body_text(value: object) -> str | None:
    """Return a record's text in paragraphs, without markup; None where the value holds none."""
    if isinstance(value, str):
        return unwrap(strip_markup(value)) if value.strip() else None
    paragraphs = [strip_markup(one).strip() for one in _strings(value, 0)]
    return "\n\n".join(one for one in paragraphs if one) or None


def _strings(value: object, depth: int) -> Iterator[str]:
    if depth > _MAX_NESTING:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one, depth + 1)
    elif isinstance(value, Mapping):
        for name in _PARTS:
            yield from _strings(value.get(name), depth + 1)
