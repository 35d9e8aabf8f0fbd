"""What feeds and site maps list: an entry for each story, those that lead to one page told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.ingest.options import Hints
from rag.text.addresses import canonical_url

# Words from which a text in a feed is taken for a whole story: one given as content, or as summary.
_FULL_CONTENT = 60
_FULL_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, or one page of a site map."""

    link: str | None
    """Absolute; None where it has none that may be fetched."""
    key: str
    """What it is called among the entries: its link, else its id, else its title; where others have the same
    link, both."""
    title: str | None = None
    published: date | None = None
    published_at: str | None = None
    """ISO 8601, with the zone where one was written."""
    updated: str | None = None
    """When it was last changed, as written."""
    origin: str = "feed"
    """Of the date, one of `rag.types.DATE_ORIGINS`."""
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    content: str = ""
    """The story's text, where the feed carries it; plain."""
    summary: str = ""
    shares_page: bool = False
    """Whether other entries lead to its page with stories of their own: the feed has the text of each, and
    ``link`` its fragment. The page is that of none of them."""

    @property
    def fingerprint(self) -> str:
        """A hash of what changes when the story is corrected: its title and when it was changed."""
        seen = "\n".join((self.title or "", self.updated or self.published_at or ""))
        return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def full_text(self) -> str | None:
        """The whole story's text, where the feed gives it."""
        if len(self.content.split()) >= _FULL_CONTENT:
            return self.content
        return self.summary if len(self.summary.split()) >= _FULL_SUMMARY else None

    @property
    def text(self) -> str:
        """All that the feed gives of the story; may be empty."""
        return self.full_text or max(self.content, self.summary, key=len)

    def hints(self, address: str | None = None, charset: str | None = None) -> Hints:
        """Return what the feed says of its page, to be believed before the page."""
        return Hints(
            url=address or self.link,
            charset=charset,
            title=self.title,
            published=self.published,
            published_at=self.published_at,
            date_origin=self.origin if self.published else None,
            outlet=self.outlet,
        )


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry as a feed lists it."""

    entry: Entry
    fragment: str
    """Of its link; empty for none."""
    name: str
    """Its id, else its title."""

    @property
    def own_key(self) -> str:
        """What it is called where others lead to its page too."""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.entry.link or ''}{fragment} {self.name[:500]}".strip()


def told_apart(listed: Iterable[ListedEntry], *, fetched: bool) -> tuple[tuple[Entry, ...], int]:
    """Return entries, each story once, and how many were left out that say something else.

    Entries of one page are one story, the first, unless the feed has a text of several of them, each with an
    id, fragment or title of its own: a live blog, or a site that has no page for each story.

    Parameters
    ----------
    fetched
        Whether the page is there to be fetched too: then only whole stories count.
    """
    pages: dict[str, list[tuple[int, ListedEntry]]] = {}
    for place, one in enumerate(listed):
        if one.entry.key:
            link = one.entry.link
            pages.setdefault(canonical_url(link) if link else one.entry.key, []).append(
                (place, one)
            )
    kept: list[tuple[int, Entry]] = []
    left_out = 0
    for same in pages.values():
        found, left = _stories(same, fetched=fetched) if len(same) > 1 else ([], 0)
        kept += found or [(same[0][0], same[0][1].entry)]
        left_out += left
    return tuple(entry for _, entry in sorted(kept, key=lambda one: one[0])), left_out


def _stories(
    same: Sequence[tuple[int, ListedEntry]], *, fetched: bool
) -> tuple[list[tuple[int, Entry]], int]:
    """Return what to keep of the entries of one page, with their places, and how many others differ."""
    own: dict[str, tuple[int, Entry]] = {}
    texts: set[str] = set()
    repeated: list[Entry] = []
    without: list[tuple[int, Entry]] = []
    for place, one in same:
        entry = one.entry
        text = entry.full_text if fetched else entry.text
        if not text or entry.link is None or not (one.fragment or one.name):
            without.append((place, entry))
        elif one.own_key in own:
            repeated.append(entry)
        elif text not in texts:
            texts.add(text)
            link = f"{entry.link}#{one.fragment}" if one.fragment else entry.link
            alone = replace(entry, link=link, key=one.own_key, shares_page=True)
            own[one.own_key] = place, alone
    if len(own) > 1:
        # What has no text of its own stands for the page itself.
        kept = [*own.values(), *without[:1]]
        rest = [*repeated, *(entry for _, entry in without[1:])]
    else:
        kept = [(same[0][0], same[0][1].entry)]
        rest = [one.entry for _, one in same[1:]]
    told = {"", *(entry.text for _, entry in kept)}
    return kept, sum(entry.text not in told for entry in rest)
