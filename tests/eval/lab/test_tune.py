"""Tuning: fits recover what made the examples, and keep their promises about accuracy."""

import json
from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest

from eval.confidence import auroc
from eval.datasets import Question
from eval.lab.tune.ablation import ablations
from eval.lab.tune.confidence import read_calibration_examples
from eval.lab.tune.corpora import Corpus, from_data, indexed, own, sample
from eval.lab.tune.evidence import QueryGroup, accuracy_at_1, cross_validated, fit_weights
from eval.lab.tune.fusion import compare_budgets, compare_fusions
from eval.lab.tune.logistic import fit_confidence, single_features, threshold_for
from eval.lab.tune.parts import parts, varied
from eval.lab.tune.passages import compare_numbers
from eval.remembering_encoder import RememberingEncoder
from eval.remembering_scorer import RememberingScorer
from rag.errors import DatasetError
from rag.features import SpanFeatures
from rag.index.chunking import ChunkBudget
from rag.ingest.article import make_article
from rag.reader import span_reader
from rag.reader.feature_reader import FeatureReader
from rag.reader.loading import load_reader
from rag.reader.protocol import Calibration
from rag.reader.span_reader import SpanReader
from tests.rag.reader.made import WrittenScorer, passage


def made_examples(n=4000, seed=3):
    rng = np.random.default_rng(seed)
    a, b, noise = rng.normal(size=n), rng.uniform(size=n), rng.normal(size=n)
    truth = 1 / (1 + np.exp(-(-1.0 + 1.5 * a + 3.0 * b)))
    right = rng.uniform(size=n) < truth
    return [
        ({"proximity": float(x), "margin": float(y), "has_verb": float(z)}, bool(r))
        for x, y, z, r in zip(a, b, noise, right, strict=True)
    ]


def test_recovers_a_known_logistic_model():
    calibration = fit_confidence(made_examples()).calibration
    assert set(calibration.weights) == {"proximity", "margin"}
    assert calibration.weights["proximity"] == pytest.approx(1.5, abs=0.15)
    assert calibration.weights["margin"] == pytest.approx(3.0, abs=0.3)
    assert calibration.intercept == pytest.approx(-1.0, abs=0.2)


@pytest.mark.parametrize("accuracy", [0.8, 0.9, 0.95])
@pytest.mark.slow
def test_threshold_gives_the_wanted_accuracy_on_new_questions(accuracy):
    calibration = fit_confidence(made_examples(), accuracy=accuracy).calibration
    new = [(calibration.confidence(SpanFeatures(**s)), r) for s, r in made_examples(seed=4)]
    answered = [r for c, r in new if c >= calibration.threshold]
    assert np.mean(answered) == pytest.approx(accuracy, abs=0.03)


def test_near_misses_teach_but_do_not_lower_the_level():
    real = made_examples(2000)
    missed = [({**s, "margin": s["margin"] / 2}, False) for s, r in real if r]
    fit = fit_confidence(
        real + missed,
        features=["proximity", "margin"],
        select=False,
        counted=[True] * len(real) + [False] * len(missed),
    )
    sure = [fit.calibration.confidence(SpanFeatures(**s)) for s, _ in real]
    assert np.mean(sure) == pytest.approx(np.mean([r for _, r in real]), abs=0.03)
    assert auroc(sure, [r for _, r in real]) > 0.75


def test_a_falling_feature_is_refused_unless_allowed():
    examples = [({"staleness": -s["proximity"]}, r) for s, r in made_examples(1000)]
    assert fit_confidence(examples).calibration.weights == {}
    allowed = fit_confidence(examples, rising=False).calibration.weights
    assert allowed["staleness"] < -1


def test_only_one_outcome_cannot_be_fitted():
    with pytest.raises(ValueError, match="3 of 3 examples are right"):
        fit_confidence([({"proximity": 1.0}, True)] * 3)


