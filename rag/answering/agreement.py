"""How another answer stands to the answer: the same, different, changed since, or about something else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import regex

from embeddings import Vectors
from rag.answering.answer_equivalence import same_answer
from rag.answering.figures import Figure, compatible, equal, figure_of, same_unit
from rag.text.analyser import analyse, question_stop_words
from rag.text.answer_types import AnswerType, classify_question
from rag.text.entities import country_of, find_offices
from rag.text.patterns import lazily
from rag.text.temporal import time_frame
from rag.text.temporal.calendar import Interval
from rag.text.temporal.expressions import expressions
from rag.text.temporal.tokens import tokens_of
from rag.text.word_lists import listed_words
from rag.types import Citation, Relation

# python -m eval.lab.agreement --fit
WEIGHTS: Mapping[str, float] = {
    "closeness": 1.52,
    "masked_cosine": 1.80,
    "missing_terms": -2.58,
    "negated": -2.36,
    "answerable": 3.12,
}
"""Of the evidence that two statements answer the same question, in `Evidence`."""
INTERCEPT = -0.44
MIN_PROBABILITY = 0.6
"""From which on two statements count as answers to the same question."""
_MASK = "something"
_NAMED = frozenset({"person", "name", "office"})
_COPULAR = lazily(
    r"^(?:who|(?:what|which)(?: \w+){0,2}) (?:is|was|became|will be)(?: now)? "
    r"(?:the\b|\p{L}+(?:[’']s|s[’']) |\p{Lu})",
    regex.I,
)
_WORD = lazily(r"\p{L}+")
_TOKEN = lazily(r"\S+")
_MAX_FIGURE_WORDS = 6
# How long before its publication what a report tells as news happened.
_JUST_HAPPENED = timedelta(days=45)
_NEGATIONS = frozenset(
    ["not", "no", "never", "nobody", "nothing", "against", "without", "neither", "nor", "none"]
)


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer inside its quote, and the day it was published."""

    quote: str
    start: int
    end: int
    published: date | None
    answerable: float = 0.0
    """The reader's null score difference (`rag.features.SpanFeatures`)."""
    title: str = ""
    """Of its article: what the quote is about may stand there."""

    @classmethod
    def of(cls, citation: Citation, answerable: float = 0.0) -> Statement:
        """Return what a citation states."""
        start = citation.answer_start - citation.start
        end = citation.answer_end - citation.start
        article = citation.article
        return cls(citation.quote, start, end, article.published, answerable, article.title or "")

    @property
    def answer(self) -> str:
        """The answering words."""
        return self.quote[self.start : self.end]

    @property
    def masked(self) -> str:
        """The quote without its answer."""
        return self.quote[: self.start] + _MASK + self.quote[self.end :]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a statement answers the same question as another one does."""

    closeness: float
    """Cosine of its quote and the question minus that of the first one's."""
    masked_cosine: float
    """Cosine of the two quotes without their answers."""
    missing_terms: float
    """Share of the question's terms that the first quote has, and it and its title lack."""
    negated: float
    """1 where one of the two has a negation or "against", the other none."""
    answerable: float
    """The reader's null score difference of its answer."""

    @property
    def probability(self) -> float:
        """Probability that both answer one question."""
        z = INTERCEPT + sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return 1 / (1 + math.exp(-z))


def relations(
    question: str,
    first: Statement,
    others: Sequence[Statement],
    encode: Callable[[Sequence[str]], Vectors],
    as_of: date,
) -> list[Relation]:
    """Return how each of the other statements stands to the first.

    ``different`` and ``changed`` need values of one kind that cannot both be true, and quotes that
    answer the same question; ``changed`` those of different days, of what may change.

    Parameters
    ----------
    encode
        Texts to unit vectors; called once, and only where values differ.
    as_of
        The day the question is asked, from which a statement without a date is seen.
    """
    asked = classify_question(question)
    found = [compared(question, asked, first, other, as_of) for other in others]
    open_ones = [n for n, relation in enumerate(found) if relation in ("different", "changed")]
    if open_ones:
        evidence = evidence_of(question, first, [others[n] for n in open_ones], encode)
        for n, one in zip(open_ones, evidence, strict=True):
            if one.probability < MIN_PROBABILITY:
                found[n] = "also"
    return found


def evidence_of(
    question: str,
    first: Statement,
    others: Sequence[Statement],
    encode: Callable[[Sequence[str]], Vectors],
) -> list[Evidence]:
    """Return the evidence for each of the others."""
    texts = [question, first.quote, first.masked]
    for other in others:
        texts += [other.quote, other.masked]
    vectors = np.asarray(encode(texts), dtype=np.float64)
    terms = frozenset(analyse(question)) - question_stop_words()
    own = frozenset(analyse(first.quote))
    found = []
    for number, other in enumerate(others):
        quote, masked = vectors[3 + 2 * number], vectors[4 + 2 * number]
        missing = terms & own - frozenset(analyse(f"{other.title} {other.quote}"))
        found.append(
            Evidence(
                float(vectors[0] @ quote - vectors[0] @ vectors[1]),
                float(vectors[2] @ masked),
                len(missing) / max(1, len(terms)),
                float(_negated(first.quote) != _negated(other.quote)),
                other.answerable,
            )
        )
    return found


