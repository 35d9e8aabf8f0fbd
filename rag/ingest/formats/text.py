"""Plain text: a scraped page or a saved article, with its headline and date somewhere at the top."""

from __future__ import annotations

from rag.ingest.article import make_article
from rag.ingest.clean import clean_page
from rag.ingest.formats.labelled_head import split_labelled_head
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.wrapping import unwrap
from rag.text.normalise import decode, normalise
from rag.types import Article


def read_text(data: bytes, source: str, options: ReadOptions = DEFAULTS) -> Article:
    """Return the article of a scraped or plain text file; a head of labelled lines is its metadata.

    Raises
    ------
    SourceError
        Where there is no text in it.
    """
    head, body = split_labelled_head(decode(data), source, options)
    told = {name: value for name, value in head.given.items() if value}
    if "title" in told:
        # As a page has it, so that no other line is taken for the headline.
        body = f"{told['title']}\n\n{body}"
    story = clean_page(normalise(unwrap(strip_markup(body))), options.date_order)
    for message in story.notes:
        options.note(source, message)
    seen = {
        "title": story.title,
        "outlet": story.outlet,
        "published": story.published,
        "published_at": story.published_at,
        "date_origin": "visible text" if story.published else None,
        "authors": story.authors,
    }
    if "published" in told:
        # The hour and the origin are those of this date, or unknown.
        seen.update(published_at=None, date_origin=None)
    return make_article(text=story.text, source=source, **(seen | told))
