"""Text files: exports of newspaper databases, which hold many articles, and every other text, which is one.

An export is known by its content: the lines that its database writes around every document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import regex

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS, make_article
from rag.ingest.failures import one_item
from rag.ingest.formats.exported import Exported
from rag.ingest.formats.factiva import split_documents
from rag.ingest.formats.nexis import split_delimited, split_numbered
from rag.ingest.formats.proquest import split_ruled
from rag.ingest.formats.text import read_text
from rag.ingest.languages import language_code
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.published import read_published, read_time
from rag.text.dates import DateOrder, date_order
from rag.text.links import safe_url
from rag.text.normalise import decode
from rag.text.patterns import lazily
from rag.types import Article, Skipped

_FAMILIES = {
    "Nexis": (split_numbered, split_delimited),
    "Factiva": (split_documents,),
    "ProQuest": (split_ruled,),
}
_LINE_ENDS = lazily(r"\r\n?|\x0c")
# Words outside of all documents that are worth telling of: a cover page has fewer.
_MANY_WORDS = 40


def read_plain(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the articles of a text file: those of a database's export, else the one it is.

    Raises
    ------
    SourceError
        Where there is no text in it, or far too much.
    """
    data = stream.read(MAX_CHARACTERS + 1)
    if len(data) > MAX_CHARACTERS:
        raise SourceError(f"too large: more than {MAX_CHARACTERS:,} bytes")
    found = split_export(decode(data))
    if found is None:
        yield read_text(data, source, options)
        return
    family, documents, rest = found
    if len(regex.findall(r"\p{L}+", "\n".join(rest))) > _MANY_WORDS:
        shown = " ".join(" ".join(rest).split())[:60]
        options.note(source, f"what stands outside of its {family} documents was left: {shown!r}")
    order = options.date_order or date_order(one.date for one in documents if one.date)
    for number, one in enumerate(documents, 1):
        place = f"{source}#{number}"
        try:
            if not one.text.strip():
                raise SourceError(f"no text in this document of a {family} export")
            article, remark = _article(one, source, order)
        except SourceError as error:
            yield Skipped(place, str(error))
            continue
        if remark:
            options.note(place, remark)
        yield replace(article, sources=(f"{source}#{article.url or article.id}",))


@one_item()
def _article(one: Exported, source: str, order: DateOrder | None) -> tuple[Article, str | None]:
    """Return the article of a document, and what to tell of its date."""
    day, remark = read_published(one.date, order)
    article = make_article(
        text=one.text,
        source=source,
        title=one.title,
        outlet=one.outlet,
        published=day,
        published_at=read_time(one.date, day) if day else None,
        date_origin="metadata" if day else None,
        authors=one.authors,
        language=language_code(one.language) if one.language else None,
        id=one.id,
        url=one.url if safe_url(one.url) else None,
    )
    return article, remark


def split_export(text: str) -> tuple[str, list[Exported], list[str]] | None:
    """Return a database's name, its documents and the lines outside of them; None for any other text."""
    lines = _LINE_ENDS.sub("\n", text).split("\n")
    for family, splits in _FAMILIES.items():
        for split in splits:
            found = split(lines)
            if found is not None:
                return family, *found
    return None
