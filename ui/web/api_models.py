"""What the JSON API takes and gives, as its OpenAPI document describes it.

`ui.serialize` makes the records; the classes of responses here describe them, and a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from rag.retrieval.filters import make_filters
from rag.retrieval.query import make_query
from rag.text.dates import parse_date
from rag.types import Filters, Query, Turn
from ui.web.service import MAX_DRAFT_CHARS, MAX_K, MAX_QUESTION_CHARS, MAX_TURNS

_MAX_NAME_CHARS = 500
_MAX_DATE_CHARS = 100
_MAX_ANSWER_CHARS = 10_000
MAX_PAGE = 200
"""Articles of one page of the list."""
_MAX_OFFSET = 10_000_000


def _checked_date(value: object) -> object:
    """Accept every date that the command accepts; `make_query` parses it once more, in the same way."""
    if isinstance(value, str):
        parse_date(value)  # its ValueError becomes the field's
    return value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _day(description: str) -> FieldInfo:
    field: FieldInfo = Field(
        max_length=_MAX_DATE_CHARS, description=description, json_schema_extra={"example": "2024-02-10"}
    )  # fmt: skip
    return field


_Since = Annotated[
    str | None,
    _day("Published on this day or later: an ISO date, or as newspapers write it."),
    AfterValidator(_checked_date),
]
_Until = Annotated[
    str | None, _day("Published on this day or earlier."), AfterValidator(_checked_date)
]
_AsOf = Annotated[
    str | None,
    _day("The day the question is asked: nothing newer is used. Default: today."),
    AfterValidator(_checked_date),
]
_Outlet = Annotated[
    str | None,
    Field(
        max_length=_MAX_NAME_CHARS, description="Only this outlet, whatever its case and accents."
    ),
]
_Language = Annotated[
    str | None, Field(max_length=_MAX_NAME_CHARS, description="Only this language, such as en.")
]

_Collection = Annotated[
    str | None,
    Field(
        max_length=_MAX_NAME_CHARS,
        description="Only this collection, whatever its case and accents.",
    ),
]


def first_complaint(errors: Sequence[Any]) -> str:
    """Return the first error that pydantic found as one line: the field, and what is wrong with it."""
    first: Mapping[str, Any] = errors[0]
    if first.get("type") in {"json_invalid", "json_type"}:
        return "body: not valid JSON"
    # The parts of a request that FastAPI names before the field.
    left_out = {"body", "query", "path"}
    place = ".".join(str(part) for part in first.get("loc", ()) if part not in left_out) or "body"
    message = " ".join(str(first.get("msg", "not valid")).removeprefix("Value error, ").split())
    return f"{place}: {message[:1].lower()}{message[1:]}"


class EarlierTurn(BaseModel):
    """One earlier question of a conversation and the answer it got."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARS)]
    answer: Annotated[
        str | None,
        Field(max_length=_MAX_ANSWER_CHARS, description="Null where the articles didn't say."),
    ] = None


class Question(BaseModel):
    """A question, with the fields of a batch line, and ``k``."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_QUESTION_CHARS,
            description="A question with at least one word.",
            json_schema_extra={"example": "Who chaired the session?"},
        ),
        AfterValidator(_not_blank),
    ]
    k: Annotated[int, Field(ge=1, le=MAX_K, strict=True, description="How many passages.")] = 10
    since: _Since = None
    until: _Until = None
    outlet: _Outlet = None
    language: _Language = None
    as_of: _AsOf = None
    collection: _Collection = None
    history: Annotated[
        list[EarlierTurn] | None,
        Field(
            max_length=MAX_TURNS,
            description="The earlier turns, oldest first. A search takes them and does not use them.",
        ),
    ] = None

    def query(self) -> Query:
        """Return the question as the library takes it.

        Raises
        ------
        QueryError
            Where it has no words, or its filters do not go together.
        """
        return make_query(
            self.question,
            history=[Turn(turn.question, turn.answer) for turn in self.history or ()],
            k=self.k,
            since=self.since,
            until=self.until,
            outlet=self.outlet,
            language=self.language,
            as_of=self.as_of,
            collection=self.collection,
        )


class Draft(BaseModel):
    """A text whose quotations are looked up."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str,
        Field(
            max_length=MAX_DRAFT_CHARS,
            description="Plain text or Markdown. Quotations of three words or more are looked up.",
            json_schema_extra={"example": "She said it \u201ccould not be repaired\u201d."},
        ),
    ]


