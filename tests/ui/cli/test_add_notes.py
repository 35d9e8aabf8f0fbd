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
