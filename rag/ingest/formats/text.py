"""Plain text: a scraped page or a saved article, with its headline and date somewhere at the top."""

from __future__ import annotations

from rag.ingest.article import make_article
from rag.ingest.clean import clean_page
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.wrapping import unwrap
from rag.text.normalise import decode, normalise
from rag.types import Article


def read_text(data: bytes, source: str, options: ReadOptions = DEFAULTS) -> Article:
    """Return the article of a scraped or plain text file.

    Raises
    ------
    SourceError
        Where there is no text in it.
    """
    story = clean_page(normalise(unwrap(strip_markup(decode(data)))), options.date_order)
    for message in story.notes:
        options.note(source, message)
    return make_article(
        text=story.text,
        source=source,
        title=story.title,
        outlet=story.outlet,
        published=story.published,
        published_at=story.published_at,
        date_origin="visible text" if story.published else None,
        authors=story.authors,
    )
