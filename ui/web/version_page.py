"""Earlier versions of an article: listed under it, shown beside today's text; pure functions, no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from difflib import SequenceMatcher

from rag.text.sentences import sentence_spans
from rag.types import Article, Version
from ui.markup import article_path, escape, version_path
from ui.reported import article_day
from ui.web.article_page import headline, html_page, language_attribute
from ui.web.reader_language import own_part, page_words

_MAX_COMPARED = 500
"""Changed sentences of one text that are brought into line with the other's: the time is their square."""


def until(version: Version) -> str:
    """Return when a version was replaced: "until 12 May 2026, 14:03 UTC"."""
    at = version.replaced_at.astimezone(UTC)
    words = page_words()
    return words("until_moment", day=words.day(at.date()), time=f"{at:%H:%M}")


def render_version_list(article: Article, versions: Sequence[Version]) -> str:
    """HTML of the links to the versions before an article, oldest first; empty where there is none."""
    if not versions:
        return ""
    items = "".join(
        f'<li><a href="{escape(version_path(article.id, one.content_hash))}">'
        f"{escape(until(one))}</a></li>"
        for one in versions
    )
    return (
        '<section class="versions" aria-labelledby="versions"><h2 id="versions">'
        f"{escape(page_words()('earlier_versions'))}</h2>"
        f"<ul>{items}</ul></section>"
    )


def render_comparison(article: Article, version: Version) -> str:
    """HTML page of an earlier version and the current one, with the sentences that only one has marked."""
    old, new = version.article, article
    gone, come = changed_sentences(old.text, new.text)
    words = page_words()
    title = words("earlier_version_of", title=headline(new))
    told = (
        words("same_sentences")
        if not gone and not come
        else words("only_in", earlier=_counted(len(gone)), current=_counted(len(come)))
    )
    columns = _column(
        old, gone, "del", "earlier", f"{until(version)[:1].upper()}{until(version)[1:]}"
    ) + _column(new, come, "ins", "current", words("current_version"))
    body = (
        f'<header><h1 dir="auto">{escape(headline(new))}</h1>'
        f'<p class="about">{escape(told)}</p>'
        f'<p class="publisher"><a href="{escape(article_path(article.id))}">'
        f"{escape(words('back_to_article'))}</a></p></header>"
        f'<div class="beside">{columns}</div>'
    )
    return html_page(title, body, wide=True)


def changed_sentences(old: str, new: str) -> tuple[set[int], set[int]]:
    """Return which sentences of each text the other has not in the same order, by number from 0."""
    before = [old[a:b] for a, b in sentence_spans(old)]
    after = [new[a:b] for a, b in sentence_spans(new)]
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    one, other = before[first : len(before) - last], after[first : len(after) - last]
    if max(len(one), len(other)) > _MAX_COMPARED:
        gone, come = _without(one, other), _without(other, one)
    else:
        blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        gone = set(range(len(one))) - {n for b in blocks for n in range(b.a, b.a + b.size)}
        come = set(range(len(other))) - {n for b in blocks for n in range(b.b, b.b + b.size)}
    return {first + n for n in gone}, {first + n for n in come}


def _without(one: Sequence[str], other: Sequence[str]) -> set[int]:
    """Return the numbers of the sentences that stand more often in one list than in the other."""
    left = Counter(other)
    missing = set()
    for number, sentence in enumerate(one):
        if left[sentence] > 0:
            left[sentence] -= 1
        else:
            missing.add(number)
    return missing


def _column(article: Article, marked: set[int], tag: str, name: str, heading: str) -> str:
    about = [
        article.outlet or "",
        article_day(article, page_words()),
        ", ".join(article.authors),
    ]
    line = " &#183; ".join(escape(piece) for piece in about if piece)
    return (
        f'<section aria-labelledby="{name}"{language_attribute(article)}>'
        f'<h2 id="{name}" lang="{page_words().language}">{escape(heading)}</h2>'
        f'<h3 dir="auto">{escape(headline(article))}</h3>'
        f'<p class="about"{own_part(article)}>{line}</p>'
        f"{_marked(article.text, marked, tag)}</section>"
    )


def _marked(text: str, marked: set[int], tag: str) -> str:
    """HTML of a text, one ``<p>`` a line, with the numbered sentences inside the tag."""
    paragraphs: list[str] = []
    inner: list[str] = []
    position = 0
    for number, (start, end) in enumerate(sentence_spans(text)):
        between = text[position:start]
        if "\n" in between and inner:
            paragraphs.append("".join(inner))
            inner = []
        elif inner:
            inner.append(escape(between))
        sentence = escape(text[start:end])
        inner.append(f"<{tag}>{sentence}</{tag}>" if number in marked else sentence)
        position = end
    if inner:
        paragraphs.append("".join(inner))
    return "".join(f'<p dir="auto">{one}</p>' for one in paragraphs)


def _counted(number: int) -> str:
    words = page_words()
    name = "sentences_one" if number == 1 else "sentences_many"
    return words(name, count=words.number(number))
