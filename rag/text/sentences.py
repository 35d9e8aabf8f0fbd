"""Sentence boundaries as character offsets, for news prose with abbreviations and datelines."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from rag.text.patterns import lazily

# By the standard module, which skips to the next of a pattern's first characters in no time.
_CANDIDATE = re.compile(
    r"""
    [.!?…。！？｡।॥۔؟።။។\n]
    (?: (?<=[.!?…।॥۔؟።။។])(?<![.!?…।॥۔؟።။។][.!?…।॥۔؟።။។])[.!?…।॥۔؟።။។]*+
        (?P<close>["'”’»)\]]*)(?P<note>(?:\[\d+\]|[⁰¹²³⁴-⁹]+)*)(?=\s)
      | (?<=[。！？｡])[。！？｡]*(?P<cjk>[”’」』）"]*)
      | (?<=\n)\n*(?P<break>)
    )
    """,
    re.VERBOSE,
)
_LAST_WORD = lazily(r"[\p{L}\p{N}][\p{L}\p{N}.'’-]*$")
_NEXT = lazily(r"\s*[\"'“‘«(\[]*(?P<word>[\p{L}\p{N}][\p{L}\p{N}'’.-]*)?")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text as ``(start, end)``, in order, without surrounding space.

    Every character that is not white space lies in exactly one of them; a line break always ends
    a sentence, for articles keep one paragraph a line.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    abbreviations = _abbreviations()
    for match in _CANDIDATE.finditer(text):
        kind = match.lastgroup
        first, end = match.span()
        if kind == "break":
            _append(spans, text, start, first)
            start = end
            continue
        # Nothing runs on in another line; and most ends need no pattern to be seen: a word of letters
        # before the full stop, and a capital after it.
        if kind == "note" and text[end] != "\n":
            last = text[text.rfind(" ", start, first) + 1 : first] if end - first == 1 else ""
            plain = len(last) > 1 and last.isalpha() and text[first] == "." and text[end] == " "
            if not (
                plain and text[end + 1 : end + 2].isupper() and last.lower() not in abbreviations
            ) and not _ends(text, start, match):
                continue
        _append(spans, text, start, end)
        start = end
    _append(spans, text, start, len(text))
    return spans


@cache
def _abbreviations() -> dict[str, str]:
    """Return abbreviations without their full stop, with when it does not end a sentence.

    ``always``: never an end. ``number``: no end before a figure ("No. 7"). ``sometimes``: an end only
    before a word of `_starters`.
    """
    rows = (files("rag.text") / "abbreviations.tsv").read_text(encoding="utf-8").splitlines()
    return {word: kind for word, _, kind in (row.partition("\t") for row in rows)}


@cache
def _starters() -> frozenset[str]:
    """Return words that begin a sentence when they follow "U.S." or an initial, and continue no name."""
    return frozenset(
        (files("rag.text") / "sentence_starters.txt").read_text(encoding="utf-8").split()
    )


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the full stop of a match, followed by white space, ends the sentence from start."""
    stop = match.start()
    following = _NEXT.match(text, match.end())
    word = (following["word"] or "") if following else ""
    if text[match.end()] == "\n" or text[stop : match.start("close")] != ".":
        # A quoted question runs on when its speaker follows in lower case.
        return not word[:1].islower() or text[match.end()] == "\n"
    if word[:1].islower():
        return False
    before = text[max(start, match.start() - 30) : match.start()]
    # Most last words are letters only, between spaces: no pattern is needed to find them.
    last = before.rpartition(" ")[2]
    head = len(before) - len(last)
    if not last.isalpha():
        found = _LAST_WORD.search(before)
        last, head = (found.group(), found.start()) if found else ("", 0)
    lowered = last.lower().rstrip(".")
    if match["close"]:
        return True
    kind = _abbreviations().get(lowered)
    if kind == "number":
        return not word[:1].isdigit()
    if kind == "always":
        return False
    if kind == "sometimes":
        return word.lower() in _starters()
    # An initial ("J. K. Rowling") runs on; a grade ("got an A. The ...") ends before a starter.
    if len(last) == 1 and last.isupper():
        return word.lower() in _starters()
    # A list number at the head of a sentence: "4. Trade".
    return not (last.isdigit() and len(last) <= 2 and head == 0)
