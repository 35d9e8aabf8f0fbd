"""An article as a page of its own, opened at a highlighted quote; pure functions, no script."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.text.attribution import attribution_of
from rag.text.links import quote_link
from rag.types import Article, Citation, page_of
from ui.markup import escape, local_path, publisher_link
from ui.reported import counted
from ui.web.adding_offer import ADD_PATH, adding_offered
from ui.web.reader_language import error_html, language_links, own_part, page_words, told_html
from ui.web.style import COPIES_CSS, FORM_CSS, PAGE_CSS

MAX_HIGHLIGHTS = 50
"""Quotes that an address may name beside the one it opens at."""
_OFFSETS = ("start", "end", "answer_start", "answer_end")
_MAX_DIGITS = 12
_UNFIT = "The quote this link points to does not fit this article."
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Highlight:
    """The quote to open the page at, and the answer inside it; offsets as in ``Citation``."""

    start: int
    end: int
    answer_start: int | None = None
    answer_end: int | None = None

    def citation(self, article: Article) -> Citation:
        """Return the quote as a citation of its article; without an answer, all of it answers.

        Raises
        ------
        QuoteError
            Where it does not fit.
        """
        quote = article.text[self.start : self.end]
        first = self.start if self.answer_start is None else self.answer_start
        last = self.end if self.answer_end is None else self.answer_end
        said = attribution_of(article.text, self.start, self.end, first, last)
        return Citation(
            article,
            quote,
            self.start,
            self.end,
            first,
            last,
            self.link(article),
            speaker=said.speaker if said else None,
            in_quotes=said.in_quotes if said else False,
        )

    def link(self, article: Article) -> str | None:
        """Return the publisher's page opened at the quote, or None without a safe address."""
        quote = article.text[self.start : self.end]
        return quote_link(article.url, quote, article.text, self.start)

    def fits(self, text: str) -> bool:
        """Whether the offsets are in order and inside the text."""
        if not 0 <= self.start < self.end <= len(text):
            return False
        if self.answer_start is None and self.answer_end is None:
            return True
        if self.answer_start is None or self.answer_end is None:
            return False
        return self.start <= self.answer_start < self.answer_end <= self.end


def read_highlights(
    given: Iterable[tuple[str, str]], text: str
) -> tuple[tuple[Highlight, ...], str | None]:
    """Read the quotes that a link names; a complaint where one does not fit the article.

    Parameters
    ----------
    given
        Names and values of the address: ``start``, ``end``, ``answer_start``, ``answer_end`` of the quote to
        open the page at, and ``also`` (``START-END``), as often as there are others. Others that overlap with
        one named before, or are not in the text, are left out: a conversation may quote an older one.

    Returns
    -------
    tuple[tuple[Highlight, ...], str | None]
        The quote to open at first, then the others as they stand in the text; none with a complaint.
    """
    pairs = list(given)
    offsets: dict[str, str] = {name: value for name, value in pairs if name in _OFFSETS}
    others = [tuple(value.split("-")) for name, value in pairs if name == "also"]
    values = [*offsets.values(), *(part for one in others for part in one)]
    if any(not (v.isascii() and v.isdecimal()) or len(v) > _MAX_DIGITS for v in values):
        return (), _UNFIT
    if any(len(one) != 2 for one in others) or len(others) > MAX_HIGHLIGHTS:
        return (), _UNFIT
    if offsets and not {"start", "end"} <= offsets.keys():
        return (), _UNFIT
    numbers = {name: int(value) for name, value in offsets.items()}
    found = [Highlight(**numbers)] if numbers else []
    if not all(one.fits(text) for one in found):
        return (), _UNFIT
    found += [Highlight(int(start), int(end)) for start, end in others]
    kept: list[Highlight] = []
    for one in found:
        if one.fits(text) and all(
            one.end <= other.start or one.start >= other.end for other in kept
        ):
            kept.append(one)
    if found and not kept:
        return (), _UNFIT
    return (*kept[:1], *sorted(kept[1:], key=lambda one: one.start)), None


