import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from eval.datasets import Question
from eval.lab.baselines import __main__ as command
from eval.lab.baselines import compare, protocol, table
from eval.lab.baselines.measure import measure
from eval.lab.baselines.protocol import SYSTEMS, Hit, Prediction, SystemSpec
from eval.lab.baselines.quality import SystemAnswer, figures, intervals, passage_words, recall_at_5
from eval.lab.baselines.quoting import quote_around, sentences
from eval.lab.baselines.script import Script, fused, windows
from eval.lab.baselines.texts import Texts, from_squad, spread
from eval.lab.baselines.weights import write_reader
from eval.lab.bench.memory import peak_rss_mb
from eval.lab.tune.corpora import Corpus
from rag.errors import DatasetError
from rag.ingest.article import make_article
from tests.conftest import ROOT, HashEncoder

EXTRA = {"haystack", "haystack_integrations", "txtai", "bm25s", "Stemmer"}


def question(name, *answers, articles=(), text="Who ordered the ferries?"):
    return Question(name, text, tuple(answers), tuple(articles))


def asked(question, quote=None, answer=None, found=(), abstained=False):
    return SystemAnswer(
        question, tuple(Hit(*f) for f in found), Prediction(answer, quote, abstained)
    )


def test_reciprocal_ranks_are_summed_and_ties_go_by_number():
    assert fused([[7, 3, 5], [3, 9]], 10) == [3, 7, 9, 5]
    assert fused([[2], [1]], 10) == [1, 2]
    assert fused([[7, 3, 5], [3, 9]], 2) == [3, 7]
    assert fused([[], []], 3) == []
    # Sixtieth in both, 2 / 120, beats first in one, 1 / 61; sixty-third in both, 2 / 123, does not.
    others = [list(range(100, 162)), list(range(200, 262))]
    assert fused([[*o[:59], 1, *o[60:]] for o in others], 1) == [1]
    assert fused([[*o, 1] for o in others], 1) == [100]


def test_windows_share_a_sentence_and_lose_none():
    text = "A one. B two! C three?\nD four. E five."
    assert windows(text, 3, 1) == ["A one. B two! C three?", "C three? D four. E five."]
    assert windows(text, 5, 1) == ["A one. B two! C three? D four. E five."]
    assert windows("A one. B two. C three. D four.", 2, 0) == ["A one. B two.", "C three. D four."]
    assert windows("No stop", 5, 1) == ["No stop"]


def test_a_quote_is_the_whole_sentences_around_the_words():
    text = "Lindau ordered ferries. Seven of them. They sail in May."
    at = text.index("Seven")
    assert quote_around(text, at, at + 5) == "Seven of them."
    assert quote_around(text, text.index("ferries"), at + 5) == text[: at + len("Seven of them.")]
    assert quote_around(text, 900, 901) is None
    assert sentences(text)[2] == "They sail in May."


def test_recall_wants_an_answer_in_a_listed_article_among_the_first_five():
    one = question("1", "seven", articles=["a"])
    noise = [("a", "nothing")] * 4
    assert recall_at_5(asked(one, found=[*noise, ("a", "Seven ferries")])) == 1.0
    assert recall_at_5(asked(one, found=[*noise, ("a", "x"), ("a", "Seven ferries")])) == 0.0
    assert recall_at_5(asked(one, found=[("b", "Seven ferries")])) == 0.0
    assert recall_at_5(asked(replace(one, articles=()), found=[("b", "seven ferries")])) == 1.0


def test_figures_count_what_was_kept_back_and_abstention_only_where_there_is_any():
    run = [
        asked(question("1", "seven"), "It ordered seven ferries.", "seven ferries", abstained=True),
        asked(question("2", "May"), "It sails in June.", "June"),
        asked(question("3"), "A quote.", "quote", abstained=True),
        asked(question("4"), "A quote.", "quote"),
    ]
    found = figures(run, abstains=True)
    assert found["quote_hit"] == 0.5
    assert found["f1"] == pytest.approx((2 / 3) / 2)
    assert (found["abstain_recall"], found["answered"]) == (0.5, 0.5)
    found = figures(run, abstains=False)
    assert (found["quote_hit"], found["abstain_recall"], found["answered"]) == (0.5, None, None)
    assert figures([], abstains=True)["quote_hit"] is None
    low, high = intervals(run)["quote_hit"]
    assert (low, high) == (0.0, 1.0)
    assert passage_words([asked(question("1"), found=[("a", "one two"), ("a", "one")])]) == 1.5


