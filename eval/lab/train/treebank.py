"""Detokenise Penn Treebank text, with the offsets of each token."""

from __future__ import annotations

from collections.abc import Sequence

_BRACKETS = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
    "``": '"', "''": '"',
}  # fmt: skip
_NO_SPACE_BEFORE = frozenset([",", ".", ";", ":", "!", "?", "%", ")", "]", "}", "...", "n't"])
_NO_SPACE_AFTER = frozenset(["(", "[", "{", "$", "£", "€", "#"])


def detokenised(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text and each token's ``(start, end)`` in it.

    >>> detokenised(["He", "said", "``", "no", "''", "."])[0]
    'He said "no".'
    """
    text = ""
    places: list[tuple[int, int]] = []
    open_quote = False
    glue = True
    for mark in tokens:
        printed = _BRACKETS.get(mark, mark)
        closing = printed == '"' and (mark == "''" or (mark != "``" and open_quote))
        before = printed in _NO_SPACE_BEFORE or closing or printed.startswith("'") or printed == "-"
        if text and not glue and not before:
            text += " "
        places.append((len(text), len(text) + len(printed)))
        text += printed
        opening = printed == '"' and not closing
        if printed == '"':
            open_quote = opening
        glue = printed in _NO_SPACE_AFTER or opening or printed == "-"
    return text, places
