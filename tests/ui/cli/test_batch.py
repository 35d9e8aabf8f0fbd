"""Lines of a batch: questions with their history and filters, or what is wrong with them."""

import json
import sys
from contextlib import nullcontext

import pytest

from rag.errors import IndexDamagedError, QueryError, QuoteError
from rag.types import Turn
from ui.cli.app import main
from ui.cli.batch import LineError, read_question


def test_a_full_line():
    asked = read_question(
        '{"id": [1], "question": "And why?", "since": "2030-01-01", "outlet": "Lake Wire", "language": null,'
        ' "as_of": "2031-02-03",'
        ' "history": [{"question": "Who left?", "answer": "Holm"}, {"question": "When?", "answer": null}]}'
    )
    assert (asked.id, asked.question) == ([1], "And why?")
    assert asked.history == (Turn("Who left?", "Holm"), Turn("When?", None))
    assert asked.filters == {
        "since": "2030-01-01",
        "until": None,
        "outlet": "Lake Wire",
        "language": None,
        "collection": None,
        "as_of": "2031-02-03",
    }


def test_a_question_alone():
    asked = read_question('{"question": "Who?"}')
    assert (asked.id, asked.history) == (None, ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no 'question'"),
        ('"Who?"', "no 'question'"),
        ("{}", "no 'question'"),
        ('{"question": 7}', "no 'question'"),
        ('{"question": "Who?", "since": 2030}', "since is 2030, not a string"),
        ('{"question": "Who?", "as_of": 2030}', "as_of is 2030, not a string"),
        ('{"question": "Who?", "history": {}}', "history is not a list"),
        ('{"question": "Who?", "history": ["Who?"]}', "no question with an answer"),
        ('{"question": "Who?", "history": [{"answer": "x"}]}', "no question with an answer"),
        (
            '{"question": "Who?", "history": [{"question": "x", "answer": 1}]}',
            "no question with an answer",
        ),
    ],
)
def test_what_is_no_question(line, reason):
    with pytest.raises(QueryError, match=reason):
        read_question(line)


@pytest.mark.parametrize(
    "rest",
    [
        '"question": 7',
        '"question": "Who?", "since": 2030',
        '"question": "Who?", "history": "Holm"',
    ],
)
def test_a_line_that_is_no_question_keeps_its_id(rest):
    with pytest.raises(LineError) as refused:
        read_question(f'{{"id": "q7", {rest}}}')
    assert refused.value.id == "q7"


@pytest.mark.parametrize("id", ["1e999", "[-1e999]"])
def test_an_id_that_no_json_can_name_is_refused(id):
    with pytest.raises(QueryError, match="not JSON"):
        read_question(f'{{"id": {id}, "question": "Who?"}}')


def test_options_of_a_batch_are_refused_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "q.jsonl").write_text('{"question": "Who?"}\n' * 3)
    batch = ["presscite", "ask", "--batch", str(tmp_path / "q.jsonl"), "--index", str(tmp_path)]
    for option in (("--since", "soon"), ("-k", "0"), ("--since", "2030-01-01", "--until", "2029")):
        monkeypatch.setattr(sys, "argv", [*batch, *option])
        with pytest.raises(SystemExit) as stopped:
            main()
        told = capsys.readouterr()
        assert (stopped.value.code, told.out, told.err.count("\n")) == (2, "", 1)
        assert "line 1" not in told.err
        assert "no index" not in told.err
    monkeypatch.setattr(sys, "argv", [*batch[:-1], "none"])
    monkeypatch.setattr("ui.defaults.open_for_questions", _opened)
    monkeypatch.setattr("ui.readers.answerer_with", lambda *_, **__: None)
    (tmp_path / "q.jsonl").write_text('{"id": 4, "question": 7}\n')
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().out)["id"] == 4


class _Fails:
    """Answers nothing: each question names what it fails with."""

    errors = {
        "zip": ValueError("zip() argument 2\nis longer"),
        "deep": RecursionError("x" * 5000),
        "word": QuoteError("the quote is not the article's text"),
        "index": IndexDamagedError("my.index: damaged"),
    }

    def ask(self, question, **_options):
        raise self.errors[question]


def _batch_of(tmp_path, monkeypatch, *questions):
    lines = [json.dumps({"id": n, "question": one}) for n, one in enumerate(questions)]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    monkeypatch.setattr("ui.defaults.open_for_questions", _opened)
    monkeypatch.setattr("ui.readers.answerer_with", lambda *_, **__: _Fails())
    monkeypatch.setattr(sys, "argv", ["presscite", "ask", "--batch", str(tmp_path / "q.jsonl")])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def test_whatever_a_line_fails_with_is_told_in_its_place(tmp_path, monkeypatch, capsys):
    assert _batch_of(tmp_path, monkeypatch, "zip", "deep", "word") == 2
    told = capsys.readouterr()
    records = [json.loads(line) for line in told.out.splitlines()]
    assert [one["id"] for one in records] == [0, 1, 2]
    assert "ValueError: zip() argument 2 is longer" in records[0]["error"]
    assert len(records[1]["error"]) < 400
    assert records[2]["error"] == "the quote is not the article's text"
    assert told.err.count("\n") == 3
    assert "q.jsonl, line 1: the question could not be answered" in told.err


def test_an_index_that_cannot_be_used_ends_the_batch(tmp_path, monkeypatch, capsys):
    assert _batch_of(tmp_path, monkeypatch, "zip", "index", "deep") == 2
    told = capsys.readouterr()
    assert [json.loads(line)["id"] for line in told.out.splitlines()] == [0]
    assert told.err.splitlines()[1] == "presscite: my.index: damaged"


def _opened(_name):
    return nullcontext(), False
