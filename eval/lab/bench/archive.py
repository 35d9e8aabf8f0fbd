"""Synthetic news archives of any size, with vectors distributed like those of news.

Articles are assembled from sentences of a few hundred invented ones: mostly of one story, with
other names and numbers. A chunk's vector is the mean of its sentences' embeddings plus noise, so that a
million chunks cost seconds of a model instead of hours; questions are embedded by the model.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import regex
import xxhash

from embeddings import Encoder, EncoderIdentity, Vectors
from rag.index.chunking import TITLE_SEPARATOR
from rag.text.sentences import sentence_spans
from rag.types import Article

_NUMBER = regex.compile(r"\d+")
_NAME = regex.compile(r"\b\p{Lu}[\p{L}’'-]+\b")
_FOREIGN = 0.15
"""Share of an article's sentences that come from other stories."""
_SENTENCES = (12, 44)
"""Fewest and most of an article: about four to fourteen chunks."""
_SENTENCES_A_CHUNK = 5
"""To choose from: a chunk has about four."""
_TURN = 0.35
"""Norm of a vector's noise, relative to its sentences' 1."""
_FIRST_DAY = date(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Sources:
    """Material of the archives: sentences and titles of each story, and questions about them."""

    sentences: tuple[tuple[str, ...], ...]
    titles: tuple[tuple[str, ...], ...]
    outlets: tuple[str, ...]
    questions: tuple[str, ...]


def invented(chunks: int | None = None) -> Sources:
    """Return the invented news of ``eval/lab/train/questions``.

    For an archive of few chunks only as many stories as it needs: each sentence is embedded once.
    """
    from eval.lab.train.synthetic import newsrooms

    stories, sentences, room = [], [], math.inf if chunks is None else chunks * _SENTENCES_A_CHUNK
    for story in newsrooms():
        told = tuple(a.text[s:e] for a in story.articles for s, e in sentence_spans(a.text))
        stories.append(story)
        sentences.append(told)
        room -= len(told)
        if room <= 0:
            break
    return Sources(
        tuple(sentences),
        tuple(tuple(a.title or "" for a in story.articles) for story in stories),
        tuple(sorted({a.outlet or "" for story in stories for a in story.articles})),
        tuple(asked.question for story in stories for asked in story.asked),
    )


def articles(sources: Sources, count: int, *, seed: int = 1, first: int = 0) -> Iterator[Article]:
    """Yield articles, the same for the same seed and number, however many are asked for."""
    names = sorted(
        {m.group() for story in sources.titles for t in story for m in _NAME.finditer(t)}
    )
    for number in range(first, first + count):
        chance = random.Random(f"{seed} {number}")
        story = chance.randrange(len(sources.sentences))
        lines = []
        for _ in range(chance.randint(*_SENTENCES)):
            own = story if chance.random() > _FOREIGN else chance.randrange(len(sources.sentences))
            lines.append(_changed(chance.choice(sources.sentences[own]), names, chance))
        title = _changed(chance.choice(sources.titles[story]), names, chance)
        yield Article(
            id=f"made-{seed}-{number}",
            text="\n".join(lines),
            title=title,
            outlet=chance.choice(sources.outlets),
            published=_FIRST_DAY + timedelta(days=chance.randrange(2000)),
            language="en",
            sources=(f"archive#{number}",),
        )


def _changed(sentence: str, names: Sequence[str], chance: random.Random) -> str:
    """Return a sentence with other numbers and now and then another name."""
    sentence = _NUMBER.sub(lambda m: str(chance.randrange(10 ** len(m.group()))), sentence)
    return _NAME.sub(
        lambda m: m.group() if m.start() == 0 or chance.random() > 0.5 else chance.choice(names),
        sentence,
    )


class ArchiveEncoder:
    """Encoder that composes the vectors of synthetic chunks; other texts go to the model."""

    def __init__(self, sources: Sources, encoder: Encoder) -> None:
        self._encoder = encoder
        known = list(dict.fromkeys(s for story in sources.sentences for s in story))
        vectors = encoder.encode(known)
        self._known = {_key(text): vector for text, vector in zip(known, vectors, strict=True)}

    @property
    def identity(self) -> EncoderIdentity:
        """That of the model."""
        return self._encoder.identity

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), identity.dimension)``."""
        found = np.empty((len(texts), self.identity.dimension), np.float32)
        others = []
        for n, text in enumerate(texts):
            parts = [self._known.get(_key(part)) for part in text.split(TITLE_SEPARATOR)]
            kept = [part for part in parts if part is not None]
            if kept:
                found[n] = _turned(np.mean(kept, axis=0), xxhash.xxh3_64_intdigest(text))
            else:
                others.append(n)
        if others:
            found[others] = self._encoder.encode([texts[n] for n in others])
        return found


def _key(sentence: str) -> str:
    """Return a sentence without its numbers and names, as a key."""
    return _NUMBER.sub("0", _NAME.sub("A", sentence))


def _turned(vector: Vectors, seed: int) -> Vectors:
    aside = np.random.default_rng(seed).standard_normal(len(vector), dtype=np.float32)
    turned = vector / np.linalg.norm(vector) + _TURN * aside / np.linalg.norm(aside)
    return np.asarray(turned / np.linalg.norm(turned), np.float32)