def compared(
    question: str, asked: AnswerType, first: Statement, other: Statement, as_of: date
) -> Relation:
    """Return how two answers stand to each other if both answer the question, by their values alone."""
    if same_answer(first.answer, other.answer):
        return "same"
    if asked.kind == "date":
        days, other_days = days_of(first, as_of), days_of(other, as_of)
        if not days or not other_days:
            return "also"
        if any(_overlap(day, other_day) for day in days for other_day in other_days):
            return "same"
        relation = _apart(question, first, other, as_of)
        return "also" if relation == "different" and _two_events(as_of, first, other) else relation
    figures = [figure_of(one.quote, one.start, one.end) for one in (first, other)]
    one, two = figures
    if (
        one is not None
        and two is not None
        and asked.kind not in _NAMED
        and _are_short(first, other)
    ):
        return _figures_compared(one, two, first, other)
    if asked.kind in _NAMED and _asks_for_one(question) and _is_name(first) and _is_name(other):
        abroad = any(_of_another_country(question, one) for one in (first, other))
        return "also" if abroad else _apart(question, first, other, as_of)
    return "also"


def same_value(question: str, first: Statement, other: Statement, as_of: date) -> bool:
    """Whether two answers that say the same tell the same day, or the same unhedged figure."""
    if classify_question(question).kind == "date":
        return bool(days_of(first, as_of) and days_of(other, as_of))
    one, two = (figure_of(told.quote, told.start, told.end) for told in (first, other))
    if one is None or two is None:
        return False
    exact = not (one.at_least or two.at_least or one.at_most or two.at_most)
    return exact and one.value == two.value


def days_of(statement: Statement, as_of: date) -> list[Interval]:
    """Return the days that an answer may name, seen from its publication; none where it names none.

    One without a date is seen from the day the question is asked. "On Wednesday" may be the
    last one or the next.
    """
    seen_from = statement.published or as_of
    found = []
    for ahead in (False, True):
        named = expressions(tokens_of(statement.answer), seen_from, ahead=ahead)
        bounded = [one.interval for one in named if one.interval.start and one.interval.end]
        if len(bounded) != 1:
            return []
        found += bounded
    return found


def _overlap(one: Interval, other: Interval) -> bool:
    starts = [day for day in (one.start, other.start) if day]
    ends = [day for day in (one.end, other.end) if day]
    return max(starts) <= min(ends)


def _two_events(as_of: date, *statements: Statement) -> bool:
    """Whether each of two reports tells of what had just happened, and they are months apart."""
    published = [one.published for one in statements if one.published]
    if len(published) < len(statements) or max(published) - min(published) <= 2 * _JUST_HAPPENED:
        return False
    return all(
        any(
            one.start and one.end and day - _JUST_HAPPENED <= one.start and one.end <= day
            for one in days_of(statement, as_of)
        )
        for statement, day in zip(statements, published, strict=True)
    )


def _figures_compared(one: Figure, two: Figure, first: Statement, other: Statement) -> Relation:
    if not same_unit(one, two):
        return "also"
    if equal(one, two):
        return "same"
    if first.published != other.published:
        return "changed"
    return "also" if compatible(one, two) else "different"


def _apart(question: str, first: Statement, other: Statement, as_of: date) -> Relation:
    """Return whether two names or days differ over time, as those of today and the future may."""
    frame = time_frame(question, first.published or as_of)
    may_change = frame is not None and (frame.newest or not frame.explicit)
    return "changed" if may_change and first.published != other.published else "different"


def _asks_for_one(question: str) -> bool:
    """Whether a question asks for one holder ("Who is the mayor", "Who won"), not for some of several."""
    if _COPULAR.match(question) or find_offices(question):
        return True
    words = [word.lower() for word in _WORD.findall(question)][1:5]
    return any(word in listed_words("single_holder_verbs", "rag.answering") for word in words)


def _of_another_country(question: str, statement: Statement) -> bool:
    """Whether a quote has the office that is asked for, and only that of other countries."""
    sought = [office for office in find_offices(question) if country_of(question, *office[:2])]
    if not sought:
        return False
    start, end, words = max(sought, key=lambda office: len(office[2]))
    asked = country_of(question, start, end)
    # "Foreign Minister" is "Minister of Foreign Affairs", too.
    held = [
        country_of(statement.quote, *office[:2])
        for office in find_offices(statement.quote)
        if set(office[2].split()) == set(words.split())
    ]
    return bool(held) and all(country and not country & asked for country in held)


def _are_short(*statements: Statement) -> bool:
    """Whether answers are a figure and little more: of a clause its figure is a part only."""
    return all(len(_TOKEN.findall(one.answer)) <= _MAX_FIGURE_WORDS for one in statements)


def _is_name(statement: Statement) -> bool:
    """Whether an answer is one name, and not a list or a clause."""
    words = _WORD.findall(statement.answer)
    capital = sum(word[0].isupper() for word in words)
    return 0 < len(words) <= 6 and capital * 2 >= len(words) and " and " not in statement.answer


def _negated(text: str) -> bool:
    return any(word.lower() in _NEGATIONS for word in _WORD.findall(text))
