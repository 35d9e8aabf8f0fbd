"""The packaged word lists: one word or phrase a line, read once; lines with ``#`` are comments."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str, package: str = "rag.text") -> tuple[str, ...]:
    """Return the entries of a package's ``<name>.txt`` in the file's order."""
    lines = (files(package) / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in map(str.strip, lines) if line and not line.startswith("#"))


@cache
def listed_words(name: str, package: str = "rag.text") -> frozenset[str]:
    """Return the entries of a package's ``<name>.txt`` as a set."""
    return frozenset(word_list(name, package))