class Selection(BaseModel):
    """Which articles are counted."""

    model_config = ConfigDict(extra="forbid")

    since: _Since = None
    until: _Until = None
    outlet: _Outlet = None
    language: _Language = None
    as_of: _AsOf = None
    collection: _Collection = None

    def filters(self) -> Filters:
        """Return them as the library takes them.

        Raises
        ------
        QueryError
            Where they do not go together.
        """
        return make_filters(
            self.since, self.until, self.outlet, self.language, self.as_of, self.collection
        )


class SelectionPage(Selection):
    """Which articles are listed, and which page of them."""

    offset: Annotated[int, Field(ge=0, le=_MAX_OFFSET, description="Articles to leave out.")] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Articles of this page.")] = 50


class _Whose(BaseModel):
    article_id: str
    title: str | None
    outlet: str | None
    published: Annotated[str | None, Field(description="ISO date; null where unknown.")]
    url: Annotated[str | None, Field(description="Where the publisher has the article.")]
    collection: Annotated[str | None, Field(description="The label it was added under.")]


class Citation(_Whose):
    """A verbatim quote and where it stands. Offsets are characters of the article's text."""

    source: Annotated[
        str | None, Field(description="Web address it was added from, or the name of its file.")
    ]
    quote: Annotated[str, Field(description="The sentence or two around the answer, verbatim.")]
    start: int
    end: int
    answer_start: int
    answer_end: int
    link: Annotated[
        str | None,
        Field(description="The publisher's page, opened at the quote (a text fragment)."),
    ]
    page: Annotated[int | None, Field(description="Page of a paginated document, from 1.")]
    hash: Annotated[str, Field(description="SHA-256 of the article's content.")]
    copies: Annotated[int, Field(description="Other articles of the index that print the story.")]
    also_in: Annotated[list[str], Field(description="Their outlets.")]
    speaker: Annotated[
        str | None, Field(description="Who says it, as the text names them; null: the reporter.")
    ]
    in_quotes: Annotated[bool, Field(description="Whether it stands between quotation marks.")]


class Alternative(BaseModel):
    """One of the other answers."""

    answer: str
    confidence: float
    citations: list[Citation]
    relation: Annotated[
        Literal["same", "different", "changed", "also"] | None,
        Field(
            description="Whether it says the same as the answer, cannot be true beside it, was reported "
            "at another time of what changes, or is about something else; null where not compared."
        ),
    ]


class Passage(_Whose):
    """A retrieved slice of an article."""

    start: int
    end: int
    text: str
    score: Annotated[float, Field(description="Higher is better.")]


class TimeGap(BaseModel):
    """The days a question asks about, of which nothing was found."""

    start: str | None
    end: str
    nearest: Annotated[str, Field(description="Day of the nearest article that was found.")]


class Answer(BaseModel):
    """An answer; abstaining, ``answer`` is null, ``citations`` and ``alternatives`` are empty."""

    id: str | None
    question: str
    standalone_question: Annotated[
        str | None, Field(description="How a follow-up was understood; null where it was not one.")
    ]
    answer: Annotated[str | None, Field(description="The answering words, verbatim.")]
    confidence: Annotated[
        float, Field(ge=0, le=1, description="Probability that the best answer found is right.")
    ]
    citations: Annotated[list[Citation], Field(description="Best first.")]
    alternatives: list[Alternative]
    passages: list[Passage]
    timings_ms: dict[str, float]
    as_of: str | None
    time_gap: TimeGap | None
    threshold: Annotated[
        float | None, Field(description="The confidence from which on an answer is given.")
    ]
    overview: Annotated[
        list[Citation],
        Field(
            description="What is said about the topic of a question that asks for no single fact, or by "
            "the person asked about where no quote answers; oldest first."
        ),
    ]
    outlet: Annotated[
        str | None, Field(description="The outlet that the question names, searched alone.")
    ]


