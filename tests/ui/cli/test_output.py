"""What reaches a terminal or a pipe: nothing that a terminal obeys, and how a command ends without them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag.index import Index
from rag.types import Article
from tests.conftest import HashEncoder
from ui.cli.app import main

ROOT = Path(__file__).parents[3]
# A shell's background job, as this suite may be, is started with the signal ignored.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from ui.cli.app import main; main()"
)
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


def _started(*arguments, stdout, buffered):
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, "-c", START, *map(str, arguments)],
        cwd=ROOT,
        env=kept if buffered else kept | {"PYTHONUNBUFFERED": "1"},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def index(tmp_path):
    with Index.open(tmp_path / "index", create=True) as made:
        made.add([ARTICLE])
    return tmp_path / "index"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "command", [("verify",), ("show", "ferries", "--json"), ("search", "ferries")]
)
def test_a_full_disk_is_one_line_and_no_finding(index, command, buffered):
    with Path("/dev/full").open("w") as full:
        done = _started(*command, "--index", index, stdout=full, buffered=buffered)
        told = done.communicate(timeout=60)[1]
    # 1 would say that the index is damaged.
    assert (done.returncode, told) == (
        2,
        "presscite: the output cannot be written (no space left on device)\n",
    )


@pytest.mark.slow
@pytest.mark.parametrize("buffered", [True, False])
def test_a_closed_pipe_ends_a_command_without_a_word(index, buffered):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = _started("list", "--index", index, stdout=pipe, buffered=buffered)
        told = done.communicate(timeout=60)[1]
    assert (done.returncode, told) == (1, "")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="closes descriptors by a shell")
@pytest.mark.parametrize(
    ("closed", "status", "out", "error"),
    [
        (">&-", 2, "", "presscite: standard output is closed; "),
        ("2>&-", 0, "Ferries", ""),
        ("<&-", 0, "Ferries", ""),
        ("<&- >&- 2>&-", 2, "", ""),
    ],
)
def test_closed_streams_end_no_command_in_a_traceback(index, closed, status, out, error):
    command = [sys.executable, "-c", START, "list", "--index", str(index)]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "-", *command], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, out in done.stdout, done.stderr.startswith(error)) == (
        status,
        True,
        True,
    )
    assert done.stderr.count("\n") == bool(error)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no such signal")
def test_an_interrupted_command_says_so(index, tmp_path):
    (tmp_path / "questions.jsonl").write_text('{"question": "Who ordered ferries?"}\n' * 500)
    batch = ("ask", "--batch", tmp_path / "questions.jsonl", "--index", index)
    done = _started(*batch, stdout=subprocess.PIPE, buffered=False)
    try:
        done.stdout.readline()
        done.send_signal(signal.SIGINT)
        told = done.communicate(timeout=60)[1]
    finally:
        done.kill()
    assert (done.returncode, told) == (130, "presscite: interrupted; what was committed stays\n")


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_makes_no_index_in_the_current_folder(name, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.txt").write_text("Seven ferries were ordered by the town of Lindau on Monday.")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "argv", ["presscite", "add", "../a.txt", "--index", name])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr().err.count("\n")) == (2, 1)
    assert list((tmp_path / "here").iterdir()) == []


def test_a_folder_for_a_report_is_refused_before_the_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "q.jsonl").write_text('{"question": "Who?", "answers": ["Holm"]}\n')
    named = ["eval", str(tmp_path / "q.jsonl"), "--report", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["presscite", *named, "--index", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as stopped:
        main()
    told = capsys.readouterr()
    assert (stopped.value.code, told.out) == (2, "")
    assert "name a file in it" in told.err
