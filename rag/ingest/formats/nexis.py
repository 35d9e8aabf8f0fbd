"""Exports of Nexis: the numbered form ("2 of 3 DOCUMENTS"), and that of Nexis Uni and Lexis+."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex

from rag.ingest.formats.exported import (
    Exported,
    blocks,
    date_line,
    joined,
    without_copyright,
)
from rag.ingest.metadata import split_authors
from rag.text.patterns import lazily

_NUMBER = lazily(r"\s*\d{1,6} of \d{1,6} DOCUMENTS?\s*")
_HEAD = ("HEADLINE", "BYLINE", "SECTION", "LENGTH", "DATELINE", "HIGHLIGHT", "SERIES", "BODY")
_TRAILER = (
    "LOAD-DATE", "LANGUAGE", "GRAPHIC", "PUBLICATION-TYPE", "DOCUMENT-TYPE", "JOURNAL-CODE", "URL",
    "SUBJECT", "CORRECTION-DATE", "PUB-TYPE", "ISSN",
)  # fmt: skip
_INDEX = (
    "ORGANIZATION",
    "COMPANY",
    "PERSON",
    "CITY",
    "STATE",
    "COUNTRY",
    "TICKER",
    "INDUSTRY",
    "GEOGRAPHIC",
)
_LABEL = lazily(
    rf"\s*(?P<name>{'|'.join(_HEAD + _TRAILER)}):(?:\s+(?P<value>.*))?"
    # A story may have such a line, but without the weight that an index term has: "(92%)".
    rf"|\s*(?P<index>{'|'.join(_INDEX)}): .*\(\d\d%\).*"
)
_EDITION = lazily(r".*\b(?:edition|ed\.?)\b.*", regex.I)
_END = lazily(r"\s*End of Document\s*")
_BODY = lazily(r"\s*Body\s*")
_NEW_LABEL = lazily(
    r"\s*(?P<name>Section|Length|Byline|Dateline|Highlight|Series|Headline):(?:\s+(?P<value>.*))?"
)
_NEW_TRAILER = lazily(
    r"\s*(?:Classification|Graphic|Notes|Load-Date:.*|Language:.*|Publication-Type:.*"
    r"|Journal Code:.*)\s*"
)
_NEW_LANGUAGE = lazily(r"\s*Language:\s*(?P<name>[^;]+).*")


def split_numbered(lines: Sequence[str]) -> tuple[list[Exported], list[str]] | None:
    """Return the documents of the numbered form and the lines before the first; None for another text."""
    starts = [n for n, line in enumerate(lines) if "DOCUMENT" in line and _NUMBER.fullmatch(line)]
    parts = [lines[a + 1 : b] for a, b in pairwise([*starts, len(lines)])]
    labelled = [part for part in parts if any(_LABEL.fullmatch(line) for line in part)]
    # Such a line may stand in a story; labels below every second one do not.
    if not parts or 2 * len(labelled) < len(parts):
        return None
    return [_numbered(part) for part in parts], list(lines[: starts[0]])


def split_delimited(lines: Sequence[str]) -> tuple[list[Exported], list[str]] | None:
    """Return the documents that "End of Document" ends, and what stands after; None for another text."""
    ends = [n for n, line in enumerate(lines) if "End of Document" in line and _END.fullmatch(line)]
    parts = [lines[a + 1 : b] for a, b in pairwise([-1, *ends])]
    full = [
        part
        for part in parts
        if any(_BODY.fullmatch(line) for line in part)
        and any(_NEW_LABEL.fullmatch(line) or _NEW_TRAILER.fullmatch(line) for line in part)
    ]
    if not parts or 2 * len(full) < len(parts):
        return None
    return [_delimited(part) for part in parts], list(lines[ends[-1] + 1 :])


def _numbered(lines: Sequence[str]) -> Exported:
    labels: dict[str, str] = {}
    head: list[list[str]] = []
    body: list[str] = []
    ended = False
    for block in _labelled_blocks(lines):
        label = _LABEL.fullmatch(block[0])
        trailer = label is not None and (label["name"] in _TRAILER or bool(label["index"]))
        if label and (trailer or not body):
            labels |= _labels(block)
            ended |= trailer
            text = labels.pop("BODY", "")
            body += [text] if text else []
        elif ended:
            continue
        elif labels:
            body.append(joined(block))
        else:
            head.append(block)
    return _with_head(head, labels, body)


def _labelled_blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the blocks of a document, a label opening one of its own: copied texts lose blank lines."""
    for block in blocks(lines):
        starts = [n for n, line in enumerate(block) if n == 0 or _LABEL.fullmatch(line)]
        yield from (block[a:b] for a, b in pairwise([*starts, len(block)]))


