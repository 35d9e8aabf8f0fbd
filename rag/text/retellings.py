"""Whose report an article is: its own outlet's, or that of the outlet whose report it retells."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.text.dates import find_dates
from rag.text.keys import outlet_key, without_article
from rag.text.patterns import lazily
from rag.types import Article

# "a report by Lake Wire, 1 June 2030"; "a report by a local newspaper" names none.
_BY_NAME = lazily(r"\b[Bb]y (?:[Tt]he )?(?P<name>[\p{Lu}\p{Lt}\p{Lo}\p{N}][^,;()]*)")
_BEFORE_DATE = lazily(r"[\s,;(]+(?:(?:on|of|from|dated)\s*)?$")
_BETWEEN_WORDS = lazily(r"[\s,;:()]+")


def reporting_outlets(articles: Sequence[Article]) -> list[str | None]:
    """Return the outlet whose report each article is: the original's of one that retells another's.

    An outlet is named by its key, as filters compare it, without a leading article. None where an
    article has no outlet, or does not name whose report it retells.
    """
    own = {_key(one.outlet) for one in articles if not one.retells}
    named = {key for key in own if key}
    return [_original(one.retells, named) if one.retells else _key(one.outlet) for one in articles]


def _key(outlet: str | None) -> str | None:
    return without_article(outlet_key(outlet)) or None if outlet else None


def _original(retells: str, outlets: Collection[str]) -> str | None:
    """Return the outlet that "a report by ..., date" names, of the outlets given where it names one."""
    dates = find_dates(retells)
    told = _BEFORE_DATE.sub("", retells[: dates[0].start]) if dates else retells
    words = f" {' '.join(_BETWEEN_WORDS.split(outlet_key(told)))} "
    known = max((one for one in outlets if f" {one} " in words), key=len, default=None)
    if known is not None:
        return known
    found = _BY_NAME.search(told)
    return _key(found["name"]) if found else None
