"""A cluster that is reached through Ray's client, as ``ray://HOST:PORT``: the same articles, or one line."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from rag.index import Index
from rag.ingest import read_sources
from rag.types import Skipped
from tests.rag.distributed.catalogs import rows
from tests.rag.distributed.processes import descendants
from tests.rag.stories import story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
if find_spec("ray") is None:
    pytest.skip("ray is not installed", allow_module_level=True)
ROOT = Path(__file__).parents[3]
# A token of this user's would be wanted of whoever connects; and all of it listens on this machine alone.
OPEN = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """Start a cluster with a server for clients, as `ray start` does; returns its address and process."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    # Sockets have short names.
    folder = tempfile.mkdtemp(prefix="presscite-")
    process = subprocess.Popen(
        [
            sys.executable, "-c", "from ray.scripts.scripts import main; main()",
            "start", "--head", "--block", "--num-cpus=3", f"--port={ports[0]}",
            f"--ray-client-server-port={ports[1]}", f"--temp-dir={folder}", "--include-dashboard=false",
            "--node-ip-address=127.0.0.1", "--object-store-memory=256000000",
        ],
        env=os.environ | OPEN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "will now block forever" in line:
                break
        else:
            pytest.fail(f"the cluster did not start: {''.join(said)}")
        yield f"ray://127.0.0.1:{ports[1]}", process
    finally:
        for pid in (process.pid, *descendants(process.pid), *_serving(folder)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _serving(folder):
    """Return the processes that have a cluster's folder among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if folder.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


_ADDING = """
import os, signal, sys
import rag.index.batch, rag.distributed.plan, ui.cli.progress
rag.index.batch.BATCH_CHUNKS = 20
rag.distributed.plan.BLOCK_ITEMS, rag.distributed.plan._GROUP_BYTES = 8, 1000
from contextlib import contextmanager
from ui.cli.app import main

@contextmanager
def adding(expected):
    def shown(number, source):
        if number == 30 and victims:
            os.kill(int(victims.pop()), signal.SIGKILL)
    yield shown

victims = sys.argv.pop(1).split()
ui.cli.progress.adding = adding
main()
"""


def add(file, folder, address, victim=""):
    """Add over the client; at the 30th article a process is killed."""
    return subprocess.run(
        [
            sys.executable, "-c", _ADDING, str(victim), "add", str(file), "--index", str(folder),
            "--ray", address, "--ray-workers", "2", "--json",
        ],
        env=os.environ | OPEN, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("news") / "a.jsonl"
    made.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(60)))
    return made


@pytest.fixture(scope="module")
def wanted(file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "index"
    with Index.open(folder, create=True) as index:
        index.add(one for one in read_sources([str(file)]) if not isinstance(one, Skipped))
    return rows(folder)


def test_what_is_added_over_the_client_is_what_the_plain_add_adds(head, file, wanted, tmp_path):
    done = add(file, tmp_path / "index", head[0])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 60
    assert rows(tmp_path / "index") == wanted


def test_a_lost_connection_is_one_line_and_the_same_command_goes_on(head, file, wanted, tmp_path):
    proxy = next(
        pid for pid, title in descendants(head[1].pid).items() if "ray.util.client.server" in title
    )
    done = add(file, tmp_path / "index", head[0], proxy)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("presscite: --ray")]
    assert "the cluster went away" in told
    assert "run the same command again" in told
    assert "Traceback" not in done.stderr
    with Index.open(tmp_path / "index") as index:
        held = index.counts()["articles"]
    assert 0 < held < 60
    again = add(file, tmp_path / "index", "local")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["added"] == 60 - held
    assert rows(tmp_path / "index") == wanted
