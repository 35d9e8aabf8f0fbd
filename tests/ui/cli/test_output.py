"""What reaches a terminal: nothing of an article, a file's name or a saved answer that it would obey."""

import json
import sys

import pytest

from rag.index import Index
from rag.types import Article
from tests.conftest import HashEncoder
from ui.cli.app import main

COMMANDS = "\x1b[31m\x9b2J\x07\u202e\u2028"
OBEYED = set("\x1b\x9b\x07\u202e\u2028\r")
ARTICLE = Article(
    id="ferries",
    title=f"Ferries {COMMANDS} ordered",
    outlet=f"Lake {COMMANDS} Wire",
    sources=(f"/news/fer{COMMANDS}ries.txt",),
    text=f"Seven ferries {COMMANDS} were ordered.\nThe first one sails in May.",
)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        made.add([ARTICLE])

    def called(*arguments):
        named = ("presscite", *map(str, arguments), "--index", str(tmp_path / "index"))
        monkeypatch.setattr(sys, "argv", list(named))
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr()

    return called


@pytest.mark.parametrize("command", [("list",), ("show", "ferries")])
def test_nothing_of_an_article_commands_a_terminal(call, command):
    status, told = call(*command)
    assert status == 0
    assert not OBEYED & set(told.out)
    assert "Ferries" in told.out
    assert "/news/fer" in told.out


def test_an_article_keeps_its_lines(call):
    assert call("show", "ferries")[1].out.endswith("ordered.\nThe first one sails in May.\n")


def test_no_file_name_in_a_message_commands_a_terminal(call, tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / f"a{COMMANDS}.xyz").write_text("no format that is read")
    for command in (("add", tmp_path / "news" / f"a{COMMANDS}.xyz"), ("check", f"b{COMMANDS}.md")):
        status, told = call(*command)
        assert status == 2
        assert not OBEYED & set(told.err)
        assert told.err.count("\n") == 1


def test_nothing_of_a_saved_answer_commands_a_terminal(call, tmp_path):
    quoted = {"article_id": "x", "quote": f"q{COMMANDS}", "outlet": COMMANDS, "start": 0, "end": 1}
    (tmp_path / "saved.json").write_text(json.dumps({"answer": "q", "citations": [quoted]}))
    status, told = call("check", tmp_path / "saved.json")
    assert status == 1
    assert not OBEYED & set(told.out)
