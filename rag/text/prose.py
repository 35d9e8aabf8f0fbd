"""What tells prose from headings and links, in any script: how many words, and whether a sentence ends."""

from __future__ import annotations

from rag.text.patterns import lazily

# Scripts without spaces between words, by the letters of a word in them.
_PAIRS = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_UNSPACED = lazily(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
# Unicode's ends of sentences, "।", "۔" and "؟" among them; what leads to a quote or a list ends in a colon.
_END = lazily(r"[\p{Sentence_Terminal}…:：][\p{Pe}\p{Pf}\p{Pi}\"'’]*$")


def count_words(text: str) -> int:
    """Return how many words a text has, about, in scripts with and without spaces."""
    words = len(text.split())
    if text.isascii():
        return words
    return words + len(_PAIRS.findall(text)) // 2 + len(_UNSPACED.findall(text)) // 4


def ends_sentence(line: str) -> bool:
    """Whether a line, without white space around it, ends as a sentence does."""
    return bool(_END.search(line))
