"""The list of the articles as a page without scripts, filtered and in pages; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from rag.types import Article
from ui.interface_text import interface_texts
from ui.markup import article_path, escape, local_path
from ui.reported import article_day
from ui.web.adding_offer import ADD_PATH, adding_offered
from ui.web.article_page import headline, html_page, language_attribute
from ui.web.reader_language import alert_html, page_words
from ui.web.style import COLLECTION_CSS, FORM_CSS

if TYPE_CHECKING:
    from rag.index import CollectionCounts

FIELDS = ("title", "outlet", "since", "until", "language", "collection")
"""Names of the filters in the address."""
PAGE_SIZE = 50
"""Articles on a page."""
_MAX_FIELD = 200


@dataclass(frozen=True, slots=True)
class ArticleListing:
    """A page of the articles that filters let through."""

    articles: Sequence[Article]
    total: int
    """How many pass, on all pages."""
    page: int
    """From 1."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE_SIZE))


def render_collection(
    given: Mapping[str, str],
    counts: CollectionCounts | None,
    listing: ArticleListing | None,
    error: str | None = None,
) -> str:
    """HTML page of the list.

    Parameters
    ----------
    given
        The values of `FIELDS` as they stand in the address.
    counts
        Of the whole collection: what can be chosen.
    listing
        None where there is an error.
    """
    words = page_words()
    title = words("page_articles")
    parts = [f"<h1>{escape(title)}</h1>"]
    if adding_offered():
        parts.append(
            f'<p><a href="{escape(local_path(ADD_PATH))}">{escape(words("page_add"))}</a></p>'
        )
    parts.append(_form(given, counts))
    if error:
        parts.append(alert_html(error))
    if listing is not None:
        parts += [_counted_line(listing, counts), _list(listing), _pages(given, listing)]
    return html_page(title, "".join(parts), css=FORM_CSS + COLLECTION_CSS)


def collection_path(given: Mapping[str, str], page: int = 1) -> str:
    """Path of a page of the list under filters."""
    query = {name: value for name in FIELDS if (value := given.get(name, "").strip())}
    if page > 1:
        query["page"] = str(page)
    return local_path("/articles") + (f"?{urlencode(query, errors='replace')}" if query else "")


def _form(given: Mapping[str, str], counts: CollectionCounts | None) -> str:
    outlets = counts.outlets if counts else ()
    languages = counts.languages if counts else ()
    labels = counts.collections if counts else ()
    words = page_words()
    # Where articles have no labels, there is nothing to choose.
    is_labelled = bool(labels or given.get("collection", "").strip())
    label = _choice("collection", words("collection"), given, labels) if is_labelled else ""
    return (
        f'<form action="{escape(local_path("/articles"))}" method="get" role="search">'
        f"{_field('title', words('title_words'), given)}"
        f"{_choice('outlet', words('outlet'), given, outlets)}"
        f"{_choice('language', words('language_of_article'), given, languages)}{label}"
        f"{_field('since', words('since'), given, words('day_form'))}"
        f"{_field('until', words('until'), given, words('day_form'))}"
        f"<button>{escape(words('show'))}</button></form>"
    )


def _field(name: str, label: str, given: Mapping[str, str], hint: str = "") -> str:
    placeholder = f' placeholder="{escape(hint)}"' if hint else ""
    value = escape(given[name][:_MAX_FIELD])
    return (
        f'<label>{escape(label)}<input name="{name}" value="{value}" maxlength="{_MAX_FIELD}"{placeholder}>'
        "</label>"
    )


def _choice(
    name: str, label: str, given: Mapping[str, str], counted: Sequence[tuple[str, int]]
) -> str:
    words = page_words()
    chosen = given.get(name, "").strip()[:_MAX_FIELD]
    options = [f'<option value="">{escape(words("all"))}</option>']
    known = False
    for value, count in counted:
        same = value.casefold() == chosen.casefold()
        known = known or same
        options.append(
            f'<option value="{escape(value)}"{" selected" if same else ""}>'
            f"{escape(value)} &#40;{escape(words.number(count))}&#41;</option>"
        )
    if chosen and not known:
        # Another spelling, or an outlet too rare to be listed.
        options.append(f'<option value="{escape(chosen)}" selected>{escape(chosen)}</option>')
    return f'<label>{escape(label)}<select name="{name}">{"".join(options)}</select></label>'


def _counted_line(listing: ArticleListing, counts: CollectionCounts | None) -> str:
    words = page_words()
    total = words.number(listing.total)
    told = words("one_article") if listing.total == 1 else words("articles", articles=total)
    if counts and counts.articles != listing.total:
        told = words("of_total", found=told, total=words.number(counts.articles))
    if listing.pages > 1:
        page, pages = words.number(listing.page), words.number(listing.pages)
        told = words("page_of", line=told, page=page, pages=pages)
    return f'<p class="about" role="status">{escape(told)}</p>'


def _list(listing: ArticleListing) -> str:
    first = (listing.page - 1) * PAGE_SIZE + 1
    items = "".join(f"<li>{article_line(article)}</li>" for article in listing.articles)
    return f'<ol class="articles" start="{first}">{items}</ol>' if items else ""


def article_line(article: Article) -> str:
    """HTML of an article in a list: its title with a link, outlet, date with its origin, language."""
    words = page_words()
    day = article_day(article, words)
    if article.date_origin and article.published:
        day = words("listed_date_from", day=day, origin=origin_of(article.date_origin))
    about = [
        f'<span class="outlet">{escape(article.outlet)}</span>' if article.outlet else "",
        escape(day),
        escape(article.language or ""),
        escape(article.collection or ""),
    ]
    return (
        f'<a href="{escape(article_path(article.id))}" dir="auto"{language_attribute(article)}>'
        f"{escape(headline(article))}</a> "
        f'<span class="about">{" &#183; ".join(piece for piece in about if piece)}</span>'
    )


def origin_of(origin: str) -> str:
    """Return where a date comes from, in the language of the page where that has words for it."""
    words = page_words()
    name = f"origin_{origin.replace(' ', '_')}"
    return words(name) if name in interface_texts()[words.language] else origin


def _pages(given: Mapping[str, str], listing: ArticleListing) -> str:
    words = page_words()
    links = []
    if listing.page > 1:
        path = escape(collection_path(given, listing.page - 1))
        links.append(f'<a rel="prev" href="{path}">{escape(words("previous_page"))}</a>')
    if listing.page < listing.pages:
        path = escape(collection_path(given, listing.page + 1))
        links.append(f'<a rel="next" href="{path}">{escape(words("next_page"))}</a>')
    return (
        f'<nav class="pages" aria-label="{escape(words("pages_label"))}">{" ".join(links)}</nav>'
        if links
        else ""
    )
