"""Hard negatives for the written questions: passages that a search returns and that do not answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import regex

from eval.lab.train.examples import Example
from eval.lab.train.synthetic import StoryExample, SyntheticQuestion
from rag.text.sentences import sentence_spans

SOURCE = "written"
# Sizes of passages, in characters: about what 60 to 150 word pieces take.
_SIZES = (280, 420, 560, 680)
# (count, probability) of negatives for an unanswerable question, and for an answerable one.
_NEAR_MISSES = ((1, 0.45), (2, 0.45), (3, 0.1))
_BESIDES = ((0, 0.15), (1, 0.6), (2, 0.25))
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts to unit vectors, (len(texts), dimension)."""
_THIS_WEEK = regex.compile(
    r"\b(?:this (?:week|weekend|month)|today|yesterday|on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b",
    regex.I,
)
_WORD = regex.compile(r"[\p{L}\p{N}]+")


@dataclass(frozen=True, slots=True)
class _Piece:
    article: int
    start: int
    end: int
    words: frozenset[str]


class NearMisses:
    """Samples an epoch's examples from stories; another sample each time.

    With ``encode`` hard negatives are mined lexically and by vectors in turn, as hybrid retrieval finds
    them; without it lexically only, which misses paraphrases.
    """

    def __init__(self, stories: Sequence[StoryExample], encode: Encode | None = None) -> None:
        self._stories = stories
        self._encode = encode
        held: dict[str, int] = {}
        for story in stories:
            for word in frozenset(w for a in story.articles for w in _words(a.text)):
                held[word] = held.get(word, 0) + 1
        self._rarity = {w: float(np.log(1 + len(stories) / n)) for w, n in held.items()}

    def epoch(
        self, rng: random.Random, plain: float = 1.0, not_plain: float = 1.0
    ) -> list[Example]:
        """Return samples of the plain questions and of the others, with their passages, in no order."""
        made: list[Example] = []
        for story in self._stories:
            share = plain if story.plain else not_plain
            chosen = [asked for asked in story.asked if rng.random() < share]
            if not chosen:
                continue
            size = rng.choice(_SIZES)
            pieces = _pieces(story, size)
            for asked, order in zip(chosen, self._orders(story, chosen, pieces), strict=True):
                if asked.places:
                    made.append(_answered(story, asked, size, rng))
                made.extend(_missed(story, asked, [pieces[n] for n in order], rng))
        return made

    def ranked(self, story: StoryExample, question: str, size: int = 560) -> list[Example]:
        """Return all passages of a story, by lexical overlap with the question."""
        pieces = _pieces(story, size)
        return [
            _example(story, SyntheticQuestion(question), pieces[n])
            for n in self._order(question, pieces)
        ]

    def _orders(
        self, story: StoryExample, questions: Sequence[SyntheticQuestion], pieces: Sequence[_Piece]
    ) -> list[list[int]]:
        """Return the piece numbers for each question, hardest negative first."""
        by_words = [self._order(asked.question, pieces) for asked in questions]
        if self._encode is None or not pieces:
            return by_words
        examples = [_example(story, SyntheticQuestion(""), piece) for piece in pieces]
        texts = [f"{e.title}. {e.context}" if e.title else e.context for e in examples]
        likeness = self._encode([a.question for a in questions]) @ self._encode(texts).T
        by_meaning = np.argsort(-likeness, axis=1, kind="stable").tolist()
        pairs = zip(by_words, by_meaning, strict=True)
        return [
            list(dict.fromkeys(n for both in zip(*pair, strict=True) for n in both))
            for pair in pairs
        ]

    def _order(self, question: str, pieces: Sequence[_Piece]) -> list[int]:
        words = frozenset(_words(question))
        shared = [sum(self._rarity.get(w, 1.0) for w in words & p.words) for p in pieces]
        return sorted(range(len(pieces)), key=lambda n: (-shared[n], n))


def _missed(
    story: StoryExample, asked: SyntheticQuestion, pieces: Sequence[_Piece], rng: random.Random
) -> list[Example]:
    """Return the question with hard negatives; ``pieces`` are ordered hardest first."""
    others = [p for p in pieces if not any(_holds(p, place) for place in asked.places)]
    counts = _BESIDES if asked.places else _NEAR_MISSES
    count = rng.choices([n for n, _ in counts], [w for _, w in counts])[0]
    if not others or not count:
        return []
    likely = others[: count + 1]
    first, rest = likely[:1], likely[1:]
    # An unanswerable question always gets its hardest negative; an answerable one any of the hard ones.
    chosen = first + rng.sample(rest, min(count - 1, len(rest)))
    if asked.places:
        chosen = rng.sample(likely, min(count, len(likely)))
    return [_example(story, asked, piece) for piece in chosen]


def _answered(
    story: StoryExample, asked: SyntheticQuestion, size: int, rng: random.Random
) -> Example:
    """Return the question with a window of complete sentences around one of its answers."""
    number, start, end = rng.choice(asked.places)
    article = story.articles[number]
    sentences = sentence_spans(article.text)
    first = max((n for n, (a, _) in enumerate(sentences) if a <= start), default=0)
    last = min((n for n, (_, b) in enumerate(sentences) if b >= end), default=len(sentences) - 1)
    while sentences[last][1] - sentences[first][0] < size:
        before, after = first > 0, last + 1 < len(sentences)
        if not before and not after:
            break
        if before and (not after or rng.random() < 0.5):
            first -= 1
        else:
            last += 1
    low, high = sentences[first][0], sentences[last][1]
    spans = tuple(
        (a - low, b - low, 1) for n, a, b in asked.places if n == number and low <= a and b <= high
    )
    return Example(
        SOURCE,
        story.group,
        asked.question,
        article.text[low:high],
        spans,
        title=article.title,
        published=article.published,
        as_of=asked_on(story, asked),
    )


def _pieces(story: StoryExample, size: int) -> list[_Piece]:
    """Chunk articles at sentence ends, about ``size`` characters a piece, with one sentence of overlap."""
    found = []
    for number, article in enumerate(story.articles):
        sentences = sentence_spans(article.text)
        first = 0
        while first < len(sentences):
            last = first
            while (
                last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= size
            ):
                last += 1
            start, end = sentences[first][0], sentences[last][1]
            words = frozenset(_words(f"{article.title or ''} {article.text[start:end]}"))
            found.append(_Piece(number, start, end, words))
            if last + 1 >= len(sentences):
                break
            first = last if last > first else last + 1
    return found


def _example(story: StoryExample, asked: SyntheticQuestion, piece: _Piece) -> Example:
    article = story.articles[piece.article]
    text = article.text[piece.start : piece.end]
    return Example(
        SOURCE,
        story.group,
        asked.question,
        text,
        title=article.title,
        published=article.published,
        as_of=asked_on(story, asked),
    )


def asked_on(story: StoryExample, asked: SyntheticQuestion) -> date | None:
    """Return the as-of day of a question: some days after its newest article, or after the week it names."""
    dates = [story.articles[number].published for number, *_ in asked.places]
    told = [day for day in dates if day is not None]
    if told and _THIS_WEEK.search(asked.question):
        return max(told) + timedelta(days=2)
    return story.as_of


def _holds(piece: _Piece, place: tuple[int, int, int]) -> bool:
    number, start, end = place
    return piece.article == number and piece.start < end and start < piece.end


def _words(text: str) -> list[str]:
    return [m.group().lower() for m in _WORD.finditer(text)]
