"""Every command over an index in Milvus: what it prints is what it prints of a folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from eval.feedback import Feedback, FeedbackStore
from rag.errors import DatasetError, IndexUnreachableError, NoIndexError, QueryError
from rag.index.opening import open_index
from tests.rag.ingest.web.site import Site
from tests.rag.ingest.web.test_pages import XML, item, rss, story
from ui.cli.app import app
from ui.defaults import sample_folder
from ui.keeping import kept_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
QUESTION = "How many cooperation agreements were signed during the visit?"
DAY = ("--as-of", "2024-02-10")
WIRE = [
    {"id": "w1", "text": "Arbon bought three bells for its tower on Friday.", "title": "Bells",
     "outlet": "Lake Wire", "published": "2020-06-01", "url": "https://example.org/bells"},
    {"id": "w2", "text": "The council of Bregenz rejected the tram line by 14 votes to 9.",
     "outlet": "Lake “Wire's” \\ desk", "published": "2020-06-02"},
]  # fmt: skip


def run(*arguments, code=0):
    ended = CliRunner().invoke(app, [str(one) for one in arguments])
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended


def of(name, *arguments, code=0):
    return json.loads(run(*arguments, "--json", "--index", name, code=code).stdout)


def refused(*arguments):
    """Return the error of a command, which `main` prints with exit status 2."""
    ended = CliRunner().invoke(app, [str(one) for one in arguments])
    assert ended.exception is not None
    assert "\n" not in str(ended.exception)
    return ended.exception


def untimed(record):
    return {name: value for name, value in record.items() if name not in ("timings_ms", "seconds")}


@pytest.fixture(autouse=True)
def _own_user_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("ui.keeping.user_folder", lambda: tmp_path / "user")


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Return the sample in a folder and in milvus-lite, whose engine runs for as long as the tests."""
    folder = tmp_path_factory.mktemp("indexes")
    both = (str(folder / "index"), f"milvus-lite:{folder}/news.db")
    for name in both:
        run("add", sample_folder(), "--index", name)
    with open_index(both[1]):
        yield both


@pytest.fixture
def wire(tmp_path):
    path = tmp_path / "wire.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in WIRE))
    return path


def test_articles_are_added_listed_shown_corrected_and_removed_alike(tmp_path, wire):
    both = (tmp_path / "index", f"milvus-lite:{tmp_path}/news.db")
    assert [untimed(of(name, "add", wire)) for name in both] == [
        {"added": 2, "updated": 0, "unchanged": 0, "skipped": [], "chunks": 2}
    ] * 2
    with open_index(both[1]):
        assert of(both[1], "list") == of(both[0], "list")
        assert of(both[1], "show", "w2")["text"] == WIRE[1]["text"]
        text = wire.read_text().replace("three bells", "four bells")
        wire.write_text(text)
        added = [untimed(of(name, "add", wire)) for name in both]
        assert added[0] == added[1]
        assert (added[1]["updated"], added[1]["unchanged"]) == (1, 1)
        (older,) = of(both[1], "show", "https://example.org/bells")["versions"]
        assert older["hash"] == of(both[0], "show", "w1")["versions"][0]["hash"]
        assert "three" in of(both[1], "show", "w1", "--version", older["hash"])["text"]
        found = [of(name, "search", "bells", "--outlet", WIRE[1]["outlet"]) for name in both]
        assert found[0] == found[1]
        assert [one["article_id"] for one in found[1]] == ["w2"]
        assert of(both[1], "remove", "w1") == {"removed": 1}
        assert [one["id"] for one in of(both[1], "list")] == ["w2"]
        assert of(both[1], "verify")["sound"]
        assert isinstance(refused("remove", "w1", "--index", both[1]), QueryError)


def test_nothing_is_made_of_a_mistyped_source(tmp_path):
    name = f"milvus-lite:{tmp_path}/news.db"
    ended = run("add", tmp_path / "mistyped", "--index", name, code=2)
    assert "mistyped" in ended.stderr
    assert not (tmp_path / "news.db").exists()
    error = refused("list", "--index", name)
    assert isinstance(error, NoIndexError)
    assert f"presscite add SOURCE --index {name}" in str(error)


