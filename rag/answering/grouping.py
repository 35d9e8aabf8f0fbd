"""Group equivalent spans into candidate answers, with the evidence for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering.answer_equivalence import same_answer
from rag.answering.statements import days_named, share_a_day
from rag.features import SpanFeatures
from rag.text.retellings import reporting_outlets
from rag.types import Span

_MAX_ANSWERS = 4
# How far below the best span of its group a span may score and still support it.
_SUPPORTING = 0.8
# An independent source that agrees adds this times the logarithm of their number to a score.
_AGREEMENT = 0.45


@dataclass(frozen=True, slots=True)
class Group:
    """Equivalent spans, best first, with the evidence for their answer."""

    spans: tuple[Span, ...]
    score: float
    features: SpanFeatures


def group_spans(spans: Sequence[Span]) -> list[Group]:
    """Group a reader's equivalent spans, best group first; near-duplicates count as one source.

    A group's score is its best span's, and more where independent sources agree. To its features are
    added ``score`` and ``margin``: how far it lies above the best other group, or below it (negative).
    Both fall from group to group, so a confidence that rises with them never puts an alternative above
    the answer.
    """
    groups: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: -s.score):
        home = next((g for g in groups if _say_the_same(g[0], span)), None)
        if home is None:
            if len(groups) < _MAX_ANSWERS:
                groups.append([span])
        elif span.score >= home[0].score - _SUPPORTING and not any(
            _overlap(span, other) for other in home
        ):
            home.append(span)
    scored = sorted(
        ((group[0].score + _AGREEMENT * math.log(_independent(group)), group) for group in groups),
        key=lambda pair: -pair[0],
    )
    found = []
    for number, (score, group) in enumerate(scored):
        other = scored[0][0] if number else scored[1][0] if len(scored) > 1 else score - 1.0
        features = replace(group[0].features, score=score, margin=score - other)
        found.append(Group(_first_printed_first(group), score, features))
    return found


def _say_the_same(one: Span, other: Span) -> bool:
    """Whether two answers are the same, and where both name a time, seen from their reports, share a day."""
    if not same_answer(one.text, other.text):
        return False
    published, other_published = (s.passage.article.published for s in (one, other))
    if published is None or other_published is None or published == other_published:
        return True
    # "On Wednesday" of two years is not one day.
    days, other_days = days_named(one.text, published), days_named(other.text, other_published)
    return not days or not other_days or share_a_day(days, other_days)


def _first_printed_first(group: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans, in the places of each story its copies by date: the first printed is the original.

    Copies change places only with those of the same answering words, so that the answer stays what was
    read; those without a date come last.
    """
    places: dict[tuple[int | str, str], list[int]] = {}
    for place, span in enumerate(group):
        places.setdefault((span.passage.story, span.text), []).append(place)
    ordered = list(group)
    for own in places.values():
        dated = sorted(own, key=lambda place: group[place].passage.article.published or date.max)
        for place, taken in zip(own, dated, strict=True):
            ordered[place] = group[taken]
    return tuple(ordered)


def _overlap(one: Span, other: Span) -> bool:
    """Whether two spans are quoted by sentences that share words of one article."""
    return (
        one.passage.article.id == other.passage.article.id
        and one.quote_start < other.quote_end
        and other.quote_start < one.quote_end
    )


def _independent(group: Sequence[Span]) -> int:
    """Return how many independent sources a group has: near-duplicates count as one.

    An article that retells another outlet's report counts as that outlet, once.
    """
    passages = [span.passage for span in group]
    stories = {passage.story for passage in passages}
    if len(stories) == 1 or not any(passage.article.retells for passage in passages):
        return len(stories)
    whose = reporting_outlets([passage.article for passage in passages])
    own: dict[int | str, str | None] = {}
    retold: dict[int | str, str] = {}
    for passage, outlet in zip(passages, whose, strict=True):
        # A report that is retold of nobody known is a source of its own.
        if passage.article.retells and outlet is not None:
            retold.setdefault(passage.story, outlet)
        else:
            own.setdefault(passage.story, outlet)
    originals = {outlet for story, outlet in retold.items() if story not in own}
    return len(own) + len(originals - set(own.values()))
