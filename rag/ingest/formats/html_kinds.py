"""Why a page holds no article: a wall, a list of links, a video, an error."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from rag.ingest.formats.html_blocks import Block
from rag.ingest.formats.html_head import Head
from rag.ingest.formats.html_structured import Structured
from rag.text.patterns import lazily
from rag.text.prose import count_words

_ERROR = lazily(
    r"\b(?:page|seite|article|story)\s+(?:\w+\s+){0,2}(?:not|nicht)\s+(?:be\s+)?(?:found|gefunden)"
    r"|\b(?:error|http)\s*[45]\d\d\b|^\W*[45]0[0-9]\b|\b[45]0[0-9]\s+(?:error|not\s+found|forbidden)\b"
    r"|\bnot\s+found\b|can.?t\s+find\s+(?:that|the|this)\s+page|\b(?:access\s+denied|forbidden)\b"
    r"|service\s+unavailable|unexpected\s+error|something\s+went\s+wrong|\bpage\s+(?:introuvable|no\s+encontrada)"
    r"|página\s+no\s+encontrada|seite\s+nicht\s+gefunden|不存在|ページが見つかりません"
    r"|just\s+a\s+moment|are\s+you\s+a\s+robot|checking\s+your\s+browser|verify\s+you\s+are\s+human"
    r"|enable\s+javascript"
)
_CUT = lazily(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*(?:\p{L}+\W*){0,4}$")
_WORD = lazily(r"\p{L}+")
_SHORT = 60
_LONG = 250
_LINKED = 5
_STORY = 150
# Words of a paragraph that is more than an excerpt, and of the least that is a story.
_EXCERPT = 12
_OWN = 30


def why_no_article(
    tree: Any,  # noqa: ANN401
    head: Head,
    structured: Structured,
    blocks: Sequence[Block],
    chosen: Sequence[int],
    lines: Sequence[str],
) -> str | None:
    """Return what a page is instead of an article, in words that follow "a page without a story"."""
    words = sum(map(count_words, lines))
    described = bool(structured.articles) or head.meta("og:type") == "article"
    names = " ".join(
        [head.title, *(b.text for b in blocks if b.element is not None and b.element.tag == "h1")]
    )
    text = " ".join(lines)
    hidden = "noindex" in (head.meta("robots") or "").lower()
    if (
        words < (_SHORT * 2 if hidden else _SHORT)
        and not structured.articles
        and (_ERROR.search(names.lower()) or _ERROR.search(text.lower()))
    ):
        return "an error page"
    kind = (head.meta("og:type") or "").lower()
    if words < _SHORT and (structured.is_movie or kind.startswith(("video", "music"))):
        return "a video or recording"
    if words < _SHORT and not described and next(tree.iter("video", "audio"), None) is not None:
        return "a video or recording"
    if words < _LONG and _is_wall(blocks, chosen, lines, words):
        return "a wall before the text (subscription, log-in or consent)"
    if _is_index(head, structured, blocks, chosen):
        return "a list of links to others"
    if words < 8:
        wall = any(block.part == "wall" for block in blocks)
        return (
            "a wall before the text (subscription, log-in or consent)" if wall else "no text in it"
        )
    return None


def _is_wall(
    blocks: Sequence[Block], chosen: Sequence[int], lines: Sequence[str], words: int
) -> bool:
    """Whether most of what is left speaks of cookies, accounts and prices."""
    hits = sum(count_words(line) for line in lines if _asks(line))
    walled = any(block.part == "wall" for block in blocks) or any(
        next(block.element.iter("input"), None) is not None for block in blocks[:0]
    )
    if words and hits >= 0.6 * words:
        return True
    return walled and words < 25


def _asks(line: str) -> bool:
    """Whether a line has two of the words that walls are made of."""
    found = {word for word in _WORD.findall(line.casefold()) if word in _wall_words()}
    return len(found) >= 2


def _is_index(
    head: Head, structured: Structured, blocks: Sequence[Block], chosen: Sequence[int]
) -> bool:
    """Whether a page is mostly headings and rows that lead to other pages."""
    if structured.articles and any(one.published for one in structured.articles):
        return False
    links = [
        block
        for block in blocks
        if block.linked > 0.6 and block.part != "furniture" and count_words(block.text) >= 2
    ]
    story = sum(
        blocks[n].words
        for n in chosen
        if blocks[n].kind == "p"
        and blocks[n].linked < 0.3
        and blocks[n].words >= _EXCERPT
        and not _CUT.search(blocks[n].text)
        and not _leads_on(blocks, n)
    )
    if structured.is_list and story < _STORY:
        return True
    dated = (
        any(block.part in ("date", "byline") for block in blocks[max(0, chosen[0] - 4) : chosen[0]])
        if chosen
        else False
    )
    enough = _EXCERPT if dated or head.meta("og:type") == "article" else _OWN
    return len(links) >= _LINKED and story < enough


def _leads_on(blocks: Sequence[Block], number: int) -> bool:
    """Whether a paragraph stands under a heading that is a link: it is another page's first words."""
    above = [blocks[n] for n in range(max(0, number - 3), number) if blocks[n].part != "date"][-1:]
    return any(block.linked > 0.6 for block in above)


@cache
def _wall_words() -> frozenset[str]:
    lines = (files("rag.ingest.formats") / "wall_words.txt").read_text(encoding="utf-8").split()
    return frozenset(lines)
