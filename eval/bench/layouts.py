"""How texts are laid out in runs: one of its own length, padded batches, or shapes fixed ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import Feeds

BUCKETS = (32, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True)
class Run:
    """Some texts of a list, by their places in it, and what the graph is fed for them."""

    texts: tuple[int, ...]
    feeds: Feeds

    @property
    def length(self) -> int:
        """How many word pieces long the run is, padding among them."""
        return int(self.feeds["ids"].shape[1])


def alone(pieces: Sequence[Sequence[int]]) -> list[Run]:
    """Return a run a text, nothing padded; the longest first, so that cores are done together."""
    return [_run(pieces, (n,), len(pieces[n])) for n in _longest_first(pieces)]


def batches(pieces: Sequence[Sequence[int]], size: int) -> list[Run]:
    """Return runs of ``size`` texts of about one length, padded to the longest of each."""
    order = _longest_first(pieces)
    return [
        _run(pieces, tuple(order[n : n + size]), len(pieces[order[n]]))
        for n in range(0, len(order), size)
    ]


def buckets(pieces: Sequence[Sequence[int]], lengths: Sequence[int] = BUCKETS) -> list[Run]:
    """Return a run a text, padded to the smallest of the lengths that holds it.

    Raises
    ------
    ValueError
        Where a text is longer than all of them.
    """
    made = []
    for n in _longest_first(pieces):
        long_enough = [length for length in lengths if length >= len(pieces[n])]
        if not long_enough:
            raise ValueError(f"{len(pieces[n])} word pieces: more than {max(lengths)}")
        made.append(_run(pieces, (n,), min(long_enough)))
    return made


def padding(runs: Sequence[Run]) -> float:
    """Return the share of all places that are padding, 0 to 1."""
    places = sum(run.feeds["mask"].size for run in runs)
    return 1 - sum(int(run.feeds["mask"].sum()) for run in runs) / places if places else 0.0


def in_order(runs: Sequence[Run], outputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the rows of all outputs, in the order of the texts."""
    rows = np.concatenate(list(outputs))
    found = np.empty_like(rows)
    found[[n for run in runs for n in run.texts]] = rows
    return found


def _longest_first(pieces: Sequence[Sequence[int]]) -> list[int]:
    return sorted(range(len(pieces)), key=lambda n: -len(pieces[n]))


def _run(pieces: Sequence[Sequence[int]], texts: tuple[int, ...], length: int) -> Run:
    ids = np.zeros((len(texts), length), np.int64)
    mask = np.zeros_like(ids)
    for row, n in enumerate(texts):
        ids[row, : len(pieces[n])] = pieces[n]
        mask[row, : len(pieces[n])] = 1
    return Run(texts, {"ids": ids, "mask": mask})
