"""The filters beside the question box: what can be chosen, and how many articles they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag.errors import QueryError
from rag.retrieval.filters import day_asked, make_filters
from rag.types import Filters
from ui.interface_errors import error_in
from ui.interface_text import ENGLISH, Words
from ui.reported import filter_words
from ui.web.followed_collection import FollowedCollection
from ui.web.service import QueuedAnswerer, RefusedError

FILTER_NAMES = ("since", "until", "outlet", "language", "as_of", "collection")
_MAX_CHARS = 200
_CHOSEN = ("outlet", "language", "collection")


@dataclass(frozen=True, slots=True)
class CountedFilters:
    """What is told of filters while they are typed."""

    line: str
    """How many articles they leave, or what is wrong; "" where none is set."""
    problem: str | None = None
    """The field of `FILTER_NAMES` that is wrong, if one is."""


def filters_of(service: QueuedAnswerer, given: Mapping[str, str]) -> Filters:
    """Return the filters as they were typed; without a day it is asked today, whatever the chat's day is.

    Parameters
    ----------
    given
        The values of `FILTER_NAMES` that are set.

    Raises
    ------
    QueryError
    """
    typed = {name: given.get(name, "").strip()[:_MAX_CHARS] or None for name in FILTER_NAMES}
    as_of = typed.pop("as_of")
    return make_filters(**typed, as_of=day_asked(as_of) if as_of or service.as_of else None)


def checked_filters(service: QueuedAnswerer, given: Mapping[str, str]) -> Filters:
    """Return filters as `filters_of` does, where the names are those of some article.

    Raises
    ------
    QueryError
    """
    filters = filters_of(service, given)
    if problem := unknown_name(service, filters):
        value = getattr(filters, problem)
        raise QueryError(ENGLISH(f"no_such_{problem}", value=value))
    return filters


def unknown_name(service: QueuedAnswerer, filters: Filters) -> str | None:
    """Return which filter by name is of no article; None where the index lists none."""
    for name in _CHOSEN:
        value = getattr(filters, name)
        if value is None:
            continue
        alone = replace(Filters(), **{name: value})
        try:
            if not service.list_articles(alone, limit=0)[0]:
                return name
        except RefusedError:
            return None
    return None


def count_filters(
    service: QueuedAnswerer,
    collection: FollowedCollection,
    given: Mapping[str, str],
    words: Words = ENGLISH,
) -> CountedFilters:
    """Return how many articles the filters leave, or which of them is wrong and why."""
    for name in FILTER_NAMES:
        # One at a time, so that the field that is wrong is known.
        try:
            checked_filters(service, {name: given.get(name, "")})
        except QueryError as error:
            return CountedFilters(error_in(words, str(error))[0], name)
    try:
        filters = filters_of(service, given)
        if filters.empty:
            return CountedFilters("")
        told = filter_words(filters, words)
        counts = collection.counts()
        if counts is None:
            return CountedFilters(words("asked_with", filters=told))
        found, _ = service.list_articles(filters, limit=0)
    except QueryError as error:
        return CountedFilters(error_in(words, str(error))[0], "until")
    except RefusedError as error:
        return CountedFilters(error_in(words, str(error))[0])
    total = words.number(counts.articles)
    line = words("left", found=words.number(found), articles=total, filters=told)
    return CountedFilters(line)
