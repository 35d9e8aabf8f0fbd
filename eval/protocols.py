"""What a run needs of the library, so that tests may stand in for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from rag.types import Answer, Article, Passage, Turn

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("indexing", "asking"), how many are done, and of how many."""


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
        collection: str | None = None,
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
