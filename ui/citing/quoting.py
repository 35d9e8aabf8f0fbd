"""A quote with its source, to paste elsewhere: plain text, Markdown, HTML; pure functions."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from rag.text.links import safe_url
from rag.types import Article, Citation
from ui.markup import title_of
from ui.reported import article_day

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$!#^{}@]|:(?=//)|(?<=www)\.", re.I)
# What begins a list, a heading or a rule where it stands first in a line.
_FIRST = re.compile(r"^(\d{1,9}(?=[.)])|(?=[-+=]))")
# Characters that no text has: controls, separators of lines, halves of surrogate pairs, and marks that turn
# the direction of what follows.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)


def one_line(text: str) -> str:
    """Return a text in one line, without control characters: a field of a reference holds no more."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that hold words, each as `one_line`."""
    return [line for part in text.split("\n") if (line := one_line(part))]


def said(speaker: str | None, in_quotes: bool) -> str:
    """Return whose words a quote has, in one line ("said by Aldo Reik"); "" where they are the reporter's.

    Words that the reporter retells are not said so by anyone: they are "according to" the speaker.

    Parameters
    ----------
    speaker, in_quotes
        As a `Citation` has them.
    """
    name = one_line(speaker or "")
    if not name:
        return ""
    return f"said by {name}" if in_quotes else f"according to {name}"


def as_plain(citation: Citation) -> str:
    """Return a quote with its source as plain text, ending in a line break."""
    words = "\n".join(lines_of(citation.quote))
    return f"“{words}”\n— {', '.join(_source(citation))}\n"


def as_markdown(citation: Citation) -> str:
    """Return a quote with its source as a block quotation in Markdown (CommonMark).

    Nothing of the article's own text is read as markup or as HTML.
    """
    article, link = citation.article, _link(citation)
    title = markdown_escaped(one_line(title_of(article)))
    named = f"[{title}](<{link}>)" if link else title
    outlet = markdown_escaped(one_line(article.outlet or ""))
    source = [
        markdown_escaped(said(citation.speaker, citation.in_quotes)),
        _authors(article, markdown_escaped),
        named,
        outlet and f"*{outlet}*",
        article_day(article),
    ]
    quoted = block_quotation(citation.quote)
    return f"{quoted}\n>\n> — {', '.join(part for part in source if part)}\n"


def as_html(citation: Citation) -> str:
    """Return a quote with its source as an HTML ``blockquote``, to paste into a page."""
    article, link = citation.article, _link(citation)
    cited = f' cite="{html.escape(link)}"' if link else ""
    title = f"<cite>{html.escape(one_line(title_of(article)))}</cite>"
    if link:
        title = f'<a href="{html.escape(link)}">{title}</a>'
    day = article_day(article)
    if article.published:
        day = f'<time datetime="{article.published.isoformat()}">{day}</time>'
    source = [
        html.escape(said(citation.speaker, citation.in_quotes)),
        _authors(article, html.escape),
        title,
        html.escape(one_line(article.outlet or "")),
        day,
    ]
    words = "".join(f"<p>{html.escape(line)}</p>" for line in lines_of(citation.quote))
    told = ", ".join(part for part in source if part)
    return f"<blockquote{cited}>{words}<footer>— {told}</footer></blockquote>\n"


def block_quotation(quote: str) -> str:
    """Return words as lines of a block quotation in Markdown, in quotation marks."""
    lines = [markdown_escaped(line) for line in lines_of(quote)] or [""]
    lines[0] = f"“{lines[0]}"
    lines[-1] = f"{lines[-1]}”"
    return "\n>\n".join(f"> {line}" for line in lines)


def markdown_escaped(line: str) -> str:
    """Return one line of text so that Markdown shows it as it is."""
    escaped = _SPECIAL.sub(lambda match: f"\\{match.group()}", line)
    return _FIRST.sub(lambda match: f"{match.group()}\\", escaped)


def _source(citation: Citation) -> list[str]:
    article = citation.article
    fields = (
        said(citation.speaker, citation.in_quotes),
        _authors(article, str),
        f"“{one_line(title_of(article))}”",
        one_line(article.outlet or ""),
        article_day(article),
        _link(citation) or "",
    )
    return [field for field in fields if field]


def _authors(article: Article, escaped: Callable[[str], str]) -> str:
    return escaped(one_line(", ".join(article.authors)))


def _link(citation: Citation) -> str | None:
    return safe_url(citation.link) or safe_url(citation.article.url)
