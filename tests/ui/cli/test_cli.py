"""The command line as scripts call it: real processes, exact JSON, exit statuses."""

import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.index import FORMAT, Index
from tests.conftest import HashEncoder
from ui.cli.app import app, main

ROOT = Path(__file__).parents[3]
STORY = (
    "The harbour of Lindau ordered seven electric ferries on Monday. "
    "Mayor Greta Holm said the first one will sail in May 2021. "
    "The order is worth 48 million euros.\n"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(home):
    def call(*arguments, stdin=None, **variables):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PRESSCITE")}
        folders = {"XDG_DATA_HOME": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache")}
        return subprocess.run(
            [
                sys.executable,
                "-c",
                "from ui.cli.app import main; main()",
                *(one if isinstance(one, bytes) else str(one) for one in arguments),
            ],
            check=False,
            cwd=ROOT,
            env=kept | folders | variables,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=200,
        )

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("news")
    (made / "ferries.txt").write_text("Lindau orders ferries\nMay 3, 2020\n\n" + STORY)
    (made / "wire.jsonl").write_text(
        json.dumps(
            {
                "id": "w1",
                "text": "The council of Bregenz rejected the new tram line by 14 votes to 9.",
                "outlet": "Lake Wire",
                "published": "2020-06-01",
                "url": "https://example.org/tram",
            }
        )
        + "\n{broken\n"
    )
    return made


@pytest.fixture(scope="module")
def index(tmp_path_factory, folder, home):
    return tmp_path_factory.mktemp("index") / "my.index"


@pytest.mark.slow
def test_the_version_is_the_packages(run):
    told = run("--version")
    assert (told.returncode, told.stdout) == (0, f"presscite {version('presscite')}\n")


@pytest.mark.slow
def test_the_whole_road(run, folder, index):
    added = run("add", folder, "--index", index, "--json")
    report = json.loads(added.stdout)
    assert added.returncode == 2
    assert (report["added"], report["updated"], report["unchanged"]) == (2, 0, 0)
    assert [Path(s["source"]).name for s in report["skipped"]] == ["wire.jsonl#2"]
    assert "not JSON" in report["skipped"][0]["reason"]
    assert set(report) == {"added", "updated", "unchanged", "skipped", "chunks", "seconds"}

    again = json.loads(run("add", folder, "--index", index, "--json").stdout)
    assert (again["added"], again["unchanged"], again["chunks"]) == (0, 2, 0)

    listed = json.loads(run("list", "--index", index, "--json").stdout)
    assert [one["title"] for one in listed] == ["Lindau orders ferries", None]
    assert listed[0]["published"] == "2020-05-03"
    assert "text" not in listed[0]

    shown = json.loads(run("show", "w1", "--index", index, "--json").stdout)
    assert shown["outlet"] == "Lake Wire"
    by_url = json.loads(run("show", "https://example.org/tram", "--index", index, "--json").stdout)
    assert by_url == shown

    asked = run("ask", "How many electric ferries were ordered?", "--index", index, "--json")
    answer = json.loads(asked.stdout)
    assert asked.returncode == 0
    text = json.loads(run("show", listed[0]["id"], "--index", index, "--json").stdout)["text"]
    assert answer["citations"]
    assert answer["passages"][0]["article_id"] == listed[0]["id"]
    for citation in answer["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert set(answer) == {
        "id", "question", "standalone_question", "answer", "confidence", "citations",
        "alternatives", "passages", "timings_ms", "as_of", "time_gap",
        "threshold", "overview", "outlet",
    }  # fmt: skip

    found = run(
        "search", "tram line", "-k", "1", "--outlet", "lake wire", "--index", index, "--json"
    )
    assert [p["article_id"] for p in json.loads(found.stdout)] == ["w1"]

    for command in (("add", folder), ("list",), ("ask", "Who?"), ("doctor",), ("verify",)):
        refused = run(*command, "--index", "x" * 300 if command == ("list",) else "x/" * 3000)
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1
        assert "file name too long" in refused.stderr

    none = run("ask", "Who is the mayor?", "--outlet", "Lake Wir", "--index", index)
    assert none.returncode == 0
    assert "no article passes --outlet Lake Wir" in none.stderr
    assert "No article passes the filters: outlet Lake Wir." in none.stdout
    # One of ferries passes the day, none of the outlet that the question names.
    about = "What does the Lake Wire say about trams?"
    named = run("ask", about, "--until", "2020-05-04", "--index", index)
    assert "no article passes --until 2020-05-04 --outlet Lake Wire;" in named.stderr
    told = "No article passes the filters: until 2020-05-04, outlet Lake Wire."
    assert told in " ".join(named.stdout.split())

    lines = [{"id": 1, "question": "Who is the mayor?"}, {"id": "b", "question": "Why?"}]
    batch = run(
        "ask", "--batch", "-", "--index", index, stdin="\n".join(map(json.dumps, lines)) + "\n[]\n"
    )
    records = [json.loads(line) for line in batch.stdout.splitlines()]
    assert [record["id"] for record in records] == [1, "b", None]
    assert "error" in records[2]
    assert batch.returncode == 2

    told = run("info", "--index", index).stdout
    assert "boilerplate: 0 paragraphs known, not searched in 0 articles\n" in told
    record = json.loads(run("info", "--index", index, "--json").stdout)
    assert record["boilerplate"] == {"paragraphs": 0, "articles": 0}
    assert "vectors: " in told
    assert record["format"] == FORMAT

    assert run("verify", "--index", index).returncode == 0
    next(index.glob("vectors-*.faiss")).write_bytes(b"damaged")
    damaged = run("verify", "--index", index, "--json")
    assert damaged.returncode == 1
    assert "checksum" in json.loads(damaged.stdout)["problems"][0]
    still = run("search", "tram line", "-k", "1", "--index", index, "--json")
    assert json.loads(still.stdout)[0]["article_id"] == "w1"

    assert json.loads(run("remove", "w1", "--index", index, "--json").stdout) == {"removed": 1}
    assert run("show", "w1", "--index", index).returncode == 2


@pytest.mark.slow
def test_nothing_newer_than_the_day_asked_is_used(run, tmp_path):
    index = tmp_path / "dated.index"
    lines = [
        {"text": "The ferry to Arbon carries 20 cars.", "published": "2019-05-01", "id": "old"},
        {"text": "The ferry to Arbon carries 30 cars.", "published": "2020-05-01", "id": "new"},
        {"text": "The ferry to Arbon carries cars since the war.", "id": "undated"},
    ]
    run("add", "-", "--index", index, stdin="\n".join(map(json.dumps, lines)))

    def found(*arguments, **more):
        done = run(*arguments, "--index", index, "--json", **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    searched = found("search", "ferry to Arbon", "--as-of", "2019-12-31")
    assert {one["article_id"] for one in searched} == {"old", "undated"}
    assert len(found("search", "ferry to Arbon")) == 3
    answer = found("ask", "How many cars does the ferry carry?", "--as-of", "31 December 2019")
    assert answer["as_of"] == "2019-12-31"
    assert {one["article_id"] for one in answer["passages"]} == {"old", "undated"}

    asked = {"question": "How many cars does the ferry carry?"}
    rows = [asked | {"as_of": "2018-01-01"}, asked, asked | {"as_of": "soon"}]
    batch = run(
        "ask", "--batch", "-", "--as-of", "2019-12-31", "--index", index,
        stdin="\n".join(map(json.dumps, rows)),
    )  # fmt: skip
    first, second, third = map(json.loads, batch.stdout.splitlines())
    assert (first["as_of"], second["as_of"]) == ("2018-01-01", "2019-12-31")
    assert {one["article_id"] for one in first["passages"]} == {"undated"}
    assert "'soon' is no date" in third["error"]
    assert batch.returncode == 2

    run("remove", "undated", "--index", index)
    nothing = run("ask", "How many cars?", "--as-of", "2018-01-01", "--index", index)
    assert "no article passes --as-of 2018-01-01" in nothing.stderr
    for command in (("ask", "Who?"), ("search", "x"), ("chat", "--no-browser"), ("eval",)):
        assert "--as-of: 'soon' is no date" in _one_line(run(*command, "--as-of", "soon"))


def _one_line(done):
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.slow
def test_errors_are_one_line(run, tmp_path, index):
    assert "no index there" in _one_line(run("ask", "Who?", "--index", tmp_path / "none"))
    assert "no index there" in _one_line(run("list", PRESSCITE_INDEX=str(tmp_path / "none")))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x")
    assert "not an index" in _one_line(run("add", "-", "--index", tmp_path / "full", stdin="x"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "catalog.sqlite").write_bytes(b"not a database" * 100)
    assert "cannot be read" in _one_line(run("list", "--index", tmp_path / "bad"))
    assert "give a question" in _one_line(run("ask"))
    assert "'nobody' is no article" in _one_line(run("remove", "nobody", "--index", index))
    assert "no date" in _one_line(run("search", "x", "--since", "soon", "--index", index))
    assert "empty" in _one_line(run("ask", "?!", "--index", index))


@pytest.mark.slow
def test_help_has_an_example_everywhere():
    runner = CliRunner()
    commands = [one.name or one.callback.__name__ for one in app.registered_commands]
    assert len(commands) == len(set(commands)) >= 13
    for command in commands:
        shown = runner.invoke(app, [command, "--help"])
        assert shown.exit_code == 0
        assert f"presscite {command}" in shown.stdout


def test_a_batch_that_is_not_utf8_is_one_line(folder, tmp_path, monkeypatch, capsys):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        made.add([])
    monkeypatch.setattr("ui.readers.answerer_with", lambda *_, **__: None)
    named = tmp_path / "q.jsonl"
    named.write_bytes(b'\xff\xfe{"question": "Who?"}\n')
    for batch in ("-", str(named)):
        monkeypatch.setattr(
            sys, "argv", ["presscite", "ask", "--batch", batch, "--index", str(tmp_path / "index")]
        )
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(named.read_bytes())))
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert "cannot be read" in told.err


@pytest.mark.slow
def test_a_field_that_no_question_has_is_one_line(run, tmp_path):
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"question": "Who ordered ferries?", "near": true}\n')
    told = _one_line(run("eval", asked, "--by", "far", "--json"))
    assert "no field 'far' to group by; name one of: kind, near" in told
    asked.write_text('{"question": "Who?"}\n{"question": "Who?", "as_of": "June"}\n')
    assert "asked.jsonl:2: 'as_of' is 'June'" in _one_line(run("eval", asked))


@pytest.mark.slow
def test_cold_ask_on_the_sample(run, home):
    done = run("ask", "Who co-chaired the 15th session of the steering committee?", "--json")
    answer = json.loads(done.stdout)
    assert "built-in sample" in done.stderr
    assert answer["passages"][0]["article_id"]
    code = (
        "import sys; from ui.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.stderr.write(' '.join(m for m in ('gradio', 'pandas') if m in sys.modules))"
    )
    variables = os.environ | {
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    cold = subprocess.run(
        [sys.executable, "-c", code, "ask", "Who co-chaired the session?", "--json"],
        cwd=ROOT, env=variables, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    assert json.loads(cold.stdout)["question"] == "Who co-chaired the session?"
    assert "gradio" not in cold.stderr
    assert "pandas" not in cold.stderr


@pytest.mark.slow
def test_a_mistyped_name_makes_no_index(run, tmp_path):
    place = tmp_path / "new.index"
    done = run("add", tmp_path / "nofile.txt", "--index", place)
    assert done.returncode == 2
    assert "nofile.txt" in done.stderr
    assert not place.exists()
    asked = run("list", "--index", place)
    assert asked.returncode == 2
    assert f"presscite add SOURCE --index {place}" in asked.stderr


@pytest.mark.slow
def test_a_batch_with_an_odd_id_goes_on(run, folder, tmp_path):
    place = tmp_path / "some.index"
    run("add", folder / "ferries.txt", "--index", place)
    lines = '\ufeff{"id": "\\ud800", "question": "Who?"}\n{"id": NaN, "question": "Who?"}\n'
    done = run("ask", "--batch", "-", "--index", place, stdin=lines + '{"question": "Who?"}\n')
    assert done.returncode == 2
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert "error" not in first
    assert "not JSON" in second["error"]
    assert "error" not in third
    shown = run("show", b"\xff", "--index", place) if os.name == "posix" else None
    assert shown is None or "is no article here" in shown.stderr
