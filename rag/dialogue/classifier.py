"""Which words of the earlier turns a question needs, and whether it needs any: two small heads.

Term classification after QuReTeC (Voskarides et al. 2020, arXiv:2005.11723), with the packaged
sentence encoder's hidden states instead of a fine-tuned network. ``python -m
eval.lab.train.follow_ups`` fits the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.token_states import TokenStates
from rag.dialogue.features import question_features, state_of, term_features, terms_of_parts
from rag.dialogue.terms import Part
from rag.errors import ModelError

WEIGHTS = Path(__file__).with_name("follow_ups.npz")
LONGEST_SEQUENCE = 200
"""Word pieces of a conversation that are encoded, its end."""
_BETWEEN_TURNS = " [SEP] "
_CLIP = 4.0
_MOST_TERMS = 3

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the heads see of one conversation."""

    question: Array
    """Lexical features of the question."""
    question_state: Array
    """Mean hidden state of the question's pieces."""
    keys: tuple[str, ...]
    """The words that may be needed."""
    terms: Array
    """Lexical features and similarity to the question's words, one row a word."""
    term_states: Array
    """Hidden states, one row a word."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a question needs of the earlier turns."""

    any: float
    """Probability that it does not stand alone."""
    words: Mapping[str, float]
    """Probability of each content word of the earlier turns, by its key."""


def inputs_of(parts: Sequence[Part], encoder: TokenStates) -> Inputs:
    """Return what the heads see of a conversation's parts, the question last."""
    text, begins = joined(parts)
    states, offsets = encoder.states(text, LONGEST_SEQUENCE)
    asked = [n for n, (start, end) in enumerate(offsets) if end > start and end > begins[-1]]
    mean = states[asked].mean(axis=0) if asked else np.zeros(states.shape[1], np.float32)
    own = np.array([state_of(w, states, offsets, begins[-1]) for w in parts[-1].words], np.float32)
    terms = terms_of_parts(parts)
    vectors = [
        state_of(parts[t.part].words[t.word], states, offsets, begins[t.part]) for t in terms
    ]
    rows = [
        [*term_features(parts, term), _similarity(vector, own)]
        for term, vector in zip(terms, vectors, strict=True)
    ]
    return Inputs(
        np.array(question_features(parts), np.float32),
        mean.astype(np.float32),
        tuple(term.key for term in terms),
        np.array(rows, np.float32),
        np.array(vectors, np.float32),
    )


def joined(parts: Sequence[Part]) -> tuple[str, list[int]]:
    """Return a conversation as one text, its turns separated, and where each part begins in it."""
    text, begins = "", []
    for n, part in enumerate(parts):
        if n:
            text += " " if part.turn == parts[n - 1].turn else _BETWEEN_TURNS
        begins.append(len(text))
        text += part.text
    return text, begins


def term_rows(inputs: Inputs, pca: Mapping[str, Array]) -> Array:
    """Return the term head's input, one row a word."""
    words = (inputs.term_states - pca["term_mean"]) @ pca["term_axes"].T
    question = (inputs.question_state - pca["question_mean"]) @ pca["question_axes"].T
    shared = np.concatenate([inputs.question, question])
    return np.hstack(
        [inputs.terms, words, np.broadcast_to(shared, (len(words), len(shared)))]
    ).astype(np.float32)


def question_row(inputs: Inputs, probabilities: Array, pca: Mapping[str, Array]) -> Array:
    """Return the question head's input: the question, and how sure the term head is of its words."""
    question = (inputs.question_state - pca["question_mean"]) @ pca["question_axes"].T
    best = np.zeros(_MOST_TERMS, np.float32)
    ordered = np.sort(probabilities)[::-1][:_MOST_TERMS]
    best[: len(ordered)] = ordered
    mean = probabilities.mean() if len(probabilities) else 0.0
    none = np.prod(1 - np.minimum(probabilities, 0.999)) if len(probabilities) else 1.0
    return np.concatenate([inputs.question, best, [mean, 1 - none], question]).astype(np.float32)


class Classifier:
    """The two heads over a shared encoder; many threads may share it."""

    def __init__(self, weights: Mapping[str, Array], encoder: TokenStates) -> None:
        self._weights = weights
        self._encoder = encoder

    def needs(self, parts: Sequence[Part]) -> Needs:
        """Return what the question of a conversation needs.

        Raises
        ------
        EncoderNotFoundError
        """
        inputs = inputs_of(parts, self._encoder)
        if not inputs.keys:
            return Needs(0.0, {})
        probabilities = self.terms(inputs)
        needed = float(self._head(question_row(inputs, probabilities, self._weights), "question"))
        return Needs(needed, dict(zip(inputs.keys, probabilities.tolist(), strict=True)))

    @property
    def least_any(self) -> float:
        """Probability from which on a question is rewritten."""
        return float(self._weights["least"][0])

    @property
    def least_word(self) -> float:
        """Probability from which on a word is taken over."""
        return float(self._weights["least"][1])

    def terms(self, inputs: Inputs) -> Array:
        """Return the probability of each word that may be needed."""
        return self._head(term_rows(inputs, self._weights), "term")

    def _head(self, rows: Array, head: str) -> Array:
        """Return the probabilities of rows: one hidden layer with ReLU, then a sigmoid."""
        hidden = np.maximum(self.scaled(rows, head) @ self._weights[f"{head}_hidden"], 0.0)
        *layers, bias = self._weights[f"{head}_out"]
        return _sigmoid(hidden @ np.array(layers, np.float32) + bias)

    def scaled(self, rows: Array, head: str) -> Array:
        """Standardise the columns, clip them, and append a 1 for the intercept."""
        z = (rows - self._weights[f"{head}_centre"]) / self._weights[f"{head}_spread"]
        ones = np.ones((*z.shape[:-1], 1))
        return np.concatenate([np.clip(z, -_CLIP, _CLIP), ones], axis=-1).astype(np.float32)


def _sigmoid(x: Array) -> Array:
    made: Array = (1 / (1 + np.exp(-np.clip(x, -30, 30)))).astype(np.float32)
    return made


def _similarity(vector: Array, others: Array) -> float:
    """Return the greatest cosine of a vector to others, 0 without any."""
    lengths = np.linalg.norm(others, axis=-1) * np.linalg.norm(vector) + 1e-6
    return float((others @ vector / lengths).max()) if len(others) else 0.0


@cache
def packaged_classifier() -> Classifier:
    """Return the packaged heads with the packaged encoder; loaded once a process.

    Raises
    ------
    ModelError
        Where the weights cannot be read.
    """
    try:
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{WEIGHTS}: cannot be read ({error}); reinstall presscite") from error
    return Classifier(weights, TokenStates())
