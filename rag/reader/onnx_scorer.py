"""Presscite's own network, run by ONNX Runtime; torch is never imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import Feeds, run_all, session_of
from rag.reader.scoring import TokenScores

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MAX_QUESTION = 40
MAX_TITLE = 16
# Texts longer than this many word pieces are read in stretches that overlap by half.
MAX_TEXT = 220


@dataclass(frozen=True, slots=True)
class _Pair:
    text: int
    ids: list[int]
    head: int
    """Tokens before the passage's title."""
    body: int
    """Tokens before the passage's own text."""
    offsets: NDArray[np.int64]


class OnnxScorer:
    """Scores with a ``span`` graph (see ``embeddings.graph``)."""

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, name: str = "presscite"
    ) -> None:
        self.name = name
        self._session = session
        self._tokenizer = tokenizer
        self._cls = special_token(tokenizer, "[CLS]")
        self._sep = special_token(tokenizer, "[SEP]")

    @classmethod
    def load(cls, model: bytes, vocabulary: Path, name: str = "presscite") -> OnnxScorer:
        """Return a scorer for a model's bytes and the ``tokenizer.json`` it was trained with."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(vocabulary))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(session_of(model), tokenizer, name)

    def score(
        self, question: str, texts: Sequence[str], titles: Sequence[str | None]
    ) -> list[TokenScores]:
        """Return the scores of every text, in order; a long text comes as several stretches."""
        pairs = self._pairs(question, texts, titles)
        return self._scored(pairs)

    def score_many(
        self, questions: Sequence[str], texts: Sequence[str], titles: Sequence[str | None]
    ) -> list[TokenScores]:
        """Score text n for question n; ``TokenScores.text`` is n. For evaluations of many questions."""
        pairs: list[_Pair] = []
        for number, (question, text, title) in enumerate(
            zip(questions, texts, titles, strict=True)
        ):
            for pair in self._pairs(question, [text], [title]):
                pairs.append(_Pair(number, pair.ids, pair.head, pair.body, pair.offsets))
        return self._scored(pairs)

    def feeds(
        self, questions: Sequence[str], texts: Sequence[str], titles: Sequence[str | None]
    ) -> list[Feeds]:
        """Return what the network is run on, in the order of `score_many`."""
        return [
            _feed(pair)
            for question, text, title in zip(questions, texts, titles, strict=True)
            for pair in self._pairs(question, [text], [title])
        ]

    def _pairs(
        self, question: str, texts: Sequence[str], titles: Sequence[str | None]
    ) -> list[_Pair]:
        """Return ``[CLS] question [SEP] title. text [SEP]`` for every stretch of every text."""
        encoded = self._tokenizer.encode_batch(
            [question, *(f"{t}." if t else "" for t in titles), *texts], add_special_tokens=False
        )
        head = [self._cls, *encoded[0].ids[:MAX_QUESTION], self._sep]
        bodies = encoded[1 + len(titles) :]
        pairs = []
        for number, (title, body) in enumerate(
            zip(encoded[1 : 1 + len(titles)], bodies, strict=True)
        ):
            lead = [*head, *title.ids[:MAX_TITLE]]
            offsets = np.array(body.offsets, np.int64).reshape(-1, 2)
            for low, high in _stretches(len(body.ids)):
                ids = [*lead, *body.ids[low:high], self._sep]
                pairs.append(_Pair(number, ids, len(head), len(lead), offsets[low:high]))
        return pairs

    def _scored(self, pairs: Sequence[_Pair]) -> list[TokenScores]:
        """Score each pair in a run of its own: int8 rounds by run, and neighbours must not matter."""
        feeds = [_feed(pair) for pair in pairs]
        found = []
        for pair, (scores,) in zip(pairs, run_all(self._session, "scores", feeds), strict=True):
            own = np.asarray(scores[pair.body : -1], np.float32)
            null = float(scores[0, 0] + scores[0, 1])
            found.append(TokenScores(pair.text, pair.offsets, own[:, 0], own[:, 1], null))
        return found


def _feed(pair: _Pair) -> Feeds:
    types = np.zeros((1, len(pair.ids)), np.int64)
    types[0, pair.head :] = 1
    return {"ids": np.array([pair.ids], np.int64), "types": types}


def special_token(tokenizer: Tokenizer, name: str) -> int:
    """Return the id of a token such as ``[SEP]``; ValueError where the vocabulary has none."""
    number = tokenizer.token_to_id(name)
    if number is None:
        raise ValueError(f"the tokenizer has no {name}")
    return int(number)


def _stretches(length: int) -> list[tuple[int, int]]:
    if length <= MAX_TEXT:
        return [(0, length)]
    step = MAX_TEXT // 2
    return [(low, min(low + MAX_TEXT, length)) for low in range(0, length - step, step)]
