"""Ablations: what each part of answering is worth, by answering every question without it.

A passage is read by the network once, and what the search finds is kept, so that a part costs a fraction of
the first run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from eval.datasets import Question
from eval.lab.tune.corpora import Corpus, indexed
from eval.lab.tune.parts import Part, parts
from eval.metrics import holds_answer
from eval.remembering_encoder import RememberingEncoder
from eval.remembering_scorer import RememberingScorer
from eval.result import Reply, mean_interval
from eval.scoring import judge_answer
from rag.answering.answerer import Answerer
from rag.index import Index
from rag.reader.feature_reader import FeatureReader
from rag.reader.span_reader import SpanReader
from rag.retrieval.retriever import Retriever
from rag.types import Passage, Query, Span

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Ablated:
    """Shares of a corpus's questions without one part; all but the last two are of answerable ones."""

    without: str
    corpus: str
    among: float
    """An accepted answer stands in a passage that was read."""
    right_first: float
    """The first quote holds an accepted answer, told or held back."""
    gain: float
    """What the part adds to ``right_first``."""
    low: float
    high: float
    """95 % paired bootstrap interval of ``gain``."""
    f1: float
    told: float
    told_right: float
    """Of the told answers, those to unanswerable questions among them; 0 where none is told."""
    refused: float
    """Of the unanswerable questions; 1 where there are none."""


@dataclass(frozen=True, slots=True)
class _Answered:
    among: bool
    reply: Reply


class _RememberingRetriever(Retriever):
    """A retriever that searches for every question once."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self._known: dict[tuple[Query, frozenset[tuple[str, object]]], list[Passage]] = {}

    def search(self, question: str | Query, k: int = 10, **options: object) -> list[Passage]:
        again = options.get("again", ())
        if not isinstance(question, Query) or not isinstance(again, Sequence):
            raise TypeError("only what an answerer asks for is remembered")
        key = question, frozenset({**options, "again": tuple(again)}.items())
        if key not in self._known:
            self._known[key] = super().search(question, k, **options)  # type: ignore[arg-type]
        return self._known[key]


class _RememberingFeatures(FeatureReader):
    """A feature reader that looks at the passages of a question once."""

    def __init__(self, reader: FeatureReader) -> None:
        super().__init__(None, weights=reader.weights)
        self._read: dict[tuple[str, tuple[Passage, ...]], list[Span]] = {}

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        key = question, tuple(passages)
        if key not in self._read:
            self._read[key] = super().read(question, passages, as_of=as_of)
        return self._read[key]


def ablations(
    corpora: Sequence[Corpus],
    reader: SpanReader,
    changes: Sequence[Part] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Ablated]:
    """Answer each corpus's questions as they are answered, then with each of the ``changes``.

    These are by default to do without each part (`eval.lab.tune.parts`).
    """
    made = parts(reader) if changes is None else changes
    encoder = RememberingEncoder()
    scorer = RememberingScorer(reader.scorer)
    found: list[Ablated] = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            searched = _RememberingRetriever(index)
            read = _RememberingFeatures(reader.features)
            remembering = reader.with_scorer(scorer).with_features(read)
            whole = _answered(
                corpus.questions, Answerer(index, reader=remembering, retriever=searched)
            )
            found.append(_ablated(_NOTHING, corpus.name, whole, whole))
            for part in made:
                own = _answered_without(
                    part,
                    corpus.questions,
                    index,
                    remembering.with_features(reader.features) if part.features else remembering,
                    searched,
                )
                found.append(_ablated(part.name, corpus.name, own, whole))
                say(f"{corpus.name}, {part.name}: {found[-1].gain:+.3f}")
    return found


def _answered_without(
    part: Part,
    questions: Sequence[Question],
    index: Index,
    reader: SpanReader,
    searched: Retriever,
) -> list[_Answered]:
    if part.reader is not None:
        reader = part.reader(reader)
    if part.search or part.searches:
        searched = Retriever(index, **part.search)
    with part.left_out():
        return _answered(questions, Answerer(index, reader=reader, retriever=searched))


def _answered(questions: Sequence[Question], answerer: Answerer) -> list[_Answered]:
    found = []
    for question in questions:
        answer = answerer.ask(
            question.question, history=question.history, k=12, as_of=question.as_of
        )
        among = any(
            holds_answer(passage.text, question.answers)
            for passage in answer.passages
            if passage.chunk.id in answer.read
        )
        found.append(_Answered(among, judge_answer(question, answer, None)))
    return found


def _ablated(
    name: str, corpus: str, own: Sequence[_Answered], whole: Sequence[_Answered]
) -> Ablated:
    asked = [one for one in own if one.reply.answerable]
    before = [one for one in whole if one.reply.answerable]
    differences = np.array(
        [a.reply.quote_hit - b.reply.quote_hit for a, b in zip(before, asked, strict=True)],
        np.float64,
    )
    low, high = mean_interval(differences, resamples=1000) or (0.0, 0.0)
    told = [one for one in own if not one.reply.abstained]
    refused = [one.reply.abstained for one in own if not one.reply.answerable]
    return Ablated(
        name,
        corpus,
        among=_mean([one.among for one in asked]),
        right_first=_mean([one.reply.quote_hit for one in asked]),
        gain=float(differences.mean()) if len(differences) else 0.0,
        low=low,
        high=high,
        f1=_mean([one.reply.f1 for one in asked]),
        told=_mean([not one.reply.abstained for one in asked]),
        told_right=_mean([one.reply.correct for one in told]),
        refused=_mean(refused) if refused else 1.0,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
