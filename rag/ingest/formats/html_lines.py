"""The lines of a story: without those of the page, without anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from rag.ingest.datelines import read_byline, read_date_line
from rag.ingest.formats.html_blocks import Block, text_key
from rag.ingest.furniture import is_furniture, is_sentence
from rag.text.patterns import lazily

_CLOCK = lazily(r"^\d{1,2}[:.h]\d\d(?:\s*[ap]\.?m\.?|\s+[A-Z]{2,4})?$")
_AGO = lazily(
    r"^(?:\w+\s+)?\d+\s*(?:m(?:in(?:ute)?)?|h(?:our)?|d(?:ay)?|week|month|year)s?\s+ago\W*$"
)
_CREDITS = lazily(
    r"^[(\[]\s*(?:reporting|writing|additional\s+reporting|edit(?:ing|ed)|compiled|translated)\b"
    r"[^()\[\]]{0,300}[)\]]\.?$"
)
# "All rights reserved" as a notice, not in the middle of what someone says of it.
_RIGHTS = lazily(r"©|\ball\s+rights\s+reserved(?=\W*$|[.,;|]\s)")
_COLON = lazily(r"\s?[:：]")
_DUPLICATE = 20
_MAX_FURNITURE = 200
_MAX_TITLE = 500
_MAX_LINES = 100


def title_block(
    blocks: Sequence[Block], title: str | None, before: int | None = None
) -> int | None:
    """Return the number of the block that shows the headline; the nearest above a story where several do."""
    key = text_key(title or "")
    if not key:
        return None
    found = [
        n
        for n, block in enumerate(blocks)
        if block.part != "furniture"
        and any(_is_title(line, key) for line in block.text.split("\n"))
    ]
    headings = [n for n in found if blocks[n].kind == "h"] or found
    above = [n for n in headings if before is None or n <= before]
    return (above or headings or [None])[-1 if above else 0]  # type: ignore[list-item]


def _is_title(line: str, key: str) -> bool:
    if len(line) > _MAX_TITLE:
        return False
    own = text_key(line)
    return own == key or (key in own and len(own) <= len(key) * 1.5 and len(key) > 10)


def story_lines(blocks: Sequence[Block], chosen: Sequence[int], title: str | None) -> list[str]:
    """Return the texts of the chosen blocks: nothing twice, the headline and teasers not again."""
    key = text_key(title or "")
    seen: set[str] = set()
    lines: list[str] = []
    for place, number in enumerate(chosen):
        block = blocks[number]
        text = _without_head(block.text, key, place < 3) if block.kind == "p" else block.text
        own = text_key(text)
        if not own or (key and own == key):
            continue
        if block.kind in ("p", "h") and len(own) > _DUPLICATE:
            if own in seen:
                continue
            seen.add(own)
        lines.append(text)
    if len(lines) > 1 and _repeats(lines[0], lines[1:4]):
        del lines[0]
    return lines


def _without_head(text: str, title: str, dated: bool) -> str:
    """Return a paragraph without lines that are the headline, a byline or, where asked, a date."""
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        return text
    return "\n".join(
        line
        for line in lines
        if not (title and text_key(line) == title)
        and not (dated and read_date_line(line))
        and not read_byline(line)
    )


def _repeats(teaser: str, following: Sequence[str]) -> bool:
    """Whether a first paragraph is a teaser: the beginning of what is printed again after it."""
    key = text_key(teaser.rstrip("….[] "))
    return len(key) > _DUPLICATE and any(key in text_key(text) for text in following)


def is_noise(block: Block, title: str | None) -> bool:
    """Whether a block is a line of the page's and not of the story's, wherever it stands."""
    text = block.text
    if (
        _CLOCK.match(text)
        or _AGO.match(text.lower())
        or (len(text) < 320 and _CREDITS.match(text.lower()))
    ):
        return True
    if title and text_key(text) == text_key(title):
        return True
    if block.kind == "row":
        return False
    if len(text) < _MAX_FURNITURE and (_RIGHTS.search(text.lower()) or _leads_away(text)):
        return True
    return is_furniture(text) or bool(
        block.words < 15 and (read_byline(text) or read_date_line(text))
    )


def _leads_away(text: str) -> bool:
    """Whether a line leads away from a story or says whose the page is."""
    lowered = text.lower()
    if lowered.startswith(_listed("line_labels.txt")):
        return True
    begun = [one for one in _listed("line_beginnings.txt") if lowered.startswith(one)]
    # A story's sentences begin so too ("Read more than one page of it, she said."), without a colon.
    return any(not is_sentence(text) or _COLON.match(lowered, len(one)) for one in begun)


@cache
def _listed(name: str) -> tuple[str, ...]:
    """Return how lines begin that are a page's: a label, or what a story's sentence may begin with too."""
    lines = (files("rag.ingest.formats") / name).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line)
