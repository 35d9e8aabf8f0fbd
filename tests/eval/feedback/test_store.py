"""Feedback is kept whole, by many writers at once, and never in the index itself."""

import hashlib
import multiprocessing
import sqlite3
import threading
from datetime import UTC, date, datetime

import pytest

from eval.feedback import FILE, Feedback, FeedbackStore
from eval.feedback import store as store_module
from rag.errors import IndexStoreError, QueryError
from rag.index import Index, verify_index
from rag.ingest.article import make_article
from tests.conftest import HashEncoder

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
RIGHT = Feedback("right", "Who chaired it?", "Ann Lee", "a", "0" * 64, 3, 10, date(2024, 2, 1))


def test_what_is_kept_is_read_back(tmp_path):
    kept = FeedbackStore(tmp_path)
    assert kept.all() == []
    assert not (tmp_path / FILE).exists()
    silent = Feedback("wrong", "What costs it? 😀\x00", None)
    assert kept.add(RIGHT, AT) == 1
    assert kept.add(silent) == 2
    first, second = FeedbackStore(tmp_path).all()
    assert (first.id, first.at, first.feedback) == (1, AT, RIGHT)
    assert second.feedback == silent
    assert kept.remove(1)
    assert not kept.remove(1)
    assert [one.id for one in kept.all()] == [2]
    # A number is not given twice.
    assert kept.add(RIGHT) == 3


def test_said_twice_is_kept_once_and_after_something_else_again(tmp_path):
    kept = FeedbackStore(tmp_path)
    wrong = Feedback("wrong", RIGHT.question, "Ann Lee", "a", "0" * 64, 3, 10, date(2024, 2, 1))
    assert [kept.add(one) for one in (RIGHT, RIGHT, wrong, RIGHT, RIGHT)] == [1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (("perhaps", "Who?", None), "verdict is 'perhaps'"),
        (("right", " ?! ", None), "the question is empty"),
        (("right", "x" * 2001, None), "2,001 characters"),
        (("right", "Who?", "", "a", None, 0, 1), "0 characters"),
        (("right", "Who?", "x" * 2001, "a", None, 0, 1), "2,001 characters"),
        (("right", "Who?", None, "a"), "no answer"),
        (("right", "Who?", "Ann", "a"), "without its article, start and end"),
        (("here", "Who?", None), "paste those of the article"),
        (("right", "Who?", "Ann", "a" * 1001, None, 0, 3), "an id of over"),
    ],
)
def test_what_is_no_feedback_is_refused(fields, line):
    with pytest.raises(QueryError, match=line):
        Feedback(*fields)


def test_there_is_an_end_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_RECORDS", 2)
    kept = FeedbackStore(tmp_path)
    for number in range(2):
        kept.add(Feedback("right", f"Who {number}?", None))
    with pytest.raises(QueryError, match="2 records"):
        kept.add(Feedback("right", "Who else?", None))
    assert len(kept.all()) == 2


def test_lone_surrogates_are_kept_as_question_marks(tmp_path):
    kept = FeedbackStore(tmp_path)
    kept.add(Feedback("wrong", "Who \ud800?", None))
    assert kept.all()[0].feedback.question == "Who ??"


def _many(folder, name, count):
    for number in range(count):
        FeedbackStore(folder).add(Feedback("right", f"Who of {name} is number {number}?", None))


@pytest.mark.slow
def test_many_writers_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_many, args=(tmp_path, f"p{n}", 20)) for n in range(2)]
    threads = [threading.Thread(target=_many, args=(tmp_path, f"t{n}", 20)) for n in range(4)]
    for one in (*processes, *threads):
        one.start()
    for one in (*processes, *threads):
        one.join(120)
    assert all(process.exitcode == 0 for process in processes)
    questions = {one.feedback.question for one in FeedbackStore(tmp_path).all()}
    assert len(questions) == 120


def test_a_writer_that_dies_leaves_no_half_record(tmp_path):
    kept = FeedbackStore(tmp_path)
    kept.add(RIGHT)

    class _Stop(BaseException):
        pass

    def dying():
        with kept._writing() as connection:
            connection.execute("DELETE FROM feedback")
            raise _Stop

    with pytest.raises(_Stop):
        dying()
    assert len(kept.all()) == 1


def test_a_file_whose_writer_died_before_its_schema_holds_no_records(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    (ours / FILE).touch()
    kept = FeedbackStore(ours)
    assert kept.all() == []
    assert not kept.copy_to(theirs)
    assert not (theirs / FILE).exists()
    assert not kept.remove(1)
    assert kept.add(RIGHT) == 1
    assert len(kept.all()) == 1


def test_a_damaged_or_newer_file_is_one_line(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database at all, but long enough to be looked at" * 20)
    for call in (FeedbackStore(tmp_path).all, lambda: FeedbackStore(tmp_path).add(RIGHT)):
        with pytest.raises(IndexStoreError, match="move the file away"):
            call()
    (tmp_path / FILE).unlink()
    FeedbackStore(tmp_path).add(RIGHT)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(IndexStoreError, match="format 9"):
        FeedbackStore(tmp_path).all()


def test_the_index_is_not_touched(tmp_path):
    folder = tmp_path / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([make_article(text="The harbour was closed on Monday.", source="/a.txt")])

    def digests():
        return {
            path: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != FILE
        }

    before = digests()
    FeedbackStore(folder).add(RIGHT)
    assert digests() == before
    assert verify_index(folder, quick=False) == []
