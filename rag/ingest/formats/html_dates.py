"""When a page's article was published, and where on the page that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rag.ingest.datelines import read_date_line
from rag.ingest.formats.html_blocks import Block
from rag.ingest.formats.html_head import field_names
from rag.ingest.formats.html_moments import (
    FIRST_WEB_YEAR,
    Moment,
    find_moments,
    is_possible,
    read_moment,
)
from rag.ingest.formats.html_parts import is_part
from rag.ingest.formats.html_structured import Structured
from rag.ingest.formats.html_tree import is_vast
from rag.text.dates import DateOrder
from rag.text.months import SHORT_MONTHS
from rag.text.patterns import lazily
from rag.text.prose import count_words

_PUBLISHED = lazily(
    r"\b(?:first\s+)?(?:published|posted|issued|released)\b|đăng\s+lúc|发布|发表|公開|掲載"
    r"|\b(?:veröffentlicht|erschienen|publié|publicado|pubblicato|gepubliceerd|publicerad)\b",
)
_UPDATED = lazily(
    r"\b(?:up-?dated?|modified|edited|changed|reviewed)\b|cập\s+nhật|更新"
    r"|\b(?:aktualisiert|geändert|stand|mis\s+à\s+jour|modifié|actualizado|aggiornato|bijgewerkt)\b",
)
_TODAY = lazily(r"today|now|current|clock|masthead|edition|topbar|weather")
_ADDRESS = (
    lazily(r"[/_-]((?:19|20)\d\d)[/_-](0?[1-9]|1[0-2])[/_-](0?[1-9]|[12]\d|3[01])(?=[/_.-]|$)"),
    lazily(r"[/_.-]((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)"),
    lazily(r"/((?:19|20)\d\d)/([a-z]{3})/([0-3]?\d)(?=/|$)"),
)
_MAX_LINE = 200
_OTHERS = ("furniture", "wall", "doubtful")
_BEFORE_TITLE = 6
_MAX_HEAD = 40


@dataclass(frozen=True, slots=True)
class Dated:
    """A page's date of publication; ``origin`` is one of `rag.types.DATE_ORIGINS`."""

    moment: Moment | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a page's blocks the story stands."""

    blocks: Sequence[Block]
    title: int | None
    """Of the headline; None where it is not among them."""
    first: int
    """Of the story's first paragraph."""
    last: int
    """Of its last."""


def find_published(
    tree: Any,  # noqa: ANN401
    layout: Layout,
    structured: Structured,
    metas: Mapping[str, Sequence[str]],
    url: str | None,
    order: DateOrder | None,
) -> Dated:
    """Return the day on which a page was published, by the surest that it says of it.

    Never today, nor the newest date on the page: what stands with other stories, comments and
    copyright lines is not looked at. The tree may lose what is not the article's.
    """
    for moment in _structured(structured, metas, order):
        return Dated(moment, "structured data")
    timed = _timed(layout, order)
    if timed:
        return Dated(timed, "structured data")
    seen, labelled = _visible(layout, order)
    address = _of_address(url)
    if seen and (labelled or address is None or seen.day == address.day):
        return Dated(seen, "visible text")
    if address:
        return Dated(address, "address")
    updated, _ = _visible(layout, order, updated=True)
    if updated:
        return Dated(updated, "visible text")
    guess = _guessed(tree, layout.blocks, url)
    return Dated(guess, "guessed") if guess else Dated()


def _structured(
    structured: Structured, metas: Mapping[str, Sequence[str]], order: DateOrder | None
) -> Iterator[Moment]:
    texts: list[str | None] = [one.published for one in structured.articles]
    for name in field_names("published"):
        texts += metas.get(name, ())
    texts += [_parsely(text) for text in metas.get("parsely-page", ())]
    texts.append(structured.page_published)
    found = [moment for text in texts if (moment := read_moment(text, order))]
    if not found:
        return
    # Of two fields of one day the one with an hour tells more.
    with_hour = (one for one in found if one.at and one.day == found[0].day)
    yield found[0] if found[0].at else next(with_hour, found[0])


def _parsely(text: str) -> str | None:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    value = given.get("pub_date") if isinstance(given, dict) else None
    return value if isinstance(value, str) else None


def _timed(layout: Layout, order: DateOrder | None) -> Moment | None:
    """Return the date of a ``<time>`` or ``<abbr title>`` that belongs to the article."""
    named: list[Moment] = []
    near: list[Moment] = []
    start, end = _head(layout)
    for number, block in enumerate(layout.blocks):
        if number > layout.last + 8:
            break
        if block.part in ("furniture", "wall"):
            continue
        for element in _times(block):
            names = " ".join(map(str, element.attrib.values())).lower()
            if _UPDATED.search(names.replace("-", " ")) or "modif" in names or "update" in names:
                continue
            given = element.get("datetime") or element.get("title") or element.get("content")
            moment = read_moment(given or element.text_content(), order)
            if moment is None:
                continue
            if "publish" in names or "datepublished" in names or element.get("pubdate") is not None:
                named.append(moment)
            elif start <= number < end and not _is_updated(layout.blocks, number, block.text):
                near.append(moment)
    return next(iter(named or near), None)


def _times(block: Block) -> Iterator[Any]:
    element = block.element
    if element is None:
        return
    if element.tag == "time":
        yield element
    elif count_words(block.text) < 40:
        yield from element.iter("time")
        yield from (
            one
            for one in element.iter("abbr", "span")
            if "published" in (one.get("class") or "").lower() and one.get("title")
        )


