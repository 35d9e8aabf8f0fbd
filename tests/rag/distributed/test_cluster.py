"""A cluster of several worker processes: what it adds, and what is lost where processes or documents fail."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.lab.bench.ray import rates
from rag.distributed.cluster import connected
from rag.distributed.vectors import PreparedEncoder
from rag.distributed.workers import Pool
from rag.index import Index
from rag.index.opening import open_existing, open_index
from rag.ingest import ReadOptions, isolated, read_sources
from rag.ingest.isolated import Limits
from rag.types import Skipped
from tests.rag.distributed.catalogs import rows, write_news
from tests.rag.distributed.killers import KILLS, SPINS
from tests.rag.distributed.processes import descendants
from tests.rag.ingest.hostile import STORY
from tests.rag.stories import story
from ui.cli.app import app
from ui.cli.distributed import from_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # warcio's writer, and Ray's own processes and sockets.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
if find_spec("ray") is None:
    # Not imported here: what it prints is settled by the environment it is imported in.
    pytest.skip("ray is not installed", allow_module_level=True)
ROOT = Path(__file__).parents[3]
LIMITS = Limits(
    seconds=6,
    memory=800_000_000,
    modules=("tests.rag.ingest.hostile", "tests.rag.distributed.killers"),
)
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@pytest.fixture(scope="module")
def address():
    """Start a cluster of three processors; returns its address for other processes."""
    with connected("local", 3) as ray:
        yield ray.get_runtime_context().gcs_address


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    return write_news(tmp_path_factory.mktemp("cluster") / "news")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr("rag.distributed.plan.BLOCK_ITEMS", 8)
    monkeypatch.setattr("rag.distributed.plan._GROUP_BYTES", 1000)


def add(sources, name, *, progress=None, address="local", workers=2):
    """Add as the command does, to an index of any kind; returns the report and the notes."""
    notes = []
    with ExitStack() as stack:
        index = open_existing(name)
        positions = stack.enter_context(index).positions() if index is not None else {}
        options = ReadOptions(notes.append, positions=positions)
        coming = stack.enter_context(
            from_cluster(address, workers, sources, options, index, None, None)
        )
        if index is not None:
            index.close()
        index = stack.enter_context(open_index(name, create=True, encoder=coming.encoder))
        report = index.add(
            coming.items, progress=progress, positions=positions, prepared=coming.prepared
        )
    return report, notes


def preparers():
    return sorted(pid for pid, title in descendants().items() if title.startswith("ray::Preparer"))


def test_a_killed_worker_changes_nothing(address, news, tmp_path, monkeypatch):
    replaced = []
    replace = Pool.replace
    monkeypatch.setattr(
        Pool, "replace", lambda pool, worker: (replaced.append(worker.pid), replace(pool, worker))
    )
    killed = []

    def kill(number, _):
        if number == 1:
            # Stopped first, so that blocks are with it when it is killed.
            killed.append(preparers()[0])
            os.kill(killed[0], signal.SIGSTOP)
            threading.Timer(3, os.kill, (killed[0], signal.SIGKILL)).start()

    report, notes = add([str(news)], tmp_path / "index", progress=kill)
    assert replaced == killed
    command = ["add", str(news), "--index", str(tmp_path / "plain"), "--json"]
    done = CliRunner().invoke(app, command)
    wanted = json.loads(done.stdout)
    assert report.added == wanted["added"] > 60
    assert report.chunks == wanted["chunks"]
    assert [(one.source, one.reason) for one in report.skipped] == [
        (one["source"], one["reason"]) for one in wanted["skipped"]
    ]
    told = [line for line in done.stderr.splitlines() if " note on " in line]
    assert told == [f"presscite: note on {note.source}: {note.message}" for note in notes]
    assert rows(tmp_path / "index", ("derived",)) == rows(tmp_path / "plain", ("derived",))
    # The same command on the cluster: nothing is new, and it exits as the plain one does.
    again = CliRunner().invoke(
        app, [*command[:3], str(tmp_path / "index"), "--json", "--ray", "auto"]
    )
    assert again.exit_code == done.exit_code == 2
    found = json.loads(again.stdout)
    assert (found["added"], found["updated"], found["chunks"]) == (0, 0, 0)
    assert found["unchanged"] == wanted["added"] + wanted["unchanged"]
    assert found["skipped"] == wanted["skipped"]
    assert found.keys() == wanted.keys()
    assert again.stderr.splitlines() == done.stderr.splitlines()
    assert rows(tmp_path / "index") == rows(tmp_path / "plain")


@pytest.mark.parametrize("kind", ["", "milvus-lite:"])
def test_an_index_that_is_there_takes_the_vectors_of_workers(address, tmp_path, monkeypatch, kind):
    if kind:
        pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")
    made = []

    class Recorded(PreparedEncoder):
        asked = 0

        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

        def encode(self, texts):
            self.asked += len(texts)
            return super().encode(texts)

    monkeypatch.setattr("rag.distributed.articles.PreparedEncoder", Recorded)
    command = ["add", "", "--index", f"{kind}{tmp_path / 'index'}", "--json", "--ray", "auto"]
    for number, count in enumerate((3, 20)):
        file = tmp_path / f"{number}.jsonl"
        lines = [json.dumps({"text": story(100 * number + n).text}) for n in range(count)]
        file.write_text("\n".join(lines))
        command[1] = str(file)
        done = CliRunner().invoke(app, command)
        assert json.loads(done.stdout)["added"] == count
    assert [one.asked > 0 for one in made] == [True, True]
    # The probes, by which the model is checked, and no chunk.
    assert [one.missing for one in made] == [2, 2]


def test_documents_that_hang_or_kill_cost_themselves(address, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(isolated, "DEFAULT_LIMITS", LIMITS)
    news = tmp_path / "news"
    news.mkdir()
    texts = [story(n).text for n in range(20)]
    texts[4] += f" {KILLS}"
    texts[13] += f" {SPINS}"
    (news / "a.jsonl").write_text("\n".join(json.dumps({"text": one}) for one in texts))
    for name in ("b.crash", "c.spin_in_c", "d.tell", "e.ends", "f.tell"):
        (news / name).write_text(f"{STORY} In {name}.")
    report, _ = add([str(news)], tmp_path / "index")
    reasons = {Path(one.source).name: one.reason for one in report.skipped}
    assert reasons == {
        "a.jsonl#5": "its worker crashed",
        "a.jsonl#14": "took longer than 6 s to clean, chunk and embed",
        "b.crash": "its parser crashed",
        "c.spin_in_c": "took longer than 6 s to parse",
        "e.ends": "its reader crashed, or took too long; what stands before was read",
    }
    with Index.open(tmp_path / "index") as index:
        found = [one.text for one in index.articles()]
    assert capfd.readouterr().out == ""
    wanted = [one for n, one in enumerate(texts) if n not in (4, 13)]
    assert found == [*wanted, f"{STORY} In d.tell.", f"{STORY} In f.tell."]


def test_the_benchmark_tells_which_process_limits(address, tmp_path):
    found = rates(tmp_path, [2], 30, "warc", 8, lambda line: None)
    figures = {figure.name: figure for figure in found.figures}
    assert figures["workers: 2"].value > 0
    assert "limited by: " in figures["workers: 2"].note
    busy = [figures[f"workers: 2; {name} busy"].value for name in ("reader", "workers", "writer")]
    assert all(0 < share <= 100 for share in busy)
    steps = ("read", "parse and clean", "chunk", "embed", "write")
    assert all(figures[f"workers: 2; {step}"].value > 0 for step in steps)


_KILLED = """
import os, signal, sys
from pathlib import Path
import rag.index.batch, rag.distributed.plan
rag.index.batch.BATCH_CHUNKS = 30
rag.distributed.plan.BLOCK_ITEMS, rag.distributed.plan._GROUP_BYTES = 8, 1000
from tests.rag.distributed.test_cluster import add

