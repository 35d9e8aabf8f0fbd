"""Examples as token ids with targets, batched by length."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from eval.lab.train.examples import Example
from rag.reader.encoding import SpecialTokens, lead_text, pair_ids

MAX_PASSAGE = 170
MAX_PAIRS = 6
# Titles and dates are dropped at random, so that the reader works with and without them.
_TITLED = 0.75
_DATED = 0.9
# Texts without a date sometimes get a random one, which carries no information.
_MADE_UP = 0.3
_EARLIEST, _LATEST = date(2010, 1, 1).toordinal(), date(2026, 12, 31).toordinal()
_IGNORED = -1e9
PADDING = 1
"""MPNet's padding token."""
# Lengths are padded to a multiple of this.
_STEP = 8


@dataclass(frozen=True, slots=True)
class Features:
    """One encoded question-passage pair; position 0 is the null answer."""

    ids: list[int]
    passage_start: int
    """First token of the passage, after question, date and title."""
    pairs: list[tuple[int, int, float]]
    """Accepted (first, last) tokens with their share of the votes."""
    regions: list[tuple[int, int]]
    """Accepted runs of tokens, where only sentences are marked."""
    asked: int = 0
    """Number of the question within its epoch; passages of one question share it."""


def featured(
    examples: Sequence[Example],
    tokenizer: Tokenizer,
    rng: random.Random,
    *,
    shown: bool = False,
) -> list[Features]:
    """Return the features of examples; those whose answer aligns with no tokens are left out.

    With ``shown`` title and date always precede the passage, as in the product.
    """
    questions = tokenizer.encode_batch([e.question for e in examples], add_special_tokens=False)
    contexts = tokenizer.encode_batch([e.context for e in examples], add_special_tokens=False)
    tokens = SpecialTokens.of(tokenizer)
    texts = [lead_text(e.published, e.as_of, e.title) if shown else _lead(e, rng) for e in examples]
    leads = tokenizer.encode_batch(texts, add_special_tokens=False)
    numbers: dict[tuple[str, str], int] = {}
    made = (
        _features(e, q, t, c, numbers.setdefault((e.group, e.question), len(numbers)), tokens, rng)
        for e, q, t, c in zip(examples, questions, leads, contexts, strict=True)
    )
    return [f for f in made if f is not None]


def _features(
    example: Example,
    question: Encoding,
    lead: Encoding,
    context: Encoding,
    asked: int,
    tokens: SpecialTokens,
    rng: random.Random,
) -> Features | None:
    spans = [(_tokens(context, a, b), votes) for a, b, votes in example.spans]
    pairs = [(place, votes) for place, votes in spans if place is not None]
    regions = [place for a, b in example.regions if (place := _tokens(context, a, b)) is not None]
    if example.answerable and not (pairs or regions):
        return None
    anchor = rng.choice([p for p, _ in pairs] or regions or [(0, 0)])
    low, high = _window(len(context.ids), anchor, rng)
    ids, start = pair_ids(question.ids, lead.ids, context.ids[low:high], tokens)
    shift = start - low
    kept = [(a + shift, b + shift, votes) for (a, b), votes in pairs if low <= a and b < high]
    areas = [
        (max(a, low) + shift, min(b, high - 1) + shift) for a, b in regions if a < high and b >= low
    ]
    total = sum(votes for *_, votes in kept) or 1
    return Features(
        ids,
        start,
        [(a, b, votes / total) for a, b, votes in kept[:MAX_PAIRS]],
        areas,
        asked,
    )


def _lead(example: Example, rng: random.Random) -> str:
    title = example.title if rng.random() < _TITLED else None
    published, as_of = example.published, example.as_of
    if published is None and rng.random() < _MADE_UP:
        published, as_of = sorted(
            date.fromordinal(rng.randint(_EARLIEST, _LATEST)) for _ in range(2)
        )
    elif rng.random() >= _DATED:
        published = None
    return lead_text(published, as_of, title)


def _tokens(context: Encoding, start: int, end: int) -> tuple[int, int] | None:
    """Return the first and last token of characters start..end; None where they cover no token."""
    first = next(
        (t for c in range(start, end) if (t := context.char_to_token(c)) is not None), None
    )
    last = next(
        (t for c in range(end - 1, start - 1, -1) if (t := context.char_to_token(c)) is not None),
        None,
    )
    return None if first is None or last is None else (first, last)


