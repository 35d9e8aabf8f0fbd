"""Runs a dataset of any form on the index it needs: a given one, or a temporary one of its documents."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.answer_runs import run_oracle, run_questions
from eval.datasets import Dataset, Document, QuestionSet, RetrievalSet
from eval.protocols import Progress
from eval.question_loop import silent
from eval.result import Result
from eval.retrieval_runs import run_queries
from eval.temporary_index import encoder, fill, made_articles
from rag.errors import DatasetError

if TYPE_CHECKING:
    from rag import Answerer
    from rag.index import ArticleIndex


def evaluate(
    dataset: Dataset,
    *,
    index: ArticleIndex | None = None,
    make_answerer: Callable[[ArticleIndex], Answerer] | None = None,
    make_other: Callable[[ArticleIndex], Answerer] | None = None,
    oracle: bool = False,
    limit: int | None = None,
    collection: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run a dataset and record every question.

    Parameters
    ----------
    dataset
        From `eval.datasets.read_dataset`. One that brings documents is run on a temporary index
        of them, removed afterwards. No text is embedded twice there: a reader that embeds sentences
        takes less time than it would for a question asked alone.
    index
        Where the articles are, for a dataset that brings none.
    make_answerer
        How to make the answerer on an index; ``rag.Answerer`` by default.
    make_other
        How to make an answerer whose reader is compared: it reads the passages that the first one
        retrieved.
    oracle
        Give the reader the question's own paragraph and search nothing.
    limit
        Ask only the first so many questions; the index still holds every document.
    collection
        The label of the articles to ask, others being as if they were not there; None for all.
    progress
        Told about every article indexed and every question asked.

    Raises
    ------
    DatasetError
        Where dataset, index and ``oracle`` do not go together, or no article is in the collection.
    KeyboardInterrupt
        While indexing; later it ends the run, and the result holds the questions asked so far.
    """
    from rag import Answerer, Index, Retriever

    tell = progress or silent
    make = make_answerer or Answerer
    if make_other is not None and isinstance(dataset, RetrievalSet):
        raise DatasetError(
            f"{dataset.name}: a BEIR folder measures retrieval only, there is nothing to read; "
            "leave out --compare"
        )
    if oracle and (isinstance(dataset, RetrievalSet) or not dataset.documents):
        raise DatasetError(
            f"{dataset.name}: --oracle hands over a question's own paragraph, which only SQuAD "
            "files have; leave it out"
        )
    if collection is not None:
        _check_collection(collection, dataset, index)
    if not dataset.documents:
        if index is None or isinstance(dataset, RetrievalSet):
            raise DatasetError(f"{dataset.name}: brings no articles; name an index with --index")
        first, other = make(index), make_other(index) if make_other else None
        result = run_questions(
            dataset, first, index, other=other, limit=limit, collection=collection, progress=tell
        )
        return _named(result, first, other)
    documents: Sequence[Document] = dataset.documents
    if oracle and isinstance(dataset, QuestionSet):
        named = {name for question in dataset.questions[:limit] for name in question.articles}
        documents = [document for document in documents if document.id in named]
    articles = made_articles(documents, dataset.name)
    # A reader may still hold a memory map when the folder goes; Windows refuses to delete it then.
    with (
        tempfile.TemporaryDirectory(prefix="presscite-eval-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True, encoder=encoder()) as temporary,
    ):
        if isinstance(dataset, RetrievalSet):
            fill(temporary, articles, tell)
            searcher = Retriever(temporary)
            return run_queries(dataset, searcher, articles, limit=limit, progress=tell)
        # Before the articles are embedded: a reader that cannot be loaded must not cost minutes.
        first, other = make(temporary), make_other(temporary) if make_other else None
        if oracle:
            result = run_oracle(dataset, first, articles, other=other, limit=limit, progress=tell)
            return _named(result, first, other)
        fill(temporary, articles, tell)
        ids = {name: article.id for name, article in articles.items()}
        result = run_questions(
            dataset, first, temporary, other=other, ids=ids, limit=limit, progress=tell
        )
        return _named(result, first, other)


def _check_collection(collection: str, dataset: Dataset, index: ArticleIndex | None) -> None:
    from rag.types import Filters

    if dataset.documents:
        raise DatasetError(
            f"{dataset.name}: brings its own articles, which are in no collection; "
            "leave out --collection"
        )
    if index is not None and not index.count_articles(Filters(collection=collection)):
        raise DatasetError(
            f"{index.place}: no article is in the collection {collection!r}; "
            f"`presscite info` lists the collections there are"
        )


def _named(result: Result, first: Answerer, other: Answerer | None) -> Result:
    compared = result.compared
    if compared is not None and other is not None:
        compared = replace(compared, reader=other.reader.name)
    return replace(result, reader=first.reader.name, compared=compared)
