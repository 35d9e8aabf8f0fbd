"""Every command and program that the README shows, run as it stands, in a fresh home without a network."""

import base64
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
import yaml

from eval.feedback import Feedback, FeedbackStore

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^(?:<!-- (\w+) -->\n)?```(\w*)\n(.*?)^```", README, re.M | re.S)
SETUP = {name: body.strip() for name, _, body in BLOCKS if name}
COMMANDS = [
    line
    for name, language, body in BLOCKS
    if language == "sh" and not name
    for line in body.replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]
(EVALUATED,) = (body for _, language, body in BLOCKS if language == "jsonl")
PROGRAMS = [body for _, language, body in BLOCKS if language == "python"]
ADDING, SERVING = "presscite add ", "presscite chat"
PASSWORD = "nine quiet harbours"
FEEDBACK = Feedback("right", "Who paid for the ferries?", None)
NEWS = {
    "ferries.txt": (
        "Lindau orders ferries\nMay 3, 2020\n\n"
        "The harbour of Lindau ordered seven electric ferries on Monday. "
        "Mayor Greta Holm said the first one will sail in May 2021.\n"
    ),
    "tram.md": (
        "---\ntitle: Tram line rejected\noutlet: Lake Wire\npublished: 2020-06-01\n"
        "url: https://example.org/tram\n---\n"
        "The council of Bregenz rejected the new tram line by 14 votes to 9.\n"
    ),
    "wire.jsonl": json.dumps({"text": "Arbon bought three bells.", "id": "w1"}) + "\n",
}
QUESTIONS = [
    {"id": 1, "question": "How many ferries were ordered?", "since": "2023-01-01"},
    {
        "id": 2,
        "question": "And why?",
        "history": [{"question": "What did they sign?", "answer": None}],
    },
]
# Loaded by every Python that the commands start: whoever looks beyond this machine is noted.
WATCH = """
import os, socket

_connect = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):
        with open(os.environ["WATCHED"], "a") as log:
            log.write(f"{address}\\n")
        raise ConnectionRefusedError(111, "tests have no network")
    return _connect(self, address)
socket.socket.connect = connect
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Return a folder with what the README's commands speak of, and the environment they run in."""
    place = tmp_path_factory.mktemp("desk")
    (place / "news").mkdir()
    for name, text in NEWS.items():
        (place / "news" / name).write_text(text, encoding="utf-8")
    (place / "draft.md").write_text("Holm said the first one “will sail in May 2021”.\n")
    (place / "password.txt").write_text(f"{PASSWORD}\n")
    (place / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    (place / "my-questions.jsonl").write_text(EVALUATED)
    watch = tmp_path_factory.mktemp("watch")
    (watch / "sitecustomize.py").write_text(WATCH)
    home = tmp_path_factory.mktemp("home")
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PRESSCITE", "XDG_", "HF_", "GRADIO"))
    }
    variables = kept | {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(watch),
        "WATCHED": str(watch / "log"),
    }
    return place, variables


def run(desk, command):
    place, variables = desk
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=place, env=variables, capture_output=True, text=True, check=False, timeout=570,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    nothing_left_the_machine(desk)
    return done.stdout


def nothing_left_the_machine(desk):
    log = Path(desk[1]["WATCHED"])
    assert not log.exists(), log.read_text()


@pytest.fixture(scope="module")
def added(desk):
    """Run the README's own commands to add articles; what comes after them speaks of their index."""
    done = {command: run(desk, command) for command in COMMANDS if command.startswith(ADDING)}
    FeedbackStore(desk[0] / "my.index").add(FEEDBACK)
    return done


