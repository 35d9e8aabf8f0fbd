"""What a page says of itself for machines: JSON-LD and microdata after schema.org."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.ingest.formats.html_blocks import text_key
from rag.text.patterns import lazily

_MAX_NODES = 20_000
_MAX_SCOPES = 200
_MAX_SCRIPT = 5_000_000
_TRAILING = lazily(r",(\s*[}\]])")
_COMMENTS = lazily(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")
_KEY = r'"%s"\s*:\s*"((?:[^"\\]|\\.){1,500})"'
_HEADLINE = lazily(_KEY % "headline")
_PUBLISHED = lazily(_KEY % "datePublished")
# Whatever is under these is another story, not the page's.
_OTHERS = frozenset(
    [
        "itemListElement",
        "isRelatedTo",
        "relatedLink",
        "mentions",
        "citation",
        "liveBlogUpdate",
        "hasPart",
        "blogPost",
        "comment",
        "significantLink",
        "video",
        "associatedMedia",
        "image",
        "review",
        "reviews",
        "about",
        "isBasedOn",
    ]
)
_PAGES = frozenset(["WebPage", "ItemPage", "MedicalWebPage"])
_LISTS = frozenset(["CollectionPage", "SearchResultsPage", "ProfilePage"])
_MOVIES = frozenset(["VideoObject", "AudioObject", "PodcastEpisode", "RadioEpisode", "TVEpisode"])


@dataclass(frozen=True, slots=True)
class Described:
    """An article as schema.org's words describe it; the fields are as the page writes them."""

    headline: str | None = None
    published: str | None = None
    url: str | None = None
    publisher: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Authors that are no persons."""
    body: str | None = None
    exact: bool = True
    """Whether it is about this page for certain."""


@dataclass(frozen=True, slots=True)
class Structured:
    """All that a page's JSON-LD and microdata tell."""

    articles: tuple[Described, ...] = ()
    """Descriptions of the page's article, the surest first."""
    page_published: str | None = None
    """The date of the web page, where it is not given for the article."""
    site: str | None = None
    """The name of the site or of the organisation that runs it."""
    types: frozenset[str] = frozenset()
    """Names of the types at the top."""

    @property
    def is_list(self) -> bool:
        """Whether it calls itself a list of pages."""
        return bool(self.types & _LISTS) and not self.articles

    @property
    def is_movie(self) -> bool:
        """Whether it calls itself a video or a recording, and no article."""
        return bool(self.types & _MOVIES) and not self.articles


def read_structured(tree: Any, titles: tuple[str, ...], url: str | None) -> Structured:  # noqa: ANN401
    """Return what a page's JSON-LD and microdata say.

    ``titles`` and ``url`` are the page's by its other words: they tell its article from others described.
    """
    nodes: list[tuple[dict[str, Any], bool]] = []
    broken: list[Described] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        for document in _documents(script.text, broken):
            nodes += _nodes(document)
    named = {
        node["@id"]: node for node, _ in nodes if isinstance(node.get("@id"), str) and len(node) > 1
    }
    articles: list[tuple[int, Described]] = []
    page_published = site = None
    types: set[str] = set()
    for node, other in nodes:
        kinds = _types(node)
        if not other:
            types |= kinds
        if _is_article(kinds):
            described = _described(node, named)
            fit = _fit(described, titles, url)
            if fit > 0 or not other:
                articles.append((fit + (0 if other else 1), described))
        elif not other and kinds & _PAGES:
            page_published = page_published or _string(node.get("datePublished"))
        elif not other and (
            kinds & {"WebSite", "Organization"} or any("MediaOrg" in k for k in kinds)
        ):
            site = site or _string(node.get("name"))
    articles += [(_fit(one, titles, url), one) for one in broken]
    articles += [(2, one) for one in _microdata(tree)]
    best = sorted(articles, key=lambda pair: -pair[0])
    several = sum(fit < 2 for fit, _ in best) > 1
    kept = tuple(one for fit, one in best if fit >= 2 or not several)
    return Structured(kept, page_published, site, frozenset(types))


def _documents(text: str, broken: list[Described]) -> Iterator[Any]:
    """Yield the JSON of a script, mended where a comma or comment is too many."""
    text = _COMMENTS.sub("", _COMMENTS.sub("", text[:_MAX_SCRIPT])).strip().rstrip(";")
    for attempt in (text, _TRAILING.sub(r"\1", text)):
        try:
            yield json.loads(attempt, strict=False)
        except RecursionError:
            return
        except ValueError:
            continue
        return
    if "Article" in text or "Posting" in text:
        headline, published = _HEADLINE.search(text), _PUBLISHED.search(text)
        if published:
            broken.append(
                Described(headline=headline[1] if headline else None, published=published[1])
            )