def _window(length: int, anchor: tuple[int, int], rng: random.Random) -> tuple[int, int]:
    """Return a random window of at most MAX_PASSAGE tokens around the anchor."""
    if length <= MAX_PASSAGE:
        return 0, length
    size = rng.randint(90, MAX_PASSAGE)
    earliest = max(0, anchor[1] + 1 - size)
    latest = min(anchor[0], length - size)
    low = rng.randint(min(earliest, latest), max(earliest, latest))
    return low, low + size


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrays of one step: B pairs padded to L tokens, P accepted pairs each."""

    ids: npt.NDArray[np.int64]
    """(B, L)."""
    mask: npt.NDArray[np.int64]
    """(B, L), 1 for tokens, 0 for padding."""
    open: npt.NDArray[np.float32]
    """(B, L), 0 where an answer may start or end, very negative elsewhere."""
    firsts: npt.NDArray[np.int64]
    """(B, P)."""
    lasts: npt.NDArray[np.int64]
    """(B, P)."""
    shares: npt.NDArray[np.float32]
    """(B, P), logarithm of each pair's share of the votes."""
    inside: npt.NDArray[np.float32]
    """(B, L), 0 inside accepted sentences and very negative elsewhere."""
    by_sentence: npt.NDArray[np.bool_]
    """(B,), whether sentences rather than spans are marked."""
    asked: npt.NDArray[np.int64]
    """(B,), one number a question; in no order."""


def batches(
    features: Sequence[Features], tokens: int, rng: random.Random, *, together: bool = False
) -> Iterator[list[Features]]:
    """Yield every feature once, in batches of like length and at most ``tokens`` tokens, padding counted.

    With ``together`` the passages of a question are in one batch, padded to the longest.
    Batches of one length have one shape: memory and compiled kernels of a few dozen shapes are
    used again, where thousands of shapes filled the memory of a long run.
    """
    units: dict[int, list[Features]] = {}
    for number, feature in enumerate(features):
        units.setdefault(feature.asked if together else number, []).append(feature)
    buckets: dict[int, list[list[Features]]] = {}
    for unit in units.values():
        buckets.setdefault(max(_padded(len(f.ids)) for f in unit), []).append(unit)
    groups: list[list[Features]] = []
    for length, bucket in sorted(buckets.items()):
        rng.shuffle(bucket)
        size = max(1, tokens // length)
        group: list[Features] = []
        for unit in bucket:
            if group and len(group) + len(unit) > size:
                groups.append(group)
                group = []
            group = [*group, *unit]
        groups.append(group)
    rng.shuffle(groups)
    yield from groups


def _padded(length: int) -> int:
    return -(-length // _STEP) * _STEP


def collated(group: Sequence[Features]) -> Batch:
    """Return one batch as arrays."""
    count, length = len(group), _padded(max(len(f.ids) for f in group))
    ids = np.full((count, length), PADDING, np.int64)
    mask = np.zeros_like(ids)
    open_ = np.full((count, length), _IGNORED, np.float32)
    inside = np.full((count, length), _IGNORED, np.float32)
    firsts = np.zeros((count, MAX_PAIRS), np.int64)
    lasts = np.zeros_like(firsts)
    shares = np.full((count, MAX_PAIRS), _IGNORED, np.float32)
    for row, feature in enumerate(group):
        size = len(feature.ids)
        ids[row, :size] = feature.ids
        mask[row, :size] = 1
        open_[row, 0] = 0
        open_[row, feature.passage_start : size - 1] = 0
        for low, high in feature.regions:
            inside[row, low : high + 1] = 0
        pairs = feature.pairs or ([] if feature.regions else [(0, 0, 1.0)])
        for column, (first, last, share) in enumerate(pairs):
            firsts[row, column], lasts[row, column] = first, last
            shares[row, column] = math.log(share)
    by_sentence = np.array([bool(f.regions) for f in group])
    asked = np.array([f.asked for f in group], np.int64)
    return Batch(ids, mask, open_, firsts, lasts, shares, inside, by_sentence, asked)
