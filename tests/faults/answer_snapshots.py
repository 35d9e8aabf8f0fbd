"""What an index answers, as a value: to be compared with what a fresh build of the same answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rag import Index
from rag.errors import PressciteError
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.types import Article, Filters
from tests.conftest import HashEncoder
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)
ASKED = (
    ("Who ordered new trams in Lindau?", Filters()),
    ("bells of Konstanz", Filters()),
    # In every article, so that none can be lost unseen.
    ("harbour", Filters()),
    ("harbour", Filters(outlet="Lake Wire")),
    ("harbour", Filters(since=date(2020, 6, 1))),
)
_ALL = 1000
Hit = tuple[str, int, int, float]


class UnknownChunkError(Exception):
    """A search found what no article holds."""


class QuickEncoder(HashEncoder):
    """The tests' tiny encoder, remembering its vectors: the campaign embeds the same texts for ever."""

    _known: ClassVar[dict[str, NDArray[np.float32]]] = {}

    def _vector(self, text: str) -> NDArray[np.float32]:
        if text not in self._known:
            self._known[text] = super()._vector(text)
        return self._known[text]


@dataclass(frozen=True, slots=True)
class State:
    """Everything a reader can ask: the articles, and hits by vector and by words.

    A hit is the article, the chunk's offsets and the score. Scores by words depend on what was
    deleted and not yet merged away, so only states with one history may compare them.
    """

    articles: tuple[Article, ...]
    near: tuple[tuple[Hit, ...], ...]
    words: tuple[tuple[Hit, ...], ...]

    def difference(self, other: State, *, exact: bool = False) -> str | None:
        """Return how another state differs, or None; ``exact`` compares scores by words too."""
        if self.articles != other.articles:
            mine, theirs = set(self.articles), set(other.articles)
            return f"articles: {len(mine - theirs)} missing, {len(theirs - mine)} too many"
        if self.near != other.near:
            return f"hits by vector: {_first(self.near, other.near)}"
        ours, theirs = (self.words, other.words) if exact else (_bare(self), _bare(other))
        if ours != theirs:
            return f"hits by words: {_first(ours, theirs)}"
        return None


def made(numbers: Iterable[int], *, edition: int = 0) -> list[Article]:
    """Return articles by number; another edition is the same source with other words."""
    return [
        story(
            n + 64 * edition,
            sentences=4,
            source=f"/news/{n}.txt",
            outlet=("Lake Wire", "Harbour Post")[n % 2],
            published=date(2020, 1 + n % 12, 1 + edition % 28),
        )
        for n in numbers
    ]


def opened(folder: Path, *, create: bool = False) -> Index:
    """Open an index with the tiny encoder."""
    return Index.open(folder, create=create, encoder=QuickEncoder(), budget=BUDGET)


def observe(folder: Path) -> State:
    """Return what a reader that opens the folder now is told.

    Raises
    ------
    PressciteError
        Where the folder is refused.
    UnknownChunkError
        Where a search returns a chunk that is in no article, or one twice.
    """
    with opened(folder) as index:
        # The order of sources tells which file was read first, and no answer depends on it.
        articles = tuple(
            replace(article, sources=tuple(sorted(article.sources)))
            for article in sorted(index.articles(), key=lambda article: article.id)
        )
        return State(articles, *hits(index))


def hits(index: Index) -> tuple[tuple[tuple[Hit, ...], ...], tuple[tuple[Hit, ...], ...]]:
    """Return every hit by vector and by words of one revision, for everything asked."""
    vectors = index.encode([question for question, _ in ASKED])
    near, words = [], []
    with index.view() as view:
        for (question, filters), vector in zip(ASKED, vectors, strict=True):
            near.append(_named(view, view.search_dense(vector, _ALL, filters)))
            words.append(_named(view, view.search_lexical(question, _ALL, filters)))
    return tuple(near), tuple(words)


def fresh(folder: Path, articles: Sequence[Article]) -> State:
    """Return what a new index of these articles answers."""
    with opened(folder, create=True) as index:
        index.add(articles)
    return observe(folder)


def heal(folder: Path) -> str | None:
    """Write nothing new, which mends what is derived; returns what is wrong after it, or None."""
    encoder = QuickEncoder()
    try:
        with Index.open(folder, encoder=encoder) as index:
            index.add([])
        problems = verify_index(folder, quick=False)
    except PressciteError as error:
        return f"a clean write is refused: {error}"
    if encoder.texts:
        return f"healing embedded {len(encoder.texts)} texts again"
    return f"still damaged after a clean write: {problems[0]}" if problems else None


def _named(view: object, found: Sequence[tuple[int, float]]) -> tuple[Hit, ...]:
    held = view.chunks([number for number, _ in found])  # type: ignore[attr-defined]
    named = []
    for number, score in found:
        if number not in held:
            raise UnknownChunkError(f"chunk {number} was found and is in no article")
        chunk = held[number][0]
        named.append((chunk.article_id, chunk.start, chunk.end, round(score, 4)))
    if len(set(named)) != len(named):
        raise UnknownChunkError("a chunk was found twice")
    # By score, then by name: numbers of chunks depend on what was there before.
    return tuple(sorted(named, key=lambda hit: (-hit[3], hit)))


def _bare(state: State) -> tuple[tuple[tuple[str, int, int], ...], ...]:
    return tuple(tuple(sorted(hit[:3] for hit in found)) for found in state.words)


def _first(ours: Sequence[Sequence[object]], theirs: Sequence[Sequence[object]]) -> str:
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a != b:
            missing, more = set(a) - set(b), set(b) - set(a)
            return f"question {number}: {len(missing)} missing, {len(more)} too many"
    return "none"