def _labels(block: Sequence[str]) -> dict[str, str]:
    """Return the labels of a block and their values, which may go on in the next lines."""
    found: dict[str, str] = {}
    name = ""
    for line in block:
        label = _LABEL.fullmatch(line)
        if label:
            name = label["name"] or label["index"]
            found[name] = (label["value"] or "").strip()
        else:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _with_head(head: list[list[str]], labels: dict[str, str], body: list[str]) -> Exported:
    """Return a document whose head is outlet, date, edition and headline, in this order."""
    lines = [(line, first) for block in head for first, line in enumerate(without_copyright(block))]
    dated = date_line([line for line, _ in lines])
    outlet = lines[dated - 1][0] if dated else (lines[0][0] if dated is None and lines else None)
    rest = lines[(dated if dated is not None else 0) + 1 :]
    indent = _indent(lines[dated][0]) if dated is not None else 0
    # The edition is centred as the date is.
    while rest and (_EDITION.fullmatch(rest[0][0]) or (indent > 8 and _indent(rest[0][0]) > 8)):
        rest = rest[1:]
    if not labels and not body:
        # Without any label the first block is the headline, the others the story.
        groups = _groups(rest)
        title = " ".join(line.strip() for line in groups[0]) if groups else None
        body = [joined(group) for group in groups[1:]]
    else:
        groups = _groups(rest)
        title = labels.get("HEADLINE") or (
            " ".join(line.strip() for line in groups[0]) if groups else None
        )
        body = [joined(group) for group in groups[1:]] + body
    return Exported(
        text="\n\n".join(body),
        title=title,
        outlet=outlet.strip() if outlet else None,
        date=lines[dated][0].strip() if dated is not None else None,
        authors=split_authors(labels.get("BYLINE", "")),
        language=labels.get("LANGUAGE"),
    )


def _groups(lines: Sequence[tuple[str, int]]) -> list[list[str]]:
    """Return the lines of a head by block; each line comes with its number in its block."""
    groups: list[list[str]] = []
    for line, number in lines:
        if number == 0 or not groups:
            groups.append([])
        groups[-1].append(line)
    return groups


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _delimited(lines: Sequence[str]) -> Exported:
    begin = next((n for n, line in enumerate(lines) if _BODY.fullmatch(line)), len(lines))
    head, rest = lines[:begin], lines[begin + 1 :]
    end = next((n for n, line in enumerate(rest) if _NEW_TRAILER.fullmatch(line)), len(rest))
    labels = {
        found["name"]: (found["value"] or "").strip()
        for found in map(_NEW_LABEL.fullmatch, head)
        if found
    }
    language = next((found for found in map(_NEW_LANGUAGE.fullmatch, rest[end:]) if found), None)
    dated = date_line(head)
    above = list(blocks(without_copyright(head[:dated]))) if dated is not None else []
    outlet = above[-1][-1].strip() if above else None
    # Headline and outlet are one block, or one block each below a cover page.
    titled = above[-1][:-1] if above and len(above[-1]) > 1 else (above[-2] if above[1:] else [])
    return Exported(
        text="\n\n".join(_body(rest[:end])),
        title=labels.get("Headline") or " ".join(line.strip() for line in titled) or None,
        outlet=outlet,
        date=head[dated].strip() if dated is not None else None,
        authors=split_authors(labels.get("Byline", "")),
        language=language["name"].strip() if language else None,
    )


def _body(lines: Sequence[str]) -> Iterator[str]:
    for block in blocks(lines):
        yield joined(block)