def row(name, **figures):
    ours = {
        "name": name,
        "corpus": "sample",
        "articles": 2,
        "n": 3,
        "n_answerable": 2,
        "passage_words": 80.4,
        "start_seconds": 1.0,
        "index_seconds": 2.0,
        "search_ms": {"p50": 10.0, "p95": None},
        "answer_ms": {"p50": 100.0, "p95": 200.0},
        "peak_rss_mb": 400.0,
        "quote_hit": 0.8,
        "f1": 0.0,
        "recall_at_5": 1.0,
        "abstain_recall": 0.5,
        "answered": 0.9,
        "notes": ["cut so", "read so"],
    }
    return ours | figures


def test_ratios_are_theirs_over_ours_and_none_where_that_says_nothing():
    theirs = row(
        "txtai", index_seconds=5.0, search_ms={"p50": 25.0, "p95": 3.0}, abstain_recall=None
    )
    ours, other = compare.with_ratios([row("presscite"), theirs])
    assert set(ours["ratios"].values()) == {1.0, None}
    assert other["ratios"]["index_seconds"] == 2.5
    assert other["ratios"]["search_ms.p50"] == 2.5
    assert other["ratios"]["search_ms.p95"] is None
    assert other["ratios"]["f1"] is None
    assert other["ratios"]["abstain_recall"] is None
    assert other["ratios"]["quote_hit"] == 1.0
    assert compare.with_ratios([theirs])[0]["ratios"] is None


def test_the_table_shows_figures_ratios_setups_and_what_is_missing():
    rows = compare.with_ratios([row("presscite"), row("script", peak_rss_mb=1000.0, answered=None)])
    report = {
        "commit": "0123456789abcdef+changes",
        "rows": rows,
        "missing": {"txtai": ["txtai"]},
        "failed": {"haystack": "ImportError: no"},
        "remarks": compare.remarks(rows, {"load": 5.0, "cores": 2}),
    }
    out = io.StringIO()
    table.print_report(report, Console(file=out, width=160))
    shown = out.getvalue()
    lines = {line.split()[1]: line for line in shown.splitlines() if line.startswith("│")}
    assert "400 " in lines["peak_rss_mb"]
    assert "1000 (×2.5)" in lines["peak_rss_mb"]
    assert "0.80" in lines["quote_hit"]
    assert "×" not in lines["quote_hit"]
    assert "–" in lines["answered"]
    assert "script: cut so; read so." in shown
    assert "The machine was busy (load 5.0 on 2 cores)" in shown
    assert "txtai is not installed (txtai missing); run: pip install 'presscite[compare]'" in shown
    assert "haystack failed: ImportError: no" in shown
    assert "commit 0123456789+" in " ".join(shown.split())
    assert "constants, and how Haystack cuts, were chosen on these" in shown
    assert compare.remarks([row("script", corpus="lake")], {"load": 0.2, "cores": 2}) == []
    assert compare.remarks([], {"load": None, "cores": None}) == []


def test_options_reach_the_other_process_as_they_are(tmp_path):
    texts = Texts(squad=tmp_path / "a.json", paragraphs=5, limit=7)
    options = command._parser().parse_args(["script", *texts.arguments(), "--json"])
    assert (options.squad, options.paragraphs, options.limit) == (tmp_path / "a.json", 5, 7)
    assert (options.name, options.json, options.questions) == ("script", "-", None)


def test_questions_are_taken_evenly():
    many = [question(str(n)) for n in range(10)]
    assert [q.id for q in spread(many, 4)] == ["0", "2", "5", "7"]
    assert spread(many, 10) == many
    assert spread(many, None) == many


