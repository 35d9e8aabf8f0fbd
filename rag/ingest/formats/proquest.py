"""Text exports of ProQuest: documents between lines of underscores, each a list of labelled fields."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.ingest.formats.exported import Exported, blocks, is_copyright
from rag.ingest.wrapping import unwrap
from rag.text.dates import find_dates
from rag.text.patterns import lazily

_RULE = lazily(r"\s*_{20,}\s*")
_LABELS = (
    "Title", "Author", "Publication info", "Publication title", "Publication date", "Publication year",
    "Publication subject", "Abstract", "Links", "Full text", "Subject", "Business indexing term",
    "Location", "Company / organization", "People", "Identifier / keyword", "Classification", "Pages",
    "Section", "Publisher", "Place of publication", "Country of publication", "ISSN", "e-ISSN", "Volume",
    "Issue", "Edition", "First page", "Number of pages", "Source type", "Language of publication",
    "Language", "Document type", "Document feature", "ProQuest document ID", "ProQuest document link",
    "Document URL", "Copyright", "Last updated", "Database", "Column", "Dateline", "Alternate title",
    "Credit", "Correction date", "Accession number", "Name", "Supplement", "Ticker symbol", "NAICS",
)  # fmt: skip
_LABEL = lazily(rf"(?P<name>{'|'.join(regex.escape(one) for one in _LABELS)}): ?(?P<value>.*)")
_SIGNS = frozenset(
    ["Full text", "Publication title", "Publication date", "ProQuest document ID", "Source type"]
)
# The last part of a file: whom to ask, and whose the database is. A long text is none.
_FOOTER = lazily(r"^\s*+(?:Contact ProQuest\b|Copyright ©? ?\d{4} ProQuest)|\bproquest\.com/help")
_LONGEST_FOOTER = 2000
_PLACED = lazily(r"(?P<outlet>[^;\[\]]+?)\s*;")


def split_ruled(lines: Sequence[str]) -> tuple[list[Exported], list[str]] | None:
    """Return the documents between rules, and what is none of them; None for another text."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if "____" in line and _RULE.fullmatch(line):
            parts.append([])
        else:
            parts[-1].append(line)
    found: list[Exported] = []
    others: list[str] = []
    for part in parts if len(parts) > 1 else ():
        labels = {match["name"] for match in map(_LABEL.fullmatch, part) if match}
        if len(labels & _SIGNS) >= 2:
            found.append(_document(part))
        elif not _is_footer("\n".join(part)):
            others += part
    return (found, others) if found else None


def _is_footer(text: str) -> bool:
    return len(text) <= _LONGEST_FOOTER and _FOOTER.search(text) is not None


def _document(lines: Sequence[str]) -> Exported:
    fields: dict[str, list[str]] = {}
    head: list[str] = []
    name = ""
    for line in lines:
        label = _LABEL.fullmatch(line)
        # A line of the story may open with the same word as a label that was read, or with "Title:".
        own = label is not None and label["name"] not in fields
        if label and own and label["name"] == "Title" and name == "Full text" and any(head):
            own = label["value"].strip() == " ".join(" ".join(head).split())
        if label and own:
            name = label["name"]
            fields[name] = [label["value"]]
        elif name:
            fields[name].append(line)
        else:
            head.append(line)

    def value(name: str) -> str | None:
        return " ".join(" ".join(fields.get(name, ())).split()) or None

    info = value("Publication info") or ""
    placed = _PLACED.match(info)
    dates = find_dates(info)
    body = list(fields.get("Full text", ()))
    while body and (not body[-1].strip() or is_copyright(body[-1])):
        body.pop()
    return Exported(
        text=unwrap("\n\n".join("\n".join(block) for block in blocks(body))),
        title=value("Title") or " ".join(" ".join(head).split()) or None,
        outlet=value("Publication title") or (placed["outlet"] if placed else None),
        date=value("Publication date") or (info[dates[0].start : dates[0].end] if dates else None),
        authors=tuple(_name(one) for one in (value("Author") or "").split(";") if one.strip()),
        language=value("Language of publication") or value("Language"),
        url=value("Document URL"),
    )


def _name(listed: str) -> str:
    """Return "Mira Toll" of "Toll, Mira", as ProQuest lists authors."""
    last, comma, first = listed.strip().rstrip(".").partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first else listed.strip()
