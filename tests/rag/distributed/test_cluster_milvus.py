"""What a cluster adds to an index in Milvus, where one process writes: the same as the plain `add`."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest

pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")
if find_spec("ray") is None:
    # Not imported here: what it prints is settled by the environment it is imported in.
    pytest.skip("ray is not installed", allow_module_level=True)

from rag.index.copying import copy_index
from rag.index.opening import open_index
from rag.ingest import ReadOptions, read_sources
from tests.rag.distributed.catalogs import rows, write_news
from tests.rag.distributed.test_cluster import ROOT, add, address, preparers, small_blocks
from tests.rag.stories import story

__all__ = ["address", "small_blocks"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # warcio's writer, and Ray's own processes and sockets.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]


def plain(sources, name):
    """Add without a cluster; returns the report."""
    positions = {}
    with open_index(name, create=True) as index:
        options = ReadOptions(positions=positions)
        return index.add(read_sources(sources, options=options), positions=positions)


def copied(name, folder):
    """Return all rows of an index in Milvus, as a folder has them."""
    copy_index(name, folder)
    return rows(folder)


def test_a_killed_worker_changes_nothing_in_milvus(address, tmp_path):
    news = [str(write_news(tmp_path / "news", count=16))]
    killed, ends = [], []

    def kill(number, _):
        if number == 1:
            # Stopped first, so that blocks are with it when it is killed.
            killed.append(preparers()[0])
            ends.append(os.pidfd_open(killed[0]))
            os.kill(killed[0], signal.SIGSTOP)
            threading.Timer(3, os.kill, (killed[0], signal.SIGKILL)).start()

    name, other = (f"milvus-lite:{tmp_path / one}" for one in ("cluster.db", "plain.db"))
    report, _ = add(news, name, progress=kill)
    wanted = plain(news, other)
    # Where it held no block, the cluster may be done before it is killed.
    assert select.select(ends, [], [], 60)[0]
    os.close(ends[0])
    assert (report.added, report.unchanged, report.chunks) == (
        wanted.added,
        wanted.unchanged,
        wanted.chunks,
    )
    assert report.added > 30
    assert report.skipped == wanted.skipped
    held = copied(name, tmp_path / "a")
    assert held == copied(other, tmp_path / "b")
    plain(news, tmp_path / "folder")
    assert held == rows(tmp_path / "folder")
    # Once more: workers know what is there, and nothing is embedded.
    again, _ = add(news, name)
    assert (again.added, again.updated, again.chunks) == (0, 0, 0)
    assert again.unchanged == report.added + report.unchanged
    assert copied(name, tmp_path / "c") == held


_KILLED = """
import os, signal, sys
import rag.index.batch, rag.distributed.plan
rag.index.batch.BATCH_CHUNKS = 20
rag.distributed.plan.BLOCK_ITEMS, rag.distributed.plan._GROUP_BYTES = 8, 1000
from tests.rag.distributed.test_cluster import add

def kill(number, _):
    if number == 30:
        os.kill(os.getpid(), signal.SIGKILL)

add([sys.argv[1]], sys.argv[2], progress=kill, address=sys.argv[3])
"""


def test_what_a_killed_process_added_to_milvus_stays_and_the_next_goes_on(address, tmp_path):
    file, name = tmp_path / "a.jsonl", f"milvus-lite:{tmp_path / 'index.db'}"
    file.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(40)))
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(file), name, address],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with open_index(name) as index:
        held = index.counts()["articles"]
    assert 0 < held < 40
    report, notes = add([str(file)], name)
    assert report.added == 40 - held
    assert "were read before" in notes[0].message
    plain([str(file)], tmp_path / "plain")
    assert copied(name, tmp_path / "copy") == rows(tmp_path / "plain")
