"""What an element of a page is for, as its name and its classes tell."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from rag.text.patterns import lazily

_HUMP = lazily(r"(?<=[a-z])(?=[A-Z])")
_APART = lazily(r"[^a-z]+")
# Names that programs make ("sc-f98b1ad2-0") hold words by chance.
_MADE = lazily(r"(?<![^\W_])(?=[a-zA-Z]*\d[a-zA-Z\d]*[a-zA-Z]|\d+[a-zA-Z])[a-zA-Z\d]+")
_ATTRIBUTES = ("class", "id", "role", "data-component", "data-module", "data-testid")
_TAGS = {
    "nav": "furniture",
    "footer": "furniture",
    "aside": "furniture",
    "form": "furniture",
    "dialog": "furniture",
    "menu": "furniture",
    "amp-sidebar": "furniture",
    "amp-social-share": "furniture",
    "figcaption": "caption",
    "caption": "caption",
    "time": "date",
}
_ROLES = {
    "navigation": "furniture",
    "contentinfo": "furniture",
    "complementary": "furniture",
    "dialog": "furniture",
    "search": "furniture",
    "banner": "furniture",
}
# Of an element's classes these say more than others that it has too.
_ORDER = (
    "wall",
    "credit",
    "caption",
    "furniture",
    "doubtful",
    "byline",
    "date",
    "standfirst",
    "title",
)
_NEVER = frozenset(["html", "body", "main", "article", "h1"])


def part_of(element: Any) -> str | None:  # noqa: ANN401
    """Return what an element holds: ``furniture``, ``wall``, ``caption``, ``credit``, ``byline``, ``date``,
    ``standfirst`` or ``title``; ``doubtful`` where it may be furniture; None where nothing tells.
    """  # noqa: D205
    tag = element.tag
    if tag in _NEVER:
        return "title" if tag == "h1" else None
    if tag in _TAGS:
        return _TAGS[tag]
    role = _ROLES.get((element.get("role") or "").strip().lower())
    if role:
        return role
    if element.get("hidden") is not None or element.get("aria-modal") == "true":
        return "furniture"
    names = " ".join(filter(None, map(element.get, _ATTRIBUTES)))
    return _of_names(names[:400]) if names else None


def is_part(element: Any, kind: str) -> bool:  # noqa: ANN401
    """Whether one of an element's classes names this part, whatever its others name."""
    names = " ".join(filter(None, map(element.get, _ATTRIBUTES)))
    return any(_parts().get(word) == kind for word in _words(names[:400]))


@cache
def _of_names(names: str) -> str | None:
    found = {_parts()[word] for word in _words(names) if word in _parts()}
    return next((kind for kind in _ORDER if kind in found), None)


def _words(names: str) -> set[str]:
    """Return the words of class names, and each with the one or two that follow it in its name."""
    found: set[str] = set()
    for name in names.split():
        words = [word for word in _APART.split(_HUMP.sub(" ", _MADE.sub("", name)).lower()) if word]
        for width in (1, 2, 3):
            found.update("".join(words[i : i + width]) for i in range(len(words) - width + 1))
    return found


@cache
def _parts() -> dict[str, str]:
    rows = (files("rag.ingest.formats") / "page_parts.tsv").read_text(encoding="utf-8").splitlines()
    return {
        word: kind
        for row in rows
        for kind, _, words in [row.partition("\t")]
        for word in words.split()
    }
