"""The word lists beside this module: one word or phrase a line, as in ``rag/text``."""

from __future__ import annotations

from rag.text.numbers import any_of
from rag.text.word_lists import listed_words, word_list


def entries(name: str) -> frozenset[str]:
    """Return the entries of ``rag/dialogue/<name>.txt`` as a set."""
    return listed_words(name, "rag.dialogue")


def one_of(name: str) -> str:
    """Return a pattern of alternatives, the entries of ``rag/dialogue/<name>.txt`` in the file's order."""
    return any_of(word_list(name, "rag.dialogue"))
