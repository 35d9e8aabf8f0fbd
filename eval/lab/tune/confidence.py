"""Calibration examples of any reader: the features of its best answers, and whether they are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from eval.datasets import Question
from eval.lab.tune.corpora import Corpus
from eval.lab.tune.logistic import Example
from eval.metrics import holds_answer
from rag.answering.answerer import READER_DEPTH
from rag.answering.grouping import group_spans
from rag.dialogue.rewrite import rewrite_query
from rag.index import Index
from rag.reader.protocol import Reader
from rag.retrieval.filters import day_asked
from rag.retrieval.retriever import Retriever
from rag.types import Span


@dataclass(frozen=True, slots=True)
class CalibrationExample:
    """One question: topic, features of its best answer, whether its best quote is right."""

    group: str
    features: dict[str, float]
    right: bool
    answerable: bool
    real: bool = True
    """Whether it is a question of the set, not a near miss made of one."""

    @property
    def example(self) -> Example:
        """The part that a fit needs."""
        return self.features, self.right


def read_questions(
    corpus: Corpus, reader: Reader, index: Index
) -> Iterator[tuple[str, Question, list[Span]]]:
    """Yield every question with its topic and the spans read for it, as of the day it is asked."""
    retriever = Retriever(index)
    for question in corpus.questions:
        alone = rewrite_query(question.question, question.history) or question.question
        day = day_asked(question.as_of)
        spans = reader.read(alone, retriever.search(alone, READER_DEPTH, as_of=day), as_of=day)
        yield topic_of(corpus, question), question, spans


def topic_of(corpus: Corpus, question: Question) -> str:
    """Return the topic of a question: cross-validation holds out topics."""
    if question.as_of is not None:
        return f"{corpus.name} {question.as_of:%Y-%m}"
    return question.id.rsplit("-", 1)[0]


def read_calibration_examples(
    corpus: Corpus, reader: Reader, index: Index, *, near_misses: bool = False
) -> list[CalibrationExample]:
    """Answer every question and record the best answer's features.

    With ``near_misses`` every answerable question is also judged as if no sentence held an
    accepted answer: the reader's best span is then wrong, though on topic.
    """
    cases = []
    for topic, question, spans in read_questions(corpus, reader, index):
        cases.append(calibration_example(topic, spans, question))
        if near_misses and question.answerable:
            others = [s for s in spans if not holds_answer(s.quote, question.answers)]
            cases.append(
                replace(calibration_example(topic, others, question), right=False, real=False)
            )
    return cases


def calibration_example(
    topic: str, spans: Sequence[Span], question: Question
) -> CalibrationExample:
    """Return the features of a question's best answer, and whether its quote is right."""
    groups = group_spans(spans)
    right = bool(groups) and holds_answer(groups[0].spans[0].quote, question.answers)
    features = asdict(groups[0].features) if groups else {}
    return CalibrationExample(topic, features, right, bool(question.answers))
