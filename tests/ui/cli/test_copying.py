"""The command `copy`: its lines, its JSON, its exit statuses; and the same answers from every copy."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.feedback import Feedback, FeedbackStore
from rag.answering.answerer import Answerer
from rag.errors import IndexStoreError, UnfinishedCopyError
from rag.index import Index
from rag.index.copying import copy_index
from rag.index.opening import open_index
from tests.rag.index.copied import rows, write_source
from ui.cli.app import app
from ui.defaults import open_sample

ROOT = Path(__file__).parents[3]
needs_milvus = pytest.mark.skipif(
    find_spec("milvus_lite") is None, reason="the extra `milvus` is not installed"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_source(tmp_path_factory.mktemp("copied") / "source")


def test_the_json_tells_what_was_copied(source, tmp_path):
    done = CliRunner().invoke(app, ["copy", str(source), str(tmp_path / "copy"), "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found.pop("seconds") >= 0
    with Index.open(source) as index:
        counts, revision = index.counts(), index.revision
    assert found == {
        "from": str(source), "to": str(tmp_path / "copy"), "revision": revision,
        "articles": counts["articles"], "chunks": counts["chunks"], "sources": counts["sources"],
        "versions": 1, "resumed": 0, "restarted": False, "newest_revision": revision, "verified": True,
        "feedback": False,
    }  # fmt: skip
    assert done.stderr == ""
    assert rows(tmp_path / "copy") == rows(source)


def test_feedback_goes_along_and_what_does_not_is_said(tmp_path):
    source = write_source(tmp_path / "source", count=12)
    FeedbackStore(source).add(Feedback("right", "Who ordered bells?", None))
    (source / "watch.sqlite").write_bytes(b"")
    done = CliRunner().invoke(app, ["copy", str(source), str(tmp_path / "copy")])
    assert done.exit_code == 0
    assert done.stdout.startswith(f"copied {source} at revision ")
    assert "all read again and the same" in done.stdout
    assert done.stderr.splitlines() == [
        "presscite: not copied: what was seen of watched feeds (watch.sqlite); they are read once more"
    ]
    (kept,) = FeedbackStore(tmp_path / "copy").all()
    assert kept.feedback.question == "Who ordered bells?"
    assert not (tmp_path / "copy" / "watch.sqlite").exists()


def test_feedback_that_cannot_be_read_is_left_out_with_one_line(tmp_path):
    source = write_source(tmp_path / "source", count=12)
    (source / "feedback.sqlite").write_bytes(b"no database, but longer than the head of one" * 9)
    done = CliRunner().invoke(app, ["copy", str(source), str(tmp_path / "copy"), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["feedback"] is False
    (told,) = done.stderr.splitlines()
    assert told.startswith("presscite: not copied: what people said of answers (")
    assert rows(tmp_path / "copy") == rows(source)


@pytest.mark.parametrize("target", ["taken", "milvus://nobody", "milvus-lite:"])
def test_a_target_that_cannot_be_one_is_refused(source, tmp_path, target):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("mine")
    name = str(tmp_path / target) if target == "taken" else target
    done = CliRunner().invoke(app, ["copy", str(source), name, "--json"])
    assert isinstance(done.exception, IndexStoreError)
    assert "\n" not in str(done.exception)
    assert done.stdout == ""


_INTERRUPTED = """
import os, signal, sys
# A shell that starts its jobs in the background has them ignore Ctrl-C, and tests may be such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)
from contextlib import contextmanager
import rag.index.copying, ui.cli.progress
from ui.cli.app import main

@contextmanager
def stages():
    def shown(stage, done, total):
        if (stage, done) == ("copying", 20):
            os.kill(os.getpid(), signal.SIGINT)
    yield shown

rag.index.copying.BATCH_ARTICLES = 10
ui.cli.progress.stages = stages
main()
"""


@pytest.mark.slow
def test_ctrl_c_ends_a_copy_that_goes_on_by_the_same_command(source, tmp_path):
    target = tmp_path / "copy"
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, "copy", str(source), str(target)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    asked = CliRunner().invoke(app, ["list", "--index", str(target)])
    assert isinstance(asked.exception, UnfinishedCopyError)
    again = CliRunner().invoke(app, ["copy", str(source), str(target)])
    assert again.exit_code == 0
    assert again.stderr == "presscite: 20 articles had been copied before\n"
    assert rows(target) == rows(source)


@needs_milvus
@pytest.mark.slow
def test_every_copy_answers_as_its_source_does(tmp_path):
    with open_sample(tmp_path / "cache") as sample:
        places = [sample.folder, f"milvus-lite:{tmp_path / 'copy.db'}", tmp_path / "back"]
    for one, other in pairwise(places):
        copy_index(one, other)
    lines = (ROOT / "eval" / "sample" / "questions.jsonl").read_text().splitlines()
    asked = [json.loads(line)["question"] for line in lines[::45]]
    assert len(asked) >= 4
    wanted, *others = (_answers(place, asked) for place in places)
    assert any(text for text, *_ in wanted)
    for found in others:
        assert [one[:-1] for one in found] == [one[:-1] for one in wanted]
        assert [one[-1] for one in found] == pytest.approx([one[-1] for one in wanted], abs=1e-4)


def _answers(place, questions):
    with open_index(place) as index:
        answerer = Answerer(index)
        found = [answerer.ask(question) for question in questions]
    return [
        (
            one.text,
            [(own.article.id, own.quote, own.start) for own in one.citations],
            [candidate.text for candidate in one.candidates],
            one.confidence,
        )
        for one in found
    ]
