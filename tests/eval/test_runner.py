"""A run: what is asked, what is recorded, and which figures come out."""

import json
import math
from dataclasses import replace
from datetime import date

import pytest

from eval.answer_runs import run_oracle, run_questions
from eval.datasets import Document, Query, Question, QuestionSet, RetrievalSet
from eval.losses import Loss
from eval.result import Outcome
from eval.retrieval_runs import run_queries
from eval.runner import evaluate
from rag.errors import DatasetError, QueryError
from rag.types import Answer, Article, Candidate, Chunk, Citation, Passage, Turn

HANOI = Article("hanoi", "Hanoi has 8 million people. It is old.", title="On <b>Hanoi</b>",
                outlet="News & Co", url="https://example.org/a")  # fmt: skip
HUE = Article("hue", "Hue lies in the middle. An was born there.")
EVIL = Article("evil", "He said <script>alert('x')</script> & left.", title='"><img src=x>')


def passage(article, number=1):
    return Passage(Chunk(number, article.id, 0, len(article.text), article.text), article, 1.0)


def candidate(article, text, quote, confidence, link=None):
    start = article.text.index(quote)
    at = article.text.index(text, start)
    cited = Citation(article, quote, start, start + len(quote), at, at + len(text), link)
    return Candidate(text, confidence, (cited,))


class WrittenDown:
    """An asker and library that looks its answers up."""

    def __init__(self, answers, read=4):
        self.answers = answers
        self.read = read
        self.asked = []
        self.days = {}

    def ask(self, question, *, history=(), k=10, as_of=None, id=None):
        self.asked.append((id, tuple(history)))
        self.days[id] = as_of
        found = self.answers[id]
        if isinstance(found, BaseException):
            raise found
        candidates, abstained, passages = found
        read = tuple(passage.chunk.id for passage in passages[: self.read])
        return Answer(
            question, None, candidates, abstained, passages[:k], {"total": 1.0}, id, read=read
        )

    def answer_from(self, question, passages, *, as_of=None, id=None):
        self.days[id] = as_of
        candidates, abstained, _ = self.answers[id]
        return Answer(question, None, candidates, abstained, tuple(passages), {}, id)

    def articles(self):
        return iter((HANOI, HUE, EVIL))

    def resolve(self, ref):
        return [a.id for a in self.articles() if a.id == ref or a.url == ref]


KEYS = [
    "n",
    "n_answerable",
    "em",
    "f1",
    "quote_hit",
    "citation_accuracy",
    "recall_at_1",
    "recall_at_5",
    "recall_at_10",
    "mrr_at_10",
    "ndcg_at_10",
    "answered",
    "told_precision",
    "abstain_precision",
    "abstain_recall",
    "auroc",
    "coverage_at_80",
    "ece",
    "ece_by_chance",
    "latency_ms",
    "losses",
]

QUESTIONS = QuestionSet(
    "tiny",
    (
        Question("right", "How many?", ("8 million",), ("https://example.org/a",), kind="count"),
        Question("span", "How many people?", ("8 million",), ("hanoi",), (Turn("Who?", "An"),)),
        Question("quiet", "Who was born?", ("An",), ("hue",)),
        Question("missed", "Who was born there?", ("An",), ("hue",)),
        Question("quote", "Where was An born?", ("there",), ("hue",)),
        Question("invented", "Who leads?", (), ()),
        Question("silent", "Who leads it?", (), ()),
    ),
)
ANSWERS = {
    "right": ((candidate(HANOI, "8 million", "Hanoi has 8 million people.", 0.9),), False,
              (passage(HANOI),)),
    "span": ((candidate(HANOI, "Hanoi", "Hanoi has 8 million people.", 0.8),), False,
             (passage(HUE), passage(HANOI))),
    "quiet": ((candidate(HUE, "An", "An was born there.", 0.3),), True, (passage(HUE),)),
    "missed": ((candidate(HANOI, "old", "It is old.", 0.7),), False, (passage(HANOI),)),
    "quote": ((candidate(HUE, "Hue", "Hue lies in the middle.", 0.6),), False, (passage(HUE),)),
    "invented": ((candidate(HUE, "An", "An was born there.", 0.5),), False, (passage(HUE),)),
    "silent": ((), True, ()),
}  # fmt: skip