def test_info_says_what_the_folder_does_and_where_more_is_kept(names):
    folder, milvus = (of(name, "info") for name in names)
    # To create a folder's index is its first revision.
    own = {"index", "kept", "vectors", "revision"}
    assert {k: v for k, v in milvus.items() if k not in own} == {
        k: v for k, v in folder.items() if k not in own
    }
    assert milvus["index"] == names[1]
    assert milvus["vectors"] == {"kind": "hnsw", "engine": "milvus-lite"}
    assert folder["kept"] == folder["index"]
    assert Path(milvus["kept"]).parent.name == "beside"
    assert f"kept: {milvus['kept']}" in run("info", "--index", names[1]).stdout


@pytest.mark.parametrize(
    "asked",
    [
        ("ask", QUESTION, *DAY),
        ("ask", "What was trade worth?", "--since", "2023-01-01", "--until", "2023-12-31", *DAY),
        ("ask", "What does a ferry ticket cost?", *DAY),
        ("search", "steering committee session", "-k", "20", *DAY),
    ],
)
def test_answers_and_passages_are_the_same_to_the_last_digit(names, asked):
    folder, milvus = (of(name, *asked) for name in names)
    if asked[0] == "search":
        assert milvus
        assert milvus == folder
    else:
        assert milvus["passages"]
        assert untimed(milvus) == untimed(folder)


def test_a_batch_and_an_evaluation_are_the_same(names, tmp_path):
    batch = tmp_path / "questions.jsonl"
    lines = [
        {"id": 1, "question": QUESTION, "as_of": "2024-02-10", "answers": ["36"]},
        {"id": 2, "question": "Who chaired it?", "history": [{"question": QUESTION, "answer": None}],
         "as_of": "2024-02-10", "answers": []},
    ]  # fmt: skip
    batch.write_text("".join(json.dumps(one) + "\n" for one in lines))
    answers = [
        [
            untimed(json.loads(line))
            for line in run("ask", "--batch", batch, "--index", name).stdout.splitlines()
        ]
        for name in names
    ]
    assert answers[0] == answers[1]
    assert [one["id"] for one in answers[1]] == [1, 2]
    figures = [of(name, "eval", batch) for name in names]
    for one in figures:
        one.pop("latency_ms")
    assert figures[0] == figures[1]
    assert figures[1]["n"] == 2


def test_quotations_and_saved_answers_are_checked(names, tmp_path):
    answers = tmp_path / "answers.json"
    answers.write_text(run("ask", QUESTION, *DAY, "--json", "--index", names[0]).stdout)
    folder, milvus = (of(name, "check", answers) for name in names)
    assert milvus == folder
    assert milvus["counts"].keys() == {"unchanged"}
    draft = tmp_path / "draft.md"
    draft.write_text("The report says “the moon is made of green cheese”.\n")
    assert of(names[1], "check", draft, code=1)["counts"]["not found"] == 1


def test_the_index_of_the_environment_is_meant(names, monkeypatch):
    monkeypatch.setenv("PRESSCITE_INDEX", names[1])
    assert json.loads(run("info", "--json").stdout)["index"] == names[1]
    assert json.loads(run("search", "trade", "--json").stdout)
    ended = CliRunner().invoke(app, ["ask", QUESTION])
    assert ended.exit_code == 0
    assert "built-in sample" not in ended.stderr


def test_feedback_is_kept_beside_it_and_evaluated(names):
    with open_index(names[1]) as index:
        folder = kept_folder(index, make=True)
    assert isinstance(refused("eval", "--from-feedback", "--index", names[1]), DatasetError)
    FeedbackStore(folder).add(Feedback("right", "What does a ticket cost?", None))
    try:
        (kept,) = of(names[1], "feedback")
        assert kept["question"] == "What does a ticket cost?"
        assert of(names[1], "eval", "--from-feedback")["n"] == 1
        assert of(names[0], "feedback") == []
    finally:
        assert of(names[1], "feedback", "--remove", 1) == {"removed": 1}


def test_what_only_a_folder_can_do_is_said(names, tmp_path):
    for command, told in (
        (("snapshot", tmp_path / "copy"), f"presscite copy INDEX {tmp_path}/copy"),
        (("restore", tmp_path), "presscite copy"),
        (("chat", "--processes", "2", "--no-browser"), "milvus-lite serves one process"),
    ):
        error = refused(*command, "--index", names[1])
        assert isinstance(error, QueryError)
        assert str(error).startswith(f"{names[1]}: ")
        assert told in str(error)


