"""PDF: the text of its pages in the order of reading, with the offset at which each page begins.

A newspaper's page that holds several stories stays one article: where one story ends and the next
begins is not written in a PDF. Scanned and locked documents are refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS, make_article
from rag.ingest.formats.pdf_furniture import without_furniture
from rag.ingest.formats.pdf_head import Story, about_document
from rag.ingest.formats.pdf_layout import reading_order
from rag.ingest.formats.pdf_paragraphs import Spelling, joined, paragraphs_of
from rag.ingest.formats.pdf_words import Page, read_contents
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.text.normalise import normalise
from rag.types import Article

# A page with fewer characters holds no text: a page number, a scanner's stamp.
_MIN_CHARACTERS = 30
_NO_HINTS = Hints()


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
    story = Story(paragraphs, ["".join(text for text, _ in one) for one in pieces])
    about = about_document(contents, furniture, story, options)
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
