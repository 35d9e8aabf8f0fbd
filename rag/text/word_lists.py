"""The packaged word lists: one word or phrase a line, read once; lines with ``#`` are comments."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> tuple[str, ...]:
    """Return the entries of ``rag/text/<name>.txt`` in the file's order."""
    lines = (files("rag.text") / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in map(str.strip, lines) if line and not line.startswith("#"))


@cache
def listed_words(name: str) -> frozenset[str]:
    """Return the entries of ``rag/text/<name>.txt`` as a set."""
    return frozenset(word_list(name))
