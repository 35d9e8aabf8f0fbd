"""Files derived from the catalog: their names, links to the revision before, and what is left behind.

A revision's files are never changed. The next revision gets files of its own, under names that nothing
has yet, and the old ones are removed once the catalog names the new ones.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rag.index.catalog import Derived, get_derived
from rag.index.integrity import DamagedFileError, VerifiedFiles


def intact_files(
    connection: sqlite3.Connection, folder: Path, kind: str, verified: VerifiedFiles
) -> Derived | None:
    """Return the files of a kind that the catalog names, after checking them; None where it names none.

    Raises
    ------
    DamagedFileError
    """
    derived = get_derived(connection, kind)
    if derived is not None:
        verified.check(folder, derived.files)
    return derived


def first_path(derived: Derived) -> Path:
    """Return the path of the first file, relative to the index folder."""
    return Path(next(iter(derived.files)))


def unused_path(parent: Path, stem: str, suffix: str = "") -> Path:
    """Return a path that nothing has yet: what a killed writer left may have the first name."""
    path, number = parent / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = parent / f"{stem}-{number}{suffix}"
    return path


def link_files(folder: Path, derived: Derived, target: Path, *, copied_suffix: str) -> None:
    """Link files into a new folder.

    Parameters
    ----------
    copied_suffix
        Files that the new revision writes to, which are copied instead.
    """
    target.mkdir(parents=True)
    for name in derived.files:
        source, link = folder / name, target / Path(name).name
        if source.suffix == copied_suffix:
            shutil.copyfile(source, link)
            continue
        try:
            link.hardlink_to(source)
        except OSError:
            # A file system without hard links.
            shutil.copyfile(source, link)


def remove_others(paths: Iterable[Path], keep: str) -> None:
    """Remove files and folders of other revisions.

    A mapped file that cannot be removed on this platform is removed by a later write.
    """
    for path in paths:
        if path.name == keep:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def is_intact(
    connection: sqlite3.Connection, folder: Path, kind: str, verified: VerifiedFiles
) -> bool:
    """Whether the files of a kind are there and as written."""
    try:
        return intact_files(connection, folder, kind, verified) is not None
    except DamagedFileError:
        return False