@pytest.mark.slow
def test_connections_beyond_this_machine_are_noted(desk, tmp_path):
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80))"],
        env=desk[1] | {"WATCHED": str(log)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "tests have no network" in done.stderr
    assert "192.0.2.1" in log.read_text()


def test_the_readme_shows_what_is_tested_here():
    assert len(COMMANDS) >= 12
    assert PROGRAMS
    assert set(SETUP) >= {"chat", "tests"}
    assert [c for c in COMMANDS if not c.startswith("presscite ")] == []
    assert "../shared" not in README
    assert [line for line in README.splitlines() if len(line) > 110] == []


# `eval` reads some questions, beside other tests and maybe without VNNI.
@pytest.mark.timeout(600)
@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(SERVING)])
def test_command(desk, added, command):
    if "milvus" in command:
        pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")
    output = added[command] if command in added else run(desk, command)
    assert output.strip() or command.startswith("presscite password")
    if command.startswith(ADDING):
        assert "added 3," in output
    if "--json" in command:
        json.loads(output)
    if "--batch" in command:
        assert [json.loads(line)["id"] for line in output.splitlines()] == [1, 2]
    if "my-questions.jsonl" in command:
        assert f"{len(EVALUATED.splitlines())} questions" in output
    if "--report" in command:
        words = shlex.split(command)
        report = desk[0] / words[words.index("--report") + 1]
        assert "<html" in report.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c.startswith(SERVING)] + ["presscite chat"]
)
def test_chat_starts_answers_and_stops(desk, added, command):
    place, variables = desk
    headers = {"Content-Type": "application/json"}
    if "--auth" in command:
        run(desk, next(c for c in COMMANDS if c.startswith("presscite password")))
        given = base64.b64encode(f"desk:{PASSWORD}".encode()).decode()
        headers["Authorization"] = f"Basic {given}"
    server = subprocess.Popen(
        ["bash", "-c", f"exec {command} --no-browser --port 0"],
        cwd=place, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        address = _address(server)
        asked = urllib.request.Request(
            f"{address}/api/ask",
            data=json.dumps({"question": "How many ferries were ordered?"}).encode(),
            headers=headers,
        )
        with urllib.request.urlopen(asked, timeout=100) as reply:
            assert set(json.load(reply)) == set(_shown_json())
    finally:
        server.send_signal(signal.SIGINT)
        try:
            output, _ = server.communicate(timeout=60)
        finally:
            server.kill()
    assert server.returncode in (0, 130), output
    assert "Traceback" not in output
    nothing_left_the_machine(desk)


def _address(server):
    """Return the address that the server says it has; it says so once it answers."""
    said = []
    for line in server.stdout:
        said.append(line)
        if found := re.search(r"presscite is at (http://\S+?)/ ", line):
            return found[1]
    pytest.fail(f"the chat did not start: {''.join(said)}")


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_program(desk, added, program):
    place, variables = desk
    (place / "program.py").write_text(program)
    assert run((place, variables), f"{shlex.quote(sys.executable)} program.py")


def _shown_json():
    (shown,) = (json.loads(body) for _, language, body in BLOCKS if language == "json")
    return shown


@pytest.mark.slow
def test_json_is_the_shown_form(desk, added):
    shown = _shown_json()
    answer = json.loads(
        run(desk, "presscite ask 'How many ferries were ordered?' --index my.index --json")
    )
    assert list(answer) == list(shown)
    assert list(answer["passages"][0]) == list(shown["passages"][0])
    assert set(answer["timings_ms"]) == set(shown["timings_ms"])
    assert answer["citations"]
    for citation in answer["citations"]:
        assert list(citation) == list(shown["citations"][0])
    for alternative in answer["alternatives"]:
        assert list(alternative) == list(shown["alternatives"][0])


# The two set-up commands: what they install and run is what this project declares


def test_setup_commands_are_this_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, last in (
        ("chat", ".venv/bin/presscite chat"),
        ("tests", ".venv/bin/python -m pytest -n auto"),
    ):
        venv, install, start = (part.strip() for part in SETUP[name].split("&&"))
        assert venv == "python3 -m venv .venv"
        words = shlex.split(install)
        assert words[:2] == [".venv/bin/pip", "install"]
        target = words[-1]
        assert re.fullmatch(r"\.(\[\w+\])?", target)
        for extra in re.findall(r"\[(\w+)\]", target):
            assert extra in project["optional-dependencies"]
        assert start == last
    assert project["scripts"]["presscite"] == "ui.cli.app:main"
    assert project["requires-python"] == ">=3.11"


def test_continuous_integration_runs_the_readme_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    (taken,) = re.findall(r"^command=\$\((.*)\)$", script, re.M)
    done = subprocess.run(
        ["bash", "-c", taken], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == SETUP["tests"]
    assert "PRESSCITE_REQUIRE_BROWSER=1" in script


@pytest.mark.parametrize("failing", ["none", "tests", "ruff check", "ruff format", "mypy"])
def test_continuous_integration_fails_with_any_of_its_steps(tmp_path, failing):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    status = int(failing == "tests")
    (tmp_path / "README.md").write_text(
        f"<!-- tests -->\n```sh\nexit {status}\n```\n<!-- end -->\n"
    )
    python, chromium = tmp_path / ".venv" / "bin" / "python", tmp_path / "bin" / "chromium"
    python.parent.mkdir(parents=True)
    chromium.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/log\ncase "$*" in *"{failing}"*) exit 3;; esac\n'
    )
    chromium.write_text("#!/bin/sh\n")
    for program in (python, chromium):
        program.chmod(0o755)
    done = subprocess.run(
        [str(tmp_path / ".ci" / "run")], capture_output=True, check=False,
        env={"PATH": f"{chromium.parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    if failing == "none":
        assert done.returncode == 0
        log = (tmp_path / "log").read_text()
        assert log.splitlines() == ["-m ruff check .", "-m ruff format --check .", "-m mypy"]
    else:
        assert done.returncode == (1 if failing == "tests" else 3)


def test_the_hosted_workflow_runs_the_same_script():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}
    # YAML 1.1 reads the key `on` as true.
    assert set(workflow[True]) == {"push", "pull_request"}


def test_one_version_is_declared():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    (latest, *_) = re.findall(r"^## \[(\d[\d.]*)\] - ", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert latest == version
