"""An article as a page of its own, opened at a highlighted quote; pure functions, no script."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rag.types import Article, page_of
from ui.markup import escape, publisher_link, title_of, written_date
from ui.reported import UNDATED
from ui.web.style import PAGE_CSS

PAGE_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Highlight:
    """The quote to open the page at, and the answer inside it; offsets as in ``Citation``."""

    start: int
    end: int
    answer_start: int | None = None
    answer_end: int | None = None

    def fits(self, text: str) -> bool:
        """Whether the offsets are in order and inside the text."""
        if not 0 <= self.start < self.end <= len(text):
            return False
        if self.answer_start is None and self.answer_end is None:
            return True
        if self.answer_start is None or self.answer_end is None:
            return False
        return self.start <= self.answer_start < self.answer_end <= self.end


def render_article(
    article: Article, highlight: Highlight | None = None, note: str | None = None, after: str = ""
) -> str:
    """HTML page of an article; ``note`` is a line above it for the reader, ``after`` HTML below it."""
    title = title_of(article)
    about = [
        f'<span class="outlet">{escape(article.outlet)}</span>' if article.outlet else "",
        f'<time datetime="{article.published.isoformat()}">'
        f"{escape(written_date(article.published))}</time>"
        if article.published
        else f"<span>{UNDATED}</span>",
        escape(", ".join(article.authors)),
        f'<span class="retells">after {escape(article.retells)}</span>' if article.retells else "",
        _pages_line(article, highlight),
    ]
    outside = publisher_link(article)
    link = (
        f'<p class="publisher"><a href="{escape(outside)}" rel="noopener noreferrer">'
        "Read it on the publisher&#8217;s page</a></p>"
        if outside
        else ""
    )
    warning = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    language = language_attribute(article)
    body = (
        f"{warning}<article{language}><header>"
        f'<h1 dir="auto">{escape(title)}</h1>'
        f'<p class="about">{" &#183; ".join(piece for piece in about if piece)}</p>{link}</header>'
        f"{''.join(_paragraphs(article, highlight))}</article>{after}"
    )
    return html_page(title, body)


def render_message_page(title: str, line: str) -> str:
    """HTML page that says one thing, such as that an article is unknown."""
    return html_page(title, f"<h1>{escape(title)}</h1><p>{escape(line)}</p>")


def html_page(title: str, body: str, *, wide: bool = False, css: str = "") -> str:
    """HTML page with the site's head and style around a body; ``wide`` leaves room for two columns."""
    main = '<main class="wide">' if wide else "<main>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} &#183; presscite</title><style>{PAGE_CSS}{css}</style></head><body>"
        '<nav aria-label="presscite"><a href="/">presscite</a>'
        "<span>Answers in the articles&#8217; own words</span></nav>"
        f"{main}{body}</main></body></html>"
    )


def language_attribute(article: Article) -> str:
    """HTML attribute of an article's language, with a space before it; empty where it has none."""
    if article.language and _LANGUAGE.fullmatch(article.language):
        return f' lang="{article.language}"'
    return ""


def _pages_line(article: Article, highlight: Highlight | None) -> str:
    """Return how many pages a document has, with a link to the one that the quote is on."""
    count = len(article.pages)
    if count < 2:
        return ""
    page = page_of(article, highlight.start) if highlight else None
    where = f', the quote on <a href="#page-{page}">page {page}</a>' if page else ""
    return f"<span>{count} pages{where}</span>"


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
    return f'<{tag} class="page" id="page-{number}" role="doc-pagebreak">Page {number}</{tag}>'


def _paragraphs(article: Article, highlight: Highlight | None) -> Iterator[str]:
    """One ``<p>`` a line; a quote over several lines is marked in each, the first is its anchor.

    A rule stands above a page that begins with a paragraph, a mark inside of one where it begins there.
    """
    text = article.text
    pages = article.pages if len(article.pages) > 1 else ()
    position = ruled = 0
    anchored = False
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
        inner, quoted = _line(marked, start, end, highlight, anchor=not anchored)
        anchored = anchored or quoted
        yield f'<p dir="auto">{inner}</p>'
    yield "".join(_page_mark("p", n + 1) for n in range(ruled, len(pages)))


def _line(
    marked: _Marked, start: int, end: int, highlight: Highlight | None, *, anchor: bool
) -> tuple[str, bool]:
    if highlight is None or highlight.end <= start or highlight.start >= end:
        return marked.escaped(start, end), False
    first, last = max(start, highlight.start), min(end, highlight.end)
    identity = ' id="quote"' if anchor else ""
    quote = _answered(marked, first, last, highlight)
    return (
        f'{marked.escaped(start, first)}<span class="quote"{identity}>{quote}</span>'
        f"{marked.escaped(last, end)}",
        True,
    )


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
