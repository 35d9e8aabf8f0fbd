"""Web pages: the story without menus and advertisements, and what the page says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rag.errors import NoStoryError
from rag.ingest.article import make_article
from rag.ingest.datelines import byline_outlet, find_outlet
from rag.ingest.formats.html_authors import find_authors
from rag.ingest.formats.html_blocks import Block, read_blocks, text_key
from rag.ingest.formats.html_dates import Dated, Layout, find_published
from rag.ingest.formats.html_extraction import Extracted, extract
from rag.ingest.formats.html_head import Head, read_head
from rag.ingest.formats.html_kinds import why_no_article
from rag.ingest.formats.html_lines import story_lines, title_block
from rag.ingest.formats.html_marks import settle_marks
from rag.ingest.formats.html_moments import Moment
from rag.ingest.formats.html_names import find_outlet_name, find_title
from rag.ingest.formats.html_story import captions, choose
from rag.ingest.formats.html_structured import Structured, read_structured
from rag.ingest.formats.html_tree import decode_page, parse_page
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.text.dates import DateOrder
from rag.text.prose import count_words
from rag.types import Article

_BODY_SHARE = 2
_FEW = 50


def read_page(
    data: bytes,
    source: str,
    options: ReadOptions = DEFAULTS,
    hints: Hints = Hints(),  # noqa: B008
) -> Article:
    """Return the article of a web page.

    Parameters
    ----------
    data
        The page as it was served or saved.
    source
        Where it is: a file or an address; kept as the article's source.
    hints
        What is known of it from outside, believed before what it says of itself.

    Raises
    ------
    SourceError
        Where the page holds no article (a wall, a list of links, a video, an error), cannot be read, or
        is larger or nested deeper than pages are.
    """
    tree = parse_page(decode_page(data, hints.charset))
    settle_marks(tree)
    head = read_head(tree, hints.url)
    blocks = read_blocks(tree)
    shown = tuple(b.text for b in blocks if b.kind == "h")[:20]
    structured = read_structured(tree, (head.title, head.meta("og:title") or "", *shown), head.url)
    outlets = _outlets(head, structured, hints)
    title = find_title(head, structured, blocks, outlets)
    outlet = find_outlet_name(head, structured, tree, title)
    title = find_title(head, structured, blocks, [*outlets, outlet or ""]) if outlet else title
    description = head.meta("og:description", "description", "twitter:description")
    extracted = extract(tree)
    chosen = choose(blocks, extracted, title, description)
    chosen = captions(blocks, chosen)
    lines = story_lines(blocks, chosen, title)
    lines = _or_body(_or_extracted(lines, extracted, blocks), structured)
    reason = why_no_article(tree, head, structured, blocks, chosen, lines)
    if not reason and head.foreign and hints.url is None:
        options.note(
            source,
            f"it gives itself addresses of two sites; {head.url} was taken, not {head.foreign[:200]}",
        )
    if reason:
        raise NoStoryError(f"a page without a story: {reason}")
    first, last = (chosen[0], chosen[-1]) if chosen else (0, len(blocks) - 1)
    paragraph = next((n for n in chosen if blocks[n].kind == "p" and blocks[n].words > 12), first)
    layout = Layout(blocks, title_block(blocks, title, paragraph), paragraph, last)
    dated = _dated(tree, layout, structured, head, hints, options, source)
    near = (max(0, (layout.title or first) - 3), min(len(blocks), paragraph + 1))
    authors = hints.authors or find_authors(head, structured, blocks, hints.outlet or outlet, near)
    if not hints.authors and not authors:
        authors = find_authors(head, Structured(), blocks, outlet, (last, last + 4))
    if outlet is None:
        texts = (line for block in blocks[slice(*near)] for line in block.text.split("\n")[:5])
        outlet = next((name for line in texts if (name := byline_outlet(line))), None)
    if outlet is None and lines:
        # Only an agency names itself in a dateline.
        outlet = find_outlet(lines[0])
    if lines and authors and lines[-1].strip() in authors:
        del lines[-1]
    return make_article(
        text="\n\n".join(lines),
        source=source,
        title=hints.title or title,
        outlet=hints.outlet or outlet,
        published=dated.moment.day if dated.moment else None,
        url=head.url,
        authors=authors,
        language=hints.language or _language(head, structured),
        date_origin=dated.origin,
        published_at=dated.moment.at if dated.moment else None,
    )


def _outlets(head: Head, structured: Structured, hints: Hints) -> list[str]:
    """Return the names that may stand beside the headline in titles."""
    names: Iterable[str | None] = (
        hints.outlet,
        head.meta("og:site_name"),
        head.meta("application-name"),
        structured.site,
        *(one.publisher for one in structured.articles),
    )
    return [name for name in names if name]


def _or_extracted(lines: list[str], extracted: Extracted, blocks: Sequence[Block]) -> list[str]:
    """Return what was extracted, where far less of it was found again in the page's blocks."""
    left_out = {b.key for b in blocks if b.linked >= 0.5 or b.part in ("furniture", "wall")}
    found = [line.strip("-| ") for line in extracted.text.splitlines()]
    found = [line for line in found if line and text_key(line) not in left_out]
    words = sum(map(count_words, found))
    few = words < _FEW or sum(map(count_words, lines)) * _BODY_SHARE > words
    return lines if few else found


def _or_body(lines: list[str], structured: Structured) -> list[str]:
    """Return the text that JSON-LD holds, where the page itself shows far less: scripts show it later."""
    body = next((one.body for one in structured.articles if one.body), None)
    shown = sum(map(len, lines))
    if not body or len(body) < 200 or len(body) < _BODY_SHARE * shown:
        return lines
    return [line.strip() for line in strip_markup(body).splitlines() if line.strip()]


def _dated(
    tree: Any,  # noqa: ANN401
    layout: Layout,
    structured: Structured,
    head: Head,
    hints: Hints,
    options: ReadOptions,
    source: str,
) -> Dated:
    if hints.published:
        return Dated(Moment(hints.published, hints.published_at), hints.date_origin or "metadata")
    order = options.date_order or _order(head)
    dated = find_published(tree, layout, structured, head.metas, head.url, order)
    if dated.moment and dated.moment.ambiguous and options.date_order is None:
        read = "month" if order == "mdy" else "day"
        other = "dmy" if order == "mdy" else "mdy"
        options.note(
            source,
            f"its date was read {read} first, as {dated.moment.day}; --date-order {other} swaps the two",
        )
    return dated


def _order(head: Head) -> DateOrder | None:
    """Return how a page's own country writes dates in digits, where its language names the country."""
    return "mdy" if head.language in ("en-us", "es-us") else None


def _language(head: Head, structured: Structured) -> str | None:
    told = next((one.language for one in structured.articles if one.language), None)
    tag = head.language or (told or "").lower().replace("_", "-")
    return tag.split("-")[0] or None