def test_the_sample_is_its_development_half_without_follow_ups():
    rows = (ROOT / "eval/sample/questions.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {
        r["id"]
        for r in map(json.loads, rows)
        if r.get("split") in (None, "dev") and not r.get("history")
    }
    corpus = Texts().read()
    assert {q.id for q in corpus.questions} == wanted
    ids = {article.id for article in corpus.articles}
    assert all(name in ids for q in corpus.questions for name in q.articles)
    assert len(Texts(limit=5).read().questions) == 5


def test_paragraphs_of_a_squad_file_become_articles(tmp_path):
    def paragraph(n, *asked):
        qas = [
            {"id": f"{n}-{m}", "question": text, "answers": [{"text": f"town {n}"}]}
            for m, text in enumerate(asked)
        ]
        return {"context": f"The ferry sails to town {n}.", "qas": qas}

    pages = [
        {"title": "Lake_Ferry", "paragraphs": [paragraph(1, "Where?", "?"), paragraph(2, "Where?")]}
    ]
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"data": pages}))
    corpus = from_squad(file)
    assert [(a.title, a.text) for a in corpus.articles] == [
        ("Lake Ferry", "The ferry sails to town 1."),
        ("Lake Ferry", "The ferry sails to town 2."),
    ]
    assert [(q.id, q.articles) for q in corpus.questions][-1] == ("2-0", (corpus.articles[1].id,))
    first = Texts(squad=file, paragraphs=1).read()
    assert [q.id for q in first.questions] == ["1-0"], "a question without a word is left out"