def test_threshold_by_hand():
    confidence = [0.9, 0.8, 0.7, 0.6]
    right = [True, True, False, True]
    assert threshold_for(1.0, confidence, right) == 0.8
    assert threshold_for(0.75, confidence, right) == 0.6
    # Ties are let in together: 0.5 has one right and one wrong.
    assert threshold_for(0.6, [0.5, 0.5], [True, False]) == 0.5
    assert threshold_for(0.9, [0.9, 0.5, 0.5], [True, True, False]) == 0.9


def test_single_features_are_their_aurocs():
    examples = [({"score": 1.0}, True), ({"score": 0.0}, False), ({}, False)]
    assert single_features(examples) == {"score": 1.0}


def query_groups(n=200, seed=5):
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        features = rng.uniform(size=(8, 3))
        utility = features @ np.asarray([4.0, 8.0, 0.0]) + rng.gumbel(size=8)
        made.append(QueryGroup("x", str(number % 7), features, utility == utility.max()))
    return made


@pytest.mark.slow
def test_weights_of_a_choice_are_recovered_in_proportion():
    weights = fit_weights(query_groups(1000), start=[1.0, 1.0, 1.0], strength=0.01)
    assert weights[1] / weights[0] == pytest.approx(2.0, abs=0.35)
    assert weights[2] < 0.15 * weights[1]
    assert (weights >= 0).all()


@pytest.mark.slow
def test_fitted_weights_rank_better_than_equal_ones():
    found = query_groups()
    fitted = fit_weights(found, start=[1.0, 1.0, 1.0], strength=0.01)
    assert accuracy_at_1(found, fitted)["x"] > accuracy_at_1(found, np.ones(3))["x"]
    assert cross_validated(found, start=[1.0, 1.0, 1.0])["x"] > 0.5


STORIES = {
    "boats": "The harbour drill had 12 boats. Captain Lena Fox led the harbour drill.",
    "bread": "The bakery on Mill Lane sells 300 loaves a day. It closes at noon.",
}


def small_corpus():
    articles = {
        name: make_article(text=text, source=name, id=name) for name, text in STORIES.items()
    }
    questions = (
        Question("q-1", "How many boats had the harbour drill?", ("12",), ("boats",)),
        Question("q-2", "Who led the harbour drill?", ("Lena Fox",), ("boats",)),
        Question("q-3", "How many loaves does the bakery sell?", ("300",), ("bread",)),
        Question("q-4", "How many whales did Omar Diaz count?", (), ()),
    )
    return Corpus("small", tuple(articles.values()), questions)


@pytest.mark.slow
def test_cases_say_what_was_right_and_near_misses_are_wrong(encoder):
    corpus = small_corpus()
    with indexed(corpus, encoder) as index:
        reader = FeatureReader(index.encode)
        plain = read_calibration_examples(corpus, reader, index)
        all_cases = read_calibration_examples(corpus, reader, index, near_misses=True)
    assert [case.right for case in plain] == [True, True, True, False]
    assert [case.answerable for case in plain] == [True, True, True, False]
    assert {"margin", "score"} <= plain[0].features.keys()
    assert [case.real for case in all_cases] == [True, False, True, False, True, False, True]
    assert not any(case.right for case in all_cases if not case.real)


@pytest.mark.slow
def test_fusions_and_budgets_are_measured_over_answerable_questions(encoder):
    rows = compare_fusions([small_corpus()], encoder)
    assert len(rows) == 12
    assert rows[-1].way == "reciprocal rank"
    assert rows[0].recall_at_1 == 1.0
    cut = compare_budgets([small_corpus()], encoder, [ChunkBudget(16, 0, False)])
    assert cut[0].way == "16 tokens, 0 shared, no title"
    assert cut[0].recall_at_10 == 1.0


