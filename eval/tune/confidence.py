"""Confidence and the threshold to abstain, for any reader: what its answers' signals are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.metrics import holds_answer
from eval.tune.corpora import Corpus
from eval.tune.logistic import Example
from rag.answering import READ, group_spans
from rag.dialogue import standalone
from rag.index import Index
from rag.reader.protocol import Reader
from rag.retriever import Retriever
from rag.types import Span


@dataclass(frozen=True, slots=True)
class Case:
    """One question read: its topic, its signals, whether its best quote answers it."""

    group: str
    signals: dict[str, float]
    right: bool
    answerable: bool
    real: bool = True
    """Whether it was asked so, not made a near miss."""

    @property
    def example(self) -> Example:
        """The part that a fit needs."""
        return self.signals, self.right


def read_cases(
    corpus: Corpus, reader: Reader, index: Index, *, near_misses: bool = False
) -> list[Case]:
    """Ask every question of an index and record the best answer's signals.

    With ``near_misses`` every answerable question is also judged as if no sentence held an
    accepted answer: what the reader would then have said is wrong, and about the right thing.
    """
    retriever = Retriever(index)
    cases = []
    for question in corpus.questions:
        alone = standalone(question.question, question.history) or question.question
        spans = reader.read(alone, retriever.search(alone, READ))
        topic = question.id.rsplit("-", 1)[0]
        cases.append(_case(topic, spans, question.answers))
        if near_misses and question.answerable:
            others = [s for s in spans if not holds_answer(s.quote, question.answers)]
            cases.append(replace(_case(topic, others, ()), real=False))
    return cases


def _case(topic: str, spans: Sequence[Span], accepted: Sequence[str]) -> Case:
    groups = group_spans(spans)
    right = bool(groups) and holds_answer(groups[0].spans[0].quote, accepted)
    return Case(topic, dict(groups[0].signals) if groups else {}, right, bool(accepted))
