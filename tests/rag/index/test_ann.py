"""The vector index: exact or IVF by size, recall as measured, updated and retrained."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.index import Index, ann, catalog
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.types import Filters
from tests.conftest import HashEncoder
from tests.rag.stories import story

BUDGET = ChunkBudget(40, 1)


def clustered(count, dimension=32, seed=3):
    """Return unit vectors around some centres, as those of texts lie."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, dimension))
    made = centres[chance.integers(40, size=count)] + 0.6 * chance.normal(size=(count, dimension))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def blocks_of(vectors):
    ids = np.arange(len(vectors), dtype=np.int64) + 5

    def blocks():
        for first in range(0, len(vectors), 700):
            yield ids[first : first + 700], vectors[first : first + 700]

    return blocks


def by_hand(vectors, query, k):
    return {int(n) + 5 for n in np.argsort(-(vectors @ query), kind="stable")[:k]}


def test_few_vectors_are_searched_exactly():
    vectors = clustered(900)
    index, stats = ann.build(blocks_of(vectors), 900, 32)
    assert (stats.kind, stats.vectors, stats.recall_at_10) == ("exact", 900, 1.0)
    _, found = index.search(vectors[:1], 10)
    assert set(found[0].tolist()) == by_hand(vectors, vectors[0], 10)


def test_exact_search_is_what_comparing_by_hand_gives():
    vectors = clustered(2000)
    truth = ann.exact_search(blocks_of(vectors), vectors[:5], 10)
    for row, query in zip(truth, vectors[:5], strict=True):
        assert set(row.tolist()) == by_hand(vectors, query, 10)


def test_ivf_finds_what_was_measured():
    vectors = clustered(6000)
    index, stats = ann.build_ivf(blocks_of(vectors), 6000, 32)
    assert stats.kind == "ivf_sq8"
    assert stats.nlist == 128  # the power of two nearest to 2 * sqrt(6000)
    assert stats.nprobe < stats.nlist
    assert stats.recall_at_10 >= ann.TARGET_RECALL
    index.nprobe = stats.nprobe
    queries = vectors[::120] + 0.1 * clustered(50, seed=4)
    _, found = index.search(queries, ann.DEPTH)
    hits = [
        len(by_hand(vectors, q, 10) & set(row.tolist()))
        for q, row in zip(queries, found, strict=True)
    ]
    assert np.mean(hits) / 10 > 0.95


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return an index of some 500 chunks in an IVF index, which no test changes."""
    made = tmp_path_factory.mktemp("built") / "index"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ann, "EXACT_UP_TO", 200)
        with Index.open(made, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
            index.add([story(n, published=date(2020 + n % 4, 1, 1)) for n in range(90)])
    return made


@pytest.fixture
def folder(built, tmp_path, monkeypatch):
    """Return a copy of that index."""
    monkeypatch.setattr(ann, "EXACT_UP_TO", 200)
    return Path(shutil.copytree(built, tmp_path / "index"))


def candidates(index, filters, k=20):
    vector = index.encode(["The harbour of Konstanz ordered new ferries"])[0]
    with index.view() as view:
        found = view.search_dense(vector, k, filters)
        ids, every = catalog.vectors_after(view.connection, 0, 32)
        kept = catalog.filter_ids(view.connection, filters)
        return view.state.dense.stats, found, {
            int(i): float(s) for i, s in zip(ids, every @ vector, strict=True) if i in set(kept.tolist())
        }  # fmt: skip


def test_the_switch_comes_by_itself_and_recall_is_kept_with_the_index(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        stats, found, every = candidates(index, Filters())
        assert stats.kind == "ivf_sq8"
        assert stats.vectors == len(every) > 200
        best = sorted(every, key=lambda n: (-every[n], n))[:20]
        assert len(set(best) & {n for n, _ in found}) >= 18


def test_filters_hold_inside_ivf(folder, monkeypatch):
    filters = Filters(since=date(2021, 1, 1), until=date(2021, 12, 31))
    with Index.open(folder, encoder=HashEncoder()) as index:
        _, few, every = candidates(index, filters)
        # Few enough to be compared exactly.
        assert [n for n, _ in few] == sorted(every, key=lambda n: (-every[n], n))[:20]
        monkeypatch.setattr("rag.index.view.EXACT_UNDER_FILTER", 0)
        _, many, _ = candidates(index, filters)
        assert {n for n, _ in many} <= set(every)
        assert len({n for n, _ in many} & {n for n, _ in few}) >= 18


@pytest.mark.slow
def test_ivf_is_updated_and_retrained_when_outgrown(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        before, _, _ = candidates(index, Filters())
        index.remove([story(n, published=date(2020 + n % 4, 1, 1)).id for n in range(30)])
        index.add([story(n) for n in range(100, 160)])
        after, found, now = candidates(index, Filters())
        assert after.trained_on == before.trained_on
        assert {n for n, _ in found} <= set(now)
        index.add([story(n) for n in range(200, 600)])
        index.compact()
        outgrown, _, now = candidates(index, Filters())
        assert outgrown.trained_on > 4 * before.trained_on
        assert outgrown.vectors == len(now)
    assert verify_index(folder, quick=False) == []


def test_below_the_limit_again_search_is_exact(folder, monkeypatch):
    monkeypatch.setattr(ann, "EXACT_UP_TO", 5000)
    with Index.open(folder, encoder=HashEncoder()) as index:
        index.compact(retrain=True)
        assert candidates(index, Filters())[0].kind == "exact"


@pytest.mark.parametrize(
    ("stored", "stats"),
    [
        (
            {
                "kind": "lists",
                "vectors": 900,
                "lists": 64,
                "looked_into": 16,
                "trained_on": 800,
                "recall_at_10": 0.99,
            },
            ann.IvfStats("ivf_sq8", 900, 64, 16, 800, 0.99),
        ),
        ({"kind": "exact", "vectors": 5, "lists": 0, "looked_into": 0}, ann.IvfStats("exact", 5)),
        (None, ann.IvfStats("exact", 0)),
        ({"kind": ["lists"]}, ann.IvfStats("exact", 0)),
        ({"vectors": 5}, ann.IvfStats("exact", 0)),
        ([1], ann.IvfStats("exact", 0)),
    ],
)
def test_statistics_stored_under_older_names_are_read(stored, stats):
    assert ann.read_stats(stored) == stats


@pytest.mark.slow
def test_an_ivf_index_with_older_names_in_its_catalog_is_searched_as_before(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        stats, found, _ = candidates(index, Filters())
    connection = catalog.connect(folder)
    old = {"kind": "lists", "vectors": stats.vectors, "lists": stats.nlist,
           "looked_into": stats.nprobe, "trained_on": stats.trained_on,
           "recall_at_10": stats.recall_at_10}  # fmt: skip
    with catalog.writing(connection, new_revision=False):
        connection.execute("DELETE FROM meta WHERE key = 'ivf_stats'")
        catalog.set_meta(connection, "fold", old)
    connection.close()
    assert verify_index(folder, quick=False) == []
    with Index.open(folder, encoder=HashEncoder()) as index:
        assert index.ivf_stats == stats
        again, hits, _ = candidates(index, Filters())
        assert (again, hits) == (stats, found)
        index.add([story(n) for n in range(100, 160)])
        index.compact()
        # Updated, not trained again.
        assert index.ivf_stats.trained_on == stats.trained_on
    assert verify_index(folder, quick=False) == []
