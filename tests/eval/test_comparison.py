"""Two readers on the same passages: what changed, by how much, and how it is told."""

import io
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rich.console import Console

from eval.answer_runs import run_oracle, run_questions
from eval.comparison import (
    Change,
    by_answer_type,
    changes,
    compared_figures,
    difference,
    paired,
    pairs,
)
from eval.datasets import Document, Question, QuestionSet, RetrievalSet
from eval.metrics import exact_match
from eval.report import report_html
from eval.result import FIGURES, Result
from eval.runner import evaluate
from eval.table import print_table, signed
from rag import Answerer
from rag.errors import DatasetError, ModelError, QueryError
from rag.reader.feature_reader import FeatureReader
from rag.reader.loading import load_reader, packaged_metadata
from rag.reader.protocol import Calibration
from rag.reader.selective import at_target_accuracy
from rag.reader.transformers_scorer import TransformersScorer
from tests.eval.test_report import Page
from tests.eval.test_runner import (
    ANSWERS,
    HANOI,
    HUE,
    KEYS,
    QUESTIONS,
    SQUAD,
    WrittenDown,
    candidate,
    passage,
)
from tests.networks import tiny_network, write_metadata

OTHER = {
    **ANSWERS,
    # right before: now the wrong quote
    "right": ((candidate(HUE, "Hue", "Hue lies in the middle.", 0.4),), False, ()),
    # right quote, wrong span before: now right
    "span": ((candidate(HANOI, "8 million", "Hanoi has 8 million people.", 0.8),), False, ()),
    # wrong quote before: now silent, which is better
    "missed": ((candidate(HANOI, "old", "It is old.", 0.2),), True, ()),
    # other words, no better
    "quote": ((candidate(HANOI, "old", "It is old.", 0.6),), False, ()),
}


@pytest.fixture(scope="module")
def result():
    library = WrittenDown(ANSWERS)
    made = run_questions(QUESTIONS, library, library, other=WrittenDown(OTHER))
    return replace(made, reader="ours", compared=replace(made.compared, reader="<theirs>"))


def test_every_question_is_paired(result):
    found = pairs(result)
    assert [(p.record.id, p.paired_outcome) for p in found] == [
        ("right", Change.GAINED),
        ("span", Change.LOST),
        ("quiet", Change.BOTH_WRONG),
        ("missed", Change.LOST),
        ("quote", Change.BOTH_WRONG),
        ("invented", Change.BOTH_WRONG),
        ("silent", Change.BOTH_RIGHT),
    ]
    assert [p.record.id for p in found if not p.same_words] == ["right", "span", "missed", "quote"]
    assert changes(found) == {
        Change.GAINED: 1,
        Change.LOST: 2,
        Change.BOTH_RIGHT: 1,
        Change.BOTH_WRONG: 3,
    }
    assert sum(map(len, by_answer_type(found).values())) == len(found)
    assert {p.record.id for p in by_answer_type(found)["how many"]} == {"right", "span"}
    assert pairs(Result("alone", result.records)) == ()


def test_the_other_reader_is_judged_on_the_same_passages(result):
    ours, theirs = result.figures(), result.compared.figures()
    for name in ("n", "n_answerable", "recall_at_1", "mrr_at_10", "ndcg_at_10"):
        assert ours[name] == theirs[name]
    assert (ours["em"], theirs["em"]) == (2 / 5, 2 / 5)
    assert (ours["quote_hit"], theirs["quote_hit"]) == (3 / 5, 2 / 5)


def test_two_runs_are_paired_by_question_whatever_their_order(result):
    before = Result("before", result.compared.records[::-1])
    assert paired(result, before) == pairs(result)
    assert difference(paired(result, before), "told_precision") == difference(
        pairs(result), "told_precision"
    )
    with pytest.raises(ValueError, match="not runs over the same questions"):
        paired(result, Result("half", result.records[:3]))


def test_differences_against_a_plain_bootstrap(result):
    found = pairs(result)
    made = difference(found, "em", resamples=400)
    ours = [exact_match(p.record.reply.answer, p.record.reply.accepted) for p in found]
    theirs = [exact_match(p.other.reply.answer, p.other.reply.accepted) for p in found]
    known = [i for i, p in enumerate(found) if p.record.reply.answerable]
    assert made.value == pytest.approx(
        np.mean([ours[i] for i in known]) - np.mean([theirs[i] for i in known])
    )
    draw = np.random.default_rng(13)
    drawn = [
        [i for i in draw.integers(0, len(found), len(found)) if i in known] for _ in range(400)
    ]
    means = [np.mean([ours[i] - theirs[i] for i in one]) for one in drawn if one]
    assert made.interval == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    assert not made.clear


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_reader_does_not_differ_from_itself(name):
    library = WrittenDown(ANSWERS)
    same = pairs(run_questions(QUESTIONS, library, library, other=WrittenDown(ANSWERS)))
    assert all(pair.same_words for pair in same)
    made = difference(same, name, resamples=60)
    assert made.value == 0
    assert made.interval == (0, 0)
    assert not made.clear


