"""The writes that are disturbed: each from a known state to another known state."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.types import Article
from tests.faults.answer_snapshots import made, opened

CATALOG = "catalog.sqlite"
_PATIENCE = 40


@dataclass(frozen=True, slots=True)
class Operation:
    """One write; ``before`` is None where there is no index yet."""

    name: str
    before: Sequence[Article] | None
    after: Sequence[Article]
    act: Callable[[Path], None]
    harm: Callable[[Path], None] | None = None
    """What is done to the folder before the write, for a write that heals."""


def derived_files(folder: Path) -> list[Path]:
    """Return every file of an index that can be made again, whatever it is called."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.name.startswith(CATALOG)
        and "LOCK" not in path.name
        and path.suffix != ".lock"
    )


def _adds(articles: Sequence[Article]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        with opened(folder, create=True) as index:
            index.add(articles)

    return act


def _removes(articles: Sequence[Article]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        with opened(folder) as index:
            there = {article.id for article in index.articles()}
            index.remove([article.id for article in articles if article.id in there])

    return act


def _harm(folder: Path) -> None:
    """Damage two derived files of every kind: the first is gone, the second has a bit turned."""
    by_suffix: dict[str, list[Path]] = {}
    for path in derived_files(folder):
        if path.stat().st_size:
            by_suffix.setdefault(path.suffix, []).append(path)
    for paths in by_suffix.values():
        paths[0].unlink()
        for path in paths[1:2]:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)


_TWELVE = made(range(12))
_CHANGED = made([2, 7], edition=1)
OPERATIONS = {
    one.name: one
    for one in (
        Operation("make", None, made(range(4)), _adds(made(range(4)))),
        # One small article beside many is not compacted; as many again as there are, is.
        Operation("add", made(range(40)), made(range(41)), _adds(made([40]))),
        Operation("compact", made(range(4)), made(range(8)), _adds(made(range(4, 8)))),
        Operation(
            "update",
            _TWELVE,
            [*(a for n, a in enumerate(_TWELVE) if n not in (2, 7)), *_CHANGED],
            _adds(_CHANGED),
        ),
        Operation("remove", _TWELVE, _TWELVE[:3] + _TWELVE[5:], _removes([_TWELVE[3], _TWELVE[4]])),
        Operation("heal", made(range(8)), made(range(8)), _adds([]), _harm),
    )
}


def change(asked: dict[str, list]) -> Callable[[Path], None]:
    """Return a write of one's own: ids under ``remove``, or ``(number, edition, source)`` under ``add``."""
    if "remove" in asked:
        return lambda folder: _by_id(folder, asked["remove"])
    return _adds([written(*one) for one in asked["add"]])


def written(number: int, edition: int, source: str) -> Article:
    """Return an article under any source; two sources of one number and edition are copies."""
    return replace(made([number], edition=edition)[0], sources=(source,))


def _by_id(folder: Path, ids: Sequence[str]) -> None:
    with opened(folder) as index:
        index.remove(ids)


def prepare(operation: Operation, folder: Path) -> None:
    """Bring a new folder to the state before an operation."""
    if operation.before is not None:
        with opened(folder, create=True) as index:
            index.add(operation.before)
    if operation.harm:
        operation.harm(folder)


def copy_of(pristine: Path, folder: Path) -> Path:
    """Replace a folder by a copy of another.

    A writer that a fault ended may have left a thread that is still finishing its files, and what a thread
    makes while a folder is emptied keeps the folder: it is emptied again.
    """
    for _ in range(_PATIENCE):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.05)
    if pristine.exists():
        shutil.copytree(pristine, folder)
    return folder