def _head(layout: Layout) -> tuple[int, int]:
    """Return the range of blocks around the headline, down to the story's first paragraph."""
    if layout.title is None:
        return max(0, layout.first - _BEFORE_TITLE), layout.first
    start = layout.title
    while start > max(0, layout.title - _BEFORE_TITLE) and _beside(layout, start - 1):
        start -= 1
    return start, min(max(layout.first, layout.title + 1), layout.title + _MAX_HEAD)


def _beside(layout: Layout, number: int) -> bool:
    """Whether a block above the headline is the article's: in one part of the page with it."""
    block, title = layout.blocks[number], layout.blocks[layout.title or 0]
    if block.element is None or title.element is None:
        return False
    around = list(title.element.iterancestors())
    below = block.element
    while below is not None and below.getparent() not in around:
        if below.tag in ("header", "nav") or _TODAY.search(
            f"{below.get('class')} {below.get('id')}"
        ):
            return False
        below = below.getparent()
    if below is None or below.getparent().tag in ("body", "html"):
        return False
    return below.tag not in ("header", "nav") and not _TODAY.search(
        f"{below.get('class')} {below.get('id')}".lower()
    )


def _visible(
    layout: Layout, order: DateOrder | None, updated: bool = False
) -> tuple[Moment | None, bool]:
    """Return the first date that a reader sees with the headline, and whether it is labelled so."""
    start, end = _head(layout)
    title = layout.title if layout.title is not None else start
    numbers = [*range(title, end), *range(title - 1, start - 1, -1)]
    alone: Moment | None = None
    for number in numbers:
        block = layout.blocks[number]
        if block.part in ("furniture", "wall", "caption", "credit"):
            continue
        for line in block.text.split("\n", _MAX_HEAD)[:_MAX_HEAD]:
            if len(line) > _MAX_LINE:
                continue
            moment = _line(line, block, order)
            if moment is None or not is_possible(moment.day) or moment.day.year < FIRST_WEB_YEAR:
                continue
            before = layout.blocks[number - 1].text if number else ""
            label = (
                line.lower()
                if find_moments(before[:_MAX_LINE])
                else f"{before[-40:]} {line}".lower()
            )
            if _PUBLISHED.search(label):
                return moment, True
            if bool(_UPDATED.search(label)) == updated:
                alone = alone or moment
    if alone is None and not updated:
        alone = _below(layout, order)
    return alone, False


def _below(layout: Layout, order: DateOrder | None) -> Moment | None:
    """Return a labelled date in the lines under the story."""
    for block in layout.blocks[layout.last + 1 : layout.last + 6]:
        if block.part in ("furniture", "wall") or len(block.text) > _MAX_LINE:
            continue
        if _PUBLISHED.search(block.text.lower()):
            moment = next(iter(find_moments(block.text, order)), None)
            if moment and is_possible(moment.day) and moment.day.year >= FIRST_WEB_YEAR:
                return moment
    return None


def _line(line: str, block: Block, order: DateOrder | None) -> Moment | None:
    """Return the date of a line that is a date line: little else stands in it."""
    moments = find_moments(line, order)
    if not moments:
        return None
    if block.part in ("date", "byline") or read_date_line(line):
        published = _PUBLISHED.search(line.lower())
        if published and len(moments) > 1:
            return next(iter(find_moments(line[published.start() :], order)), moments[0])
        return moments[0]
    named = block.element is not None and is_part(block.element, "date")
    return moments[0] if named or count_words(line) <= 16 else None


def _is_updated(blocks: Sequence[Block], number: int, text: str) -> bool:
    before = blocks[number - 1].text[-30:] if number else ""
    label = f"{before} {text}" if len(before.split()) <= 3 else text
    return bool(_UPDATED.search(label.lower())) and not _PUBLISHED.search(label.lower())


def _of_address(url: str | None) -> Moment | None:
    """Return the full date in an address's path."""
    path = urlsplit(url).path.lower() if url else ""
    for form in _ADDRESS:
        for found in form.finditer(path):
            year, month, day = found.groups()
            number = int(month) if month.isdigit() else SHORT_MONTHS.get(month.title(), 0)
            try:
                moment = Moment(date(int(year), number, int(day)))
            except ValueError:
                continue
            if is_possible(moment.day) and moment.day.year >= FIRST_WEB_YEAR:
                return moment
    return None


def _guessed(tree: Any, blocks: Sequence[Block], url: str | None) -> Moment | None:  # noqa: ANN401
    """Return what htmldate finds in what is the article's; the tree loses the rest for good."""
    from htmldate import find_date

    if is_vast(tree):
        return None
    others = {
        element
        for block in blocks
        if block.part in _OTHERS
        for kind, element in block.parts
        if kind == block.part
    }
    for element in (*others, *tree.xpath("//script | //aside | //nav | //footer")):
        element.clear(keep_tail=True)
    latest = datetime.now(UTC).date() + timedelta(days=1)
    try:
        found = find_date(
            tree,
            extensive_search=False,
            original_date=True,
            url=url,
            min_date=f"{FIRST_WEB_YEAR}-01-01",
            max_date=latest.isoformat(),
        )
    except Exception:
        # It fails on odd markup in many ways.
        return None
    moment = read_moment(found)
    # A year alone, as of a copyright line, comes out as its first day.
    return (
        replace(moment, at=None)
        if moment and (moment.day.month, moment.day.day) != (1, 1)
        else None
    )
