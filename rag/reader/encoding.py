"""Encoding of a question and a passage as one token sequence, shared by training and answering.

``<s> question </s></s> date | title. passage </s>``, without token types, after MPNet's own pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rag.text.months import written_date

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_QUESTION = 48
"""Tokens of a question; the rest is truncated."""
MAX_LEAD = 32
"""Tokens of date and title before a passage."""
MAX_PASSAGE = 200
"""Tokens of a window; a longer passage has several that overlap by half."""


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """Ids of a pair's special tokens."""

    first: int
    """Begins the sequence; its scores are the null scores."""
    separator: int
    padding: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> SpecialTokens:
        """Return a vocabulary's ids; ValueError where one is missing."""
        first, separator, padding = map(tokenizer.token_to_id, ("<s>", "</s>", "<pad>"))
        if first is None or separator is None or padding is None:
            raise ValueError("the vocabulary lacks <s>, </s> or <pad>")
        return cls(first, separator, padding)


def load_tokenizer(file: Path) -> Tokenizer:
    """Return the tokenizer of a ``tokenizer.json``, without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # A special token written out in a text is encoded as text, so that it cannot end the pair.
    tokenizer.encode_special_tokens = True
    return tokenizer


def lead_text(published: date | None, as_of: date | None, title: str | None) -> str:
    """Return the text prepended to a passage: date, age on the day asked, and title."""
    parts = []
    if published is not None:
        day = written_date(published)
        parts.append(f"{day}, {age(published, as_of)} |" if as_of else f"{day} |")
    if title:
        parts.append(f"{title}.")
    return " ".join(parts)


def age(published: date, as_of: date) -> str:
    """Return how long before ``as_of`` a report appeared, in the largest fitting unit."""
    days = (as_of - published).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    for unit, length, limit in (("days", 1, 14), ("weeks", 7, 60), ("months", 30.44, 730)):
        if days < limit:
            return f"{round(days / length)} {unit} ago"
    return f"{round(days / 365.25)} years ago"


def pair_ids(
    question: Sequence[int], lead: Sequence[int], passage: Sequence[int], tokens: SpecialTokens
) -> tuple[list[int], int]:
    """Return a pair's token ids and the position of the passage's first token."""
    head = [
        tokens.first,
        *question[:MAX_QUESTION],
        tokens.separator,
        tokens.separator,
        *lead[:MAX_LEAD],
    ]
    return [*head, *passage, tokens.separator], len(head)


def windows(length: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last token (exclusive) of each window of a passage."""
    if length <= MAX_PASSAGE:
        yield 0, length
        return
    step = MAX_PASSAGE // 2
    for low in range(0, length - step, step):
        yield low, min(low + MAX_PASSAGE, length)
