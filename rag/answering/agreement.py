"""How another answer stands to the answer: the same, different, changed since, or about something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import regex

from embeddings import Vectors
from rag.answering.answer_equivalence import same_answer
from rag.answering.evidence import MIN_PROBABILITY, evidence_of
from rag.answering.figures import Figure, compatible, equal, figure_of, same_unit
from rag.answering.statements import (
    JUST_HAPPENED,
    Statement,
    days_of,
    one_tells_the_other,
    share_a_day,
)
from rag.text.answer_types import AnswerType, classify_question
from rag.text.entities import country_of, find_offices
from rag.text.patterns import lazily
from rag.text.temporal import time_frame
from rag.text.word_lists import listed_words
from rag.types import Relation

_NAMED = frozenset({"person", "name", "office"})
_COPULAR = lazily(
    r"^(?:who|(?:what|which)(?: \w+){0,2}) (?:is|was|became|will be)(?: now)? "
    r"(?:the\b|\p{L}+(?:[’']s|s[’']) |\p{Lu})",
    regex.I,
)
_WORD = lazily(r"\p{L}+")
_TOKEN = lazily(r"\S+")
_MAX_FIGURE_WORDS = 6


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
        evidence = evidence_of(question, first, [others[n] for n in open_ones], encode, as_of)
        for n, one in zip(open_ones, evidence, strict=True):
            if one.probability < MIN_PROBABILITY:
                found[n] = "also"
    return found


def compared(
    question: str, asked: AnswerType, first: Statement, other: Statement, as_of: date
) -> Relation:
    """Return how two answers stand to each other if both answer the question, by their values alone."""
    if asked.kind == "date":
        days, other_days = days_of(first, as_of), days_of(other, as_of)
        # "On Wednesday" of two reports may be two days.
        if days and other_days and not one_tells_the_other(days, other_days):
            if share_a_day(days, other_days):
                return "also"
            relation = _apart(question, first, other, as_of)
            two_events = relation == "different" and _two_events(as_of, first, other)
            return "also" if two_events else relation
        told = (days and other_days) or same_answer(first.answer, other.answer)
        return "same" if told else "also"
    if same_answer(first.answer, other.answer):
        return "same"
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


def _two_events(as_of: date, *statements: Statement) -> bool:
    """Whether each of two reports tells of what had just happened, and they are months apart."""
    published = [one.published for one in statements if one.published]
    if len(published) < len(statements) or max(published) - min(published) <= 2 * JUST_HAPPENED:
        return False
    return all(
        any(
            one.start and one.end and day - JUST_HAPPENED <= one.start and one.end <= day
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
