"""Snapshots: consistent copies of an index, taken while others read and write, and restored."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import IndexDamagedError, IndexStoreError
from rag.index import catalog, dense, lexical
from rag.index.checksums import sync_folder
from rag.index.integrity import file_problem
from rag.index.lock import forget_holder, writer_lock
from rag.index.verify import verify_index


def snapshot(folder: Path, target: Path) -> int:
    """Write a consistent copy of an index; returns its revision.

    The catalog is copied inside one read transaction, so writers go on meanwhile and are not in it. Derived
    files that a writer replaced in between are left out: they are rebuilt when the copy is first opened. The
    copy is renamed to its target at the end, complete and synced to disk.

    Raises
    ------
    NoIndexError, IndexDamagedError, IndexMismatchError
    IndexStoreError
        Where the target is not empty, or cannot be written to.
    """
    target = target.absolute()
    connection = catalog.connect(folder)
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise IndexStoreError(f"{target}: something is there already; name a new folder")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        at = _copy(connection, folder, draft)
        if target.exists():
            target.rmdir()
        draft.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IndexStoreError(f"{target}: the copy cannot be written ({reason})") from error
    except sqlite3.DatabaseError as error:
        raise catalog.unreadable(f"{folder}: the catalog", error) from error
    finally:
        connection.close()
        shutil.rmtree(draft, ignore_errors=True)
    return at


def restore(source: Path, folder: Path) -> Path | None:
    """Replace an index by a snapshot; returns where the replaced index now is, or None.

    The snapshot is verified first, and refused where it is damaged. It is itself not changed.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexLockedError
    IndexDamagedError
        Where the snapshot is damaged; the index is not touched.
    IndexStoreError
        Where the folder cannot be written to.
    """
    folder = folder.absolute()
    if folder.resolve() == source.resolve():
        raise IndexStoreError(f"{source}: this is the index itself; name the folder of a snapshot")
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        # Copied first, then verified: what is verified is what will be in the folder.
        snapshot(source, draft)
        lost = [one.text for one in verify_index(draft, quick=False) if not one.derived]
        if lost:
            raise IndexDamagedError(f"{source}: the copy is damaged ({'; '.join(lost[:3])})")
        if not folder.exists() or not any(folder.iterdir()):
            if folder.exists():
                folder.rmdir()
            draft.rename(folder)
            sync_folder(folder.parent)
            return None
        with writer_lock(folder):
            aside = _unused_name(folder)
            folder.rename(aside)
            forget_holder(aside)
            try:
                draft.rename(folder)
            except OSError:
                aside.rename(folder)
                raise
        sync_folder(folder.parent)
        return aside
    except OSError as error:
        raise IndexStoreError(
            f"{folder}: cannot be written to ({error.strerror or error})"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _unused_name(folder: Path) -> Path:
    """Return where a replaced index goes: named by the second, and numbered where that is taken."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    base = aside = folder.with_name(f"{folder.name}.replaced-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = base.with_name(f"{base.name}-{number}")
    return aside


def _copy(connection: sqlite3.Connection, folder: Path, draft: Path) -> int:
    catalog.begin(connection)
    at = catalog.revision(connection)
    catalog.back_up(connection, draft / catalog.FILE)
    files: dict[str, str] = {}
    for kind in (dense.KIND, lexical.KIND):
        known = catalog.get_derived(connection, kind)
        files |= known.files if known else {}
    catalog.roll_back(connection)
    for name, digest in files.items():
        target = draft / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(folder / name, target)
        except FileNotFoundError:
            continue
        if file_problem(draft, name, digest):
            target.unlink()
    for path in draft.rglob("*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return at
