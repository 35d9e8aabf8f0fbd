"""The temporary index of a dataset that brings its own documents: its encoder and its articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from eval.datasets import Document
from eval.protocols import Progress
from rag.errors import ModelError, SourceError
from rag.types import Article, Skipped

if TYPE_CHECKING:
    from embeddings import Encoder
    from rag.index import ArticleIndex


def encoder() -> Encoder:
    """Return the default encoder; neighbouring questions share most of the texts embedded for them."""
    from embeddings import EncoderNotFoundError
    from eval.remembering_encoder import RememberingEncoder

    try:
        return RememberingEncoder()
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error


def made_articles(documents: Sequence[Document], name: str) -> dict[str, Article]:
    """Make the articles of a temporary index, by document id; empty documents are left out.

    They are named by their content, so that documents that say the same are one article.
    """
    from rag.ingest.article import make_article

    made: dict[str, Article] = {}
    for document in documents:
        # A document without words cannot be found; its questions count as missed.
        with suppress(SourceError):
            made[document.id] = make_article(
                text=document.text, title=document.title, source=f"{name}#{document.id}"
            )
    return made


def fill(index: ArticleIndex, articles: Mapping[str, Article], tell: Progress) -> None:
    """Add articles to an index, each once; tells how far it is."""
    distinct = list({article.id: article for article in articles.values()}.values())

    def counted() -> Iterator[Article | Skipped]:
        for number, article in enumerate(distinct, start=1):
            yield article
            tell("indexing", number, len(distinct))

    index.add(counted())
