"""Readers, accuracies and comparisons as the command line takes them; long runs tell how far."""

import gzip
import json
import signal
import subprocess
import sys

import pytest

from tests.networks import tiny_network
from tests.ui.cli.test_cli import ROOT, STORY
from ui.cli.app import main
from ui.cli.progress import Lines

QUESTIONS = [
    {"id": "1", "question": "How many electric ferries were ordered?", "answers": ["seven"],
     "articles": ["ferries"]},
    {"id": "2", "question": "Who said the first one will sail?", "answers": ["Greta Holm"],
     "articles": ["ferries"]},
    {"id": "3", "question": "Which opera opened on the moon?", "answers": []},
]  # fmt: skip
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ferries",
            "paragraphs": [
                {
                    "context": STORY.strip(),
                    "qas": [
                        {"id": "a", "question": "How many electric ferries were ordered?",
                         "answers": [{"text": "seven", "answer_start": 31}]},
                        {"id": "b", "question": "Who chairs the opera?", "is_impossible": True,
                         "answers": [], "plausible_answers": [{"text": "x", "answer_start": 0}]},
                        {"id": "c", "question": "Why?", "answers": []},
                    ],
                }
            ],
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny_network(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with articles, an index of them, and question sets."""
    from rag.index import Index
    from rag.ingest import read_sources

    folder = tmp_path_factory.mktemp("place")
    (folder / "ferries.txt").write_text("Lindau orders ferries\nMay 3, 2020\n\n" + STORY)
    with Index.open(folder / "index", create=True) as index:
        index.add(read_sources([str(folder / "ferries.txt")]))
    (folder / "my.own.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    (folder / "squad.json").write_text(json.dumps(SQUAD))
    (folder / "squad2.json.gz").write_bytes(gzip.compress(json.dumps(SQUAD).encode()))
    return folder


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command line in this process; returns exit status, standard output and error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["presscite", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as stopped:
            status = stopped.code or 0
        return status, *capsys.readouterr()

    return run


def one_line(done, reason):
    status, out, error = done
    assert status == 2
    assert out == ""
    assert len(error.strip().splitlines()) == 1, error
    assert reason in error


@pytest.mark.slow
def test_ask_with_a_reader(call, place, network):
    question, index = "How many electric ferries were ordered?", place / "index"
    for reader in ("evidence", str(network)):
        status, out, _ = call("ask", question, "--index", index, "--reader", reader, "--json")
        assert status == 0
        answer = json.loads(out)
        assert 0 <= answer["confidence"] <= 1
        assert answer["passages"]
        # The network's weights are random: it may well be too unsure to tell.
        assert answer["citations"] or reader != "evidence"
        for citation in answer["citations"]:
            assert citation["quote"] in STORY


@pytest.mark.slow
def test_unknown_readers_are_one_line(call, place):
    index = place / "index"
    for command in (("ask", "Who?"), ("chat", "--no-browser"), ("eval", place / "my.own.jsonl")):
        done = call(*command, "--index", index, "--reader", str(place / "gone"))
        one_line(done, "no such folder")
    one_line(call("ask", "Who?", "--index", index, "--reader", place), "could be loaded")
    done = call("eval", place / "squad.json", "--compare", str(place / "gone"))
    one_line(done, "no such folder")


def test_missing_weights_are_one_line(call, place, monkeypatch, tmp_path):
    import rag.reader.loading as find

    monkeypatch.setattr(find, "WEIGHTS", tmp_path)
    done = call("ask", "Who?", "--index", place / "index", "--reader", "presscite")
    one_line(done, "reinstall")


@pytest.mark.slow
def test_accuracies(call, place, monkeypatch):
    index = place / "index"
    for command in (("ask", "Who?"), ("chat", "--no-browser"), ("eval",)):
        for accuracy in ("0", "1", "-3", "90", "nan"):
            one_line(
                call(*command, "--index", index, f"--min-accuracy={accuracy}"), "between 0 and 1"
            )
    import rag.reader.loading
    from rag.reader.protocol import Calibration

    made = rag.reader.loading.FeatureReader.__init__

    def measured(self, encode):
        made(self, encode, Calibration({}, 0.0, 0.5, ((0.8, 0.3), (0.95, 0.9))))

    monkeypatch.setattr(rag.reader.loading.FeatureReader, "__init__", measured)
    ask = ("ask", "How many electric ferries were ordered?", "--index", index, "--json")
    ask = (*ask, "--reader", "evidence")
    # without any signal, this calibration is 0.5 sure of everything
    assert json.loads(call(*ask, "--min-accuracy", "0.7")[1])["answer"] is not None
    assert json.loads(call(*ask, "--min-accuracy", "0.9")[1])["answer"] is None
    one_line(call(*ask, "--min-accuracy", "0.99"), "0.95 at most")


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["evidence", "network"])
def test_no_accuracy_is_claimed_of_readers_it_was_not_measured_with(call, place, network, reader):
    name = network if reader == "network" else reader
    ask = ("ask", "Who will sail?", "--index", place / "index", "--reader", name)
    one_line(call(*ask, "--min-accuracy", "0.6"), "none was measured")


@pytest.mark.slow
def test_eval_compares(call, place, network, tmp_path):
    data, index = place / "my.own.jsonl", place / "index"
    report = tmp_path / "r.html"
    status, out, error = call(
        "eval", data, "--index", index, "--reader", "evidence", "--compare", network, "--json",
        "--report", report,
    )  # fmt: skip
    assert status == 0
    figures = json.loads(out)
    compared = figures.pop("compared")
    assert compared["reader"] == str(network)
    assert figures.keys() - {"lost"} <= compared.keys()
    assert figures["quote_hit"] == 1
    assert figures["recall_at_5"] == compared["recall_at_5"]
    assert "report written" in error
    assert "evidence against" in report.read_text()
    _, alone, _ = call("eval", data, "--index", index, "--reader", "evidence", "--json")
    again = json.loads(alone)
    assert again.keys() == figures.keys()
    assert {k: v for k, v in again.items() if k != "latency_ms"} == {
        k: v for k, v in figures.items() if k != "latency_ms"
    }
    status, table, _ = call("eval", data, "--index", index, "--compare", "evidence")
    assert status == 0
    assert "difference" in table


@pytest.mark.parametrize("name", ["squad.json", "squad2.json.gz"])
@pytest.mark.parametrize("oracle", [False, True])
@pytest.mark.slow
def test_eval_of_squad_files(call, place, name, oracle):
    more = ["--oracle"] if oracle else []
    status, out, error = call("eval", place / name, "--reader", "evidence", "--json", *more)
    figures = json.loads(out)
    assert (status, error) == (0, "")
    assert (figures["n"], figures["n_answerable"]) == (3, 1)
    assert figures["quote_hit"] == 1


def test_a_report_without_a_place_is_refused_before_the_run(call, place, tmp_path):
    done = call("eval", place / "squad.json", "--report", tmp_path / "no" / "r.html")
    one_line(done, "no such folder")


def test_progress_in_lines():
    told, now = [], [0.0]
    lines = Lines(told.append, clock=lambda: now[0])
    for done in range(1, 101):
        now[0] += 3
        lines("asking", done, 1000)
    assert told[0] == "asking 8 of 1,000, 0.4 a second, about 43 min left"
    assert len(told) == 14
    lines("indexing", 1, 2)
    assert len(told) == 14
    quick = Lines(told.append, clock=lambda: now[0])
    for done in range(1, 1001):
        quick("asking", done, 1000)
    assert len(told) == 14


@pytest.mark.slow
def test_ctrl_c_leaves_figures_and_no_traceback(place, tmp_path):
    paragraphs = [{"context": f"{STORY} Dock {n}.", "qas": [
        {"id": f"{n}-{m}", "question": f"How many ferries did dock {n} order {m}?",
         "answers": [{"text": "seven"}]} for m in range(50)]} for n in range(40)]  # fmt: skip
    data = tmp_path / "many.json"
    data.write_text(json.dumps({"data": [{"title": "Docks", "paragraphs": paragraphs}]}))
    # Where the tests run in the background, a child inherits that interrupts are ignored.
    code = (
        "import signal, ui.cli.progress\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "ui.cli.progress._EVERY = 0\nfrom ui.cli.app import main\nmain()"
    )
    done = subprocess.Popen(
        [sys.executable, "-c", code, "eval", str(data), "--oracle", "--json", "--reader", "evidence"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = ""
    try:
        for line in done.stderr:  # which ends with the process, and with the test's own time limit
            told += line
            if "asking 3 of" in line:
                break
        done.send_signal(signal.SIGINT)
        out, error = done.communicate()
    finally:
        done.kill()
    assert done.returncode == 130
    figures = json.loads(out)
    assert 3 <= figures["n"] < 2000
    assert "Traceback" not in told + error
    assert "interrupted" in error
