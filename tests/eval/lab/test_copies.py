"""The labelled pairs are those that the stories give, and near-duplicates are found as promised."""

from __future__ import annotations

import pytest

from eval.lab.copies import former, grouping, pairs
from eval.lab.copies.measure import measure
from eval.lab.copies.pairs import Text


def test_the_file_is_what_the_stories_give():
    made = list(pairs.make())
    assert pairs.load() == made
    ids = {one.id: one for one in made}
    assert len(ids) == len(made)
    for one in made:
        if one.of is not None:
            other = ids[one.of]
            assert one.half == other.half
            assert one.copy == (one.story == other.story)
    assert pairs.FILE.stat().st_size < 1_500_000


def test_halves_share_no_story():
    halves = {half: [one for one in pairs.load() if one.half == half] for half in pairs.HALVES}
    dev, test = ({one.story for one in own} for own in halves.values())
    assert not dev & test
    kinds = [{one.kind for one in own} for own in halves.values()]
    assert kinds[0] == kinds[1]


def test_measure_counts_pairs_and_what_no_pair_names():
    texts = [
        Text("a", "dev", "a", "1"),
        Text("b", "dev", "a", "2", "a", "cut", copy=True),
        Text("c", "dev", "c", "3", "a", "digest"),
        Text("d", "dev", "d", "4"),
    ]
    found = measure(texts, lambda given: [int(text) % 2 for text in given])
    assert (found["cut"].found, found["cut"].copies, found["cut"].recall) == (0, 3, 0)
    assert (found["digest"].wrong, found["digest"].precision) == (3, 0)
    assert (found["every pair"].wrong, found["every pair"].others) == (6, 15)


@pytest.mark.slow
@pytest.mark.parametrize("half", pairs.HALVES)
def test_near_duplicates_are_found_as_promised(half, monkeypatch):
    monkeypatch.setattr("eval.lab.copies.measure.ORDERS", 1)
    texts = [one for one in pairs.load() if one.half == half]
    now = measure(texts, grouping.groups)
    for kind in ("all", "every pair"):
        assert now[kind].precision >= 0.98
        assert now[kind].recall >= 0.9
    assert now["all"].f1 > measure(texts, former.groups)["all"].f1
