"""Records of feedback; they refuse to exist where a field is not what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from rag.errors import QueryError
from rag.types import MAX_QUESTION

Verdict = Literal["right", "wrong", "here"]
"""Of an answer: right, wrong; ``here``: the right answer are these words of this article."""
MAX_WORDS = 2000
"""Characters of an answer, or of the words that are the right one."""
_MAX_NAME = 1000


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of one answer."""

    verdict: Verdict
    question: str
    """As it stands alone: a follow-up as it was understood."""
    answer: str | None
    """The answering words; of ``here`` the right ones. None: that the articles don't say."""
    article_id: str | None = None
    """Where they stand; None where there is no answer."""
    content_hash: str | None = None
    """Of the article at that time."""
    start: int | None = None
    """Characters of the article's text: those of the answer."""
    end: int | None = None
    as_of: date | None = None
    """The day asked; None: the day it was given."""

    def __post_init__(self) -> None:
        """Check the fields.

        Raises
        ------
        QueryError
        """
        if self.verdict not in get_args(Verdict):
            raise QueryError(f"verdict is {self.verdict!r}; give right, wrong or here")
        if not any(char.isalnum() for char in self.question):
            raise QueryError("the question is empty; feedback needs the question that was asked")
        if len(self.question) > MAX_QUESTION:
            raise QueryError(
                f"the question has {len(self.question):,} characters; at most {MAX_QUESTION:,}"
            )
        if self.answer is not None and not 0 < len(self.answer) <= MAX_WORDS:
            raise QueryError(
                f"the answer has {len(self.answer):,} characters; give 1 to {MAX_WORDS:,}"
            )
        place = (self.article_id, self.start, self.end)
        if self.answer is None and place != (None, None, None):
            raise QueryError("an article is named and no answer; give the words that answer")
        if self.answer is not None and (
            self.article_id is None or self.start is None or self.end is None
        ):
            raise QueryError("an answer is given without its article, start and end")
        if self.verdict == "here" and self.answer is None:
            raise QueryError("no words are given; paste those of the article that answer")
        if max(len(self.article_id or ""), len(self.content_hash or "")) > _MAX_NAME:
            raise QueryError(f"an id of over {_MAX_NAME:,} characters; give an article's own")


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """Feedback with its number and when it was given."""

    id: int
    at: datetime
    """In UTC."""
    feedback: Feedback
