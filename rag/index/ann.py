"""Choice of the FAISS index, and its recall against exact search.

Up to `EXACT_UP_TO` vectors: flat inner product. Beyond: IVF with 8-bit scalar quantisation (392 bytes for
a vector of 384 dimensions instead of 1,536), with the smallest ``nprobe`` that reaches `TARGET_RECALL`.
Recall is measured at every compaction, on the vectors in the index, and stored with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors

# Measured with: python -m eval.lab.bench kinds.
EXACT_UP_TO = 30_000
TARGET_RECALL = 0.985
# Candidates a search asks for; they are ordered by their exact vectors from the catalog.
DEPTH = 100
_TOP = 10
_QUERIES = 200
# Cosine between a synthetic query and the vector it is made from: that of the sample's development
# questions to their nearest passage (median).
_QUERY_COSINE = 0.55
_TRAINING_POINTS_PER_LIST = 40
_MIN_NPROBE = 8
# Centroids are trained again once there are this many times the vectors they were trained on.
_MAX_GROWTH = 4
_SEED = 20231212
EXACT: Literal["exact"] = "exact"
IVF: Literal["ivf_sq8"] = "ivf_sq8"
Blocks = Callable[[], Iterable[tuple[NDArray[np.int64], Vectors]]]
"""Iterates over ids and vectors, some thousand at a time; called more than once."""


@dataclass(frozen=True, slots=True)
class IvfStats:
    """Statistics of the last build of the vector index."""

    kind: Literal["exact", "ivf_sq8"]
    vectors: int
    nlist: int = 0
    nprobe: int = 0
    trained_on: int = 0
    """Number of vectors when the centroids were trained."""
    recall_at_10: float = 1.0
    """Share of the ten exact nearest neighbours among the `DEPTH` candidates found."""


_OLD_FIELDS = {"lists": "nlist", "looked_into": "nprobe"}
_OLD_KINDS = {"lists": IVF}


def read_stats(stored: Any) -> IvfStats:
    """Return stored statistics; those written under older names are read as well.

    Indexes from before recall was measured hold exact files and no statistics.
    """
    if not isinstance(stored, dict):
        return IvfStats(EXACT, 0)
    fields = {_OLD_FIELDS.get(str(name), str(name)): value for name, value in stored.items()}
    try:
        fields["kind"] = _OLD_KINDS.get(fields["kind"], fields["kind"])
        return IvfStats(**fields)
    except (KeyError, TypeError):
        return IvfStats(EXACT, 0)


def build(blocks: Blocks, count: int, dimension: int) -> tuple[Any, IvfStats]:
    """Return a FAISS index of all vectors, keyed by chunk id, of the kind that suits their number."""
    import faiss

    if count <= EXACT_UP_TO:
        exact = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        for ids, vectors in blocks():
            exact.add_with_ids(vectors, ids)
        return exact, IvfStats(EXACT, exact.ntotal)
    return build_ivf(blocks, count, dimension)


def build_ivf(blocks: Blocks, count: int, dimension: int) -> tuple[Any, IvfStats]:
    """Return an IVF index of all vectors, however few."""
    import faiss

    nlist = 1 << round(np.log2(2 * np.sqrt(count)))
    centroids = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        centroids, dimension, nlist, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed = _SEED
    index.cp.max_points_per_centroid = _TRAINING_POINTS_PER_LIST
    index.cp.min_points_per_centroid = 1
    index.cp.spherical = True
    index.train(_sample(blocks, count, _TRAINING_POINTS_PER_LIST * nlist))
    for ids, vectors in blocks():
        index.add_with_ids(vectors, ids)
    return index, _measure(index, blocks, count, trained_on=count)


def update(
    index: Any,
    before: IvfStats,
    new_ids: NDArray[np.int64],
    new: Vectors,
    removed: NDArray[np.int64],
) -> bool:
    """Add vectors to an IVF index and remove others; False, and nothing done, where it must be retrained."""
    import faiss

    if before.kind != IVF or before.vectors + len(new_ids) > _MAX_GROWTH * before.trained_on:
        return False
    if len(removed):
        index.remove_ids(faiss.IDSelectorBatch(removed))
    if len(new_ids):
        index.add_with_ids(new, new_ids)
    return True


def measure(index: Any, blocks: Blocks, before: IvfStats) -> IvfStats:
    """Return the statistics of an IVF index after `update`."""
    return _measure(index, blocks, index.ntotal, trained_on=before.trained_on)


def _measure(index: Any, blocks: Blocks, count: int, *, trained_on: int) -> IvfStats:
    """Find the smallest ``nprobe`` that reaches the target recall, doubling it from the minimum."""
    import faiss

    queries = _synthetic_queries(_sample(blocks, count, _QUERIES))
    exact = exact_search(blocks, queries, _TOP)
    nprobe = _MIN_NPROBE
    while True:
        parameters = faiss.SearchParametersIVF(nprobe=nprobe)  # type: ignore[call-arg]
        _, found = index.search(queries, DEPTH, params=parameters)
        recall = float(
            np.mean([np.isin(row, own).mean() for row, own in zip(exact, found, strict=True)])
        )
        if recall >= TARGET_RECALL or nprobe >= index.nlist:
            break
        nprobe = min(2 * nprobe, index.nlist)
    return IvfStats(IVF, index.ntotal, index.nlist, nprobe, trained_on, round(recall, 4))


def exact_search(blocks: Blocks, queries: Vectors, k: int) -> NDArray[np.int64]:
    """Return the ids of the k nearest of all vectors for each query, shape (queries, k), by brute force."""
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
    """Return about ``wanted`` vectors, taken evenly from all of them."""
    step = max(1, count // wanted)
    taken, passed = [], 0
    for _, vectors in blocks():
        taken.append(vectors[-passed % step :: step].copy())
        passed += len(vectors)
    return np.concatenate(taken)[:wanted]


def _synthetic_queries(vectors: Vectors) -> Vectors:
    """Return unit vectors at a fixed cosine from the ones given, in random directions."""
    random = np.random.default_rng(_SEED)
    noise = random.normal(size=vectors.shape).astype(np.float32)
    noise -= (noise * vectors).sum(axis=1, keepdims=True) * vectors
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    sine = np.sqrt(1 - _QUERY_COSINE**2, dtype=np.float32)
    queries: Vectors = _QUERY_COSINE * vectors + sine * noise
    return queries.astype(np.float32)