class Article(BaseModel):
    """An article's fields without its text."""

    id: str
    title: str | None
    outlet: str | None
    published: str | None
    url: str | None
    authors: list[str]
    language: str | None
    sources: Annotated[list[str], Field(description="Web addresses, and names of files.")]
    retells: Annotated[str | None, Field(description="Whose report it retells.")]
    date_origin: Annotated[str | None, Field(description="Where its date was found.")]
    published_at: Annotated[str | None, Field(description="Date, time and zone, ISO 8601.")]
    pages: Annotated[list[int], Field(description="Offsets at which its pages begin.")]
    collection: Annotated[str | None, Field(description="The label it was added under.")]
    hash: Annotated[str, Field(description="SHA-256 of its content.")]


class Version(Article):
    """An article as it was before a newer version replaced it."""

    replaced_at: str


class WholeArticle(Article):
    """An article with its cleaned text and the versions it replaced, oldest first."""

    text: str
    versions: list[Version]


class ArticleList(BaseModel):
    """A page of the articles that pass the filters: newest first, those without a date last."""

    total: Annotated[int, Field(description="Articles that pass the filters.")]
    offset: int
    limit: int
    next_offset: Annotated[int | None, Field(description="Of the next page; null on the last one.")]
    articles: list[Article]


class NameCount(BaseModel):
    """How many articles share a name or a month."""

    name: str
    articles: int


class Collection(BaseModel):
    """How many articles pass the filters, in all and by what they have in common."""

    articles: int
    undated: Annotated[int, Field(description="Those of them without a date.")]
    first: Annotated[str | None, Field(description="The oldest publication date.")]
    last: str | None
    outlets: Annotated[list[NameCount], Field(description="Most articles first.")]
    languages: list[NameCount]
    months: Annotated[list[NameCount], Field(description="Such as 2024-02, oldest first.")]
    collections: Annotated[
        list[NameCount], Field(description="Labels that articles were added under.")
    ]


class Change(BaseModel):
    """Where a draft's words differ from the article's; either may be empty."""

    draft: str
    article: str


class Match(Citation):
    """An article that has the words of a quotation, or some like them."""

    speaker: Annotated[str | None, Field(description="Whom the article names as the speaker.")]
    in_quotes: Annotated[bool, Field(description="Whether the article quotes the words, too.")]
    similarity: Annotated[float, Field(ge=0, le=1)]
    omissions: Annotated[bool, Field(description="Whether the draft marks words as left out.")]
    changes: list[Change]


class Quotation(BaseModel):
    """A quotation of a draft, looked up. Offsets are characters of the draft."""

    quotation: str
    start: int
    end: int
    line: int
    speaker: Annotated[str | None, Field(description="Whom the draft names as the speaker.")]
    status: Literal["verbatim", "altered", "other speaker", "not found"]
    speaker_confirmed: Annotated[
        bool | None,
        Field(
            description="Whether an article names the draft's speaker; null where one of them names none."
        ),
    ]
    matches: Annotated[list[Match], Field(description="Best first.")]


class CheckedDraft(BaseModel):
    """What became of a draft's quotations."""

    counts: Annotated[dict[str, int], Field(description="Quotations by status.")]
    quotations: list[Quotation]


class Health(BaseModel):
    """Whether the process lives."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the server can answer."""

    status: Literal["ok", "starting", "unusable", "stopping"]


class Error(BaseModel):
    """Every refusal and every failure: one line that says what is wrong and what to do."""

    model_config = ConfigDict(extra="forbid")

    error: str
