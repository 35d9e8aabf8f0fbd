"""Records of question sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from rag.types import Turn

Split = Literal["dev", "test", "all"]

Scalar = str | int | float | bool
"""What a field of a question may hold for questions to be grouped by it."""

_QUESTION_WORDS: tuple[tuple[str, str], ...] = (
    (r"how (many|much)|what (percentage|share|number|amount|proportion)", "how many"),
    (r"how", "how"),
    (r"who(se|m)?", "who"),
    (r"when|(in |on )?(what|which) (year|month|day|date|time)", "when"),
    (r"where|(in |on )?(what|which) (city|country|place|state|town|province)", "where"),
    (r"why", "why"),
    (r"(what|which)|(in|on|at|by|for|of|to|from|with) (what|which)", "what"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the answers that count; no answers means the articles don't say."""

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    """Where the answer stands: article ids, URLs, paths or file stems; empty means anywhere."""
    history: tuple[Turn, ...] = ()
    kind: str = "other"
    """As the dataset names it, else its `question_word`."""
    as_of: date | None = None
    """The day it was asked; None where that does not matter, which means today."""
    fields: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    """What else its line says, to group by."""

    @property
    def answerable(self) -> bool:
        """Whether there is an answer to find."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class Document:
    """A text that becomes an article of a temporary index."""

    id: str
    text: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions to answer, from an index (no documents) or from the documents they came with."""

    name: str
    questions: tuple[Question, ...]
    documents: tuple[Document, ...] = ()
    notes: tuple[str, ...] = ()
    """What was read otherwise than it is written, or left out; a line each."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question with graded relevance by document id; retrieval only."""

    id: str
    question: str
    qrels: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    itself: str | None = None
    """The document that is this very query, which a search must not count for or against itself."""


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """A BEIR folder: documents to search and the queries its qrels judge."""

    name: str
    queries: tuple[Query, ...]
    documents: tuple[Document, ...]
    notes: tuple[str, ...] = ()
    """What was read otherwise than it is written, or left out; a line each."""


Dataset = QuestionSet | RetrievalSet


def question_word(question: str) -> str:
    """Return the question word that a question opens with: who, when, where, why, how many, what, ...

    Its ``kind`` where the dataset gives none. What the reader looks for is another thing, the expected answer
    type: `rag.text.answer_types.classify_question`.
    """
    start = question.strip().lower()
    for pattern, kind in _QUESTION_WORDS:
        if re.match(rf"(?:{pattern})\b", start):
            return kind
    return "other"