@pytest.mark.slow
def test_figures_for_scripts(result):
    told = compared_figures(result)
    assert list(result.figures()) == KEYS
    assert list(told) == ["reader", *KEYS, "difference", "changes"]
    assert told["difference"]["quote_hit"]["value"] == pytest.approx(1 / 5)
    low, high = told["difference"]["f1"]["interval"]
    assert low <= told["difference"]["f1"]["value"] <= high
    assert list(told["difference"]) == [
        "quote_hit", "f1", "answered", "told_precision", "auroc", "ece"
    ]  # fmt: skip
    assert told["difference"]["told_precision"]["value"] == pytest.approx(2 / 5 - 1 / 4)
    assert told["changes"] == {"gained": 1, "lost": 2, "both_right": 1, "both_wrong": 3}
    assert json.loads(json.dumps(told))["reader"] == "<theirs>"
    assert compared_figures(Result("alone", ())) == {}


def test_an_interrupt_keeps_pairs_whole():
    class Stopped(WrittenDown):
        def answer_from(self, question, passages, *, as_of=None, id=None):
            if id == "missed":
                raise KeyboardInterrupt
            return super().answer_from(question, passages, id=id)

    library = WrittenDown(ANSWERS)
    result = run_questions(QUESTIONS, library, library, other=Stopped(ANSWERS))
    assert result.interrupted
    assert result.compared.interrupted
    assert [r.id for r in result.records] == ["right", "span", "quiet"]
    assert len(result.compared.records) == 3


def test_a_question_that_is_none_does_not_end_the_run():
    class Strict(WrittenDown):
        def ask(self, question, *, history=(), k=10, as_of=None, id=None):
            if not question.strip("?"):
                raise QueryError("the question is empty")
            return super().ask(question, history=history, k=k, id=id)

    data = QuestionSet(
        "odd", (Question("none", "???", ("8 million",), ("hanoi",)), QUESTIONS.questions[0])
    )
    library = Strict(ANSWERS)
    result = run_questions(data, library, library)
    assert [r.reply.abstained for r in result.records] == [True, False]
    assert "1 question could not be asked" in result.notes[0]
    assert "'none'" in result.notes[0]


@pytest.mark.slow
def test_report_shows_both_readers(result):
    html = report_html(result)
    page = Page(html)
    text = " ".join(page.text)
    assert "ours against <theirs>" in text
    assert "<theirs>" not in html
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img"}
    radios = [a["id"] for t, a in page.tags if t == "input"]
    assert [a["for"] for t, a in page.tags if t == "label"] == radios
    assert len(radios) == len(set(radios))
    checked = [a["id"] for t, a in page.tags if t == "input" and "checked" in a]
    assert checked == ["f-any", "f-all", "f-anywhere", "f-every"]
    cards = [a["class"] for t, a in page.tags if t == "article"]
    assert len(cards) == len(QUESTIONS.questions)
    assert sum("change-gained" in c for c in cards) == 1
    assert sum("other-words" in c for c in cards) == 4
    # every rule that hides something leaves the questions it names
    for card in cards:
        for name in card.split():
            if name.startswith(("change-", "type-")):
                assert f"#f-{name}:checked~.list .q:not(.{name}){{display:none}}" in html
    assert (
        sum("side" in a.get("class", "").split() for t, a in page.tags if t == "div") == 4 * 2 + 3
    )


@pytest.mark.slow
def test_report_of_one_reader_has_no_second(result):
    html = report_html(replace(result, compared=None))
    assert "against" not in html
    assert 'class="sides"' not in html


@pytest.mark.slow
def test_table_sets_them_side_by_side(result):
    for width, explained in ((80, False), (140, True)):
        out = io.StringIO()
        print_table(result, Console(file=out, width=width))
        text = out.getvalue()
        assert "<theirs>" in text
        assert "0.600" in text
        assert "+0.200" in text
        assert "same" in text
        assert "2  lost" in text
        assert ("stands in the first quote" in text) is explained
        assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("value", "told"), [(0.1234, "+0.123"), (-0.5, "−0.500"), (0.0, "0.000"), (-0.0001, "0.000")]
)
def test_signs(value, told):
    assert signed(value) == told


# On real parts


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Return a folder with a tiny untrained network of Hugging Face's format."""
    return tiny_network(tmp_path_factory.mktemp("network"))


@pytest.mark.slow
def test_a_network_in_a_folder_reads_long_passages(network):
    scorer = TransformersScorer.load(str(network))
    long = "The council of Aldermouth met on Monday. " * 40
    found = scorer.score("Who met? " * 100, [long, "Nobody came."], ["", ""])
    assert {scores.text for scores in found} == {0, 1}
    assert max(int(s.offsets[-1, 1]) for s in found if s.text == 0) >= len(long.rstrip())
    covered = np.zeros(len(long), bool)
    for scores in found:
        assert len(scores.offsets) == len(scores.starts) == len(scores.ends)
        if scores.text == 0:
            for start, end in scores.offsets:
                covered[start:end] = True
    assert all(covered[i] or long[i].isspace() for i in range(len(long)))
    again = scorer.score("Who met?", ["Nobody came."], [""])
    assert again[0].null == pytest.approx(scorer.score("Who met?", ["Nobody came."], ["x"])[0].null)


