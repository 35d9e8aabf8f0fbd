"""The labelled pairs of statements are what their notes say, and their figures are counted right."""

from collections import Counter

import pytest

from eval.lab.agreement import PAIRS, figures, fit, read_pairs


def test_every_pair_has_marked_answers_and_stands_once():
    pairs = read_pairs()
    assert Counter(pair.split for pair in pairs) == {"dev": 260, "test": 121}
    assert len({pair.id for pair in pairs}) == len(pairs)
    assert len({(p.question, p.one.quote, p.other.quote) for p in pairs}) == len(pairs)
    for pair in pairs:
        assert pair.one.answer.strip()
        assert pair.other.answer.strip()
        if pair.relation == "changed":
            assert pair.one.published != pair.other.published
    assert "381 pairs" in (PAIRS.parent / "README.md").read_text(encoding="utf-8")


def test_precision_and_recall():
    labels = ["different", "different", "changed", "also", "same"]
    told = ["different", "also", "different", "also", "same"]
    table = figures(labels, told)
    assert table["different"] == (0.5, 0.5, 2)
    assert table["changed"] == (0.0, 0.0, 1)
    assert table["conflict"] == (1.0, 2 / 3, 3)
    assert table["same"] == (1.0, 1.0, 1)


@pytest.mark.slow
def test_weights_are_fitted_on_pairs_whose_values_differ(encoder):
    pairs = [pair for pair in read_pairs() if pair.split == "dev"]
    weights = fit(pairs, encoder.encode)
    assert set(weights) == {
        "closeness", "missing_terms", "answerable", "magnitude", "time_apart", "intercept",
    }  # fmt: skip
    assert max(weights["missing_terms"], weights["magnitude"], weights["time_apart"]) < 0
