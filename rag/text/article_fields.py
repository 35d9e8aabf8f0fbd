"""The normal form of an article's fields, for articles that were not read by `rag.ingest`."""

from __future__ import annotations

from dataclasses import replace

from rag.errors import SourceError
from rag.text.links import safe_url
from rag.text.normalise import normalise, normalise_line
from rag.types import Article

MAX_CHARACTERS = 20_000_000
_MAX_ID = 200
_MAX_TITLE = 1000
_MAX_NAME = 200
_MAX_LANGUAGE = 35
_MAX_URL = 2000
MAX_COLLECTION = 200
NO_COLLECTION = ""
"""The label of an article that is added to be in no collection any more."""


def normalise_article(article: Article) -> Article:
    """Return an article with every field in the form that ingest gives it; idempotent.

    Text and names in NFC without control characters, the language in lower case, empty fields None.

    Raises
    ------
    SourceError
        Where the text is empty or too large, or the id or URL cannot be one.
    """
    if len(article.text) > MAX_CHARACTERS:
        raise SourceError(
            f"too large: {len(article.text):,} characters; the limit is {MAX_CHARACTERS:,}"
        )
    text = normalise(article.text)
    if not any(character.isalnum() for character in text):
        raise SourceError("empty: no words in it")
    name = normalise_line(article.id)
    if not 0 < len(name) <= _MAX_ID:
        raise SourceError(f"its id {name[:40]!r} is empty or longer than {_MAX_ID} characters")
    url = (article.url or "").strip() or None
    if url and (safe_url(url) is None or len(url) > _MAX_URL):
        raise SourceError(
            f"its url {normalise_line(url)[:60]!r} is not a plain http(s) address; correct or drop it"
        )
    authors = (_line(author, _MAX_NAME) for author in article.authors)
    language = _line(article.language, _MAX_LANGUAGE)
    return replace(
        article,
        id=name,
        text=text,
        title=_line(article.title, _MAX_TITLE),
        outlet=_line(article.outlet, _MAX_NAME),
        url=url,
        authors=tuple(author for author in authors if author),
        language=language.lower() if language else None,
        sources=tuple(source.encode("utf-8", "replace").decode() for source in article.sources),
        retells=_line(article.retells, _MAX_NAME),
        collection=_label(article.collection),
    )


def _label(collection: str | None) -> str | None:
    if collection == NO_COLLECTION:
        return collection
    return _line(collection, MAX_COLLECTION)


def collection_name(text: str) -> str:
    """Return the label of a collection in the articles' own Unicode form.

    Raises
    ------
    SourceError
        Where it names nothing, or is too long for a label.
    """
    name = normalise_line(text)
    if not name:
        raise SourceError(f"collection {text!r} names nothing; name one, or leave it out")
    if len(name) > MAX_COLLECTION:
        raise SourceError(
            f"collection {name[:40]!r}... has {len(name)} characters; "
            f"give a label of at most {MAX_COLLECTION}"
        )
    return name


def _line(text: str | None, limit: int) -> str | None:
    return (normalise_line(text)[:limit].rstrip() or None) if text else None
