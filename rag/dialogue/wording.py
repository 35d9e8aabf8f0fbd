"""The wording of a rewritten question, of phrases as they stand in the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.dialogue.features import CLASSES, QUESTION_WORDS
from rag.dialogue.terms import Part, Word, words_of

_ARTICLES = frozenset({"the", "a", "an"})
_PREPOSITIONS = frozenset(
    [
        "of",
        "in",
        "on",
        "at",
        "for",
        "from",
        "by",
        "to",
        "with",
        "about",
        "during",
        "since",
        "until",
        "inside",
        "within",
        "outside",
        "near",
        "under",
    ]
)
_LINKS = _PREPOSITIONS | _ARTICLES | {"and"}
_POSSESSIVE = frozenset({"his", "her", "its", "their"})
_PRONOUNS = CLASSES["person"] | _POSSESSIVE | {"it", "they", "them"}
_COUNTING = frozenset({"many", "much", "which", "what", "is", "are", "was", "were"})
_LONGEST_FRAGMENT = 7
# Words from an "it" on that are too few for the clause that an expletive "it" announces.
_CLAUSE = 4
# A word of the last question that is less likely needed gives way to a fragment.
_KEPT = 0.5


def refers_back(question: Part) -> bool:
    """Whether a question without a name or figure has a pronoun that nothing in it can stand for.

    That is "he" or "she" anywhere, and "it" or "they" before any content word.
    """
    words = question.words
    if is_named(question):
        return False
    for n, word in enumerate(words):
        lowered = word.text.lower()
        if lowered in CLASSES["person"]:
            return True
        if lowered in _PRONOUNS and not any(one.key for one in words[:n]):
            return len(words) - n <= _CLAUSE
    return False


def is_named(question: Part) -> bool:
    """Whether a question has a name or a figure, its first word aside."""
    return any(word.text[:1].isupper() or word.text[:1].isdigit() for word in question.words[1:])


def fragment_of(question: str) -> str | None:
    """Return a question without question word and verb, less its opening "And" or "What about"."""
    words = words_of(question)
    lowered = [word.text.lower() for word in words]
    begin = 0
    while begin < len(words) and lowered[begin] in CLASSES["joining"]:
        begin += 1
    if lowered[begin + 1 : begin + 2] == ["about"] and lowered[begin] in ("what", "how"):
        begin += 2
    elif any(word in QUESTION_WORDS for word in lowered[begin : begin + 3]):
        return None
    if begin >= len(words) or lowered[begin] in CLASSES["auxiliary"] | _POSSESSIVE:
        return None
    if len(words) - begin > _LONGEST_FRAGMENT:
        return None
    found = question[words[begin].start :].rstrip("?!. ")
    begins_plain = words[begin].text.lower() in _LINKS or not words[begin].key
    return found[:1].lower() + found[1:] if begins_plain else found


def merged(fragment: str, earlier: str, needs: Mapping[str, float], least: float) -> str:
    """Put a fragment into the question before it, in the place of the words that are not needed."""
    stem = earlier.rstrip("?!. ")
    words = words_of(stem)
    own = {word.key for word in words_of(fragment) if word.key}
    runs = _runs(
        stem,
        words,
        {w.key for w in words if w.key and needs.get(w.key, 0.0) < max(least, _KEPT)} - own,
    )
    opening = words_of(fragment)[0].text.lower()
    shape = _shape(words_of(fragment)[-1].text)
    runs = [
        (first, last)
        for first, last in runs
        if first
        and (
            _shape(words[last].text) != "word"
            or words[first - 1].text.lower()
            in (_ARTICLES if opening in _ARTICLES else _LINKS | _COUNTING)
        )
        and (_shape(words[last].text) == "year") <= (shape == "year" or fragment[:1].islower())
    ]
    if not runs:
        joint = " " if opening in _PREPOSITIONS else ", "
        return f"{stem}{joint}{fragment}?"

    def like(run: tuple[int, int]) -> tuple[bool, float]:
        first, last = run
        probabilities = [needs.get(w.key, 0.0) for w in words[first : last + 1] if w.key]
        return (
            _shape(words[last].text) == shape,
            -sum(probabilities) / len(probabilities),
        )

    first, last = max(runs, key=like)
    start, end = words[first].start, words[last].end
    if opening in _ARTICLES and words[first - 1].text.lower() in _ARTICLES:
        start = words[first - 1].start
    elif opening in _PREPOSITIONS:
        while first and words[first - 1].text.lower() in _LINKS - {"and"}:
            first -= 1
        start = words[first].start
    if stem[end : end + 2] in ("'s", "’s") and fragment.endswith(("'s", "’s")):
        end += 2
    return f"{stem[:start]}{fragment}{stem[end:]}?"


def _shape(word: str) -> str:
    if word.isdigit():
        return "year" if len(word) == 4 else "number"
    return "name" if word[:1].isupper() else "word"


def _runs(text: str, words: Sequence[Word], keys: set[str]) -> list[tuple[int, int]]:
    """Return runs of neighbouring words with these keys, linked by spaces, hyphens and linking words."""
    found: list[tuple[int, int]] = []
    n = 0
    while n < len(words):
        if words[n].key not in keys:
            n += 1
            continue
        last, ahead = n, n + 1
        while ahead < len(words) and text[words[ahead - 1].end : words[ahead].start] in (" ", "-"):
            if words[ahead].key in keys:
                last = ahead
            elif words[ahead].key or words[ahead].text.lower() not in _LINKS:
                break
            ahead += 1
        found.append((n, last))
        n = last + 1
    return found
