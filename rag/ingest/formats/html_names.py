"""The title of a page and the name of its outlet, cleaned of one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from rag.ingest.formats.html_blocks import Block, text_key
from rag.ingest.formats.html_head import Head, field_names
from rag.ingest.formats.html_structured import Structured
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily
from rag.text.prose import count_words

_SEPARATOR = lazily(r"\s+[|–—·•»«:]+\s+|\s+-{1,2}\s+|\s*::\s*|\s*[_|｜：]\s*|:\s+")
_HOST = lazily(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}/?$")
_PREFIXES = frozenset(["www", "m", "mobile", "amp", "news", "edition", "en"])
_MAX_TITLE = 300
_MAX_HEADING = 500


def find_title(
    head: Head, structured: Structured, blocks: Sequence[Block], outlets: Iterable[str]
) -> str | None:
    """Return the headline as readers see it, without the site's name; None where there is none."""
    names = {text_key(name) for name in outlets if name} | host_names(head.url)
    headings = [
        block.text.replace("\n", " ")
        for block in blocks
        if (block.kind == "h" or block.part == "title")
        and block.part != "furniture"
        and len(block.text) <= _MAX_HEADING
    ]
    told = [one.headline for one in structured.articles[:1]]
    told += [head.meta(name) for name in field_names("title")]
    told = [clean_title(text, names) for text in told if text]
    whole = _shown_part(head.title, blocks, names) or clean_title(head.title, names, headings)
    first = [
        b
        for b in blocks
        if b.element is not None and b.element.tag == "h1" and b.part != "furniture"
    ]
    shown = [
        text for text in (clean_title(b.text.replace("\n", " "), names) for b in first) if text
    ]
    wanted = [text for text in (*told, whole) if text]
    for text in shown:
        # The headline that is shown, where what machines are told agrees that it is the headline.
        if any(_alike(text, other) for other in wanted):
            closer = next((other for other in wanted if _is_closer(other, text)), None)
            return closer or text
    if wanted:
        return next((text for text in wanted if not text.endswith(("…", "..."))), wanted[0])[
            :_MAX_TITLE
        ]
    return next(iter(shown or [text for text in headings if count_words(text) > 2]), None)


def _shown_part(page_title: str, blocks: Sequence[Block], outlets: set[str]) -> str | None:
    """Return the part of a page's title that stands on the page as a line of its own."""
    shown = {
        text_key(line)
        for block in blocks
        if block.part != "furniture" and block.linked < 0.5 and len(block.text) <= _MAX_HEADING
        for line in block.text.split("\n")
    }
    parts = [
        part.strip()
        for cut in _SEPARATOR.finditer(page_title)
        for part in (page_title[: cut.start()], page_title[cut.end() :])
    ]
    long = [part for part in parts if count_words(part) > 2 and text_key(part) in shown - outlets]
    return max(long, key=len, default=None)


def clean_title(text: str | None, outlets: set[str], headings: Sequence[str] = ()) -> str | None:
    """Return a title without the names of outlets and sections before or after it.

    A part that is a heading of the page is the title, whatever stands around it.
    """
    text = normalise_line(text or "")
    if not text:
        return None
    whole = text_key(text)
    for heading in headings:
        key = text_key(heading)
        if (
            key
            and key != whole
            and key in whole
            and len(key) * 5 >= len(whole) * 2
            and key not in outlets
        ):
            return normalise_line(heading)
    cuts = list(_SEPARATOR.finditer(text))
    for cut in reversed(cuts):
        if text_key(text[cut.end() :]) in outlets and text_key(
            text[: cut.start()]
        ) not in outlets | {""}:
            return clean_title(text[: cut.start()], outlets, headings)
    for cut in cuts:
        if text_key(text[: cut.start()]) in outlets and text[cut.end() :]:
            return clean_title(text[cut.end() :], outlets, headings)
    return text if text_key(text) not in outlets else None


def find_outlet_name(
    head: Head,
    structured: Structured,
    tree: Any,  # noqa: ANN401
    title: str | None,
) -> str | None:
    """Return the name of who publishes a page; its host only where no name is on it."""
    candidates: list[str | None] = [one.publisher for one in structured.articles]
    candidates += [head.meta(name) for name in field_names("outlet")]
    candidates += [structured.site, _affix(head.title, title), _logo(tree)]
    for candidate in candidates:
        name = _clean_outlet(candidate)
        if name and not _HOST.match(name.lower()):
            return name
    hosts = (_clean_outlet(one) for one in candidates if one and _HOST.match(one.strip().lower()))
    host = urlsplit(head.url).hostname if head.url else None
    return host.removeprefix("www.") if host else next((one for one in hosts if one), None)


def _clean_outlet(text: str | None) -> str | None:
    text = normalise_line(text or "").strip(" |-–—:·")
    parts = [part for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) > 1:
        text = next((part for part in parts if text_key(part) not in _not_names()), parts[0])
    good = 0 < len(text) <= 80 and not text.startswith("@") and count_words(text) <= 8
    return text if good and text_key(text) not in _not_names() else None


def _affix(page_title: str, title: str | None) -> str | None:
    """Return what stands before or after the headline in a page's title."""
    if not title or text_key(page_title) == text_key(title):
        return None
    if page_title.startswith(title):
        page_title = page_title[len(title) :]
        title = ""
    parts = [part.strip() for part in _SEPARATOR.split(page_title)]
    headline = text_key(title)
    others = [part for part in parts if text_key(part) and text_key(part) not in headline]
    if len(others) < len(parts) or not headline:
        names = [part for part in others if text_key(part) not in _not_names()]
        return names[-1] if names else None
    return None


def _logo(tree: Any) -> str | None:  # noqa: ANN401
    """Return the text that stands for the picture at a page's head."""
    for number, image in enumerate(tree.iter("img")):
        source = f"{image.get('src')} {image.get('class')} {image.get('id')}".lower()
        if ("logo" in source or "masthead" in source) and image.get("alt"):
            words = [word for word in image.get("alt").split() if word.lower() != "logo"]
            return " ".join(words) or None
        if number > 20:
            break
    return None


def _alike(one: str, other: str) -> bool:
    """Whether two texts are one headline: half of the words of the shorter are in the longer."""
    words, others = set(one.casefold().split()), set(other.casefold().split())
    if min(len(words), len(others)) < 2:
        return text_key(one) in text_key(other) or text_key(other) in text_key(one)
    return len(words & others) * 2 >= min(len(words), len(others))


def _is_closer(told: str, shown: str) -> bool:
    """Whether a headline that is told is the one shown, without the kicker or label that stands before it."""
    key, whole = text_key(told), text_key(shown)
    if key == whole:
        return True
    whole_given = not told.endswith(("…", "...")) and len(told) < 100
    return (
        whole.endswith(key)
        and len(key) * 2 > len(whole)
        and whole_given
        and count_words(shown) - count_words(told) <= 4
    )


def host_names(url: str | None) -> set[str]:
    """Return a site's names as its host has them."""
    host = (urlsplit(url).hostname or "") if url else ""
    labels = [label for label in host.split(".") if label not in _PREFIXES]
    return {text_key(host), text_key(labels[0])} - {""} if labels else set()


@cache
def plain_not_names() -> frozenset[str]:
    """Return what stands where a name should and is none, in lower case: "admin", "staff", "home"."""
    lines = (files("rag.ingest.formats") / "not_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(lines)


@cache
def _not_names() -> frozenset[str]:
    return frozenset(text_key(line) for line in plain_not_names())