def test_records_and_figures():
    told = []
    library = WrittenDown(ANSWERS)
    result = run_questions(QUESTIONS, library, library, progress=lambda *step: told.append(step))
    assert [r.outcome for r in result.records] == [
        Outcome.RIGHT,
        Outcome.SPAN,
        Outcome.FALSE_ABSTENTION,
        Outcome.MISSED,
        Outcome.QUOTE,
        Outcome.FALSE_ANSWER,
        Outcome.TRUE_ABSTENTION,
    ]
    assert told[-1] == ("asking", 7, 7)
    assert ("span", (Turn("Who?", "An"),)) in library.asked
    figures = result.figures()
    assert list(figures) == KEYS
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["n"], figures["n_answerable"]) == (7, 5)
    assert figures["em"] == pytest.approx(2 / 5)
    assert figures["quote_hit"] == pytest.approx(3 / 5)
    assert figures["citation_accuracy"] == pytest.approx(4 / 5)
    assert figures["recall_at_1"] == pytest.approx(3 / 5)
    assert figures["recall_at_5"] == figures["recall_at_10"] == pytest.approx(4 / 5)
    assert figures["mrr_at_10"] == pytest.approx(3.5 / 5)
    assert figures["ndcg_at_10"] == pytest.approx((3 + 1 / math.log2(3)) / 5)
    assert figures["answered"] == pytest.approx(5 / 7)
    assert figures["told_precision"] == pytest.approx(2 / 5)
    assert figures["abstain_precision"] == figures["abstain_recall"] == 0.5
    # of the ten pairs, only (quiet .3, invented .5) is lost
    assert figures["auroc"] == pytest.approx(0.9)
    assert figures["coverage_at_80"] == pytest.approx(2 / 7)
    low, high = result.interval("quote_hit")
    assert 0 <= low < 3 / 5 < high <= 1
    assert result.interval("auroc", resamples=50) is not None
    assert 0 < figures["ece_by_chance"] < 1
    assert result.interval("ece_by_chance") is None


def test_where_right_answers_are_lost():
    library = WrittenDown(ANSWERS)
    result = run_questions(QUESTIONS, library, library)
    assert {r.id: r.loss for r in result.records} == {
        "right": Loss.TOLD,
        "span": Loss.OTHER_WORDS,
        "quiet": Loss.HELD_BACK,
        "missed": Loss.NOT_RETRIEVED,
        "quote": Loss.OTHER_SENTENCE,
        "invented": None,
        "silent": None,
    }
    assert result.figures()["losses"] == {
        "not_retrieved": 1,
        "not_read": 0,
        "other_sentence": 1,
        "other_words": 1,
        "held_back": 1,
        "told": 1,
    }
    oracle = run_oracle(QUESTIONS, WrittenDown(ANSWERS), {"hanoi": HANOI, "hue": HUE})
    assert oracle.figures()["losses"]["not_retrieved"] == 0
    assert oracle.figures()["losses"]["other_sentence"] == 2


@pytest.mark.parametrize(("depth", "loss"), [(12, Loss.OTHER_SENTENCE), (11, Loss.NOT_READ)])
def test_a_passage_without_a_sentence_taken_was_not_read(depth, loss):
    passages = (*(passage(HANOI, n) for n in range(11)), passage(HUE, 11))
    library = WrittenDown({"quote": (ANSWERS["quote"][0], False, passages)}, read=depth)
    data = QuestionSet("deep", tuple(q for q in QUESTIONS.questions if q.id == "quote"))
    found = run_questions(data, library, library).records[0]
    assert found.loss is loss
    assert found.retrieval.recall[-1] == 0


def test_a_question_is_asked_as_of_its_day():
    day = date(2024, 6, 7)
    asked = replace(QUESTIONS.questions[0], as_of=day)
    data = QuestionSet("dated", (asked, QUESTIONS.questions[1]))
    library, other = WrittenDown(ANSWERS), WrittenDown(ANSWERS)
    run_questions(data, library, library, other=other)
    assert library.days == other.days == {"right": day, "span": None}
    handed = WrittenDown(ANSWERS)
    run_oracle(data, handed, {"hanoi": HANOI})
    assert handed.days == {"right": day, "span": None}


def test_the_day_is_left_to_an_asker_that_was_told_none():
    class Undated(WrittenDown):
        def ask(self, question, *, history=(), k=10, id=None):
            return super().ask(question, history=history, k=k, id=id)

    library = Undated(ANSWERS)
    assert len(run_questions(QUESTIONS, library, library).records) == 7


def test_ranking_counts_an_article_once():
    answers = {"right": ((), True, (passage(HANOI), passage(HANOI, 2), passage(HUE)))}
    data = QuestionSet("two", (Question("right", "?", ("8 million",), ("hanoi", "hue")),))
    library = WrittenDown(answers)
    found = run_questions(data, library, library).records[0].retrieval
    assert found.ndcg == 1
    assert found.recall == (1.0,) * 10


def test_unlisted_articles():
    library = WrittenDown(ANSWERS)
    right, *_ = QUESTIONS.questions
    lost = Question("span", "How?", ("8 million",), ("gone",))
    result = run_questions(QuestionSet("some", (right, lost)), library, library)
    assert "'gone'" in result.notes[0]
    with pytest.raises(DatasetError, match="none of the articles"):
        run_questions(QuestionSet("none", (lost,)), library, library)
    anywhere = QuestionSet("any", (Question("right", "How?", ("8 million",), ()),))
    assert run_questions(anywhere, library, library).figures()["recall_at_1"] == 1


