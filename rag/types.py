"""The records that travel from an article to an answer; frozen, standard library only.

Offsets are always characters (code points) of ``Article.text``, end exclusive.
Scores are floats where higher is better.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from rag.errors import QueryError, QuoteError
from rag.features import PassageFeatures, SpanFeatures

MAX_QUESTION = 2000
"""Characters of a question."""
MAX_K = 1000
"""Passages of a search."""
DATE_ORIGINS = (
    "metadata",
    "structured data",
    "feed",
    "sitemap",
    "address",
    "visible text",
    "guessed",
)
"""Where a publication date comes from: a field of the file; JSON-LD, meta tags or ``<time>`` of a page;
an entry of a feed or site map; the path of the URL; a date line that readers see; a guess."""

Relation = Literal["same", "different", "changed", "also"]
"""How another answer stands to the answer: it says the same; cannot be true beside it; was reported at
another time of what changes; or is of another kind or aspect."""


@dataclass(frozen=True, slots=True)
class Article:
    """One published text with its metadata; ``text`` is cleaned at ingest and never changes after."""

    id: str
    text: str
    title: str | None = None
    outlet: str | None = None
    published: date | None = None
    url: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    sources: tuple[str, ...] = ()
    """Absolute paths or URLs it was added from, first one first; ``path#id`` for a line of JSONL."""
    retells: str | None = None
    """Whose report it retells in words of its own, as read after "after": "a report by ..., date"."""
    date_origin: str | None = None
    """Where ``published`` was found, one of `DATE_ORIGINS`; None where that was not recorded."""
    published_at: str | None = None
    """Date, time and zone of publication in ISO 8601, as the source has it; ``published`` is its day."""
    pages: tuple[int, ...] = ()
    """Offsets at which the pages of a paginated document begin, ascending; empty for other articles."""
    collection: str | None = None
    """The label it was added under, as "press releases"; None: none. It can change without a new version.
    Only of an article that is being added may it be empty, which takes off the label that it has."""


def page_of(article: Article, offset: int) -> int | None:
    """Return the page, from 1, that an offset of a paginated text is on; None without pages."""
    return bisect_right(article.pages, offset) or 1 if article.pages else None


