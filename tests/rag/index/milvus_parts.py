"""A milvus-lite server and writers in processes of their own, killed and stopped; what must hold after."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import rag.index.milvus.lease as leases
from rag.errors import PressciteError
from rag.index.chunking import ChunkBudget
from rag.index.milvus import MilvusIndex
from rag.index.milvus.rows import CHUNK_FIELDS, PIECE_FIELDS, rows_of_pieces
from rag.index.milvus.schema import NEVER, visible
from rag.index.milvus.words import Counts, counts_of, decoded, totals_of
from tests.conftest import HashEncoder
from tests.rag.stories import story

ROOT = Path(__file__).parents[3]
BUDGET = ChunkBudget(40, 1)


class LiteServer:
    """milvus-lite's gRPC server in another process, at one address whenever it runs."""

    def __init__(self, folder):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process = None
        self.start()

    def name(self, collection):
        """Return the name of an index on the server."""
        return f"milvus://127.0.0.1:{self.port}/{collection}"

    def start(self):
        """Start it and wait until it listens."""
        self._process = _python("tests.rag.index.milvus_parts", "serve", self.folder, self.port)
        assert self._process.stdout.readline().startswith("MilvusLite")

    def kill(self):
        """End it as a power cut does."""
        self._process.kill()
        self._process.communicate()


class Writing:
    """Another process that adds articles, and kills or stops itself at a moment.

    Parameters
    ----------
    numbers
        Of the stories; each is added by itself.
    moment
        ``module:name`` of a function as the module that calls it has it; "" for none.
    count
        Which call of it.
    elsewhere
        Whether it seems to be a process of another machine.
    """

    def __init__(self, name, numbers, moment="", count=1, signalled="SIGKILL", *, elsewhere=False):
        told = json.dumps([name, list(numbers), moment, count, signalled, elsewhere])
        self.process = _python("tests.rag.index.milvus_parts", "write", told)

    def killed(self):
        """Wait until it killed itself."""
        _, errors = self.process.communicate(timeout=120)
        assert self.process.returncode == -signal.SIGKILL, errors

    def stopped(self):
        """Wait until it stopped itself."""
        assert os.WIFSTOPPED(os.waitpid(self.process.pid, os.WUNTRACED)[1])

    def go_on(self):
        """Let it go on; return what it says at its end."""
        os.kill(self.process.pid, signal.SIGCONT)
        return self.end()

    def end(self):
        """Return what it says at its end."""
        out, errors = self.process.communicate(timeout=120)
        assert not errors, errors
        return out.strip()

    def said(self):
        """Return the next line that it says."""
        return self.process.stdout.readline().strip()


def _python(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _serve(folder, port):
    from milvus_lite.adapter.grpc.server import run_server

    with suppress(BrokenPipeError):
        sys.stdout.reconfigure(line_buffering=True)
        run_server(folder, host="127.0.0.1", port=int(port))


def _write(name, numbers, moment, count, signalled, elsewhere):
    if elsewhere:
        leases._process_table = lambda: "another machine"
    if moment:
        _signal_at(moment, count, getattr(signal, signalled))
    try:
        with MilvusIndex.open(name, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
            if not numbers:
                with index.writer():
                    print("writing", flush=True)
                    sys.stdin.readline()
            for number in numbers:
                index.add([story(number)])
    except PressciteError as error:
        print(f"{type(error).__name__}: {error}")
    else:
        print("done")


def _signal_at(moment, count, wanted):
    module, _, name = moment.partition(":")
    owner = import_module(module)
    original, calls = getattr(owner, name), [0]

    def called(*arguments, **options):
        calls[0] += 1
        if calls[0] == count:
            os.kill(os.getpid(), wanted)
        return original(*arguments, **options)

    setattr(owner, name, called)


def check_whole(index):
    """Assert that head, articles, chunks and vocabulary of an index say the same, with nothing left over."""
    server, names = index.parts
    head = index.head()
    seen = visible(head.revision)
    pieces = server.query(names.articles, seen, PIECE_FIELDS)
    chunks = server.query(names.chunks, seen, CHUNK_FIELDS)
    articles = rows_of_pieces(pieces)
    assert head.totals.articles == len(articles)
    assert head.totals.sources == sum(len(one.sources) for one in articles.values())
    counted = totals_of(chunks)
    assert (head.totals.chunks, head.totals.body_terms, head.totals.title_terms) == (
        counted.chunks, counted.body_terms, counted.title_terms,
    )  # fmt: skip
    assert {row["seq"] for row in chunks} == set(articles)
    assert _vocabulary(server, names) == {
        field: {decoded(term): count for term, count in counts.items()}
        for field, counts in counts_of(chunks).items()
    }
    for collection in (names.chunks, names.articles):
        assert not server.count(collection, f"born > {head.revision}")
        assert not server.count(collection, f"died > {head.revision} and died < {NEVER}")
    if not server.is_lite or index.address.path is None:
        assert not server.exists(names.writer)
        assert [server.aliases(name) for name in names.kept] == [[]] * 4


def _vocabulary(server, names) -> Counts:
    rows = server.query(names.terms, "born >= 0", ["key", "body", "title"])
    return {
        field: {decoded(row["key"]): row[field] for row in rows if row[field]}
        for field in ("body", "title")
    }


def wait_until(true, seconds=60):
    """Wait until a function returns something true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(*sys.argv[2:])
    else:
        _write(*json.loads(sys.argv[2]))
