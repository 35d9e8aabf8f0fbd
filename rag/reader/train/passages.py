"""One pass of training: each question with a passage that answers it, and some with one that does not.

Made anew for every epoch from its own seed, so that a question meets other windows, other
neighbours and other near misses each time, and an interrupted run makes the same ones again.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import regex

from rag.reader.train.examples import Example
from rag.sentences import sentence_spans

# Shares of the answerable questions that are asked once more of a text that does not answer.
ELSEWHERE = 0.12
REMOVED = 0.10
SWAPPED = 0.08
# Share of single-sentence questions that get neighbours around their sentence.
NEIGHBOURS = 0.5
_CONTENT = regex.compile(r"[\p{L}\p{N}]{4,}")
_NAME = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}’'-]+(?: \p{Lu}[\p{L}’'-]+)*")
_NUMBER = regex.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


class Passages:
    """Makes the passages of an epoch out of the training examples."""

    def __init__(self, examples: Sequence[Example], seed: int) -> None:
        self._examples = examples
        self._seed = seed
        self._near = _neighbours([e.context for e in examples])
        self._names = _pool(examples, _NAME)
        self._numbers = _pool(examples, _NUMBER)

    def epoch(self, number: int) -> list[Example]:
        """Return the examples of one epoch (0-based), in no order."""
        rng = random.Random(f"{self._seed} {number}")
        made: list[Example] = []
        for example in self._examples:
            single = example.source in ("qamr", "qadiscourse")
            if single and rng.random() < NEIGHBOURS and _specific(example):
                made.append(self._among_neighbours(example, rng))
            else:
                made.append(example)
            chance = rng.random()
            if single and not _specific(example):
                continue
            if chance < ELSEWHERE:
                made.append(self._elsewhere(example, rng))
            elif chance < ELSEWHERE + REMOVED and not single:
                made.extend(without_answer(example))
            elif chance < ELSEWHERE + REMOVED + SWAPPED:
                made.extend(self._swapped(example, rng))
        return made

    def _others(self, example: Example, rng: random.Random, count: int) -> list[str]:
        """Return contexts like the example's, of the same source, that do not hold its answers."""
        answers = {example.context[a:b].lower() for a, b, *_ in example.spans}
        fit = [
            text
            for text in self._near.get(example.context, ())
            if not any(answer in text.lower() for answer in answers)
        ]
        return rng.sample(fit[:8], min(count, len(fit[:8])))

    def _elsewhere(self, example: Example, rng: random.Random) -> Example:
        others = self._others(example, rng, rng.choice((1, 2)) if len(example.context) < 250 else 1)
        context = " ".join(others) or example.question
        return replace(example, context=context, spans=(), regions=(), sentences=())

    def _among_neighbours(self, example: Example, rng: random.Random) -> Example:
        others = self._others(example, rng, rng.choice((1, 2, 3)))
        before = others[: rng.randint(0, len(others))]
        after = others[len(before) :]
        lead = "".join(f"{text} " for text in before)
        context = lead + " ".join([example.context, *after])
        spans = tuple((a + len(lead), b + len(lead), n) for a, b, n in example.spans)
        return replace(example, context=context, spans=spans)

    def _swapped(self, example: Example, rng: random.Random) -> list[Example]:
        """Return the question with one name or number exchanged, which the text no longer answers."""
        for form, pool in ((_NUMBER, self._numbers), (_NAME, self._names)):
            found = list(form.finditer(example.question))
            if not found:
                continue
            place = rng.choice(found)
            other = rng.choice(pool)
            if other.lower() in example.context.lower() or place.group() not in example.context:
                continue
            question = example.question[: place.start()] + other + example.question[place.end() :]
            return [replace(example, question=question, spans=(), regions=())]
        return []


def _specific(example: Example) -> bool:
    """Whether a question about one sentence says enough to be told from its neighbours."""
    words = set(_CONTENT.findall(example.question.lower()))
    shared = words & set(_CONTENT.findall(example.context.lower()))
    return len(shared) >= 2


def without_answer(example: Example) -> list[Example]:
    """Return the text without the sentences that answer; nothing where an answer still stands."""
    golds = [(a, b) for a, b, *_ in (example.spans or example.regions)]
    sentences = example.sentences or tuple(sentence_spans(example.context))
    kept = [
        example.context[start:end]
        for start, end in sentences
        if not any(a < end and start < b for a, b in golds)
    ]
    context = " ".join(kept)
    answers = [example.context[a:b].lower() for a, b in golds]
    if len(context) < 60 or any(answer in context.lower() for answer in answers):
        return []
    return [replace(example, context=context, spans=(), regions=(), sentences=())]


def _pool(examples: Sequence[Example], form: regex.Pattern[str]) -> list[str]:
    return sorted({m.group() for e in examples for m in form.finditer(e.question)})


def _neighbours(contexts: Sequence[str], count: int = 12) -> dict[str, list[str]]:
    """Return for each different text the ones that share its rarest words most (TF-IDF cosine)."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    groups: dict[bool, list[str]] = defaultdict(list)
    for text in dict.fromkeys(contexts):
        groups[len(text) < 400].append(text)
    near: dict[str, list[str]] = {}
    for texts in groups.values():
        keep = min(count, len(texts) - 1)
        if keep < 1:
            continue
        words = TfidfVectorizer(sublinear_tf=True, max_df=0.2, stop_words="english")
        matrix = words.fit_transform(texts)
        for first in range(0, len(texts), 512):
            rows = (matrix[first : first + 512] @ matrix.T).toarray()
            rows[np.arange(len(rows)), np.arange(first, first + len(rows))] = -1
            best = np.argpartition(-rows, keep - 1, axis=1)[:, :keep]
            for offset, columns in enumerate(best.tolist()):
                likeness = rows[offset]
                columns.sort(key=lambda column, like=likeness: (-like[column], column))
                near[texts[first + offset]] = [texts[column] for column in columns]
    return near
