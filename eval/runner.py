"""Asks the questions of a dataset and records what came back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from eval.datasets import Dataset, Document, Question, QuestionSet, RetrievalSet, kind_of
from eval.judging import judge_answer, judge_passages
from eval.metrics import holds_answer, mrr_at_k, ndcg_at_k, ranked, recall_at_k
from eval.result import RECALL_DEPTHS, Record, Result, Retrieval
from rag.errors import DatasetError, SourceError
from rag.types import Answer, Article, Chunk, Passage, Skipped, Turn

if TYPE_CHECKING:
    from rag import Answerer, Index

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("indexing", "asking"), how many are done, and of how many."""

_BEIR_PASSAGES = 50
"""Passages searched for ten documents: several of the best passages may be one document's."""


class Asker(Protocol):
    """The part of `rag.Answerer` that a run needs."""

    def ask(
        self, question: str, /, *, history: Sequence[Turn] = (), k: int = 10, id: str | None = None
    ) -> Answer:
        """Answer from the index."""
        ...

    def answer_from(
        self, question: str, passages: Sequence[Passage], /, *, id: str | None = None
    ) -> Answer:
        """Answer from these passages."""
        ...


class Searcher(Protocol):
    """The part of `rag.Retriever` that a run needs."""

    def search(self, question: str, /, *, k: int = 10) -> Sequence[Passage]:
        """Find passages, best first."""
        ...


class Library(Protocol):
    """The part of `rag.Index` that tells which articles a question means."""

    def resolve(self, ref: str, /) -> list[str]:
        """Give the ids of the articles a reference names."""
        ...

    def articles(self) -> Iterator[Article]:
        """Go through all articles."""
        ...


