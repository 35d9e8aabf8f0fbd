"""`presscite feedback` and `presscite eval --from-feedback`."""

import json

import pytest
from typer.testing import CliRunner

from eval.feedback import Feedback, FeedbackStore
from rag.errors import DatasetError, QueryError
from rag.index import Index
from rag.ingest.article import make_article
from rag.text.content_hash import content_hash
from tests.conftest import HashEncoder
from ui.cli.app import app

FERRY = make_article(
    text=(
        "The harbour of Lindau ordered seven electric ferries on Monday. "
        "Mayor Greta Holm said the first one will sail in May 2021."
    ),
    source="/news/ferry.txt",
    title="Ferries",
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.index.model.index_encoder", lambda *_: HashEncoder())
    made = tmp_path / "index"
    with Index.open(made, create=True, encoder=HashEncoder()) as index:
        index.add([FERRY])
    return made


def said(verdict, question, answer):
    if answer is None:
        return Feedback(verdict, question, None)
    start = FERRY.text.index(answer)
    return Feedback(
        verdict, question, answer, FERRY.id, content_hash(FERRY), start, start + len(answer)
    )


def fill(folder):
    kept = FeedbackStore(folder)
    kept.add(said("here", "How many ferries did Lindau order?", "seven"))
    kept.add(said("right", "What does a \x1b[31mticket cost?", None))
    kept.add(said("wrong", "Who is the mayor?", "Lindau"))


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_it_is_listed(folder):
    assert run("feedback", "--index", folder).stdout == "0 records\n"
    fill(folder)
    told = run("feedback", "--index", folder).stdout
    assert f"here: How many ferries did Lindau order? — “seven”, article {FERRY.id}" in told
    assert "\x1b" not in told
    assert told.endswith("3 records\n")
    records = json.loads(run("feedback", "--json", "--index", folder).stdout)
    assert [one["verdict"] for one in records] == ["here", "right", "wrong"]
    first = records[0]
    assert FERRY.text[first["start"] : first["end"]] == first["answer"] == "seven"
    assert first["content_hash"] == content_hash(FERRY)


def test_a_record_is_removed_by_its_number(folder):
    fill(folder)
    assert run("feedback", "--remove", 2, "--index", folder).stdout == "removed 1\n"
    ended = run("feedback", "--remove", 2, "--index", folder)
    assert isinstance(ended.exception, QueryError)
    records = json.loads(run("feedback", "--json", "--index", folder).stdout)
    assert [one["id"] for one in records] == [1, 3]


def test_questions_are_lines_of_a_question_set(folder):
    fill(folder)
    ended = run("feedback", "--questions", "--index", folder)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(row["answers"], row["articles"]) for row in rows] == [
        (["seven"], [FERRY.id]),
        ([], []),
    ]
    assert "1 left out, of which only wrong answers are known" in ended.stderr


def test_without_feedback_there_is_nothing_to_evaluate(folder):
    ended = run("eval", "--from-feedback", "--index", folder)
    assert isinstance(ended.exception, DatasetError)
    assert "no feedback there" in str(ended.exception)


def test_two_question_sets_are_one_too_many(folder, tmp_path):
    ended = run("eval", tmp_path / "a.jsonl", "--from-feedback", "--index", folder)
    assert isinstance(ended.exception, QueryError)


@pytest.mark.slow
def test_feedback_is_evaluated(folder):
    fill(folder)
    ended = run("eval", "--from-feedback", "--json", "--index", folder)
    assert ended.exit_code == 0, ended.exception
    record = json.loads(ended.stdout)
    assert (record["n"], record["n_answerable"]) == (2, 1)


def test_a_replaced_article_is_meant_by_its_newer_id(folder):
    fill(folder)
    newer = make_article(text=f"Updated. {FERRY.text}", source="/news/ferry.txt", title="Ferries")
    with Index.open(folder, encoder=HashEncoder()) as index:
        index.add([newer])
        assert index.successor(FERRY.id) == newer.id
    first = json.loads(run("feedback", "--questions", "--index", folder).stdout.splitlines()[0])
    assert first["articles"] == [newer.id]


def test_a_restored_index_keeps_what_was_said(folder, tmp_path):
    copy = tmp_path / "copy"
    assert run("snapshot", copy, "--index", folder).exit_code == 0
    fill(folder)
    assert run("restore", copy, "--index", folder).exit_code == 0
    assert len(FeedbackStore(folder).all()) == 3