def render_article(
    article: Article,
    highlights: Sequence[Highlight] = (),
    note: str | None = None,
    after: str = "",
    *,
    script: str | None = None,
) -> str:
    """HTML page of an article.

    Parameters
    ----------
    highlights
        Quotes that do not overlap; the page opens at the first, whose anchor is ``quote``. Those of the
        others are ``quote-2`` and so on.
    note
        A line above it for the reader.
    after
        HTML below it.
    script
        Path of a script that finds selected words in the text; its lines say then where they begin.
    """
    words = page_words()
    title = headline(article)
    about = [
        f'<span class="outlet">{escape(article.outlet)}</span>' if article.outlet else "",
        f'<time datetime="{article.published.isoformat()}">'
        f"{escape(words.day(article.published))}</time>"
        if article.published
        else f"<span>{escape(words('undated'))}</span>",
        escape(", ".join(article.authors)),
        f'<span class="retells">{escape(words("retells", outlet=article.retells))}</span>'
        if article.retells
        else "",
        _pages_line(article, highlights[0] if highlights else None),
    ]
    outside = publisher_link(article, highlights[0].link(article) if highlights else None)
    link = (
        f'<p class="publisher"{own_part(article)}><a href="{escape(outside)}" rel="noopener noreferrer">'
        f"{escape(words('read_there'))}</a></p>"
        if outside
        else ""
    )
    warning = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    language = language_attribute(article)
    lines = _paragraphs(article, highlights, placed=script is not None)
    body = (
        f"{warning}<article{language}><header>"
        f'<h1 dir="auto">{escape(title)}</h1>'
        f'<p class="about"{own_part(article)}>{" &#183; ".join(piece for piece in about if piece)}</p>'
        f"{link}</header>"
        f"{_quotes_line(article, highlights)}{''.join(lines)}</article>{after}"
    )
    return html_page(title, body, css=COPIES_CSS + FORM_CSS, script=script)


def render_message_page(title: str, line: str, *, error: bool = False) -> str:
    """HTML page that says one thing, such as that an article is unknown; its line may be an error."""
    told = error_html(line) if error else f"<p>{escape(line)}</p>"
    return html_page(title, f"<h1>{escape(title)}</h1>{told}")


def headline(article: Article) -> str:
    """Return the title of an article, or what stands in for one in the language of the page."""
    return (article.title or "").strip() or page_words()("untitled")


def html_page(
    title: str,
    body: str,
    *,
    wide: bool = False,
    css: str = "",
    reload_s: int | None = None,
    script: str | None = None,
) -> str:
    """HTML page with the site's head and style around a body.

    Parameters
    ----------
    wide
        Leaves room for two columns.
    reload_s
        After how many seconds the browser loads it again; None: never.
    script
        Path of a script that runs once the page is read.
    """
    loaded = f'<script src="{escape(local_path(script))}" defer></script>' if script else ""
    reload = f'<meta http-equiv="refresh" content="{reload_s}">' if reload_s else ""
    main = '<main class="wide">' if wide else "<main>"
    return (
        f'<!doctype html><html lang="{page_words().language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Without it a form that is sent does not say which site it is from. Links say nothing elsewhere.
        f'<meta name="referrer" content="same-origin">{reload}'
        f"<title>{escape(title)} &#183; presscite</title><style>{PAGE_CSS}{css}</style>{loaded}</head><body>"
        f'<nav aria-label="presscite"><a href="{escape(local_path("/"))}">presscite</a>'
        f"<span>{escape(page_words()('tagline'))}</span>"
        f"{_site_links()}</nav>"
        f"{main}{body}</main></body></html>"
    )


def _site_links() -> str:
    """HTML of the links to the pages that every page leads to."""
    pages = {"/ask": "ask", "/articles": "page_articles", "/check": "page_check"}
    if adding_offered():
        pages[ADD_PATH] = "page_add"
    links = "".join(
        f'<a class="site" href="{escape(local_path(path))}">{escape(page_words()(name))}</a>'
        for path, name in pages.items()
    )
    return links + language_links()


def language_attribute(article: Article) -> str:
    """HTML attribute of an article's language, with a space before it; empty where it has none."""
    if article.language and _LANGUAGE.fullmatch(article.language):
        return f' lang="{article.language}"'
    return ""


def anchor_of(number: int) -> str:
    """Return the anchor of a highlighted quote, from number 0."""
    return "quote" if number == 0 else f"quote-{number + 1}"


