"""Where sentences begin and end, as offsets; made for news prose, lists of names and datelines."""

from __future__ import annotations

import regex

from rag.text.patterns import lazily

# Words whose full stop ends no sentence when something follows them.
_ALWAYS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "gen",
        "lt",
        "col",
        "capt",
        "sgt",
        "maj",
        "cmdr",
        "adm",
        "sen",
        "rep",
        "gov",
        "pres",
        "hon",
        "rev",
        "fr",
        "st",
        "mt",
        "ft",
        "no",
        "nos",
        "vs",
        "viz",
        "cf",
        "al",
        "ca",
        "approx",
        "fig",
        "figs",
        "vol",
        "pp",
        "ed",
        "eds",
        "trans",
        "art",
        "sec",
        "para",
        "op",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "e.g",
        "i.e",
    ]
)
# Ends a sentence only where the next word could begin one.
_SOMETIMES = frozenset(
    [
        "co",
        "corp",
        "inc",
        "ltd",
        "bros",
        "jr",
        "sr",
        "est",
        "dept",
        "univ",
        "u.s",
        "u.k",
        "u.n",
        "e.u",
        "u.s.a",
        "d.c",
        "a.m",
        "p.m",
        "etc",
        "ph.d",
    ]
)
# What may follow "U.S." inside a name or phrase although it is capitalised; short on purpose.
_STARTERS = frozenset(
    [
        "the",
        "a",
        "an",
        "he",
        "she",
        "it",
        "they",
        "we",
        "i",
        "you",
        "this",
        "that",
        "these",
        "those",
        "in",
        "on",
        "at",
        "but",
        "and",
        "however",
        "meanwhile",
        "according",
        "after",
        "before",
        "while",
        "when",
        "since",
        "his",
        "her",
        "their",
        "its",
        "our",
        "there",
        "both",
        "as",
        "for",
        "if",
    ]
)
_CANDIDATE = lazily(
    r"""
      (?P<stop>(?<![.!?…])[.!?…]++)(?P<close>["'”’»)\]]*)(?P<note>(?:\[\d+\])*)(?=\s)
    | (?P<cjk>[。！？｡]+[”’」』）"]*)
    | (?P<break>\n+)
    """,
    regex.VERBOSE,
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
    for match in _CANDIDATE.finditer(text):
        if match["stop"] and not _ends(text, start, match):
            continue
        end = match.start() if match["break"] else match.end()
        _append(spans, text, start, end)
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _ends(text: str, start: int, match: regex.Match[str]) -> bool:
    """Whether the full stop of a match, followed by white space, ends the sentence from start."""
    following = _NEXT.match(text, match.end())
    word = (following["word"] or "") if following else ""
    if text[match.end()] == "\n" or match["stop"] != ".":
        # A quoted question runs on when its speaker follows in lower case.
        return not word[:1].islower() or text[match.end()] == "\n"
    if word[:1].islower():
        return False
    before = text[max(start, match.start() - 30) : match.start()]
    found = _LAST_WORD.search(before)
    last = found.group() if found else ""
    lowered = last.lower().rstrip(".")
    if match["close"]:
        return True
    if lowered in _ALWAYS:
        # "No." and months are abbreviations before a figure, words elsewhere.
        if lowered in ("no", "nos", "art", "sec", "fig", "may", "mar", "sat", "sun"):
            return not word[:1].isdigit()
        return False
    if lowered in _SOMETIMES:
        return word.lower() in _STARTERS
    # An initial ("Xi J. Ping", "J. K. Rowling"), unless it closes a grade or a vitamin: the next
    # word tells.
    if len(last) == 1 and last.isupper():
        return word.lower() in _STARTERS
    # A list number at the head of a sentence: "4. Trade".
    return not (last.isdigit() and len(last) <= 2 and found and before[: found.start()] == "")
