"""What an archive's questions gain: two networks read the same passages, and their figures are compared."""

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from eval.datasets import Question, QuestionSet
from eval.lab.train.archive_gain import ARMS, compared, main, told
from rag.index import Index
from rag.ingest.article import make_article
from rag.reader.loading import VOCABULARY, WEIGHTS

pytestmark = pytest.mark.slow


def test_two_networks_read_the_same_passages(tmp_path: Path, weights: Path) -> None:
    questions = QuestionSet(
        "ferries",
        (
            Question("1", "Who ordered the ferries?", ("Lindau",), ()),
            Question("2", "When does the ferry sail?", ("May",), ()),
        ),
    )
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(
            [
                make_article(text="Lindau ordered seven ferries.", source="a.txt"),
                make_article(text="The first ferry sails in May.", source="b.txt"),
            ]
        )
        result = compared(questions, index, weights, weights, WEIGHTS / VOCABULARY)
    found = {name: (ours, theirs, gain.value) for name, ours, theirs, gain in told(result)}
    assert set(found) == {"quote_hit", "f1"}
    for ours, theirs, gain in found.values():
        assert 0 <= ours <= 1
        assert (theirs, gain) == (ours, 0)


def test_only_one_arm_has_questions_of_the_archive() -> None:
    assert [bool(arm.archive) for arm in ARMS] == [True, False]
    assert [arm.plan.mix for arm in ARMS] == ["archive", "again"]


def test_questions_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    app = Typer()
    app.command()(main)
    places = [str(tmp_path / name) for name in ("data", "model", "picked.jsonl", "asked.jsonl")]
    done = CliRunner().invoke(app, [*places, "--index", "x", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "asked.jsonl: no such file" in done.output
    assert not (tmp_path / "out").exists()