@pytest.mark.slow
def test_folders_that_hold_no_reader(tmp_path, network):
    from eval.lab.export.float_weights import float32_folder

    for name, reason in (
        (str(tmp_path), "no question-answering model"),
        (str(tmp_path / "gone"), "no such folder"),
        (str(float32_folder()), "not trained for question answering"),
    ):
        with pytest.raises(ModelError, match=reason) as raised:
            TransformersScorer.load(name)
        assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_comparing_real_readers_on_a_squad_set(network, encoder, monkeypatch, tmp_path):
    monkeypatch.setattr("eval.remembering_encoder.load_encoder", lambda *_: encoder)
    monkeypatch.setattr("rag.reader.loading.WEIGHTS", tmp_path)
    write_metadata(tmp_path)

    def evidence(index):
        return Answerer(index, reader=load_reader("evidence", encode=index.encode))

    def other(index):
        return Answerer(index, reader=load_reader(str(network), encode=index.encode))

    for oracle in (False, True):
        result = evaluate(SQUAD, make_answerer=evidence, make_other=other, oracle=oracle)
        assert (result.reader, result.compared.reader) == ("evidence", str(network))
        assert [p.record.id for p in pairs(result)] == ["a", "b", "c"]
        for pair in pairs(result):
            assert pair.record.retrieval == pair.other.retrieval
            assert pair.other.latency_ms > 0
        text = {a.id: a.text for a in SQUAD.documents}
        for record in (*result.records, *result.compared.records):
            if record.reply.quoted:
                assert any(record.reply.quoted.quote in whole for whole in text.values())
        Page(report_html(result))


def test_nothing_to_compare_in_a_beir_folder():
    with pytest.raises(DatasetError, match="--compare"):
        evaluate(RetrievalSet("beir", (), SQUAD.documents), make_other=Answerer)


def test_oracle_reads_a_long_paragraph_whole(encoder):
    from eval.temporary_index import made_articles

    filler = " ".join(f"Shed number {n} on the eastern quay was painted grey." for n in range(900))
    text = f"{filler} The harbour master of Port Quill was Ida Brandt."
    asked = Question("q", "Who was the harbour master of Port Quill?", ("Ida Brandt",), ("p",))
    data = QuestionSet("long", (asked,), (Document("p", text),))
    seen = []

    class Looking(WrittenDown):
        def answer_from(self, question, passages, *, as_of=None, id=None):
            seen.append(passages)
            return super().answer_from(question, passages, id=id)

    articles = made_articles(data.documents, "long")
    run_oracle(data, Looking({"q": ((), True, (passage(HUE),))}), articles)
    from rag.answering.answerer import READER_DEPTH

    passages = seen[0]
    assert 1 < len(passages) <= READER_DEPTH
    assert passages[0].chunk.start == 0
    assert passages[-1].chunk.end == len(articles["p"].text)
    for one, following in pairwise(passages):
        assert following.chunk.start <= one.chunk.end + 1


def test_accuracy_asked_for_moves_the_threshold():
    reader = FeatureReader(
        lambda texts: np.zeros((len(texts), 2), np.float32),
        Calibration({}, 0.0, 0.5, ((0.8, 0.4), (0.9, 0.7), (0.95, 0.85))),
    )
    assert at_target_accuracy(reader, 0.9).calibration.threshold == 0.7
    assert at_target_accuracy(reader, 0.85).calibration.threshold == 0.7
    assert at_target_accuracy(reader, 0.1).calibration.threshold == 0.4
    assert at_target_accuracy(reader, 0.9).name == "evidence"
    assert at_target_accuracy(reader, 0.9).read("Who?", []) == []
    for accuracy in (0.96, 0.0, 1.0, -1, float("nan")):
        with pytest.raises(QueryError, match="accuracy"):
            at_target_accuracy(reader, accuracy)
    with pytest.raises(QueryError, match="none was measured"):
        at_target_accuracy(replace_thresholds(reader), 0.9)


def replace_thresholds(reader):
    return FeatureReader(lambda texts: texts, replace(reader.calibration, thresholds=()))


@pytest.mark.slow
def test_readers_by_name(network, encoder, tmp_path, monkeypatch):
    assert load_reader("evidence", encode=encoder.encode).name == "evidence"
    monkeypatch.setattr("rag.reader.loading.WEIGHTS", tmp_path)
    write_metadata(tmp_path)
    found = load_reader(str(network), encode=encoder.encode)
    # What was measured with the packaged network says nothing of another's answers.
    assert packaged_metadata().calibration.thresholds
    assert found.calibration.threshold == packaged_metadata().calibration.threshold
    with pytest.raises(QueryError, match="none was measured; leave it out"):
        at_target_accuracy(found, 0.9)
    spans = found.read("Who lives there?", [passage(HANOI), passage(HUE, 2)])
    assert spans
    for span in spans:
        assert span.passage.article.text[span.start : span.end] == span.text
        assert span.quote_start <= span.start < span.end <= span.quote_end