def test_interrupt_keeps_what_was_asked():
    library = WrittenDown({**ANSWERS, "quiet": KeyboardInterrupt()})
    result = run_questions(QUESTIONS, library, library)
    assert result.interrupted
    assert [r.id for r in result.records] == ["right", "span"]
    library = WrittenDown({**ANSWERS, "right": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        run_questions(QUESTIONS, library, library)


def test_limit_and_nothing_asked():
    library = WrittenDown(ANSWERS)
    assert run_questions(QUESTIONS, library, library, limit=2).figures()["n"] == 2
    figures = run_questions(QUESTIONS, library, library, limit=0).figures()
    assert figures["n"] == 0
    assert figures["em"] is figures["auroc"] is None


def test_oracle():
    result = run_oracle(QUESTIONS, WrittenDown(ANSWERS), {"hanoi": HANOI, "hue": HUE})
    figures = result.figures()
    assert figures["recall_at_1"] is figures["ndcg_at_10"] is figures["citation_accuracy"] is None
    assert figures["quote_hit"] == pytest.approx(3 / 5)
    assert list(figures) == KEYS


def test_beir_ranks_documents():
    class Searcher:
        def search(self, question, *, k=10):
            return [passage(HUE), passage(HUE, 2), passage(HANOI)]

    data = RetrievalSet("beir", (Query("q", "Who?", {"d-hanoi": 1, "lost": 1}),), ())
    result = run_queries(data, Searcher(), {"d-hanoi": HANOI, "d-hue": HUE, "z-hue": HUE})
    figures = result.figures()
    # all scores are equal: by id, so d-hanoi is first of three
    assert figures["recall_at_1"] == figures["recall_at_10"] == 0.5
    assert figures["mrr_at_10"] == 1
    assert figures["ndcg_at_10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert figures["n"] == figures["n_answerable"] == 1
    assert figures["em"] is figures["answered"] is figures["ece"] is None


def test_a_query_that_is_none_finds_nothing_and_the_others_are_kept():
    class Searcher:
        def search(self, question, *, k=10):
            if question == "???":
                raise QueryError("the question is empty; ask something in words")
            return [passage(HANOI)]

    queries = (Query("empty", "???", {"d-hanoi": 1}), Query("q", "Who?", {"d-hanoi": 1}))
    result = run_queries(RetrievalSet("beir", queries, ()), Searcher(), {"d-hanoi": HANOI})
    assert [record.id for record in result.records] == ["empty", "q"]
    assert [record.retrieval.recall[-1] for record in result.records] == [0.0, 1.0]
    (note,) = result.notes
    assert note == (
        "1 question could not be asked and counts as finding nothing; "
        "the first is 'empty': the question is empty; ask something in words."
    )


def library_or_skip():
    try:
        from rag import Answerer, Index, Retriever  # noqa: F401
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("rag."):
            raise
        pytest.skip(f"{error.name} is not there yet")


SQUAD = QuestionSet(
    "squad",
    (
        Question("a", "Who chaired the harbour council in Aldermouth?", ("Ida Brandt",), ("p1",)),
        Question("b", "How many ferries does Port Quill own?", ("14",), ("p2",)),
        Question("c", "Which opera opened on the moon?", (), ("p2",)),
    ),
    (
        Document("p1", "The harbour council in Aldermouth was chaired by Ida Brandt.", "Council"),
        Document("p2", "Port Quill owns 14 ferries. The oldest was built in 1951.", "Ferries"),
    ),
)


@pytest.mark.parametrize("oracle", [False, True])
@pytest.mark.slow
def test_squad_with_the_real_library(oracle, tmp_path, monkeypatch):
    library_or_skip()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    steps = []
    result = evaluate(SQUAD, oracle=oracle, progress=lambda *step: steps.append(step))
    figures = result.figures()
    assert figures["n"] == 3
    assert figures["quote_hit"] == 1
    assert figures["recall_at_5"] == (None if oracle else 1)
    assert ("indexing", 2, 2) in steps or oracle
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("presscite")] == []


def test_beir_with_the_real_library():
    library_or_skip()
    data = RetrievalSet(
        "beir", (Query("q", "Who chaired the harbour council?", {"p1": 1}),), SQUAD.documents
    )
    assert evaluate(data).figures()["ndcg_at_10"] == 1


def test_refuses_what_does_not_go_together():
    library_or_skip()
    with pytest.raises(DatasetError, match="--oracle"):
        evaluate(QUESTIONS, oracle=True)
    with pytest.raises(DatasetError, match="--index"):
        evaluate(QUESTIONS)