def test_reading_more_passages_finds_what_the_first_one_lacks(encoder):
    rows = compare_numbers(
        [small_corpus()], encoder, lambda index: FeatureReader(index.encode), [1, 2]
    )
    assert [(row.corpus, row.passages, row.depth) for row in rows] == [
        ("small", 1, 0),
        ("small", 2, 0),
    ]
    assert rows[1].right == 1.0
    assert 0 < rows[0].f1 < rows[1].f1
    assert rows[1].auroc == 1.0
    assert all(row.median_ms > 0 for row in rows)


def test_the_network_is_asked_of_as_many_passages_as_are_tried(encoder):
    scorer = WrittenScorer(lambda word: 1.0)

    def make(index):
        order = {"null_score_diff": 1.0}
        return SpanReader(scorer, FeatureReader(None), Calibration({}, 0.0, 0.5), order)

    corpus = replace(small_corpus(), questions=small_corpus().questions[:1])
    rows = compare_numbers([corpus], encoder, make, [1, 3], [1, 2])
    assert [(row.passages, row.depth) for row in rows] == [(1, 1), (3, 1), (3, 2)]
    # Of the two runs for a question the first is over passages.
    assert [len(texts) for texts in scorer.read[::2]] == [1, 1, 2]


def test_a_signal_is_worth_what_is_lost_without_it():
    # The network is as sure of every word: only the vectors' similarity orders the quotes.
    scorer = WrittenScorer(lambda word: 1.0)
    order = {"null_score_diff": 1.0, "passage_cosine": 5.0, "staleness": -0.1}
    reader = SpanReader(scorer, FeatureReader(None), Calibration({}, 0.0, 0.5), order)
    asked = "Who chaired the meeting of the harbour board?"
    texts = [
        "A comet was seen above the northern hills at night.",
        "Two cooks won prizes for soups of nettle and leek.",
        "Maria Okafor chaired the meeting of the harbour board.",
    ]
    articles = tuple(make_article(text=text, source=f"{n}") for n, text in enumerate(texts))
    question = Question("one-1", asked, ("Maria Okafor",), (articles[2].id,))
    unanswerable = Question("two-1", "Who sang?", (), ())
    corpus = Corpus("small", articles, (question, unanswerable))
    rows = {row.without: row for row in ablations([corpus], reader)}
    assert (rows["nothing"].among, rows["nothing"].right_first, rows["nothing"].gain) == (1, 1, 0)
    assert rows["choice: all of it"].right_first == 1
    # Without it all quotes are equal, and the first chunk's stands first.
    lost = rows["order: passage_cosine"]
    assert (lost.among, lost.right_first, lost.gain) == (1, 0, 1)
    assert {"choice: time", "order: staleness", "choice: bigram_overlap"} < set(rows)
    assert "time in search, choice, network and order" in rows
    assert not any("soft_overlap" in name for name in rows)
    weights = [varied("order.passage_cosine", 0.0), varied("order.passage_cosine", 5.0)]
    by_weight = ablations([corpus], reader, weights)
    assert [row.gain for row in by_weight] == [0, lost.gain, 0]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rag.reader.span_reader._NOT_THERE", "no constant"),
        ("rag.answering.no_module.WEIGHT", "no constant"),
        ("rag.reader.span_reader.SpanReader", "no number"),
        ("rag.reader.span_reader.SENTENCE_DEPTH", "no whole number"),
        ("rag.reader.span_reader.NETWORK_DEPTH", "has a copy"),
        ("rag.answering.evidence.MIN_PROBABILITY", "has a copy"),
        ("rag.reader.encoding.MAX_QUESTION", "not one of"),
        ("math.pi", "not one of"),
        ("order.no_feature", "no feature"),
    ],
)
def test_a_number_that_is_none_of_the_product_is_told(name, told):
    with pytest.raises(ValueError, match=told):
        varied(name, 1.5)


