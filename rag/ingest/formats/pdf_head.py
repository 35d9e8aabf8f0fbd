"""What a PDF says of itself: the headline, the newspaper's name, the day, the authors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

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
    without_outlet,
)
from rag.ingest.formats.pdf_furniture import Furniture, folio_outlet
from rag.ingest.formats.pdf_paragraphs import Paragraph
from rag.ingest.formats.pdf_words import Contents
from rag.ingest.options import ReadOptions
from rag.text.dates import find_dates
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

# A headline is set larger than the text by this much; a newspaper's name has few words.
_HEADLINE_RATIO = 1.15
_NAME_WORDS = 5
_CREATED = lazily(r"D:(\d{4})(\d\d)(\d\d)")
_LETTER = lazily(r"\p{L}")
_HAN = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")


class Story:
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


@dataclass(slots=True)
class About:
    """What a document says of itself."""

    title: str | None = None
    outlet: str | None = None
    published: date | None = None
    date_origin: str | None = None
    authors: tuple[str, ...] = ()
    note: str | None = None
    """What to tell the user of its day."""
    dropped: set[int] = field(default_factory=set)
    """Numbers of the paragraphs that say no more than that, and are no part of the text."""


def about_document(
    contents: Contents, furniture: Furniture, story: Story, options: ReadOptions
) -> About:
    """Return what the properties, the first page and the running headers of a PDF say of it."""
    about = About()
    property_title = sane_title(contents.info.get("Title")) or sane_title(contents.xmp.title)
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
    named = (outlet for one in furniture.running if (outlet := folio_outlet(one)))
    about.outlet = about.outlet or head.outlet or next(named, None) or _host(furniture.url)
    about.authors = (
        head.authors or person(contents.info.get("Author")) or person(contents.xmp.author)
    )
    _date(about, head, contents)
    if len(about.dropped) == len(story.texts):
        about.dropped.clear()
    return about


def _newspaper(story: Story, furniture: Furniture, property_title: str | None) -> int | None:
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
    story: Story, furniture: Furniture, property_title: str | None, name: int | None
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
        page = " ".join(story.texts[n] for n in story.head)
        return without_outlet(property_title, page), None
    first = next((n for n in story.head if n != name), None)
    if first is not None and len(story.texts) > 1:
        words = len(story.texts[first].split())
        line = story.texts[first]
        if 3 <= words <= 30 and not is_sentence(line) and not find_dates(line):
            return line, first
    return None, None


def _date(about: About, head: Head, contents: Contents) -> None:
    if head.published:
        about.published, about.date_origin, about.note = head.published, "visible text", head.note
        return
    if contents.xmp.published:
        about.published, about.date_origin = contents.xmp.published, "metadata"
        return
    producer = f"{contents.info.get('Producer')} {contents.info.get('Creator')}".lower()
    if any(name in producer for name in _printers()):
        # Then its day is that of the printing or the scan.
        return
    about.published = _created(contents.info.get("CreationDate")) or contents.xmp.created
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
