"""Regular expressions that are compiled at their first use, not when their module is imported.

Compiling all of them would dominate the start of a command, and a question uses few.
"""

from __future__ import annotations

from typing import cast

import regex

CAPITALISED_WORD = r"\p{Lu}[\p{L}\p{M}'’-]*"
"""Source of one word of a name; what joins the words of a name depends on the use."""


class _LazyPattern:
    """A stand-in that compiles its pattern at the first use."""

    __slots__ = ("_compiled", "_flags", "_source")

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags
        self._compiled: regex.Pattern[str] | None = None

    @property
    def pattern(self) -> str:
        return self._source

    def __getattr__(self, name: str) -> object:
        # Two threads may both compile it, with the same result.
        if self._compiled is None:
            self._compiled = regex.compile(self._source, self._flags)
        return getattr(self._compiled, name)


def folded(matched: str) -> str:
    """Return what a pattern matched in any case, in lower case as the pattern has it.

    Of `regex.IGNORECASE` the Turkish "İ" is an "i" and the long "ſ" an "s", whose `str.lower` is neither:
    a table of words does not have it.
    """
    return matched.casefold().replace("\u0307", "")


def lazily(source: str, flags: int = 0) -> regex.Pattern[str]:
    """Return a pattern that `regex.compile` makes when one of its methods is first called.

    A mistake in ``source`` therefore shows at its first use; ``tests/rag/text/test_patterns.py`` uses all.
    """
    return cast("regex.Pattern[str]", _LazyPattern(source, flags))
