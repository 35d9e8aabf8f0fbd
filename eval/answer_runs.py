"""Runs that ask questions of an index, and oracle runs that hand over the question's paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from eval.datasets import Question, QuestionSet
from eval.grouping import as_text
from eval.losses import loss_of
from eval.metrics import holds_answer
from eval.protocols import Asker, Library, Progress
from eval.question_loop import as_of, each, refusals, silent, timed
from eval.result import RECALL_DEPTHS, Record, Result
from eval.scoring import judge_answer, judge_loss, judge_passages
from rag.errors import DatasetError
from rag.types import Answer, Article, Chunk, Passage

_RETRIEVED = 50
"""Passages looked at for a right one; no more than retrieval weighs for ten, so that their order stays."""
_ORACLE_TOKENS = 200
"""Tokens of a paragraph handed over as one passage; a longer one comes as several, all of it."""


def run_questions(
    dataset: QuestionSet,
    asker: Asker,
    library: Library,
    *,
    other: Asker | None = None,
    ids: Mapping[str, str] | None = None,
    limit: int | None = None,
    collection: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Ask every question of an index, or of one collection in it.

    ``ids`` gives article ids where the dataset's names differ.

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
            f"1 listed article is not in the index: {missing[0]!r}."
            if len(missing) == 1
            else f"{len(missing)} listed articles are not in the index, the first is {missing[0]!r}."
        )
    refused: dict[str, str] = {}
    searched = asker.ask if collection is None else partial(asker.ask, collection=collection)

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
                loss=judge_loss(
                    question, reply, found.passages, names, read=frozenset(answer.read)
                ),
            )

        found, latency = timed(
            question,
            lambda: searched(
                question.question,
                history=question.history,
                k=max(_RETRIEVED, READER_DEPTH),
                id=question.id,
                **as_of(question),
            ),
            refused,
        )
        if other is None:
            return (record(found, latency),)
        asked = found.standalone_question or question.question
        again, spent = timed(
            question,
            lambda: other.answer_from(asked, found.passages, id=question.id, **as_of(question)),
            refused,
        )
        spent += found.timings_ms.get("retrieve", 0.0)
        return record(found, latency), record(again, spent)

    rows, interrupted = each(questions, ask, progress or silent)
    return _result(dataset.name, rows, (*notes, *refusals(refused)), interrupted)


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
            answer, latency = timed(
                question,
                partial(
                    reader.answer_from, question.question, given, id=question.id, **as_of(question)
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

    rows, interrupted = each(dataset.questions[:limit], ask, progress or silent)
    notes = ("The reader was given each question's own paragraph; nothing was searched.",)
    return _result(dataset.name, rows, (*notes, *refusals(refused)), interrupted)


def _result(
    name: str, rows: Sequence[tuple[Record, ...]], notes: tuple[str, ...], interrupted: bool
) -> Result:
    """Put the first of each row into a result, the second, where there is one, into the compared."""
    runs = [tuple(run) for run in zip(*rows, strict=True)] or [()]
    other = Result(name, runs[1], notes, interrupted) if len(runs) > 1 else None
    return Result(name, runs[0], notes, interrupted, compared=other)


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

    tokens = _ORACLE_TOKENS
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
