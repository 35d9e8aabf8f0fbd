"""Metrics against numbers worked by hand, and ranking metrics against ir_measures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.confidence import (
    abstain_precision,
    abstain_recall,
    auroc,
    calibration_error_by_chance,
    coverage_at,
    expected_calibration_error,
    percentile,
    precision_coverage,
    reliability_bins,
    told_precision,
)
from eval.metrics import (
    bootstrap_interval,
    citation_accuracy,
    exact_match,
    holds_answer,
    mrr_at_k,
    ndcg_at_k,
    normalise,
    quote_hit,
    ranked,
    recall_at_k,
    success_at_k,
    token_f1,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat, a dog!", "cat dog"),
        ("U.S.", "us"),
        ("$1,000", "1000"),
        ("“Four No’s”", "four nos"),
        ("another theatre", "another theatre"),
        ("越南 2023年", "越 南 2023 年"),
        ("Cafe\u0301", "café"),
        ("the", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_exact_match_and_f1_by_hand():
    assert exact_match("The Hanoi Times.", ["hanoi times"]) == 1
    assert exact_match("Hanoi", ["hanoi times"]) == 0
    # two of three said, two of two wanted: 2*2/(3+2)
    assert token_f1("old Hanoi Times", ["Hanoi Times", "Saigon"]) == pytest.approx(0.8)
    # a repeated word counts as often as both have it
    assert token_f1("no no", ["no"]) == pytest.approx(2 / 3)
    assert token_f1("Hue", ["Hanoi"]) == 0
    assert token_f1("the", ["a"]) == 1
    assert token_f1("the", ["Hanoi"]) == 0
    assert token_f1(None, ["Hanoi"]) == exact_match(None, ["Hanoi"]) == 0


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It grew by 5.3 percent.", "5.3 percent", True),
        ("It grew by 5.3 percent.", "5", False),
        ("It grew by 15 percent.", "5", False),
        ("a 24-hour strike", "24", True),
        ("Hanoi's mayor", "Hanoi", True),
        ("the U.S. envoy", "US", True),
        ("1,450 yuan", "1450", True),
        ("the category", "cat", False),
        ("2023年越南", "越南", True),
        ("It won in 7 states.", "Seven", True),
        ("Seven states voted.", "7", True),
        ("seventeen states", "7", False),
        ("ſeven states", "seventeen", False),
        ("one of them", "1", False),
        ("It grew by 5%.", "5 percent", True),
        ("It grew by 5 per cent.", "5%", True),
        ("5 people", "5 percent", False),
        ("after La Niña", "La Nina", True),
        ("Kilauea erupts", "Kīlauea", True),
        ("six countries −16 held", "16", True),
        ("it cost €5 million", "5 million", True),
        ("anything", "the", False),
        ("and An said", "An", True),
        ("an apple", "An", False),
        ("", "x", False),
    ],
)
def test_holds_answer(text, answer, expected):
    assert holds_answer(text, [answer]) is expected
    assert quote_hit(text, ["not there", answer]) == expected


def test_citation_accuracy():
    assert citation_accuracy("a", "elsewhere", ["a"], ["Hanoi"]) == 1
    assert citation_accuracy("b", "in Hanoi", ["a"], ["Hanoi"]) == 1
    assert citation_accuracy("b", "elsewhere", ["a"], ["Hanoi"]) == 0
    assert citation_accuracy(None, None, ["a"], ["Hanoi"]) == 0


def test_ranking_metrics_by_hand():
    run = ["x", "a", "y", "b"]
    qrels = {"a": 2, "b": 1, "c": 1, "x": 0}
    assert success_at_k(run, qrels, 1) == 0
    assert success_at_k(run, qrels, 2) == 1
    assert recall_at_k(run, qrels, 4) == pytest.approx(2 / 3)
    assert mrr_at_k(run, qrels, 10) == 0.5
    assert mrr_at_k(run, qrels, 1) == 0
    ideal = 2 + 1 / math.log2(3) + 1 / 2
    assert ndcg_at_k(run, qrels, 10) == pytest.approx((2 / math.log2(3) + 1 / math.log2(5)) / ideal)
    ideal = 3 + 1 / math.log2(3) + 1 / 2
    found = ndcg_at_k(run, qrels, 10, exponential=True)
    assert found == pytest.approx((3 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg_at_k(run, {"x": 0}, 10) == recall_at_k(run, {}, 5) == 0


def test_ranked_breaks_ties_by_id():
    assert ranked({"b": 1.0, "a": 1.0, "c": 2.0}) == ["c", "a", "b"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(20))
def test_ranking_metrics_against_ir_measures(seed):
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    draw = np.random.default_rng(seed)
    qrels = {f"d{i}": int(draw.integers(0, 4)) for i in range(12)}
    scores = {f"d{i}": float(draw.random()) for i in draw.permutation(20)[:15]}
    if not any(qrels.values()):
        qrels["d0"] = 1
    run = ranked(scores)
    ours = {
        nDCG @ 10: ndcg_at_k(run, qrels, 10),
        nDCG @ 3: ndcg_at_k(run, qrels, 3),
        R @ 5: recall_at_k(run, qrels, 5),
        RR @ 10: mrr_at_k(run, qrels, 10),
        Success @ 1: success_at_k(run, qrels, 1),
        nDCG(gains={0: 0, 1: 1, 2: 3, 3: 7}) @ 10: ndcg_at_k(run, qrels, 10, exponential=True),
    }
    for measure, value in ours.items():
        # One call each: in a joint call the custom gains leak into the plain nDCG, by set order.
        theirs = ir_measures.calc_aggregate([measure], {"q": qrels}, {"q": scores})
        assert value == pytest.approx(theirs[measure], abs=1e-9), measure


def test_auroc_by_hand():
    # pairs: (.9,.4) (.9,.6) (.6,.4) won, (.6,.6) tied: 3.5 of 4
    assert auroc([0.9, 0.6, 0.6, 0.4], [True, True, False, False]) == pytest.approx(0.875)
    assert auroc([0.5, 0.5], [True, False]) == 0.5
    assert auroc([0.5], [True]) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_is_the_share_of_pairs_won(pairs):
    positive = [s for s, label in pairs if label]
    negative = [s for s, label in pairs if not label]
    found = auroc([s for s, _ in pairs], [label for _, label in pairs])
    if not positive or not negative:
        assert found is None
        return
    won = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    assert found == pytest.approx(won / len(positive) / len(negative))


def test_abstention():
    abstained = [True, True, False, False, True]
    answerable = [False, True, True, False, False]
    assert abstain_precision(abstained, answerable) == pytest.approx(2 / 3)
    assert abstain_recall(abstained, answerable) == pytest.approx(2 / 3)
    assert abstain_precision([False], [True]) is None
    assert abstain_recall([True], [True]) is None


def test_precision_of_what_is_told():
    assert told_precision([False, True, False], [True, True, False]) == 0.5
    assert told_precision([True], [True]) is None


def test_coverage_and_precision():
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    correct = [True, True, False, True, True, False]
    ids = list("abcdef")
    # prefixes: 1, 1, .67, .75, .8, .67: five of six
    assert coverage_at(0.8, confidence, correct, ids) == pytest.approx(5 / 6)
    assert coverage_at(1.0, confidence, correct, ids) == pytest.approx(2 / 6)
    assert coverage_at(0.8, [0.9], [False], ["a"]) == 0
    assert coverage_at(0.8, [], [], []) is None
    curve = precision_coverage(confidence, correct, ids)
    assert curve[2] == (pytest.approx(0.5), pytest.approx(2 / 3))
    assert curve[-1] == (1.0, pytest.approx(2 / 3))
    assert precision_coverage([], [], []) == []
    # equal confidence: by id
    assert coverage_at(1.0, [0.5, 0.5], [False, True], ["b", "a"]) == 0.5


def test_calibration():
    confidence = [0.95, 0.91, 0.15, 0.1, 0.0]
    correct = [True, False, False, False, False]
    bins = reliability_bins(confidence, correct)
    assert [b.n for b in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins[9].accuracy == 0.5
    assert bins[9].confidence == pytest.approx(0.93)
    assert bins[4].accuracy is None
    expected = (2 * abs(0.5 - 0.93) + 1 * 0.15 + 2 * 0.05) / 5
    assert expected_calibration_error(confidence, correct) == pytest.approx(expected)
    assert expected_calibration_error([], []) is None
    assert expected_calibration_error([1.0, 1.0], [True, True], n_bins=15) == 0


def test_calibration_by_chance_is_exact():
    # one bin: the right answers are 0, 1 or 2 with 0.25, 0.5 and 0.25, and 1 expected
    assert calibration_error_by_chance([0.5, 0.5]) == pytest.approx(0.25)
    # nothing is left to chance where all is sure
    assert calibration_error_by_chance([1.0, 1.0, 0.0]) == 0
    assert calibration_error_by_chance([]) is None


def test_calibration_by_chance_is_the_mean_of_true_confidences():
    rng = np.random.default_rng(5)
    confidence = rng.random(120)
    drawn = [
        expected_calibration_error(confidence, rng.random(120) < confidence) for _ in range(2000)
    ]
    assert calibration_error_by_chance(confidence) == pytest.approx(np.mean(drawn), abs=0.003)


def test_calibration_by_chance_falls_with_the_number_of_questions():
    few, many = (calibration_error_by_chance([0.05, 0.35, 0.65, 0.95] * n) for n in (5, 500))
    assert many < few / 5


def test_bootstrap_interval():
    values = np.array([0.0, 1.0] * 50)

    def mean(drawn):
        return float(values[drawn].mean())

    low, high = bootstrap_interval(100, mean)
    # the normal approximation: 0.5 +- 1.96 * 0.05
    assert low == pytest.approx(0.402, abs=0.02)
    assert high == pytest.approx(0.598, abs=0.02)
    assert (low, high) == bootstrap_interval(100, mean)
    assert bootstrap_interval(0, mean) is None
    assert bootstrap_interval(3, lambda drawn: None) is None


def test_percentile():
    assert percentile([10.0, 20.0], 50) == 15
    assert percentile([], 50) is None
