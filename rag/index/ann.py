"""Which FAISS index holds how many vectors, how it is made, and how much of the truth it finds.

Up to `EXACT_UP_TO` vectors every one is compared. Beyond, they are kept in lists around centroids, a byte
a dimension (IVF with scalar quantisation: 392 bytes a vector instead of 1,536), and a search
looks into the nearest lists: as few as find `WANTED_RECALL` of what a comparison with all would. That is
measured at every fold, on the vectors that are folded, and written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors

# Comparing with so many takes some 15 ms here, with 100,000 it takes 50 (python -m eval.lab.bench kinds).
EXACT_UP_TO = 30_000
WANTED_RECALL = 0.985
# The candidates a search asks for; their exact vectors, from the catalog, then decide the order.
DEPTH = 100
_TOP = 10
_QUERIES = 200
# A question lies beside the passages it is about: this far, as a cosine, lie the queries from the vectors
# they are made of. The sample's development questions lie at 0.55 from their nearest passage (median).
_NEARNESS = 0.55
_POINTS_A_LIST = 40
_FEWEST_LISTS = 8
_SEED = 20231212
Blocks = Callable[[], Iterable[tuple[NDArray[np.int64], Vectors]]]
"""Goes through ids and vectors, some thousand at a time; called more than once."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What a folded file is, and what it was found to do."""

    kind: str
    """``exact`` or ``lists``."""
    vectors: int
    lists: int = 0
    looked_into: int = 0
    """Lists that a search looks into."""
    trained_on: int = 0
    """How many vectors there were when the centroids were placed."""
    recall_at_10: float = 1.0
    """Share of the ten truly nearest among the `DEPTH` candidates found."""


def new(blocks: Blocks, count: int, dimension: int) -> tuple[Any, Fold]:
    """Return a FAISS index of all vectors, keyed by chunk id, and what it is."""
    import faiss

    if count <= EXACT_UP_TO:
        exact = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        for ids, vectors in blocks():
            exact.add_with_ids(vectors, ids)
        return exact, Fold("exact", exact.ntotal)
    return lists_of(blocks, count, dimension)


def lists_of(blocks: Blocks, count: int, dimension: int) -> tuple[Any, Fold]:
    """Return an index with lists, however few the vectors, and what it is."""
    import faiss

    lists = 1 << round(np.log2(2 * np.sqrt(count)))
    centroids = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        centroids, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed = _SEED
    index.cp.max_points_per_centroid = _POINTS_A_LIST
    index.cp.min_points_per_centroid = 1
    index.cp.spherical = True
    index.train(_sample(blocks, count, _POINTS_A_LIST * lists))
    for ids, vectors in blocks():
        index.add_with_ids(vectors, ids)
    return index, _measured(index, blocks, count, trained_on=count)


def extended(
    index: Any, before: Fold, new_ids: NDArray[np.int64], new: Vectors, gone: NDArray[np.int64]
) -> bool:
    """Put new vectors into an index with lists and take others out; whether its centroids still serve.

    They do until there are four times as many vectors as when they were placed.
    """
    import faiss

    if before.kind != "lists" or before.vectors + len(new_ids) > 4 * before.trained_on:
        return False
    if len(gone):
        index.remove_ids(faiss.IDSelectorBatch(gone))
    if len(new_ids):
        index.add_with_ids(new, new_ids)
    return True


def measured_again(index: Any, blocks: Blocks, before: Fold) -> Fold:
    """Return what an index is after it was extended."""
    return _measured(index, blocks, index.ntotal, trained_on=before.trained_on)


def _measured(index: Any, blocks: Blocks, count: int, *, trained_on: int) -> Fold:
    import faiss

    queries = _beside(_sample(blocks, count, _QUERIES))
    truth = nearest(blocks, queries, _TOP)
    looked_into = _FEWEST_LISTS
    while True:
        parameters = faiss.SearchParametersIVF(nprobe=looked_into)  # type: ignore[call-arg]
        _, found = index.search(queries, DEPTH, params=parameters)
        recall = float(
            np.mean([np.isin(row, own).mean() for row, own in zip(truth, found, strict=True)])
        )
        if recall >= WANTED_RECALL or looked_into >= index.nlist:
            break
        looked_into = min(2 * looked_into, index.nlist)
    return Fold("lists", index.ntotal, index.nlist, looked_into, trained_on, round(recall, 4))


def nearest(blocks: Blocks, queries: Vectors, k: int) -> NDArray[np.int64]:
    """Return the ids of the k nearest of all vectors for each query, by comparing with every one."""
    kept_ids = np.full((len(queries), 0), -1, np.int64)
    kept_scores = np.full((len(queries), 0), -np.inf, np.float32)
    for ids, vectors in blocks():
        scores = np.concatenate([kept_scores, queries @ vectors.T], axis=1)
        every = np.concatenate([kept_ids, np.broadcast_to(ids, (len(queries), len(ids)))], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        kept_ids = np.take_along_axis(every, best, axis=1)
        kept_scores = np.take_along_axis(scores, best, axis=1)
    return kept_ids


def _sample(blocks: Blocks, count: int, wanted: int) -> Vectors:
    """Return about so many vectors, evenly from all of them."""
    step = max(1, count // wanted)
    taken, passed = [], 0
    for _, vectors in blocks():
        taken.append(vectors[-passed % step :: step].copy())
        passed += len(vectors)
    return np.concatenate(taken)[:wanted]


def _beside(vectors: Vectors) -> Vectors:
    """Return unit vectors at a fixed cosine from the ones given, in directions by chance."""
    chance = np.random.default_rng(_SEED)
    aside = chance.normal(size=vectors.shape).astype(np.float32)
    aside -= (aside * vectors).sum(axis=1, keepdims=True) * vectors
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    beside: Vectors = _NEARNESS * vectors + np.sqrt(1 - _NEARNESS**2, dtype=np.float32) * aside
    return beside.astype(np.float32)