def test_a_number_takes_its_place_for_the_time_of_a_run():
    before = span_reader.SENTENCE_DEPTH
    with varied("rag.reader.span_reader.SENTENCE_DEPTH", 1.0).left_out():
        assert span_reader.SENTENCE_DEPTH == 1
        assert isinstance(span_reader.SENTENCE_DEPTH, int)
    assert before == span_reader.SENTENCE_DEPTH
    assert varied("rag.text.temporal.gap._OF_INTERVAL", 3).searches
    assert varied("rag.retrieval.retriever.TIME_WEIGHT", 0.1).search == {"time_weight": 0.1}


def test_the_network_scores_as_many_passages_as_a_sweep_says():
    scorer = WrittenScorer(lambda word: 1.0)
    order = {"null_score_diff": 1.0}
    reader = SpanReader(scorer, FeatureReader(None), Calibration({}, 0.0, 0.5), order)
    one = varied("network.depth", 1.0).reader
    assert one is not None
    found = [
        passage(f"{name} sang three songs in the hall of Lindau.", name=name)
        for name in ("Ann", "Bo")
    ]
    for reading, scored in ((reader, 2), (one(reader), 1)):
        scorer.read.clear()
        reading.read("Who sang in Lindau?", found)
        assert len(scorer.read[0]) == scored


def test_every_part_changes_something():
    reader = load_reader(encode=lambda texts: np.ones((len(texts), 1), np.float32))
    assert isinstance(reader, SpanReader)
    for part in parts(reader):
        before = {name: resolve_name(name) for name in part.instead}
        with part.left_out():
            assert all(resolve_name(name) != value for name, value in before.items()), part.name
        assert all(resolve_name(name) is value for name, value in before.items()), part.name
        changed = part.reader(reader) if part.reader else reader
        ways = (changed.weights, changed.features.weights) != (
            reader.weights,
            reader.features.weights,
        )
        assert ways or part.search or before, part.name


def test_a_text_of_a_question_is_scored_once():
    scorer = WrittenScorer(lambda word: float(len(word)))
    remembering = RememberingScorer(scorer)
    once = remembering.score("Who?", ["Ann sang.", "Bo slept."], ["", ""])
    again = remembering.score("Who?", ["Bo slept.", "Cy ran.", "Bo slept."], ["", "", ""])
    assert scorer.read == [["Ann sang.", "Bo slept."], ["Cy ran."]]
    assert [found.text for found in again] == [0, 1, 2]
    assert (again[0].starts == once[1].starts).all()
    assert (again[2].offsets == once[1].offsets).all()
    remembering.score("Who else?", ["Ann sang."], [""])
    remembering.score("Who?", ["Ann sang."], ["May 2"])
    assert scorer.read[2:] == [["Ann sang."], ["Ann sang."]]


def test_remembering_encoder_encodes_a_text_once(encoder):
    remembering = RememberingEncoder(encoder)
    first = remembering.encode(["a", "b", "a"])
    again = remembering.encode(["b"])
    assert encoder.texts == ["a", "b"]
    assert (again[0] == first[1]).all()
    assert remembering.encode([]).shape == (0, 32)


def test_sample_is_its_development_half_only():
    corpus = sample()
    ids = {article.id for article in corpus.articles}
    assert len(corpus.questions) < 150
    assert all(set(q.articles) <= ids for q in corpus.questions)
    assert all(q.articles for q in corpus.questions if q.answerable)


def test_own_questions_and_articles(tmp_path):
    (tmp_path / "boats.txt").write_text(STORIES["boats"])
    rows = [
        {"id": "1", "question": "Who led?", "answers": ["Fox"], "articles": ["boats"]},
        {"id": "2", "question": "Who slept?", "answers": [], "split": "test"},
    ]
    questions = tmp_path / "asked.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = own(questions, [str(tmp_path / "boats.txt")])
    assert [q.id for q in corpus.questions] == ["1"]
    assert corpus.questions[0].articles == (corpus.articles[0].id,)


def test_a_folder_without_the_sets_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="neither squadshifts-new_wiki"):
        from_data(tmp_path, limit=10)
