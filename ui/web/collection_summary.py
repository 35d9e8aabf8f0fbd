"""What a collection holds, as a first visit is shown it: articles, outlets, the period, questions to ask."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Protocol

from rag.answering.answer_equivalence import same_answer
from rag.index import CollectionCounts
from rag.text.entities import CasingStats, find_locations, find_persons
from rag.text.months import MONTHS
from rag.types import Answer, Article
from ui.interface_text import ENGLISH, Words
from ui.keeping import Placed, kept_folder
from ui.markup import escape
from ui.web.question_making import MadeQuestion, questions_of

# Outlets, and labels, that are named.
_NAMED = 6
# A bar a month up to this many, then a bar a year, or several: one mistyped date makes a period of centuries.
_MOST_BARS = 48
_YEARS_OF_A_BAR = (1, 2, 5, 10, 20, 50, 100, 250)
QUESTIONS = 6
"""Questions worth asking that are shown."""
_READ_ARTICLES = 300
_MAX_TRIED = 60
# Questions of one article that are tried, and overviews beside the facts.
_OF_ONE = 4
_MOST_OVERVIEWS = 2
_ANSWERED_SURELY = 0.6
_MAX_NAMES = 6
# Characters of an article in which names are looked for, and how sure they must be names.
_NAMES_IN = 4000
_SURE = 0.6
_CACHE = "questions-to-ask.json"
# Part of the cache: questions made by another version of the method are made again.
_METHOD = 2
_BAR_WIDTH = 10
_BAR_GAP = 2
_HEIGHT = 48


class CountedIndex(Protocol):
    """What is asked of an index."""

    def months_of_outlets(self) -> Sequence[tuple[str | None, str | None, int]]:
        """Return ``(outlet, month, articles)``; months as "2026-05", None where unknown."""

    def collection_counts(self) -> CollectionCounts:
        """Return how many articles there are by label."""


class AskedIndex(CountedIndex, Placed, Protocol):
    """What is read of an index to make questions, which are cached beside it."""

    @property
    def revision(self) -> int:
        """A number that grows with every commit."""

    def articles(self) -> Iterator[Article]:
        """Return all articles, in a fixed order."""


class Asks(Protocol):
    """What answers a question, such as a ``rag.Answerer``."""

    def ask(self, question: str, /) -> Answer:
        """Answer it."""


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """Counts of a collection, and what it can be asked."""

    articles: int
    outlets: tuple[tuple[str, int], ...]
    """Each with its number of articles, most first."""
    months: tuple[tuple[str, int], ...]
    """Each month from the first to the last ("2026-05") with its number of articles, 0 included."""
    undated: int
    questions: tuple[str, ...] = ()
    """Questions that the collection answers."""
    collections: tuple[tuple[str, int], ...] = ()
    """Each label that articles were given with their number, most first."""


def summarise(index: CountedIndex) -> CollectionSummary:
    """Return the counts of an index, without questions; reads no article's text.

    Raises
    ------
    IndexStoreError
    """
    rows = index.months_of_outlets()
    outlets: Counter[str] = Counter()
    months: Counter[str] = Counter()
    for outlet, month, count in rows:
        if outlet:
            outlets[outlet] += count
        if month:
            months[month] += count
    total = sum(count for _, _, count in rows)
    return CollectionSummary(
        total,
        tuple(sorted(outlets.items(), key=lambda pair: (-pair[1], pair[0].casefold()))),
        tuple((month, months[month]) for month in _all_months(months)),
        total - sum(months.values()),
        collections=tuple(index.collection_counts().collections),
    )


def summarise_with_questions(index: AskedIndex, answerer: Asks) -> CollectionSummary:
    """Return the counts of an index with up to six questions that it answers.

    The questions are made of its first articles and each is asked once, which takes seconds; they are
    cached beside the index until its next revision, where the folder can be written.

    Raises
    ------
    PressciteError
    """
    summary = summarise(index)
    made_of = _fingerprint(index.revision, summary)
    folder = kept_folder(index)
    questions = _cached(folder, made_of)
    if questions is None:
        questions = answered_questions(list(islice(index.articles(), _READ_ARTICLES)), answerer)
        _cache(folder, made_of, questions)
    return replace(summary, questions=questions)


def answered_questions(articles: Sequence[Article], answerer: Asks) -> tuple[str, ...]:
    """Return up to six questions that are answered as the articles they are made of answer them.

    Newer articles come first; no two questions are of one article while others have some. Questions for
    facts leave one place for one that asks what is said of a name; where there are few, two of these follow.
    """
    found: list[str] = []
    for question in islice(_in_turn(articles), _MAX_TRIED):
        if len(found) == QUESTIONS - 1:
            break
        if _answers(answerer.ask(question.question), question):
            found.append(question.question)
    overviews: list[str] = []
    for name in _most_named(articles):
        if len(overviews) == min(_MOST_OVERVIEWS, QUESTIONS - len(found)):
            break
        overview = f"What do the articles say about {name}?"
        if len(answerer.ask(overview).overview) > 1:
            overviews.append(overview)
    return (*found, *overviews)


def _answers(answer: Answer, made: MadeQuestion) -> bool:
    """Whether an answer tells, and surely, what the sentence tells that the question was made of."""
    told = answer.text
    if told is None or answer.confidence < _ANSWERED_SURELY:
        return False
    return same_answer(told, made.answer) or told in made.answer or made.answer in told


def _in_turn(articles: Sequence[Article]) -> Iterator[MadeQuestion]:
    """Yield questions of the articles, newest first, in turn: the first of each, then the second."""
    dated = sorted(articles, key=lambda a: (a.published or date.min, a.id), reverse=True)
    made = [list(islice(_varied(questions_of(article)), _OF_ONE)) for article in dated]
    seen: set[str] = set()
    for place in range(_OF_ONE):
        for own in made:
            if place < len(own) and own[place].question.casefold() not in seen:
                seen.add(own[place].question.casefold())
                yield own[place]


def _varied(questions: Iterable[MadeQuestion]) -> Iterator[MadeQuestion]:
    """Yield one question of each form, then the others."""
    forms: set[str] = set()
    others: list[MadeQuestion] = []
    for question in questions:
        if question.form in forms:
            others.append(question)
        else:
            forms.add(question.form)
            yield question
    yield from others


def _most_named(articles: Sequence[Article]) -> list[str]:
    """Return the persons and places named in two articles or more, those of most articles first."""
    named: Counter[str] = Counter()
    for article in articles:
        text = article.text[:_NAMES_IN]
        casing = CasingStats.of([text])
        persons = {text[s:e] for s, e, score in find_persons(text, casing) if score >= _SURE}
        places = {text[s:e] for s, e, score in find_locations(text, casing) if score >= _SURE}
        named.update(persons | places)
    shared = [(name, count) for name, count in named.items() if count > 1]
    shared.sort(key=lambda pair: (-pair[1], pair[0]))
    kept: list[str] = []
    for name, _ in shared:
        # "Karrow" asks for what "Ilse Karrow" does.
        if not any(set(name.split()) & set(other.split()) for other in kept):
            kept.append(name)
    return kept[:_MAX_NAMES]


def _fingerprint(revision: int, summary: CollectionSummary) -> str:
    """Return what tells a collection from one made anew under its name, also of the same revision."""
    return hashlib.sha256(repr((_METHOD, revision, summary)).encode()).hexdigest()


def _cached(folder: Path, made_of: str) -> tuple[str, ...] | None:
    """Return the questions made of a collection, None where there are none or the file is damaged."""
    try:
        record = json.loads((folder / _CACHE).read_text(encoding="utf-8"))
        if record["made_of"] != made_of:
            return None
        return tuple(str(question) for question in record["questions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _cache(folder: Path, made_of: str, questions: Sequence[str]) -> None:
    record = {"made_of": made_of, "questions": list(questions)}
    draft = folder / f"{_CACHE}.{os.getpid()}"
    # A folder that cannot be written, such as of an archive on a read-only disk, has no cache.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        draft.replace(folder / _CACHE)


def render_summary(summary: CollectionSummary, words: Words = ENGLISH) -> str:
    """HTML of a summary without its questions: a line of counts, outlets, labels, a chart of the period."""
    return (
        f'<div class="pc-collection"><p>{escape(counts_line(summary, words))}</p>'
        f"{_listed('outlets', summary.outlets, words)}"
        f"{_listed('collections', summary.collections, words)}{_chart(summary, words)}</div>"
    )


def counts_line(summary: CollectionSummary, words: Words = ENGLISH) -> str:
    """Return how many articles there are, of how many outlets, of which period."""
    if not summary.articles:
        return words("no_articles")
    line = _counted(summary.articles, words)
    if summary.outlets:
        name = "from_outlet_one" if len(summary.outlets) == 1 else "from_outlet_many"
        line = words(name, articles=line, count=words.number(len(summary.outlets)))
    if summary.months:
        first, last = (written_month(summary.months[n][0], words) for n in (0, -1))
        name = "in_month" if first == last else "in_months"
        line = words(name, line=line, first=first, last=last)
    if summary.undated:
        line = words("undated_too", line=line, count=words.number(summary.undated))
    return words("sentence", line=line)


def written_month(month: str, words: Words = ENGLISH) -> str:
    """Return a month ("2026-05") as newspapers write it: May 2026."""
    number = int(month[5:7])
    return words("month", month=MONTHS[number - 1], number=str(number), year=str(int(month[:4])))


def _listed(label: str, counted: Sequence[tuple[str, int]], words: Words) -> str:
    if not counted:
        return ""
    shown = [f"{name} ({words.number(count)})" for name, count in counted[:_NAMED]]
    more = len(counted) - len(shown)
    if more > 0:
        shown.append(words("more_skipped", count=words.number(more)))
    items = "".join(f'<li dir="auto">{escape(name)}</li>' for name in shown)
    return f'<ul class="pc-{label}" aria-label="{escape(words(label))}">{items}</ul>'


def _chart(summary: CollectionSummary, words: Words) -> str:
    """HTML of the bars as one SVG image, told in words to those who do not see it."""
    bars, years = _bars(summary.months, words)
    if len(bars) < 2:
        return ""
    most = max(count for _, count in bars)
    top = next(label for label, count in bars if count == most)
    width = len(bars) * (_BAR_WIDTH + _BAR_GAP) - _BAR_GAP
    ends = (summary.months[0][0], summary.months[-1][0])
    first, last = (str(int(one[:4])) if years else written_month(one, words) for one in ends)
    spoken = words(
        "chart_by_month" if not years else "chart_by_year" if years == 1 else "chart_by_years",
        step=str(years),
        first=first,
        last=last,
        top=top,
        most=_counted(most, words),
    )
    shapes = []
    for number, (label, count) in enumerate(bars):
        height = max(1, round(_HEIGHT * count / most)) if count else 0
        shapes.append(
            f'<rect x="{number * (_BAR_WIDTH + _BAR_GAP)}" y="{_HEIGHT - height}"'
            f' width="{_BAR_WIDTH}" height="{height}">'
            f"<title>{escape(label)}&#58; {count}</title></rect>"
        )
    return (
        f'<figure class="pc-period"><svg viewBox="0 0 {width} {_HEIGHT}" width="{width}"'
        f' height="{_HEIGHT}" role="img" aria-label="{escape(spoken)}" fill="currentColor">'
        f"{''.join(shapes)}</svg><figcaption>{escape(spoken)}</figcaption></figure>"
    )


def _bars(months: Sequence[tuple[str, int]], words: Words) -> tuple[list[tuple[str, int]], int]:
    """Return the bars with their labels, and of how many years each is; 0: of a month."""
    if len(months) <= _MOST_BARS:
        return [(written_month(month, words), count) for month, count in months], 0
    years: Counter[int] = Counter()
    for month, count in months:
        years[int(month[:4])] += count
    first, last = min(years), max(years)
    step = next(n for n in _YEARS_OF_A_BAR if last // n - first // n < _MOST_BARS)
    bars = []
    for start in range(first - first % step, last + 1, step):
        label = str(start) if step == 1 else f"{start}–{start + step - 1}"
        bars.append((label, sum(years[year] for year in range(start, start + step))))
    return bars, step


def _all_months(months: Counter[str]) -> list[str]:
    """Return every month between the first and the last."""
    if not months:
        return []
    first, last = (_number(month) for month in (min(months), max(months)))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _counted(articles: int, words: Words) -> str:
    return (
        words("one_article")
        if articles == 1
        else words("articles", articles=words.number(articles))
    )
