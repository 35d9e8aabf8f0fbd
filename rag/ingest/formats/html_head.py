"""What the head of a page holds: meta tags, its title, its address, its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from rag.text.addresses import canonical_url, same_site
from rag.text.links import safe_url
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

_SAVED = lazily(r"saved from url=\(\d+\)\s*(\S+)|Page saved with SingleFile\s+url:\s*(\S+)")
_MAX_COMMENTS = 200
_MAX_METAS = 2000
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page, as it stands there."""

    metas: Mapping[str, Sequence[str]]
    """By name, property or itemprop in lower case."""
    title: str
    url: str | None
    """The canonical address: absolute, without tracking parameters."""
    language: str | None
    foreign: str | None = None
    """An address of another site than ``url`` that the page gives itself, too."""

    def meta(self, *names: str) -> str | None:
        """Return the first meta tag with one of these names, in their order."""
        return next((value for name in names for value in self.metas.get(name, ())), None)


def read_head(tree: Any, fetched: str | None) -> Head:  # noqa: ANN401
    """Return what a page's head tells; ``fetched`` is the address it came from, where that is known."""
    metas: dict[str, list[str]] = {}
    for element in islice(tree.iter("meta"), _MAX_METAS):
        value = normalise_line((element.get("content") or "")[: _MAX_VALUE * 10])[: _MAX_VALUE * 4]
        if not value:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split():
                metas.setdefault(name, []).append(value)
    titles = [
        element.text_content() for element in tree.xpath("//head//title | //body//title[1]")[:1]
    ]
    title = normalise_line(titles[0][:_MAX_VALUE]) if titles else ""
    url, foreign = _address(tree, metas, fetched)
    return Head(metas, title, url, _language(tree, metas), foreign)


@cache
def field_names(kind: str) -> tuple[str, ...]:
    """Return the names of meta tags that hold ``published``, ``title``, ``outlet`` or ``authors``.

    The surest are first.
    """
    rows = (
        (files("rag.ingest.formats") / "page_fields.tsv").read_text(encoding="utf-8").splitlines()
    )
    pairs = [row.split("\t") for row in rows]
    return tuple(name for field, name in pairs if field == kind)


def _address(
    tree: Any,  # noqa: ANN401
    metas: Mapping[str, Sequence[str]],
    fetched: str | None,
) -> tuple[str | None, str | None]:
    """Return the page's address, and one of another site that it claims.

    Its address is the canonical one unless it names no page, else where it was saved from.
    A page whose origin is known names no page of another site: it would replace that site's article.
    """
    base = safe_url(fetched)
    candidates = [
        link.get("href")
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    candidates += metas.get("og:url", ())
    saved = _saved_from(tree)
    base = base or safe_url(saved)
    candidates += [fetched, saved]
    candidates += [*metas.get("twitter:url", ()), *metas.get("parsely-link", ())]
    claimed: list[str] = []
    front: str | None = None
    found: str | None = None
    for candidate in candidates:
        try:
            url = urljoin(base or "", (candidate or "").strip())
        except ValueError:
            continue
        if not safe_url(url) or len(url) > _MAX_VALUE:
            continue
        claimed.append(url)
        if base and not same_site(url, base):
            continue
        url = canonical_url(url)
        # A front page as the canonical address of a story is a template's fault.
        if url.split("/", 3)[-1].strip("/") or "?" in url:
            found = found or url
        else:
            front = front or url
    taken = found or front
    return taken, next((one for one in claimed if taken and not same_site(one, taken)), None)


def _saved_from(tree: Any) -> str | None:  # noqa: ANN401
    """Return the address that a browser wrote into a page it saved."""
    from lxml import etree

    root = tree.getroottree().getroot()
    before = [node for node in root.itersiblings(preceding=True) if node.tag is etree.Comment]
    for number, comment in enumerate([*before, *root.iter(etree.Comment)]):
        if number > _MAX_COMMENTS:
            break
        found = _SAVED.search((comment.text or "")[:_MAX_VALUE])
        if found:
            return found[1] or found[2]
    return None


def _language(tree: Any, metas: Mapping[str, Sequence[str]]) -> str | None:  # noqa: ANN401
    root = tree.getroottree().getroot()
    given = (
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or root.get("xml:lang")
    )
    named = [
        given,
        *metas.get("inlanguage", ()),
        *metas.get("content-language", ()),
        *metas.get("og:locale", ()),
    ]
    for value in named:
        tag = (value or "").strip().replace("_", "-").lower()[:35]
        if tag.split("-")[0].isalpha() and 2 <= len(tag.split("-")[0]) <= 3:
            return tag
    return None
