"""What pages repeat and no story says: running headers and footers, page numbers, a browser's print lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.ingest.datelines import is_outlet_name
from rag.ingest.formats.pdf_pieces import rows_of
from rag.ingest.formats.pdf_words import Page, Word
from rag.text.dates import find_dates
from rag.text.links import safe_url
from rag.text.months import CALENDAR_WORDS
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

# Rows of a page's head and foot that are compared, the part of the page they stand in, and how far
# apart, in page heights, one may stand on two pages.
_ROWS = 3
_ZONE = 0.16
_SHIFT = 0.02
# Pages that show a row before it is a running one: a share, and a number that always will do.
_SHARE = 0.3
_ENOUGH = 5
_NUMBERS = lazily(r"\p{N}+")
# "Page 3", "3", "p. 3" at either end of a row; in whatever language, one short word may stand before it.
_PAGE_NUMBER = lazily(
    r"^(?:\p{L}{1,6}\.?\s+)?\p{Nd}{1,3}(?=\s)|(?<=\s)(?:\p{L}{1,6}\.?\s+)?\p{Nd}{1,3}$"
)
# A folio is set no larger than the text, and so many of its heights away from it.
_FOLIO_SIZE = 1.15
_FOLIO_GAP = 0.6
_LETTER = lazily(r"\p{L}")
_ADDRESS = lazily(r"\b(?:https?|file)://\S+")
_PRINT_TIME = lazily(r"^\p{N}{1,4}[-/.]\p{N}{1,2}[-/.]\p{N}{1,4},? +\p{N}{1,2}[:.]\p{N}\p{N}")


@dataclass(frozen=True, slots=True)
class Furniture:
    """What was taken off the pages."""

    pages: tuple[Page, ...]
    """The pages without it."""
    running: tuple[str, ...]
    """The running headers and footers, each once."""
    printed: bool
    """Whether a browser printed the document: it puts the day of printing at the head of each page."""
    url: str | None
    """The address that a browser printed at the foot of each page."""


@dataclass(frozen=True, slots=True)
class _Row:
    page: int
    words: tuple[Word, ...]
    text: str
    place: float
    """Its middle, in page heights from the nearer edge; negative at the foot."""


def without_furniture(pages: Sequence[Page]) -> Furniture:
    """Return the pages without running headers, footers and page numbers."""
    rows = [row for number, page in enumerate(pages) for row in _edge_rows(page, number)]
    url, printed = _browser(rows)
    dropped = [row for row in rows if printed and _is_print_line(row)]
    repeated = _repeated(rows, len(pages))
    dropped += repeated
    dropped += [row for row in rows if _is_page_number(row, len(pages))]
    folios = [row for row in _outermost(rows) if _is_folio(row, pages[row.page])]
    dropped += folios
    words = {(row.page, id(word)) for row in dropped for word in row.words}
    kept = tuple(
        replace(page, words=tuple(one for one in page.words if (number, id(one)) not in words))
        for number, page in enumerate(pages)
    )
    repeated += folios
    running = dict.fromkeys(row.text for row in repeated if not (printed and _is_print_line(row)))
    return Furniture(kept, tuple(running), printed, url)


def _edge_rows(page: Page, number: int) -> list[_Row]:
    rows = rows_of(
        word
        for word in page.words
        if word.bottom < _ZONE * page.height or word.top > (1 - _ZONE) * page.height
    )
    found = []
    for row in rows:
        middle = (row[0].top + row[0].bottom) / 2 / page.height
        text = normalise_line(" ".join(word.text for word in row))
        found.append(_Row(number, tuple(row), text, middle if middle < 0.5 else middle - 1))
    head = [row for row in found if row.place >= 0][:_ROWS]
    foot = [row for row in found if row.place < 0][-_ROWS:]
    return head + foot


def _repeated(rows: Sequence[_Row], pages: int) -> list[_Row]:
    """Return the rows that stand in one place of several pages, but for their numbers."""
    alike: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        # Left and right pages have the number at one end and at the other.
        alike[" ".join(sorted(_NUMBERS.sub("0", row.text).casefold().split()))].append(row)
    needed = max(2, min(_ENOUGH, round(_SHARE * pages)))
    found: list[_Row] = []
    for group in alike.values():
        for row in group:
            near = {one.page for one in group if abs(one.place - row.place) < _SHIFT}
            if len(near) >= needed:
                found.append(row)
    return found


def _is_page_number(row: _Row, pages: int) -> bool:
    """Whether a row is its page's number, with or without the number of pages and a word or two."""
    numbers = [int(one) for one in _NUMBERS.findall(row.text) if one.isdecimal()][:3]
    if numbers == [row.page + 1, pages]:
        return len(row.text.split()) <= 5
    return numbers == [row.page + 1] and not _LETTER.search(row.text)


def _outermost(rows: Sequence[_Row]) -> list[_Row]:
    """Return the first row of each page's head and the last one of its foot."""
    heads: dict[int, _Row] = {}
    feet: dict[int, _Row] = {}
    for row in rows:
        if row.place >= 0:
            heads.setdefault(row.page, row)
        else:
            feet[row.page] = row
    return [*heads.values(), *feet.values()]


def _is_folio(row: _Row, page: Page) -> bool:
    """Whether a row on the edge, even of a single page, is a newspaper's name beside its page or day."""
    if folio_outlet(row.text) is None:
        return False
    numbered = _PAGE_NUMBER.search(row.text) is not None
    if not numbered and not find_dates(row.text):
        return False
    heights = sorted(word.height for word in page.words)
    own = max(word.height for word in row.words)
    if own > _FOLIO_SIZE * heights[len(heights) // 2]:
        return False
    # It stands apart from the text: a line of a story has the next one right below.
    top, bottom = min(w.top for w in row.words), max(w.bottom for w in row.words)
    members = {id(word) for word in row.words}
    others = [word for word in page.words if id(word) not in members]
    gaps = [max(word.top - bottom, top - word.bottom) for word in others]
    return min(gaps, default=own) > _FOLIO_GAP * own


def folio_outlet(text: str) -> str | None:
    """Return the outlet that a running header names beside a page number or a day, and nothing else."""
    bare = _PAGE_NUMBER.sub(" ", text)
    for found in reversed(find_dates(bare)):
        bare = f"{bare[: found.start]} {bare[found.end :]}"
    kept = [word for word in bare.split() if word.casefold().strip(",.;|·") not in CALENDAR_WORDS]
    name = " ".join(kept).strip(" ,.;|·•–—-")
    if not is_outlet_name(name):
        return None
    return name.title() if name.isupper() and len(name.split()) > 1 else name


def _browser(rows: Sequence[_Row]) -> tuple[str | None, bool]:
    """Return the address at the foot of pages that a browser printed, and whether one did."""
    addresses = {
        found.group()
        for row in rows
        if row.place < 0 and (found := _ADDRESS.search(row.text)) and _NUMBERS.search(row.text)
    }
    times = any(row.place >= 0 and _PRINT_TIME.match(row.text) for row in rows)
    address = next(iter(addresses)) if len(addresses) == 1 else None
    whole = address is not None and not address.endswith(("…", "..."))
    return (safe_url(address) if whole else None), bool(addresses) and times


def _is_print_line(row: _Row) -> bool:
    return bool(_PRINT_TIME.match(row.text) if row.place >= 0 else _ADDRESS.search(row.text))
