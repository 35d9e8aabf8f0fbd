"""The packaged network in ONNX Runtime, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import Feeds, run_all, session_from_file
from rag.reader.encoding import SpecialTokens, load_tokenizer, pair_ids, windows
from rag.reader.scoring import TokenScores

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class _Pair:
    text: int
    ids: list[int]
    start: int
    """Position of the passage's first token."""
    offsets: NDArray[np.int64]


class OnnxScorer:
    """Scores with a ``span`` graph (see ``eval.lab.export.bert_graph``) that takes ``ids`` alone."""

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, name: str = "presscite"
    ) -> None:
        self.name = name
        self._session = session
        self._tokenizer = tokenizer
        self._tokens = SpecialTokens.of(tokenizer)

    @classmethod
    def load(cls, graph: Path, vocabulary: Path, name: str = "presscite") -> OnnxScorer:
        """Return a scorer for a graph's file and the ``tokenizer.json`` it was trained with."""
        return cls(session_from_file(graph), load_tokenizer(vocabulary), name)

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token of the vocabulary."""
        return self._tokenizer.token_to_id(word) is not None

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        """Return the scores of every text, in order; a long text has several windows."""
        return self._scored(list(self._pairs([question] * len(texts), texts, leads)))

    def score_many(
        self, questions: Sequence[str], texts: Sequence[str], leads: Sequence[str]
    ) -> list[TokenScores]:
        """Score text n for question n, as evaluations do; ``TokenScores.text`` is n."""
        return self._scored(list(self._pairs(questions, texts, leads)))

    def feeds(
        self, questions: Sequence[str], texts: Sequence[str], leads: Sequence[str]
    ) -> list[Feeds]:
        """Return the network's inputs, in the order of `score_many`."""
        return [_feed(pair) for pair in self._pairs(questions, texts, leads)]

    def _pairs(
        self, questions: Sequence[str], texts: Sequence[str], leads: Sequence[str]
    ) -> Iterator[_Pair]:
        encoded = self._tokenizer.encode_batch(
            [*dict.fromkeys(questions), *leads, *texts], add_special_tokens=False
        )
        asked = dict(zip(dict.fromkeys(questions), encoded, strict=False))
        heads = encoded[len(asked) : len(asked) + len(leads)]
        bodies = encoded[len(asked) + len(leads) :]
        for number, (question, head, body) in enumerate(zip(questions, heads, bodies, strict=True)):
            offsets = np.array(body.offsets, np.int64).reshape(-1, 2)
            for low, high in windows(len(body.ids)):
                ids, start = pair_ids(
                    asked[question].ids, head.ids, body.ids[low:high], self._tokens
                )
                yield _Pair(number, ids, start, offsets[low:high])

    def _scored(self, pairs: Sequence[_Pair]) -> list[TokenScores]:
        """Score each pair in its own run: int8 activation scales are per run, so batches would differ."""
        feeds = [_feed(pair) for pair in pairs]
        found = []
        for pair, (scores,) in zip(pairs, run_all(self._session, "scores", feeds), strict=True):
            own = np.asarray(scores[pair.start : -1], np.float32)
            null = float(scores[0, 0] + scores[0, 1])
            found.append(TokenScores(pair.text, pair.offsets, own[:, 0], own[:, 1], null))
        return found


def _feed(pair: _Pair) -> Feeds:
    return {"ids": np.array([pair.ids], np.int64)}