def test_damage_is_found_and_what_follows_from_articles_is_written_again(tmp_path, wire):
    name = f"milvus-lite:{tmp_path}/news.db"
    of(name, "add", wire)
    with open_index(name) as index:
        server, collections = index.parts
        assert of(name, "verify", "--quick")["sound"]
        (chunk,) = server.query(collections.chunks, "seq == 1", ["*"])
        server.put(collections.chunks, [{**_stored(chunk), "day": 1, "body": "moon"}], new=False)
        told = of(name, "verify", code=1)["problems"]
        assert any("article w1, chunk 1" in one and "body, day" in one for one in told)
        assert of(name, "verify", "--repair")["sound"]
        assert next(one["article_id"] for one in of(name, "search", "bells")) == "w1"
        (term,) = server.query(collections.terms, 'key == "bell"', ["*"])
        server.put(collections.terms, [{**term, "body": 7}], new=False)
        told = of(name, "verify", code=1)["problems"]
        assert told == ["1 of 21 terms are counted wrongly, 'bell' among them"]
        assert of(name, "verify", "--repair")["sound"]
        server.put(collections.chunks, [{**_stored(chunk), "start": 3}], new=False)
        (told,) = of(name, "verify", "--repair", code=1)["problems"]
        assert told == "article w1, chunk 1: its row is not as it was written"
        server.delete(collections.chunks, "seq == 1")
        told = of(name, "verify", "--quick", code=1)["problems"]
        assert told == ["1 chunks are there, 2 were written"]
        piece = server.query(collections.articles, "seq == 2", ["*"])[0]
        content = piece["content"].replace("14 votes", "15 votes")
        server.put(collections.articles, [{**piece, "content": content}], new=False)
        told = of(name, "verify", code=1)["problems"]
        assert any("its pieces are not as they were written" in one for one in told)


def _stored(chunk):
    """Return a chunk's row without what Milvus makes of it."""
    return {name: value for name, value in chunk.items() if not name.endswith("_bm25")}


def test_feeds_are_watched(tmp_path):
    name = f"milvus-lite:{tmp_path}/news.db"
    with Site() as site:
        site.routes["/1"] = story("Story 1", more="Sent by desk 1.")
        site.tagged("/feed", rss(item("/1", "Story 1")), XML["Content-Type"], '"1"')
        watch = ("watch", site.url("/feed"), "--once", "--allow-private", "--delay", "0")
        first, again = (run(*watch, "--index", name).stdout for _ in range(2))
    assert "added 1," in first
    assert "1 said nothing new" in again
    assert [one["title"] for one in of(name, "list")] == ["Story 1"]


def test_doctor_checks_it_where_it_is(names):
    ended = CliRunner().invoke(app, ["doctor", "--json", "--index", names[1]])
    found = {one["check"]: one for one in json.loads(ended.stdout)}
    assert found["index"] == {"check": "index", "ok": True, "detail": f"{names[1]} is sound"}
    assert found["network"]["ok"]


def test_a_server_that_is_not_there_is_named(tmp_path):
    for command in (("list",), ("ask", "Who?"), ("verify",), ("add", sample_folder())):
        error = refused(*command, "--index", "milvus://127.0.0.1:9/news")
        assert isinstance(error, IndexUnreachableError)
        assert str(error).startswith(
            "milvus://127.0.0.1:9/news: the Milvus server cannot be reached"
        )


@pytest.mark.parametrize(
    "name", ["milvus://news", "milvus://host:1/a-b", "milvus-lite:", "~nobody/x"]
)
def test_a_name_that_no_index_can_have_is_said(name):
    assert isinstance(refused("list", "--index", name), NoIndexError)


def test_without_the_extra_the_command_to_install_it_is_said(tmp_path):
    program = (
        "import sys; sys.modules['pymilvus'] = sys.modules['milvus_lite'] = None; "
        "from ui.cli.app import main; main()"
    )
    for name in (f"milvus-lite:{tmp_path}/news.db", "milvus://127.0.0.1:9/news"):
        done = subprocess.run(
            [sys.executable, "-c", program, "add", str(sample_folder()), "--index", name],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1, done.stderr
        assert "pip install 'presscite[milvus]'" in done.stderr