@dataclass(frozen=True, slots=True)
class Version:
    """An article as it was before a newer version replaced it."""

    article: Article
    content_hash: str
    """SHA-256 (hex) of its content, as citations name it."""
    replaced_at: datetime
    """When the newer version was added, in UTC."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of an article cut at sentence ends: ``article.text[start:end] == text``."""

    id: int
    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk retrieved for a question."""

    chunk: Chunk
    article: Article
    score: float
    features: PassageFeatures = field(default=PassageFeatures(), compare=False)
    """What the score was made of."""
    copy_group: int | None = field(default=None, compare=False)
    """The near-duplicate group of its article: copies of one story share it; None if not known."""

    @property
    def story(self) -> int | str:
        """What counts as one source: the near-duplicate group, else the article."""
        return self.article.id if self.copy_group is None else self.copy_group

    @property
    def text(self) -> str:
        """The chunk's own words."""
        return self.chunk.text


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a passage that may answer, inside the sentence or two that quote them."""

    passage: Passage
    start: int
    end: int
    quote_start: int
    quote_end: int
    score: float
    features: SpanFeatures = field(default=SpanFeatures(), compare=False)
    """The evidence that ranks it and that its confidence is made of."""

    @property
    def text(self) -> str:
        """The answering words, verbatim."""
        return self.passage.article.text[self.start : self.end]

    @property
    def quote(self) -> str:
        """The sentence or two around them, verbatim."""
        return self.passage.article.text[self.quote_start : self.quote_end]


@dataclass(frozen=True, slots=True)
class Reprint:
    """An article of a near-duplicate group, and its outlet."""

    article_id: str
    outlet: str | None


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote and where it stands; refuses to exist where the article says otherwise."""

    article: Article
    quote: str
    start: int
    end: int
    answer_start: int
    answer_end: int
    link: str | None = None
    """The publisher's page opened at the quote (a text fragment), or None without a safe URL."""
    copy_group: int | None = None
    """As of its passage: citations that share one quote copies of one story."""
    reprints: tuple[Reprint, ...] = field(default=(), compare=False)
    """The other articles of the index that print the story, published no later than the day asked."""
    speaker: str | None = field(default=None, compare=False)
    """Who says it, as the text names them, where the quote reports somebody's words."""
    in_quotes: bool = field(default=False, compare=False)
    """Whether the answer stands between quotation marks; else the reporter retells what is said."""

    def __post_init__(self) -> None:
        """Check the quote and its answer against the article.

        Raises
        ------
        QuoteError
            Where ``article.text[start:end]`` is not the quote, or the answer lies outside of it.
        """
        if self.article.text[self.start : self.end] != self.quote or not self.quote:
            raise QuoteError(
                f"article {self.article.id}: the quote at {self.start}-{self.end} is not its text"
            )
        if not self.start <= self.answer_start < self.answer_end <= self.end:
            raise QuoteError(
                f"article {self.article.id}: the answer at {self.answer_start}-{self.answer_end} "
                f"is not inside its quote at {self.start}-{self.end}"
            )

    @property
    def also_in(self) -> tuple[str, ...]:
        """The outlets of the reprints, other than the article's own, in the order they were added."""
        names: dict[str, str] = {}
        for one in self.reprints:
            if one.outlet:
                names.setdefault(one.outlet.casefold(), one.outlet)
        names.pop((self.article.outlet or "").casefold(), None)
        return tuple(names.values())

    @property
    def answer(self) -> str:
        """The answering words inside the quote."""
        return self.article.text[self.answer_start : self.answer_end]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible answer: equivalent spans, with the citations that support it."""

    text: str
    confidence: float
    citations: tuple[Citation, ...]
    """Best first."""
    relation: Relation | None = None
    """How it stands to the answer; None for the answer itself, and where nothing was compared."""

    @property
    def sources(self) -> tuple[Citation, ...]:
        """The best citation of each independent source: copies of one story count as one."""
        return tuple(cited[0] for cited in self._by_source().values())

    @property
    def copies(self) -> tuple[int, ...]:
        """How many more articles print each of the ``sources``, as copies of it."""
        counts = (len({c.article.id for c in cited}) - 1 for cited in self._by_source().values())
        return tuple(counts)

    @property
    def newest(self) -> Citation:
        """The citation of the newest report, of several the best; an undated one only where none has a date.

        A reprint is no newer report: of each story the first printed counts.

        Raises
        ------
        ValueError
            Where there are no citations.
        """
        stories = self._by_source().values()
        first = [min(cited, key=lambda c: c.article.published or date.max) for cited in stories]
        return max(first, key=lambda c: c.article.published or date.min)

    @property
    def reported(self) -> date | None:
        """The day of the newest report; None where none has a date."""
        return self.newest.article.published if self.citations else None

    def _by_source(self) -> dict[int | str, list[Citation]]:
        found: dict[int | str, list[Citation]] = {}
        for cited in self.citations:
            group = cited.article.id if cited.copy_group is None else cited.copy_group
            found.setdefault(group, []).append(cited)
        return found


@dataclass(frozen=True, slots=True)
class TimeGap:
    """The days a question asks about, when no passage found for it was published, and the nearest one's."""

    start: date | None
    """None where the interval is open to the past."""
    end: date
    nearest: date


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation, with the answer it got (None: the articles didn't say)."""

    question: str
    answer: str | None = None

    def __post_init__(self) -> None:
        """Check that both are texts.

        Raises
        ------
        QueryError
        """
        if not isinstance(self.question, str):
            raise QueryError(f"history: the question {self.question!r} is no text; write a string")
        if self.answer is not None and not isinstance(self.answer, str):
            raise QueryError(
                f"history: the answer {self.answer!r} is no text; write a string, or null"
            )


@dataclass(frozen=True, slots=True)
class Answer:
    """What presscite says to one question.

    ``candidates`` are the best one, then the others, newest first. They are kept when abstaining
    too, so that an evaluation can ask what would have been answered; what is shown is ``text``,
    ``citations`` and ``alternatives``.
    """

    question: str
    standalone_question: str | None
    candidates: tuple[Candidate, ...]
    abstained: bool
    passages: tuple[Passage, ...]
    timings_ms: Mapping[str, float]
    id: str | None = None
    as_of: date | None = None
    """The day it was asked: nothing published later was used."""
    time_gap: TimeGap | None = None
    """Where the question asks about a time of which nothing was found."""
    undated_left_out: int = 0
    """Articles that ``since`` or ``until`` left out because they have no date."""
    threshold: float | None = None
    """The confidence from which on an answer is given; None where none was asked for, and of an overview."""
    overview: tuple[Citation, ...] = ()
    """Where the question asks for no single fact: what is said about its topic, oldest first."""
    topic: str | None = None
    """What the overview is about, as the question has it."""
    speaker: str | None = None
    """Whose words the question asks for, as it has the name."""
    outlet: str | None = None
    """The outlet that the question names, whose articles alone were searched; None where it names none."""
    read: tuple[int, ...] = ()
    """Ids of the chunks that the reader took sentences from: of all it was given it scores a few, and with
    them the sentences that others share with these."""

    @property
    def text(self) -> str | None:
        """The answering words, or None when abstaining."""
        return None if self.abstained else self.candidates[0].text

    @property
    def confidence(self) -> float:
        """Probability (0 to 1) that the best candidate is right; 0 where there is none."""
        return self.candidates[0].confidence if self.candidates else 0.0

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The supports of the answer, best first; empty when abstaining."""
        return () if self.abstained else self.candidates[0].citations

    @property
    def sources(self) -> tuple[Citation, ...]:
        """The best citation of each independent source; copies of one story are one source."""
        return () if self.abstained else self.candidates[0].sources

    @property
    def copies(self) -> tuple[int, ...]:
        """How many more articles print each of the ``sources``, as copies of it."""
        return () if self.abstained else self.candidates[0].copies

    @property
    def alternatives(self) -> tuple[Candidate, ...]:
        """The other answers found; empty when abstaining."""
        return () if self.abstained else self.candidates[1:]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; None leaves a field open. Dates are inclusive on both ends."""

    since: date | None = None
    until: date | None = None
    outlet: str | None = None
    language: str | None = None
    as_of: date | None = None
    """The day the question is asked: nothing newer may answer. An article without a date may, which
    ``since`` and ``until`` leave out."""
    collection: str | None = None

    def __post_init__(self) -> None:
        """Check that the range of dates does not end before it begins.

        Raises
        ------
        QueryError
        """
        if self.since and self.until and self.since > self.until:
            raise QueryError(f"since {self.since} is after until {self.until}; swap them")

    @property
    def empty(self) -> bool:
        """Whether every article may answer."""
        return self == Filters()

    @property
    def dated(self) -> bool:
        """Whether only articles with a date may answer."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Query:
    """A question that can be searched; refuses to exist where it cannot.

    `rag.retrieval.query.make_query` makes one of fields as people write them.
    """

    question: str
    history: Sequence[Turn] = ()
    """The earlier turns of the conversation, oldest first."""
    k: int = 10
    """How many passages to return, 1 to 1,000."""
    filters: Filters = Filters()
    """Which articles may answer. Without ``as_of``, the question is asked today."""
    id: str | None = None

    def __post_init__(self) -> None:
        """Check the question, the history and k.

        Raises
        ------
        QueryError
        """
        if not isinstance(self.question, str):
            raise QueryError(f"the question {self.question!r} is no text; write a string")
        if not any(character.isalnum() for character in self.question):
            raise QueryError("the question is empty; ask something in words")
        if len(self.question) > MAX_QUESTION:
            raise QueryError(
                f"the question has {len(self.question):,} characters; "
                f"at most {MAX_QUESTION:,} can be read"
            )
        if isinstance(self.k, bool) or not isinstance(self.k, int) or not 1 <= self.k <= MAX_K:
            raise QueryError(f"k is {self.k!r}; ask for 1 to {MAX_K} passages")
        for turn in self.history:
            if not isinstance(turn, Turn):
                raise QueryError(f"history: {turn!r} is no Turn; give rag.Turn(question, answer)")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source that could not be added, and why, in one line."""

    source: str
    reason: str
    unusable: bool = True
    """False: it was read, and is no story (a list of links, a wall, an error page), as crawls always hold."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a file was read whose articles up to there are in the index."""

    state: str
    """Of the file and of the options it was read with: with another one, this means nothing."""
    offset: int = 0
    """Where the next record begins, in bytes; of the part, where the file has several."""
    records: int = 0
    """How many came before."""
    part: int = 0
    finished: bool = False
    """Whether all of it was read."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What one ``add`` did; counts are articles, ``seconds`` is wall time."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    chunks: int = 0
    seconds: float = 0.0
