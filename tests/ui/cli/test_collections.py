"""Collections from the command: added to, moved between, asked alone."""

import json

import pytest
from typer.testing import CliRunner

from ui.cli.app import app

FERRY = "The harbour of Lindau ordered seven electric ferries on Monday.\n"
TRAM = "The council of Bregenz rejected the new tram line by 14 votes to 9.\n"


@pytest.fixture
def call(tmp_path):
    def run(*arguments, status=0, stdin=None):
        told = CliRunner().invoke(
            app, [*map(str, arguments), "--index", str(tmp_path / "my.index")], input=stdin
        )
        assert told.exit_code == status, told.output
        return told.stdout

    return run


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / "ferry.txt", tmp_path / "tram.txt"]
    for path, text in zip(made, (FERRY, TRAM), strict=True):
        path.write_text(text)
    return made


def labels(call, *options):
    return [one["collection"] for one in json.loads(call("list", "--json", *options))]


@pytest.mark.slow
def test_a_question_is_asked_of_one_collection(call, files):
    call("add", files[0], "--collection", "  Press   releases ")
    call("add", files[1])
    assert labels(call) == ["Press releases", None]
    assert labels(call, "--collection", "press RELEASES") == ["Press releases"]
    assert json.loads(call("info", "--json"))["collections"] == {"Press releases": 1}

    def found(name):
        return json.loads(call("search", "tram line ferries", "--collection", name, "--json"))

    assert [one["collection"] for one in found("press releases")] == ["Press releases"]
    assert found("wire") == []
    asked = json.loads(call("ask", "Who ordered ferries?", "--collection", "Wire", "--json"))
    assert asked["passages"] == []
    line = json.dumps({"question": "Who ordered ferries?", "collection": "Press releases"})
    answer = json.loads(call("ask", "--batch", "-", "--collection", "Wire", stdin=line))
    assert [one["collection"] for one in answer["passages"]] == ["Press releases"]


@pytest.mark.slow
def test_adding_again_moves_an_article_without_a_version(call, files):
    call("add", *files, "--collection", "Wire")
    moved = json.loads(call("add", files[1], "--collection", "Archive", "--json"))
    assert (moved["updated"], moved["unchanged"], moved["chunks"]) == (1, 0, 0)
    kept = json.loads(call("add", *files, "--json"))
    assert (kept["updated"], kept["unchanged"]) == (0, 2)
    assert labels(call) == ["Wire", "Archive"]
    assert json.loads(call("show", files[1], "--json"))["versions"] == []
    files[1].write_text(TRAM + "The mayor will propose another line in May.\n")
    assert json.loads(call("add", files[1], "--json"))["updated"] == 1
    assert labels(call) == ["Wire", "Archive"]
    assert call("verify") == "sound\n"


@pytest.mark.slow
def test_an_evaluation_asks_one_collection(call, files, tmp_path):
    call("add", files[0], "--collection", "Wire")
    call("add", files[1])
    questions = tmp_path / "questions.jsonl"
    rows = (
        {"question": "How many electric ferries did Lindau order?", "answers": ["seven"]},
        {"question": "Who rejected the tram line?", "answers": ["The council of Bregenz"]},
    )
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def recall(*options):
        return json.loads(call("eval", questions, "--json", *options))["recall_at_5"]

    assert (recall(), recall("--collection", "wire")) == (1.0, 0.5)
    paragraph = {"context": TRAM, "qas": [{"id": "1", "question": "Who?", "answers": []}]}
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps({"data": [{"title": "Tram", "paragraphs": [paragraph]}]}))
    for source, label, told in (
        (questions, "Archive", "no article is in the collection"),
        (squad, "Wire", "brings its own articles"),
    ):
        options = ["--collection", label, "--index", str(tmp_path / "my.index")]
        refused = CliRunner().invoke(app, ["eval", str(source), *options])
        assert told in str(refused.exception)


@pytest.mark.slow
def test_a_label_is_taken_off_by_adding_again(call, files):
    call("add", *files, "--collection", "Wire")
    taken = json.loads(call("add", files[0], "--no-collection", "--json"))
    assert (taken["updated"], taken["unchanged"], taken["chunks"]) == (1, 0, 0)
    assert labels(call) == [None, "Wire"]
    assert json.loads(call("add", files[0], "--no-collection", "--json"))["unchanged"] == 1
    found = json.loads(call("search", "ferries tram", "--collection", "wire", "--json"))
    assert ["tram line" in one["text"] for one in found] == [True]
    assert len(json.loads(call("search", "ferries tram", "--json"))) == 2
    assert json.loads(call("info", "--json"))["collections"] == {"Wire": 1}
    # A new text, too, is in no collection then.
    files[1].write_text(TRAM + "The mayor will propose another line in May.\n")
    assert json.loads(call("add", files[1], "--no-collection", "--json"))["updated"] == 1
    assert labels(call) == [None, None]
    assert call("verify") == "sound\n"


def test_a_label_is_given_or_taken_off(files):
    both = ["add", str(files[0]), "--collection", "Wire", "--no-collection"]
    assert "exclude each other" in str(CliRunner().invoke(app, both).exception)


def test_an_empty_label_is_refused(call, files):
    told = CliRunner().invoke(app, ["add", str(files[0]), "--collection", "  "])
    assert "names nothing" in str(told.exception)