def evaluate(
    dataset: Dataset,
    *,
    index: Index | None = None,
    make_answerer: Callable[[Index], Answerer] | None = None,
    oracle: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run a dataset and record every question.

    Parameters
    ----------
    dataset
        From `eval.datasets.read_dataset`. One that brings documents is run on a temporary index
        of them, removed afterwards.
    index
        Where the articles are, for a dataset that brings none.
    make_answerer
        How to make the answerer on an index; ``rag.Answerer`` by default.
    oracle
        Give the reader the question's own paragraph and search nothing.
    limit
        Ask only the first so many questions; the index still holds every document.
    progress
        Told about every article indexed and every question asked.

    Raises
    ------
    DatasetError
        Where dataset, index and ``oracle`` do not go together.
    KeyboardInterrupt
        While indexing; later it ends the run, and the result holds the questions asked so far.
    """
    from rag import Answerer, Index, Retriever

    tell = progress or _silent
    make = make_answerer or Answerer
    if oracle and (isinstance(dataset, RetrievalSet) or not dataset.documents):
        raise DatasetError(
            f"{dataset.name}: --oracle hands over a question's own paragraph, which only SQuAD "
            "files have; leave it out"
        )
    if not dataset.documents:
        if index is None or isinstance(dataset, RetrievalSet):
            raise DatasetError(f"{dataset.name}: brings no articles; name an index with --index")
        return run_questions(dataset, make(index), index, limit=limit, progress=tell)
    articles = _articles(dataset.documents, dataset.name)
    # A reader may still hold a memory map when the folder goes; Windows refuses to delete it then.
    with (
        tempfile.TemporaryDirectory(prefix="presscite-eval-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True) as temporary,
    ):
        if isinstance(dataset, QuestionSet) and oracle:
            return run_oracle(dataset, make(temporary), articles, limit=limit, progress=tell)
        _fill(temporary, articles, tell)
        if isinstance(dataset, RetrievalSet):
            searcher = Retriever(temporary)
            return run_queries(dataset, searcher, articles, limit=limit, progress=tell)
        ids = {name: article.id for name, article in articles.items()}
        return run_questions(
            dataset, make(temporary), temporary, ids=ids, limit=limit, progress=tell
        )


def run_questions(
    dataset: QuestionSet,
    asker: Asker,
    library: Library,
    *,
    ids: Mapping[str, str] | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Ask every question of an index; ``ids`` gives article ids where the dataset's names differ.

    A retrieved passage is relevant where its article is listed (any article where none is) and its
    text holds an accepted answer. ``recall`` is whether one stands among the first k; for MRR and
    nDCG each listed article that holds an answer counts once, at its first relevant passage.
    """
    questions = dataset.questions[:limit]
    listed, missing = _listed(questions, library, ids)
    wanted = {name for names in listed.values() for name in names}
    texts = {a.id: a.text for a in library.articles() if a.id in wanted}
    notes = []
    if missing:
        if not wanted:
            raise DatasetError(
                f"{dataset.name}: none of the articles its questions list is in the index "
                f"(the first is {missing[0]!r}); add them, or name another index with --index"
            )
        notes.append(
            f"{len(missing)} listed articles are not in the index, the first is {missing[0]!r}."
        )

    def ask(question: Question) -> Record:
        started = time.perf_counter()
        answer = asker.ask(
            question.question, history=question.history, k=RECALL_DEPTHS, id=question.id
        )
        latency = (time.perf_counter() - started) * 1000
        names = listed[question.id]
        holding = sum(holds_answer(texts.get(name), question.answers) for name in names)
        return Record(
            id=question.id,
            question=question.question,
            kind=question.kind,
            latency_ms=latency,
            retrieval=judge_passages(question, answer.passages, names, max(holding, 1)),
            reply=judge_answer(question, answer, names),
            earlier=tuple(turn.question for turn in question.history),
        )

    records, interrupted = _each(questions, ask, progress or _silent)
    return Result(dataset.name, records, tuple(notes), interrupted)


def run_oracle(
    dataset: QuestionSet,
    asker: Asker,
    articles: Mapping[str, Article],
    *,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Hand the reader each question's own paragraph whole, as the only passage."""

    def ask(question: Question) -> Record:
        passages = [
            _whole(number, articles[name])
            for number, name in enumerate(question.articles)
            if name in articles
        ]
        started = time.perf_counter()
        answer = asker.answer_from(question.question, passages, id=question.id)
        latency = (time.perf_counter() - started) * 1000
        reply = judge_answer(question, answer, None)
        return Record(question.id, question.question, question.kind, latency, None, reply)

    records, interrupted = _each(dataset.questions[:limit], ask, progress or _silent)
    notes = ("The reader was given each question's own paragraph; nothing was searched.",)
    return Result(dataset.name, records, notes, interrupted)


def run_queries(
    dataset: RetrievalSet,
    searcher: Searcher,
    articles: Mapping[str, Article],
    *,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Search every query and compare the documents found with its qrels; no question is answered.

    A document's score is its best passage's.
    """
    documents: dict[str, list[str]] = {}
    for name, article in articles.items():
        documents.setdefault(article.id, []).append(name)

    def search(number: int) -> Record:
        query = dataset.queries[number]
        started = time.perf_counter()
        passages = searcher.search(query.question, k=_BEIR_PASSAGES)
        latency = (time.perf_counter() - started) * 1000
        best: dict[str, float] = {}
        for passage in passages:
            for name in documents.get(passage.article.id, ()):
                best[name] = max(passage.score, best.get(name, passage.score))
        run = ranked(best)
        found = Retrieval(
            tuple(recall_at_k(run, query.qrels, k) for k in range(1, RECALL_DEPTHS + 1)),
            mrr_at_k(run, query.qrels, RECALL_DEPTHS),
            ndcg_at_k(run, query.qrels, RECALL_DEPTHS),
        )
        return Record(query.id, query.question, kind_of(query.question), latency, found, None)

    records, interrupted = _each(range(len(dataset.queries[:limit])), search, progress or _silent)
    return Result(dataset.name, records, (), interrupted)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def _each(
    items: Sequence[T], ask: Callable[[T], Record], tell: Progress
) -> tuple[tuple[Record, ...], bool]:
    """Record every item; an interrupt keeps what is there, unless nothing is."""
    records: list[Record] = []
    try:
        if items:
            ask(items[0])  # loads the models, so that no question's latency holds their loading
        for item in items:
            records.append(ask(item))
            tell("asking", len(records), len(items))
    except KeyboardInterrupt:
        if not records:
            raise
        return tuple(records), True
    return tuple(records), False


def _articles(documents: Sequence[Document], name: str) -> dict[str, Article]:
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


def _fill(index: Index, articles: Mapping[str, Article], tell: Progress) -> None:
    distinct = list({article.id: article for article in articles.values()}.values())

    def told() -> Iterator[Article | Skipped]:
        for number, article in enumerate(distinct, start=1):
            yield article
            tell("indexing", number, len(distinct))

    index.add(told())


def _listed(
    questions: Iterable[Question], library: Library, ids: Mapping[str, str] | None
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Give the article ids each question lists, and the references that name none."""
    known: dict[str, list[str]] = {}
    for ref in dict.fromkeys(ref for question in questions for ref in question.articles):
        if ids is None:
            known[ref] = library.resolve(ref)
        else:
            known[ref] = [ids[ref]] if ref in ids else []
    found = {
        q.id: tuple(dict.fromkeys(name for ref in q.articles for name in known[ref]))
        for q in questions
    }
    return found, [ref for ref, names in known.items() if not names]


def _whole(number: int, article: Article) -> Passage:
    chunk = Chunk(number, article.id, 0, len(article.text), article.text)
    return Passage(chunk, article, 1.0)
