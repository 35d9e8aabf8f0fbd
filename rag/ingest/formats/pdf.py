"""PDF: the text of its pages in the order of reading, with the offset at which each page begins.

A newspaper's page that holds several stories stays one article: where one story ends and the next
begins is not written in a PDF. Scanned and locked documents are refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from urllib.parse import urlsplit

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS, make_article
from rag.ingest.datelines import read_date_line
from rag.ingest.formats.document_head import (
    Head,
    folded,
    is_sentence,
    known_day,
    person,
    read_head,
    sane_title,
    split_title,
)
from rag.ingest.formats.pdf_furniture import Furniture, without_furniture
from rag.ingest.formats.pdf_layout import reading_order
from rag.ingest.formats.pdf_paragraphs import Paragraph, Spelling, joined, paragraphs_of
from rag.ingest.formats.pdf_words import Contents, Page, read_contents
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.text.dates import find_dates
from rag.text.normalise import normalise, normalise_line
from rag.text.patterns import lazily
from rag.types import Article

# A page with fewer characters holds no text: a page number, a scanner's stamp.
_MIN_CHARACTERS = 30
# A headline is set larger than the text by this much; a newspaper's name has few words.
_HEADLINE_RATIO = 1.15
_NAME_WORDS = 5
_NO_HINTS = Hints()
_CREATED = lazily(r"D:(\d{4})(\d\d)(\d\d)")
_LETTER = lazily(r"\p{L}")
_HAN = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")


def read_pdf(
    data: bytes, source: str, options: ReadOptions = DEFAULTS, hints: Hints = _NO_HINTS
) -> Article:
    """Return the article of a PDF; ``hints`` are believed before what it says of itself.

    Raises
    ------
    SourceError
        Where it is damaged, locked, scanned or too large.
    """
    contents = read_contents(data)
    furniture = without_furniture(contents.pages)
    _check_text(contents.pages, furniture.pages, options, source)
    blocks = [
        block
        for number, page in enumerate(furniture.pages)
        for block in reading_order(page.words, number)
    ]
    paragraphs = paragraphs_of(blocks)
    spelling = Spelling(line for block in blocks for line in block)
    pieces = [joined(paragraph, spelling) for paragraph in paragraphs]
    story = _Story(paragraphs, ["".join(text for text, _ in one) for one in pieces])
    about = _about(contents, furniture, story, options)
    if hints.published is None and about.note:
        options.note(source, about.note)
    kept = [n for n in range(len(pieces)) if n not in about.dropped]
    text, pages = _text_and_pages(
        [pieces[n] for n in kept], [paragraphs[n].row for n in kept], len(contents.pages)
    )
    published = hints.published or about.published
    return make_article(
        text=text,
        source=source,
        title=hints.title or about.title,
        outlet=hints.outlet or about.outlet,
        published=published,
        published_at=hints.published_at,
        date_origin=(hints.date_origin or "metadata") if hints.published else about.date_origin,
        url=hints.url or furniture.url,
        authors=hints.authors or about.authors,
        language=hints.language,
        pages=pages,
    )


def _check_text(
    drawn: Sequence[Page], pages: Sequence[Page], options: ReadOptions, source: str
) -> None:
    """Refuse a document that is pictures of pages, and tell of single pages that are."""
    lengths = [sum(len(word.text) for word in page.words) for page in pages]
    silent = [n for n, length in enumerate(lengths) if length < _MIN_CHARACTERS]
    total = len(pages)
    if sum(lengths) >= _MIN_CHARACTERS and len(silent) <= total / 2:
        pictured = sum(drawn[n].pictures for n in silent)
        if pictured:
            options.note(source, f"{pictured} of its {total} pages are pictures without text")
        return
    if sum(lengths) and not any(drawn[n].pictures for n in silent):
        # A line or two on a page is a short document, not a scanned one.
        return
    what = "a scanned PDF" if any(page.pictures for page in drawn) else "a PDF without text"
    raise SourceError(
        f"{what}: {len(silent)} of its {total} pages hold no text; run text recognition (OCR) over it"
    )


class _Story:
    """The paragraphs of a document beside their texts."""

    def __init__(self, paragraphs: Sequence[Paragraph], texts: Sequence[str]) -> None:
        self.paragraphs = paragraphs
        self.texts = texts
        first = paragraphs[0].first.page if paragraphs else 0
        self.head = [n for n, one in enumerate(paragraphs) if one.first.page == first]
        sizes: dict[float, int] = {}
        for one, text in zip(paragraphs, texts, strict=True):
            sizes[round(one.size, 1)] = sizes.get(round(one.size, 1), 0) + len(text)
        self.body = max(sizes, key=lambda size: sizes[size]) if sizes else 0.0

    def headings(self) -> list[int]:
        """Return the paragraphs of the first page in larger type, the largest first."""
        large = [
            n
            for n in self.head
            if self.paragraphs[n].size > _HEADLINE_RATIO * self.body
            and (len(_LETTER.findall(self.texts[n])) > 3 or len(_HAN.findall(self.texts[n])) > 3)
            and len(self.texts[n]) <= 300
        ]
        return sorted(large, key=lambda n: (-round(self.paragraphs[n].size), n))


class _About:
    """What a document says of itself, and which paragraphs say no more than that."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.outlet: str | None = None
        self.published: date | None = None
        self.date_origin: str | None = None
        self.authors: tuple[str, ...] = ()
        self.note: str | None = None
        self.dropped: set[int] = set()