@pytest.mark.parametrize(
    "options", [["--articles", "news"], ["--questions", "q.jsonl"], ["--squad", "none.json"]]
)
def test_what_cannot_be_used_is_said_in_one_line(options, capsys):
    assert command.main(["presscite", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_result_that_could_not_be_written_is_not_measured(tmp_path, capsys):
    assert command.main(["--json", str(tmp_path / "no" / "r.json")]) == 2
    assert "its folder is not there" in capsys.readouterr().err


def test_a_missing_system_says_how_to_install_it(monkeypatch, capsys):
    absent = SystemSpec(
        "txtai", "nowhere:Nothing", ("no_such_module", "json", "no_such.inner.module")
    )
    monkeypatch.setattr(command, "SYSTEMS", (absent,))
    assert command.main(["txtai"]) == 2
    said = capsys.readouterr().err
    assert "no_such_module, no_such.inner.module missing" in said
    assert "pip install 'presscite[compare]'" in said
    assert compare.compare(Texts(), [absent], lambda _: None)["missing"] == {
        "txtai": ["no_such_module", "no_such.inner.module"]
    }


@pytest.mark.slow
def test_a_system_that_fails_is_reported_with_its_last_line():
    with pytest.raises(compare.SystemFailedError, match="invalid choice: 'nobody'"):
        compare.run_alone("nobody", Texts())


class Echo:
    """Finds every article and quotes the first."""

    abstains = False
    notes = ("whole articles",)

    def start(self):
        self.calls = []

    def add(self, articles):
        self.articles = articles
        return len(articles)

    def search(self, question):
        time.sleep(0.002)
        self.calls.append(question)
        return [Hit(a.id, a.text) for a in self.articles]

    def answer(self, question):
        self.calls.append(question)
        return Prediction("seven ferries", self.articles[0].text)


def ferries():
    texts = ["Lindau ordered seven ferries.", "Bregenz rejected the tram line."]
    return tuple(make_article(text=t, title="Lake", source=f"s{n}") for n, t in enumerate(texts))


def test_a_system_is_timed_and_judged():
    system = Echo()
    questions = (question("1", "seven", text="How many?"), question("2", "tram", text="What?"))
    found = measure("echo", system, Corpus("lake", ferries(), questions))
    assert system.calls == ["How many?", "How many?", "How many?", "How many?", "What?", "What?"]
    assert (found["n"], found["passages"], found["articles"]) == (2, 2, 2)
    assert (found["quote_hit"], found["recall_at_5"], found["abstain_recall"]) == (0.5, 1.0, None)
    assert found["f1"] == pytest.approx((2 / 3) / 2, abs=1e-4)
    # In milliseconds, of which a search takes two at least.
    assert 2 <= found["search_ms"]["p50"] <= found["search_ms"]["p95"]
    json.dumps(found)


def test_peak_memory_is_never_less_than_it_was():
    before = peak_rss_mb()
    if before is None:
        pytest.skip("this system does not tell")
    held = np.ones(20_000_000)
    assert peak_rss_mb() >= before
    assert peak_rss_mb() > held.nbytes / 1e6


@pytest.mark.slow
def test_the_packaged_reader_reads_the_same_as_a_hugging_face_folder(tmp_path):
    from rag.reader.loading import packaged_scorer
    from rag.reader.transformers_scorer import TransformersScorer
    from rag.reader.windows import best_span, null_score_diff

    theirs = TransformersScorer.load(str(write_reader(tmp_path)))
    text = "The harbour of Lindau ordered seven electric ferries on Monday, said Mayor Greta Holm."
    for asked in ("How many ferries were ordered?", "Who is the mayor?", "When were they ordered?"):
        (ours,), (other,) = (s.score(asked, [text], [""]) for s in (packaged_scorer(), theirs))
        assert np.array_equal(ours.offsets, other.offsets)
        assert np.corrcoef(ours.starts, other.starts)[0, 1] > 0.8
        assert best_span(ours.starts, ours.ends)[:2] == best_span(other.starts, other.ends)[:2]
        # One rounds its activations to eight bits, the other does not.
        assert null_score_diff(ours) == pytest.approx(null_score_diff(other), abs=1.5)


@pytest.mark.slow
def test_a_network_held_to_the_text_still_tells_when_no_answer_was_ahead():
    torch = pytest.importorskip("torch")
    from eval.lab.baselines.txtai import TextOnly

    ids = torch.tensor([[0, 7, 2, 2, 8, 9, 2, 1]])
    for null, ahead in ((9.0, True), (1.0, False)):
        scores = torch.tensor([[null, 8.0, 0.0, 0.0, 2.0, 3.0, 7.0, 7.0]])
        network = TextOnly(lambda **_: SimpleNamespace(start_logits=scores, end_logits=scores), 2)  # noqa: B023
        found = network(input_ids=ids)
        shut = float("-inf")
        assert found.start_logits.tolist()[0] == [*[shut] * 4, 2.0, 3.0, shut, shut]
        assert found.end_logits.argmax() == 5
        assert network.null is ahead


def test_the_script_finds_by_words_and_vectors():
    reason = "the extra `compare` is not installed"
    pytest.importorskip("bm25s", reason=reason)
    pytest.importorskip("Stemmer", reason=reason)

    class Model:
        def encode(self, texts, **_):
            return HashEncoder().encode(texts)

    script = Script()
    script._model = Model()
    articles = ferries()
    assert script.add(articles) == 2
    assert script.search("Who rejected the tram?")[0].article_id == articles[1].id
    said = script.answer("Who ordered seven ferries?")
    assert said == Prediction("Lindau ordered seven ferries.", "Lindau ordered seven ferries.")


@pytest.mark.slow
def test_nothing_of_the_extra_is_imported_before_a_system_starts():
    code = "from eval.lab.baselines.protocol import SYSTEMS\nfor system in SYSTEMS: system.make()"
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not EXTRA & set(done.stdout.split())


@pytest.mark.slow
def test_presscite_is_measured_in_a_process_of_its_own():
    found = compare.run_alone("presscite", Texts(limit=2))
    assert found["name"] == SYSTEMS[0].name == "presscite"
    assert (found["n"], found["articles"]) == (2, 10)
    assert 0 <= found["quote_hit"] <= 1
    assert 0 < found["search_ms"]["p50"] < found["answer_ms"]["p50"]
    assert 50 < found["peak_rss_mb"] < 2000


def test_every_system_of_the_list_has_a_name_of_its_own():
    names = [entry.name for entry in protocol.SYSTEMS]
    assert len(set(names)) == len(names)
    with pytest.raises(DatasetError, match="both --articles and --questions"):
        Texts(articles="news").read()