def kill(number, _):
    if number == 30:
        os.kill(os.getpid(), signal.SIGKILL)

add([sys.argv[1]], Path(sys.argv[2]), progress=kill, address=sys.argv[3])
"""


def test_what_a_killed_process_added_stays_and_the_next_goes_on(address, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(50)))
    folder = tmp_path / "index"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(file), str(folder), address],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Index.open(folder) as index:
        held = index.counts()["articles"]
    assert 0 < held < 50
    report, notes = add([str(file)], folder)
    assert report.added == 50 - held
    assert report.unchanged <= 1
    assert "were read before" in notes[0].message
    with Index.open(tmp_path / "plain", create=True) as index:
        index.add(one for one in read_sources([str(file)]) if not isinstance(one, Skipped))
    assert rows(folder) == rows(tmp_path / "plain")


_INTERRUPTED = """
import json, os, signal, sys
# A shell that starts its jobs in the background has them ignore Ctrl-C, and tests may be such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)
from contextlib import contextmanager
from tests.rag.distributed.processes import descendants, listening
import ui.cli.progress

@contextmanager
def adding(expected):
    def shown(number, source):
        if number == 20:
            below = descendants()
            print(json.dumps({"processes": below, "addresses": sorted(listening([os.getpid(), *below]))}))
            sys.stdout.flush()
            os.killpg(0, signal.SIGINT)
    yield shown

ui.cli.progress.adding = adding
from ui.cli.app import main
main()
"""


def test_ctrl_c_ends_a_cluster_that_listens_on_this_machine_alone(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(40)))
    command = ["add", str(file), "--index", str(tmp_path / "index"), "--ray", "local"]
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, *command, "--ray-workers", "2"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert sum(title.startswith("ray::Preparer") for title in told["processes"].values()) == 2
    assert told["addresses"]
    assert set(told["addresses"]) <= LOOPBACK
    assert not [pid for pid in told["processes"] if Path(f"/proc/{pid}").exists()]
    folders = set(re.findall(r"--temp-dir=(\S+)", " ".join(told["processes"].values())))
    assert folders
    assert not [one for one in folders if Path(one).exists()]
