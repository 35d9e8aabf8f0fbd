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
