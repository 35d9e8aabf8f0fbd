"""What stands under an article: its metadata, its copies, its quotes to take along; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from rag.text.content_hash import content_hash
from rag.text.links import safe_url
from rag.types import Article
from ui.citing.formats import CITATION_FORMATS
from ui.markup import article_path, escape, local_path
from ui.public import public_source
from ui.reported import article_day, counted, sentences_around
from ui.web.article_page import Highlight, anchor_of, headline
from ui.web.collection_page import article_line, origin_of
from ui.web.quote_copies import render_copies
from ui.web.reader_language import page_words, told_html

MAX_COPIES = 30
"""Copies that are listed; the rest is counted."""


def render_details(
    article: Article, highlights: Sequence[Highlight], copies: Sequence[Article], copy_count: int
) -> str:
    """HTML of all that is known of an article, and of the quotes its address names.

    Parameters
    ----------
    copies
        Other articles that print the same story, up to `MAX_COPIES`.
    copy_count
        How many there are.
    """
    return (
        f"{_in_context(article, highlights)}{_along(article, highlights)}"
        f"{_copies(article, copies, copy_count)}{_metadata(article)}"
    )


def highlights_query(highlights: Sequence[Highlight]) -> str:
    """Return the part of an address that names quotes, as `read_highlights` reads it."""
    if not highlights:
        return ""
    first = highlights[0]
    pairs = [("start", first.start), ("end", first.end)]
    if first.answer_start is not None and first.answer_end is not None:
        pairs += [("answer_start", first.answer_start), ("answer_end", first.answer_end)]
    also = [("also", f"{one.start}-{one.end}") for one in highlights[1:]]
    return urlencode([*pairs, *also])


def _in_context(article: Article, highlights: Sequence[Highlight]) -> str:
    """HTML of the quotes, each between the sentences around it."""
    if not highlights:
        return ""
    items = []
    for number, one in enumerate(highlights):
        before, after = sentences_around(article.text, one.start, one.end)
        quote = escape(article.text[one.start : one.end])
        items.append(
            f'<li dir="auto">{escape(before)} <a href="#{anchor_of(number)}">{quote}</a> '
            f"{escape(after)}</li>"
        )
    name = "in_context_one" if len(items) == 1 else "in_context_many"
    return (
        '<section class="details" aria-labelledby="context"><h2 id="context">'
        f"{escape(page_words()(name))}</h2><ol>{''.join(items)}</ol></section>"
    )


def _along(article: Article, highlights: Sequence[Highlight]) -> str:
    if not highlights:
        return ""
    query = highlights_query(highlights)
    links = "".join(
        f'<li><a href="{escape(f"{article_path(article.id)}/quote.{end}?{query}")}">'
        f"{escape(one.label)}</a></li>"
        for end, one in CITATION_FORMATS.items()
    )
    name = "along_one" if len(highlights) == 1 else "along_many"
    copied = render_copies([one.citation(article) for one in highlights])
    return (
        f'<section class="along" aria-labelledby="along"><h2 id="along">{escape(page_words()(name))}</h2>'
        f"<ul>{links}</ul>{copied}</section>"
    )


def _copies(article: Article, others: Sequence[Article], count: int) -> str:
    """HTML of who else prints the story: before or perhaps before the article, and after it."""
    day = article.published
    after = [one for one in others if day and (one.published is None or one.published > day)]
    before = [one for one in others if one not in after]
    unlisted = count - len(others)
    printed = len(before) + (0 if day else unlisted)
    copied = len(after) + (unlisted if day else 0)
    parts = []
    if printed:
        by = escape(counted(printed, "others", page_words()))
        if printed == len(before) == 1:
            by = f"<bdi>{escape(_printer(before[0]))}</bdi>"
        parts.append(_listed("printed", told_html("printed_by", names=by), before, printed))
    if copied:
        by = escape(counted(copied, "others", page_words()))
        parts.append(_listed("copies", told_html("copied_by", names=by), after, copied))
    return "".join(parts)


def _printer(article: Article) -> str:
    return f"{article.outlet or headline(article)}, {article_day(article, page_words())}"


def _listed(name: str, heading: str, listed: Sequence[Article], count: int) -> str:
    items = "".join(f"<li>{article_line(one)}</li>" for one in listed)
    words = page_words()
    left = words("and_more", count=words.number(count - len(listed)))
    more = f"<li>{escape(left)}</li>" if count > len(listed) else ""
    return (
        f'<section class="details" aria-labelledby="{name}">'
        f'<h2 id="{name}">{heading}</h2><ul>{items}{more}</ul></section>'
    )


def _metadata(article: Article) -> str:
    """HTML of every field of an article, those unknown said to be so where readers count on them."""
    words = page_words()
    unknown, day = words("not_known"), article_day(article, words)
    if article.date_origin and article.published:
        day = words("date_from", day=day, origin=origin_of(article.date_origin))
    if article.published_at:
        day += f" ({article.published_at})"
    fields = [
        (words("outlet"), article.outlet or unknown),
        (words("published"), day),
        (words("authors"), ", ".join(article.authors) or unknown),
        (words("language_of_article"), article.language or unknown),
        (words("retells_field"), article.retells),
        (words("pages_field"), str(len(article.pages)) if len(article.pages) > 1 else None),
        (
            words("added_from"),
            ", ".join(dict.fromkeys(public_source(one) for one in article.sources)),
        ),
        (words("article"), article.id),
        ("SHA-256", content_hash(article)),
    ]
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>"
        for name, value in fields
        if value
    )
    if url := safe_url(article.url):
        shown = escape(url)
        link = f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>'
        rows += f"<dt>{escape(words('address'))}</dt><dd>{link}</dd>"
    listed = escape(local_path("/articles"))
    return (
        '<section class="details" aria-labelledby="about"><h2 id="about">'
        f"{escape(words('about_article'))}</h2>"
        f'<dl>{rows}</dl><p><a class="alone" href="{listed}">{escape(words("all_articles"))}</a></p>'
        "</section>"
    )