def _about(contents: Contents, furniture: Furniture, story: _Story, options: ReadOptions) -> _About:
    about = _About()
    property_title = sane_title(contents.info.get("Title"))
    name = _newspaper(story, furniture, property_title)
    if name is not None:
        about.outlet = normalise_line(story.texts[name])
        about.dropped.add(name)
    about.title, number = _title(story, furniture, property_title, name)
    if number is not None:
        about.dropped.add(number)
    if property_title and about.title:
        _, outlet = split_title(property_title, about.title)
        about.outlet = about.outlet or outlet
    numbers = [n for n in story.head if n not in about.dropped]
    head = read_head([story.texts[n] for n in numbers], options, furniture.running)
    about.dropped |= {numbers[n] for n in head.used}
    about.outlet = about.outlet or head.outlet or _host(furniture.url)
    about.authors = head.authors or person(contents.info.get("Author"))
    _date(about, head, contents)
    if len(about.dropped) == len(story.texts):
        about.dropped.clear()
    return about


def _newspaper(story: _Story, furniture: Furniture, property_title: str | None) -> int | None:
    """Return the paragraph that is the newspaper's name over the first page; None where that is not sure.

    A running header has the name beside the day, or the document's title ends with it, or the line
    below it is a newspaper's: its day beside its number or price.
    """
    headings = story.headings()
    for number in sorted(headings)[:1]:
        text = story.texts[number]
        place = story.head.index(number)
        if place > 1 or len(text.split()) > _NAME_WORDS or len(headings) < 2:
            return None
        name = folded(text)
        again = any(name in folded(line) and find_dates(line) for line in furniture.running)
        suffixed = property_title is not None and folded(property_title).endswith(name)
        below = [story.texts[n] for n in story.head[place + 1 : place + 2]]
        folio = any(_is_folio(line) for line in below)
        if again or (suffixed and folded(property_title or "") != name) or folio:
            return number
    return None


def _is_folio(line: str) -> bool:
    """Whether a line is one below a newspaper's name: "Tuesday, 18 March 2025 · No. 11,204"."""
    words = line.split()
    small = sum(word[0].islower() for word in words)
    dated = len(line) <= 80 and bool(find_dates(line)) and read_date_line(line) is None
    return dated and not is_sentence(line) and small < 0.3 * len(words)


def _title(
    story: _Story, furniture: Furniture, property_title: str | None, name: int | None
) -> tuple[str | None, int | None]:
    """Return the title, and the paragraph of the first page that it is."""
    headings = [n for n in story.headings() if n != name]
    if property_title:
        # A paragraph that the property begins with, whatever its size: the outlet's name may follow.
        for n in story.head[:12]:
            text = folded(story.texts[n])
            if len(text) >= 8 and folded(property_title).startswith(text) and n != name:
                return story.texts[n], n
    running = [folded(line) for line in furniture.running]
    for n in headings:
        text = folded(story.texts[n])
        if len(text) >= 8 and any(text in line for line in running):
            return story.texts[n], n
    if headings:
        return story.texts[headings[0]], headings[0]
    if property_title:
        return property_title, None
    first = next((n for n in story.head if n != name), None)
    if first is not None and len(story.texts) > 1:
        words = len(story.texts[first].split())
        line = story.texts[first]
        if 3 <= words <= 30 and not is_sentence(line) and not find_dates(line):
            return line, first
    return None, None


def _date(about: _About, head: Head, contents: Contents) -> None:
    if head.published:
        about.published, about.date_origin, about.note = head.published, "visible text", head.note
        return
    producer = f"{contents.info.get('Producer')} {contents.info.get('Creator')}".lower()
    if any(name in producer for name in _printers()):
        # Then its day is that of the printing or the scan.
        return
    about.published = _created(contents.info.get("CreationDate"))
    if about.published:
        about.date_origin = "guessed"
        about.note = (
            f"no page of it names its day; {about.published}, when the file was made, was taken"
        )


def _created(value: str | None) -> date | None:
    found = _CREATED.match(value or "")
    if found is None:
        return None
    try:
        return known_day(date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError:
        return None


def _host(url: str | None) -> str | None:
    host = urlsplit(url).hostname if url else None
    return host.removeprefix("www.") if host else None


@cache
def _printers() -> tuple[str, ...]:
    """Return what browsers, printer drivers and scanners call themselves in a PDF's properties."""
    text = (files("rag.ingest.formats") / "pdf_printers.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


def _text_and_pages(
    paragraphs: Sequence[Sequence[tuple[str, int]]], rows: Sequence[bool], count: int
) -> tuple[str, list[int]]:
    """Return a document's text and the offset at which each of its pages begins."""
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    between = ["\n" if one and other else "\n\n" for one, other in pairwise([*rows, False])]
    for pieces, end in zip(paragraphs, between, strict=True):
        for text, page in pieces:
            starts += [length] * (page + 1 - len(starts))
            parts.append(text)
            length += len(text)
        parts.append(end)
        length += len(end)
    if length > MAX_CHARACTERS:
        raise SourceError(f"too large: {length:,} characters; the limit is {MAX_CHARACTERS:,}")
    whole = "".join(parts).rstrip()
    text = normalise(whole)
    if text != whole:
        # Marks that meet where two pieces were joined.
        starts = [len(normalise(f"{whole[:start]}x")) - 1 for start in starts]
    if starts:
        starts[0] = 0
    return text, starts + [len(text)] * (count - len(starts))
