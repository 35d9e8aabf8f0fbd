"""A head of labelled lines above a plain text ("Title: ...", "Date: ..."), as scrapers write it."""

from __future__ import annotations

from rag.ingest.field_names import candidates
from rag.ingest.metadata import Metadata, read_fields
from rag.ingest.options import ReadOptions
from rag.text.patterns import lazily

_LINE = lazily(r"(?P<name>\p{L}[\p{L} _-]{0,30}?)[ \t]*:(?:[ \t]+(?P<value>\S.*))?")
_MOST_LINES = 25
_LONGEST = 20_000
"""Characters of a head; what is longer is a text."""
_LEAST_FIELDS = 2


def split_labelled_head(text: str, source: str, options: ReadOptions) -> tuple[Metadata, str]:
    """Return what the labelled lines at a text's beginning say of its article, and the text below them.

    They are a head where all lines above the first blank one are labelled and tell a title or a date and
    one more field; else nothing is said, and the text is whole. Fields are named as in a record; words
    labelled as the text ("Text: ...") stay in it.
    """
    whole = Metadata({}, {}), text
    lead = text.lstrip("\ufeff \t\r\n")
    lines = lead[:_LONGEST].splitlines()
    end = next((n for n, line in enumerate(lines[: _MOST_LINES + 1]) if not line.strip()), 0)
    matches = [_LINE.fullmatch(line.strip()) for line in lines[:end]]
    fields = {match["name"].lower(): match["value"] or "" for match in matches if match}
    if not end or None in matches or len(fields) < _LEAST_FIELDS:
        return whole
    notes: list[str] = []
    found = read_fields(fields, notes.append, options, own_ids=False)
    body = "\n".join(lead.splitlines()[end:])
    if (
        len(found.taken) < _LEAST_FIELDS
        or not {"title", "published"} & found.taken.keys()
        or not body.strip()
    ):
        return whole
    for message in notes:
        options.note(source, message)
    first = next((one.value for one in candidates(fields, "text", options.fields)), None)
    return found, f"{first}\n\n{body}" if first else body
