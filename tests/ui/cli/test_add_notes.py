"""What `add` dropped or assumed in an article it kept is told on standard error only."""

import json
import subprocess
import sys

import pytest

STORY = "The council of Bregenz rejected the new tram line by 14 votes to 9."


@pytest.mark.slow
def test_notes_go_to_standard_error_and_change_no_status(tmp_path):
    row = {"text": STORY, "title": ["a"], "published": "01/02/2024"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ui", "add", "a.jsonl", "--index", "my.index", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["added"] == 1
    assert json.loads(done.stdout)["skipped"] == []
    assert "a.jsonl#1: its title is not a string; dropped" in done.stderr
    assert "read day first, as 2024-02-01" in done.stderr


@pytest.mark.slow
def test_fields_that_were_taken_and_the_options_that_choose_them(tmp_path):
    rows = f'kop,maintext,publish_date,extra\nFerry,"{STORY}",01/02/2024,x\n'
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")

    def add(*options):
        return subprocess.run(
            [sys.executable, "-m", "ui", "add", "a.csv", "--index", "my.index", "--json", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = add("--field", "title=kop", "--date-order", "mdy")
    assert (done.returncode, json.loads(done.stdout)["added"]) == (0, 1)
    assert (
        "a.csv: took text from maintext, title from kop, published from publish_date; left extra"
        in (done.stderr)
    )
    assert "day first" not in done.stderr
    # A row without id and address is named by its content: with another day it is another article.
    done = add("--date-order", "dmy")
    assert json.loads(done.stdout)["added"] == 1
    done = add("--field", "title=headline")
    assert done.returncode == 2
    assert "no 'headline' in it (--field title=headline); it has kop, maintext" in done.stderr


INDEX_PAGE = (
    "<h1>News</h1><ul>" + "<li><a href=/a>Harbour board meets again today</a>" * 20 + "</ul>"
)


@pytest.mark.slow
def test_pages_without_a_story_are_no_bad_input(tmp_path):
    (tmp_path / "news.html").write_text(INDEX_PAGE, encoding="utf-8")
    paragraph = (
        f"<p>{STORY} It was the third vote on the line in as many years, the mayor said.</p>"
    )
    page = f"<!doctype html><body><article><h1>Tram line rejected</h1>{paragraph}</article>"
    (tmp_path / "tram.html").write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "ui", "add", "--index", "my.index", "--json"]

    def added(*names):
        done = subprocess.run(
            [*command, *names], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, json.loads(done.stdout)

    status, told = added("news.html", "tram.html")
    assert (status, told["added"]) == (0, 1)
    assert [one["unusable"] for one in told["skipped"]] == [False]
    # What cannot be read is; so is an only source that came to nothing.
    (tmp_path / "cut.txt").write_bytes(b"\x00\x01")
    status, told = added("tram.html", "news.html", "cut.txt")
    assert status == 2
    assert [one["unusable"] for one in told["skipped"]] == [False, True]
    assert added("news.html")[0] == 2
