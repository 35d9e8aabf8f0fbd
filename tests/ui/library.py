"""A small stand-in for ``rag.Answerer``: answers are found by exact words, nothing is loaded."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

from rag.index import CollectionCounts
from rag.types import (
    Answer,
    Article,
    Candidate,
    Chunk,
    Citation,
    Filters,
    Passage,
    Query,
    Turn,
    Version,
)
from ui.web.service import OnPassages

TREATY = Article(
    id="treaty-1",
    title="Ports & people: a “harbour” pact",
    outlet="Coast Gazette",
    published=date(2023, 12, 12),
    url="https://coast.example/2023/pact",
    authors=("Ann Lee",),
    language="en",
    sources=("/news/pact.txt",),
    text="The council met at dawn.\n"
    + "\n".join(f"Line {n} of the long minutes was read aloud and agreed." for n in range(60))
    + "\nMaria Okafor chaired the session on harbour rules. Nobody objected.\n"
    + "\n".join(f"Closing line {n} was noted." for n in range(60)),
)
RECOUNT = Article(
    id="folder/recount #2?",
    title="A recount",
    outlet="Hill Post",
    published=date(2024, 1, 3),
    text="Thirty-six agreements were signed, the ministry said.\nOver 30 were signed, aides said.",
)
HOSTILE_MARKUP = (
    "<img src=https://evil.example/x.png onerror=alert(1)><script>alert(2)</script>"
    "![pic](https://evil.example/y.png) [go](javascript:alert(3)) <form action=//evil.example>"
    "<iframe src=//evil.example></iframe> <video src=https://evil.example/v.mp4> $$x^2$$"
)
HOSTILE = Article(
    id='hostile"><script>alert(4)</script>',
    title=f"Title {HOSTILE_MARKUP}",
    outlet=f"Outlet {HOSTILE_MARKUP}",
    published=date(2024, 2, 2),
    url="javascript:alert(document.domain)",
    text=f"Before. {HOSTILE_MARKUP} The pirate captain wins {HOSTILE_MARKUP}.\n\n    code\n# Head",
)


VERSION = Version(
    replace(HOSTILE, text=f"Before. {HOSTILE_MARKUP} The pirate captain loses.\n# Head"),
    "0" * 64,
    datetime(2026, 5, 12, 14, 3, 20, tzinfo=UTC),
)


def cite(article: Article, quote: str, answer: str) -> Citation:
    """A citation of the first place where the quote stands."""
    start = article.text.index(quote)
    begin = start + quote.index(answer)
    return Citation(article, quote, start, start + len(quote), begin, begin + len(answer))


def passage(article: Article, start: int = 0, end: int | None = None) -> Passage:
    """A passage of an article."""
    stop = len(article.text) if end is None else end
    return Passage(Chunk(1, article.id, start, stop, article.text[start:stop]), article, 0.5)


def answered(question: str, *candidates: Candidate, standalone: str | None = None) -> Answer:
    """An answer with these candidates."""
    found = tuple(passage(c.citations[0].article) for c in candidates)
    return Answer(question, standalone, candidates, False, found, {"total": 1.0})


def abstained(question: str) -> Answer:
    """An answer that says the articles don't say, with one near passage."""
    weak = Candidate("dawn", 0.1, (cite(TREATY, "The council met at dawn.", "dawn"),))
    return Answer(question, None, (weak,), True, (passage(TREATY, 0, 24),), {"total": 1.0})


class SmallLibrary:
    """Answers four questions; raises at the word "explode"; keeps what it was asked."""

    def __init__(self) -> None:
        self.articles = {a.id: a for a in (TREATY, RECOUNT, HOSTILE)}
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.filters: list[Filters] = []
        self.options: list[dict[str, object]] = []

    @property
    def index(self) -> SmallLibrary:
        return self

    @property
    def revision(self) -> int:
        return 1

    @property
    def retriever(self) -> SmallLibrary:
        return self

    def article(self, article_id: str) -> Article:
        return self.articles[article_id]

    def successor(self, article_id: str) -> str | None:
        return None

    def versions(self, article_id: str) -> list[Version]:
        return [VERSION] if article_id == HOSTILE.id else []

    def search(self, query: Query) -> list[Passage]:
        self._note(query)
        return [passage(article) for article in self.articles.values()][: query.k]

    def ask(self, query: Query, on_passages: OnPassages | None = None) -> Answer:
        self.asked.append((query.question, tuple(query.history)))
        self.filters.append(query.filters)
        self._note(query)
        if "explode" in query.question:
            raise RuntimeError("secret path /etc/hidden")
        if on_passages is not None:
            on_passages([passage(TREATY, 0, 24), passage(HOSTILE), passage(HOSTILE)])
        self.read(query)
        return replace(self._answered(query.question, query.history), as_of=query.filters.as_of)

    def read(self, query: Query) -> None:
        """What takes its time once passages are found."""

    def _note(self, query: Query) -> None:
        self.options.append({"k": query.k, **asdict(query.filters)})

    def _answered(self, question: str, history: Sequence[Turn]) -> Answer:
        if "chaired" in question:
            quote = "Maria Okafor chaired the session on harbour rules."
            one = cite(TREATY, quote, "Maria Okafor")
            standalone = "Who chaired the session of the council?" if history else None
            return answered(
                question, Candidate("Maria Okafor", 0.91, (one,)), standalone=standalone
            )
        if "many" in question:
            first = cite(
                RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six"
            )
            second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
            return answered(
                question,
                Candidate("Thirty-six", 0.6, (first,)),
                Candidate("Over 30", 0.3, (second,), relation="different"),
            )
        if "pirate" in question:
            bad = cite(HOSTILE, HOSTILE.text, "pirate captain")
            return answered(question, Candidate("pirate captain", 0.8, (bad,)))
        return abstained(question)


class ListedLibrary(SmallLibrary):
    """One whose articles are also listed and counted."""

    def list_articles(
        self, filters: Filters, *, title: str = "", offset: int, limit: int
    ) -> list[Article]:
        found = [one for one in self.articles.values() if _passes(one, filters)]
        named = [one for one in found if not title or title in (one.title or "")]
        return named[offset : offset + limit]

    def count_articles(self, filters: Filters, *, title: str = "") -> int:
        return len(self.list_articles(filters, title=title, offset=0, limit=100))

    def collection_counts(self, filters: Filters) -> CollectionCounts:
        found = self.list_articles(filters, offset=0, limit=100)
        days = [one.published for one in found if one.published]
        return CollectionCounts(
            articles=len(found),
            undated=len(found) - len(days),
            first=min(days, default=None),
            last=max(days, default=None),
            outlets=tuple((one.outlet or "", 1) for one in found),
            languages=(("en", 1),),
            months=(),
            collections=tuple(Counter(one.collection for one in found if one.collection).items()),
        )


class GatedLibrary(SmallLibrary):
    """Answers a question with "slowly" in it once its gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.started = threading.Event()

    def read(self, query: Query) -> None:
        if "slowly" in query.question:
            self.started.set()
            assert self.gate.wait(60), "the gate was never opened"


def _passes(article: Article, filters: Filters) -> bool:
    """Whether filters let an article through, as an index does it for plain names."""
    day = article.published
    return (
        (filters.since is None or (day is not None and day >= filters.since))
        and (filters.until is None or (day is not None and day <= filters.until))
        and (filters.as_of is None or day is None or day <= filters.as_of)
        and filters.outlet in {None, article.outlet}
        and filters.language in {None, article.language}
        and filters.collection in {None, article.collection}
    )
