"""Asks the questions of a dataset and records what came back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from eval.datasets import Dataset, Document, Question, QuestionSet, RetrievalSet, kind_of
from eval.grouping import as_text
from eval.losses import loss_of
from eval.metrics import holds_answer, mrr_at_k, ndcg_at_k, ranked, recall_at_k
from eval.result import RECALL_DEPTHS, Record, Result, Retrieval
from eval.scoring import judge_answer, judge_loss, judge_passages
from rag.errors import DatasetError, ModelError, QueryError, SourceError
from rag.types import Answer, Article, Chunk, Passage, Skipped, Turn

if TYPE_CHECKING:
    from embeddings import Encoder
    from rag import Answerer, Index

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("indexing", "asking"), how many are done, and of how many."""

_BEIR_PASSAGES = 50
"""Passages searched for ten documents: several of the best passages may be one document's."""
_RETRIEVED = 50
"""Passages looked at for a right one; no more than retrieval weighs for ten, so that their order stays."""
_AT_ONCE = 200
"""Tokens of a paragraph handed over as one passage; a longer one comes as several, all of it."""


class Asker(Protocol):
    """The part of `rag.Answerer` that a run needs."""

    def ask(
        self,
        question: str,
        /,
        *,
        history: Sequence[Turn] = (),
        k: int = 10,
        as_of: date | None = None,
        id: str | None = None,
    ) -> Answer:
        """Answer from the index."""
        ...

    def answer_from(
        self,
        question: str,
        passages: Sequence[Passage],
        /,
        *,
        as_of: date | None = None,
        id: str | None = None,
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
    make_other: Callable[[Index], Answerer] | None = None,
    oracle: bool = False,
    limit: int | None = None,
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
    if not dataset.documents:
        if index is None or isinstance(dataset, RetrievalSet):
            raise DatasetError(f"{dataset.name}: brings no articles; name an index with --index")
        first, other = make(index), make_other(index) if make_other else None
        result = run_questions(dataset, first, index, other=other, limit=limit, progress=tell)
        return _named(result, first, other)
    documents: Sequence[Document] = dataset.documents
    if oracle and isinstance(dataset, QuestionSet):
        named = {name for question in dataset.questions[:limit] for name in question.articles}
        documents = [document for document in documents if document.id in named]
    articles = _articles(documents, dataset.name)
    # A reader may still hold a memory map when the folder goes; Windows refuses to delete it then.
    with (
        tempfile.TemporaryDirectory(prefix="presscite-eval-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True, encoder=_encoder()) as temporary,
    ):
        if isinstance(dataset, RetrievalSet):
            _fill(temporary, articles, tell)
            searcher = Retriever(temporary)
            return run_queries(dataset, searcher, articles, limit=limit, progress=tell)
        # Before the articles are embedded: a reader that cannot be loaded must not cost minutes.
        first, other = make(temporary), make_other(temporary) if make_other else None
        if oracle:
            result = run_oracle(dataset, first, articles, other=other, limit=limit, progress=tell)
            return _named(result, first, other)
        _fill(temporary, articles, tell)
        ids = {name: article.id for name, article in articles.items()}
        result = run_questions(
            dataset, first, temporary, other=other, ids=ids, limit=limit, progress=tell
        )
        return _named(result, first, other)


def run_questions(
    dataset: QuestionSet,
    asker: Asker,
    library: Library,
    *,
    other: Asker | None = None,
    ids: Mapping[str, str] | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Ask every question of an index; ``ids`` gives article ids where the dataset's names differ.

    A retrieved passage is relevant where its article is listed (any article where none is) and its
    text holds an accepted answer. ``recall`` is whether one stands among the first k; for MRR and
    nDCG each listed article that holds an answer counts once, at its first relevant passage.

    ``other`` answers from the same passages, for `Result.compared`; the time it is said to take
    includes their retrieval.
    """
    from rag.answering.answerer import READER_DEPTH

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
    refused: dict[str, str] = {}

    def ask(question: Question) -> tuple[Record, ...]:
        names = listed[question.id]
        holding = sum(holds_answer(texts.get(name), question.answers) for name in names)

        def record(answer: Answer, latency: float) -> Record:
            reply = judge_answer(question, answer, names)
            return Record(
                id=question.id,
                question=question.question,
                kind=question.kind,
                latency_ms=latency,
                retrieval=judge_passages(
                    question, found.passages[:RECALL_DEPTHS], names, max(holding, 1)
                ),
                reply=reply,
                earlier=tuple(turn.question for turn in question.history),
                fields=as_text(question.fields),
                loss=judge_loss(question, reply, found.passages, names, read=READER_DEPTH),
            )

        found, latency = _timed(
            question,
            lambda: asker.ask(
                question.question,
                history=question.history,
                k=max(_RETRIEVED, READER_DEPTH),
                id=question.id,
                **_day(question),
            ),
            refused,
        )
        if other is None:
            return (record(found, latency),)
        asked = found.standalone_question or question.question
        again, spent = _timed(
            question,
            lambda: other.answer_from(asked, found.passages, id=question.id, **_day(question)),
            refused,
        )
        spent += found.timings_ms.get("retrieve", 0.0)
        return record(found, latency), record(again, spent)

    rows, interrupted = _each(questions, ask, progress or _silent)
    return _result(dataset.name, rows, (*notes, *_refusals(refused)), interrupted)


def run_oracle(
    dataset: QuestionSet,
    asker: Asker,
    articles: Mapping[str, Article],
    *,
    other: Asker | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Hand the reader each question's own paragraph, all of it and nothing else.

    ``other`` is handed the same, for `Result.compared`.
    """
    refused: dict[str, str] = {}
    passages: dict[tuple[str, ...], list[Passage]] = {}

    def ask(question: Question) -> tuple[Record, ...]:
        if question.articles not in passages:
            own = [articles[name] for name in question.articles if name in articles]
            passages[question.articles] = _paragraphs(own)
        given = passages[question.articles]
        row = []
        for reader in (asker,) if other is None else (asker, other):
            answer, latency = _timed(
                question,
                partial(
                    reader.answer_from, question.question, given, id=question.id, **_day(question)
                ),
                refused,
            )
            reply = judge_answer(question, answer, None)
            row.append(
                Record(
                    id=question.id,
                    question=question.question,
                    kind=question.kind,
                    latency_ms=latency,
                    retrieval=None,
                    reply=reply,
                    fields=as_text(question.fields),
                    # Handed its own paragraph, a reader has read what answers.
                    loss=loss_of(
                        retrieved=True,
                        read=True,
                        quoted=reply.correct,
                        worded=reply.worded,
                        abstained=reply.abstained,
                    )
                    if question.answerable
                    else None,
                )
            )
        return tuple(row)

    rows, interrupted = _each(dataset.questions[:limit], ask, progress or _silent)
    notes = ("The reader was given each question's own paragraph; nothing was searched.",)
    return _result(dataset.name, rows, (*notes, *_refusals(refused)), interrupted)


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
                if name != query.itself:
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


def _day(question: Question) -> dict[str, date]:
    """Give the day asked as a keyword; a question that names none is asked as of the asker's own."""
    return {} if question.as_of is None else {"as_of": question.as_of}


def _timed(
    question: Question, ask: Callable[[], Answer], refused: dict[str, str]
) -> tuple[Answer, float]:
    """Give an answer and the milliseconds it took; a question that is none is abstained from.

    Large sets hold a few that are empty or all punctuation, and the rest must not be lost to them.
    """
    started = time.perf_counter()
    try:
        answer = ask()
    except QueryError as error:
        refused[question.id] = str(error)
        answer = Answer(question.question, None, (), True, (), {}, question.id)
    return answer, (time.perf_counter() - started) * 1000


def _refusals(refused: Mapping[str, str]) -> tuple[str, ...]:
    if not refused:
        return ()
    first, reason = next(iter(refused.items()))
    return (
        f"{len(refused)} questions could not be asked and count as abstained from; "
        f"the first is {first!r}: {reason}.",
    )


def _result(
    name: str, rows: Sequence[tuple[Record, ...]], notes: tuple[str, ...], interrupted: bool
) -> Result:
    """Put the first of each row into a result, the second, where there is one, into the compared."""
    runs = [tuple(run) for run in zip(*rows, strict=True)] or [()]
    other = Result(name, runs[1], notes, interrupted) if len(runs) > 1 else None
    return Result(name, runs[0], notes, interrupted, compared=other)


def _named(result: Result, first: Answerer, other: Answerer | None) -> Result:
    compared = result.compared
    if compared is not None and other is not None:
        compared = replace(compared, reader=other.reader.name)
    return replace(result, reader=first.reader.name, compared=compared)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def _each(items: Sequence[T], ask: Callable[[T], R], tell: Progress) -> tuple[tuple[R, ...], bool]:
    """Record every item; an interrupt keeps what is there, unless nothing is."""
    records: list[R] = []
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


def _encoder() -> Encoder:
    """Return the default encoder; neighbouring questions share most of the texts embedded for them."""
    from embeddings import EncoderNotFoundError
    from eval.remembering_encoder import RememberingEncoder

    try:
        return RememberingEncoder()
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error


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


def _paragraphs(articles: Sequence[Article]) -> list[Passage]:
    """Give articles as passages that hold all of them, no more than an answerer reads."""
    from rag.answering.answerer import READER_DEPTH
    from rag.index.chunking import ChunkBudget, chunk_spans

    tokens = _AT_ONCE
    while True:
        spans = [
            (article, start, end)
            for article in articles
            for start, end in chunk_spans(article.text, ChunkBudget(tokens=tokens))
        ]
        # Past that many an answerer would read no further: then fewer and longer ones.
        if len(spans) <= max(READER_DEPTH, len(articles)):
            break
        tokens *= 2
    return [
        Passage(Chunk(number, article.id, start, end, article.text[start:end]), article, 1.0)
        for number, (article, start, end) in enumerate(spans)
    ]