def _nodes(document: Any) -> list[tuple[dict[str, Any], bool]]:  # noqa: ANN401
    """Return the objects of a document, and whether each stands where other stories do."""
    found: list[tuple[dict[str, Any], bool]] = []
    left: list[tuple[Any, bool]] = [(document, False)]
    while left and len(found) < _MAX_NODES:
        value, other = left.pop()
        if isinstance(value, list):
            left += [(one, other) for one in reversed(value)]
        elif isinstance(value, dict):
            found.append((value, other))
            listing = bool(_types(value) & {"ItemList"})
            left += [
                (inner, other or listing or key in _OTHERS)
                for key, inner in reversed(value.items())
                if isinstance(inner, list | dict)
            ]
    return found


def _types(node: dict[str, Any]) -> set[str]:
    given = node.get("@type")
    kinds = given if isinstance(given, list) else [given]
    return {kind.rpartition("/")[2].rpartition(":")[2] for kind in kinds if isinstance(kind, str)}


def _is_article(kinds: set[str]) -> bool:
    return any(kind.endswith(("Article", "Posting")) or kind == "Report" for kind in kinds)


def _described(node: dict[str, Any], named: dict[str, Any]) -> Described:
    def one(value: Any, depth: int = 0) -> Any:  # noqa: ANN401
        """Follow a reference to a node that is described elsewhere."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"} and depth < 3:
            return one(named.get(value.get("@id", ""), value if depth else {}), depth + 1)
        return value

    authors: list[str] = []
    organisations: list[str] = []
    given = node.get("author") or node.get("creator")
    for author in given if isinstance(given, list) else [given]:
        author = one(author)
        if isinstance(author, str):
            authors.append(author)
        elif isinstance(author, dict):
            names = author.get("name")
            kept = organisations if any("Organi" in kind for kind in _types(author)) else authors
            kept += [
                name
                for name in (names if isinstance(names, list) else [names])
                if isinstance(name, str)
            ]
    publisher = one(node.get("publisher") or node.get("sourceOrganization") or node.get("provider"))
    if isinstance(publisher, list):
        publisher = one(publisher[0]) if publisher else None
    main = node.get("mainEntityOfPage")
    url = node.get("url") or (
        main.get("@id") or main.get("url") if isinstance(main, dict) else main
    )
    return Described(
        headline=_string(node.get("headline")) or _string(node.get("name")),
        published=_string(node.get("datePublished")) or _string(node.get("dateCreated")),
        url=_string(url),
        publisher=_string(publisher.get("name") if isinstance(publisher, dict) else publisher),
        language=_string(node.get("inLanguage")),
        authors=tuple(authors),
        organisations=tuple(organisations),
        body=_string(node.get("articleBody")),
    )


def _string(value: Any) -> str | None:  # noqa: ANN401
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return value.strip() or None if isinstance(value, str) else None


def _fit(described: Described, titles: tuple[str, ...], url: str | None) -> int:
    """Return how surely a description is of this page: 0 where nothing tells, 2 and more where it is."""
    from rag.text.addresses import canonical_url

    fit = 0
    if described.url and url and canonical_url(described.url) == canonical_url(url):
        fit += 3
    head = text_key(described.headline or "")
    if len(head) > 3 and any(
        head in text or text in head for text in map(text_key, titles) if len(text) > 3
    ):
        fit += 2
    return fit


def _microdata(tree: Any) -> list[Described]:  # noqa: ANN401
    """Return the articles that attributes of elements describe."""
    found: list[Described] = []
    for scope in tree.xpath("//*[@itemscope][@itemtype]")[:_MAX_SCOPES]:
        kind = scope.get("itemtype").strip().rpartition("/")[2]
        if not _is_article({kind}) or any(_is_other(one) for one in scope.iterancestors()):
            continue
        values: dict[str, list[str]] = {}
        for element in scope.xpath(".//*[@itemprop]"):
            holder = next(element.iterancestors("*"), None)
            while holder is not None and holder is not scope and holder.get("itemscope") is None:
                holder = holder.getparent()
            names = element.get("itemprop").split()
            if holder is not scope:
                around = holder.get("itemprop") if holder is not None else None
                names = [f"{around}.{name}" for name in names] if around else []
            value = _value(element)
            for name in names:
                values.setdefault(name, []).append(value)
        found.append(
            Described(
                headline=_first(values, "headline", "name"),
                published=_first(values, "datePublished", "dateCreated"),
                url=_first(values, "url", "mainEntityOfPage"),
                publisher=_first(values, "publisher.name", "publisher"),
                language=_first(values, "inLanguage"),
                authors=tuple(
                    name for name in values.get("author.name") or values.get("author") or () if name
                ),
            )
        )
    return found[:1] if len(found) > 1 and not found[0].published else found


def _is_other(element: Any) -> bool:  # noqa: ANN401
    return element.tag in ("aside", "nav", "footer")


def _first(values: dict[str, list[str]], *names: str) -> str | None:
    return next((value for name in names for value in values.get(name, ()) if value), None)


def _value(element: Any) -> str:  # noqa: ANN401
    for name in ("content", "datetime", "title"):
        if element.get(name):
            return str(element.get(name)).strip()
    if element.tag in ("a", "link") and element.get("href") and not element.text_content().strip():
        return str(element.get("href")).strip()
    return " ".join(element.text_content().split())[:500]