def _quotes_line(article: Article, highlights: Sequence[Highlight]) -> str:
    """HTML of the links to the quotes where there are several, as they stand in the text."""
    if len(highlights) < 2:
        return ""
    order = sorted(range(len(highlights)), key=lambda number: highlights[number].start)
    links = "".join(
        f'<li><a href="#{anchor_of(number)}">{place}</a></li>'
        for place, number in enumerate(order, start=1)
    )
    return (
        f'<nav class="quotes" aria-label="{escape(page_words()("quotes_heading"))}"{own_part(article)}>'
        f"<span>{escape(counted(len(highlights), 'quotes', page_words()))}&#58; </span>"
        f"<ol>{links}</ol></nav>"
    )


def _pages_line(article: Article, highlight: Highlight | None) -> str:
    """Return how many pages a document has, with a link to the one that the quote is on."""
    count = len(article.pages)
    if count < 2:
        return ""
    page = page_of(article, highlight.start) if highlight else None
    words = page_words()
    told = escape(words("pages_many", count=words.number(count)))
    if page:
        link = f'<a href="#page-{page}">{escape(words("on_page", page=str(page)))}</a>'
        told = told_html("pages_quote", pages=told, page=link)
    return f"<span>{told}</span>"


@dataclass(frozen=True, slots=True)
class _Marked:
    """A text with the marks of the pages that begin inside of one of its lines."""

    text: str
    marks: tuple[tuple[int, int], ...]
    """Offset and number of each such page."""

    def escaped(self, start: int, end: int) -> str:
        """HTML of ``text[start:end]`` with its marks."""
        pieces: list[str] = []
        for offset, number in self.marks:
            if start <= offset < end:
                pieces += [escape(self.text[start:offset]), _page_mark("span", number)]
                start = offset
        return "".join(pieces) + escape(self.text[start:end])


def _page_mark(tag: str, number: int) -> str:
    told = escape(page_words()("page_mark", page=str(number)))
    return f'<{tag} class="page" id="page-{number}" role="doc-pagebreak">{told}</{tag}>'


def _paragraphs(
    article: Article, highlights: Sequence[Highlight], *, placed: bool
) -> Iterator[str]:
    """One ``<p>`` a line; a quote over several lines is marked in each, the first is its anchor.

    Where they are ``placed``, each says at which character of the text it begins.

    A rule stands above a page that begins with a paragraph, a mark inside of one where it begins there.
    """
    text = article.text
    pages = article.pages if len(article.pages) > 1 else ()
    left = sorted(
        ((one, anchor_of(number)) for number, one in enumerate(highlights)),
        key=lambda pair: pair[0].start,
    )
    anchored: set[str] = set()
    position = ruled = 0
    for line in text.split("\n"):
        start, end = position, position + len(line)
        position = end + 1
        if not line.strip():
            continue
        opened = bisect_right(pages, start)
        yield "".join(_page_mark("p", n + 1) for n in range(ruled, opened))
        ruled = bisect_left(pages, end)
        marks = tuple((pages[n], n + 1) for n in range(opened, ruled))
        marked = _Marked(text, marks)
        while left and left[0][0].end <= start:
            del left[0]
        pieces = []
        at = start
        for highlight, anchor in left:
            if highlight.start >= end:
                break
            first, last = max(start, highlight.start), min(end, highlight.end)
            identity = "" if anchor in anchored else f' id="{anchor}"'
            anchored.add(anchor)
            quote = _answered(marked, first, last, highlight)
            pieces.append(
                f'{marked.escaped(at, first)}<span class="quote"{identity}>{quote}</span>'
            )
            at = last
        pieces.append(marked.escaped(at, end))
        place = f' data-start="{start}"' if placed else ""
        yield f'<p dir="auto"{place}>{"".join(pieces)}</p>'
    yield "".join(_page_mark("p", n + 1) for n in range(ruled, len(pages)))


def _answered(marked: _Marked, first: int, last: int, highlight: Highlight) -> str:
    if highlight.answer_start is None or highlight.answer_end is None:
        return marked.escaped(first, last)
    begin, finish = max(first, highlight.answer_start), min(last, highlight.answer_end)
    if begin >= finish:
        return marked.escaped(first, last)
    return (
        f"{marked.escaped(first, begin)}<mark>{marked.escaped(begin, finish)}</mark>"
        f"{marked.escaped(finish, last)}"
    )
