"""Regular expressions that are compiled when they are first used, not when their module is imported.

The larger ones take ten to a hundred milliseconds each, and a question needs few of all there are.
"""

from __future__ import annotations

from typing import cast

import regex


class _LazyPattern:
    """Stands for a compiled pattern, and is one from its first use on."""

    __slots__ = ("_compiled", "_flags", "_source")

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags
        self._compiled: regex.Pattern[str] | None = None

    @property
    def pattern(self) -> str:
        return self._source

    def __getattr__(self, name: str) -> object:
        # Two threads may both compile it; they get the same.
        if self._compiled is None:
            self._compiled = regex.compile(self._source, self._flags)
        return getattr(self._compiled, name)


def lazily(source: str, flags: int = 0) -> regex.Pattern[str]:
    """Return a pattern that `regex.compile` makes when one of its methods is first called.

    A mistake in ``source`` therefore shows at its first use; ``tests/rag/text/test_patterns.py`` uses all.
    """
    return cast("regex.Pattern[str]", _LazyPattern(source, flags))
