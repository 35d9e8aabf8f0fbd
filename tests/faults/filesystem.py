"""Point 9: folders that cannot be written, disks that fill up; a clear line, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rag.errors import PressciteError
from rag.index.verify import verify_index
from tests.faults.answer_snapshots import State, made, observe, opened
from tests.faults.disk import Disk, Fault
from tests.faults.history import history, in_use
from tests.faults.model import MissingToolError, Setting, Try
from tests.faults.operations import CATALOG, OPERATIONS, derived_files
from tests.faults.oracle import Expected, judge


@contextmanager
def mounted(place: Path, size: int) -> Iterator[None]:
    """Hold a file system of its own, in memory, of some bytes.

    Raises
    ------
    MissingToolError
        Where this process may not mount.
    """
    place.mkdir()
    _mount(place, f"size={size}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def resized(place: Path, size: int) -> None:
    """Give a mounted file system another size, in bytes."""
    _mount(place, f"remount,size={size}")


def read_only(setting: Setting) -> Iterator[Try]:
    """Read from, and try to write to, an index on a read-only file system."""
    kept = history(setting.folder("history"))[-1]
    used = in_use(setting.folder("used"))[-1]
    spoilt = setting.root / "spoilt"
    shutil.copytree(kept.folder, spoilt)
    for path in derived_files(spoilt):
        path.write_bytes(path.read_bytes()[:-1])
    place = setting.root / "mounted"
    with mounted(place, 64_000_000):
        for name, source in (("whole", kept.folder), ("spoilt", spoilt), ("journal", used.folder)):
            shutil.copytree(source, place / name)
        # As a back-up that leaves out what it takes for temporary has it.
        shutil.copytree(used.folder, place / "alone")
        (place / "alone" / f"{CATALOG}-shm").unlink()
        (place / "empty").mkdir()
        _mount(place, "remount,ro")
        yield _read_only_try("read-only folder", place / "whole", kept.state)
        yield _read_only_try("read-only, derived files damaged", place / "spoilt", kept.state)
        yield _read_only_try("read-only, with a journal", place / "journal", used.state)
        yield _read_only_try("read-only, journal without -shm", place / "alone", used.state)
        yield Try("read-only, no index yet", "make", refused=True, wrong=_one_line(place / "empty"))


def full_disk(setting: Setting) -> Iterator[Try]:
    """Do every write on a disk that has too little room, then give it room."""
    place = setting.root / "mounted"
    chance = setting.chance("full disk")
    with Disk(setting.root) as disk, mounted(place, 64_000_000):
        for operation in OPERATIONS.values():
            known = Expected.of(setting, operation, "full")
            expected = replace(known, folder=place / "index")
            expected.again()
            used = taken(place)
            for _ in range(setting.pick(1, 25)):
                expected.again()
                spare = chance.choice((1, 2, 4, 8, 16, 32, 64, 128, 256)) * 4096
                resized(place, used + spare)
                outcome = disk.run(operation.name, expected.folder, Fault())
                resized(place, 64_000_000)
                what = f"{operation.name} with {spare} bytes free"
                yield judge(expected, f"full disk: {operation.name}", what, outcome)


def file_limit(setting: Setting) -> Iterator[Try]:
    """Do every write where no file may grow beyond a limit; needs no file system of its own."""
    chance = setting.chance("file limit")
    with Disk(setting.root) as disk:
        for operation in OPERATIONS.values():
            expected = Expected.of(setting, operation, "limit")
            for _ in range(setting.pick(1, 25)):
                limit = 1 << chance.randint(8, 18)
                outcome = disk.run(operation.name, expected.again(), Fault(file_limit=limit))
                what = f"{operation.name} with files of at most {limit} bytes"
                yield judge(expected, f"file limit: {operation.name}", what, outcome)


def _read_only_try(row: str, folder: Path, wanted: State) -> Try:
    refused, wrong = False, None
    try:
        difference = observe(folder).difference(wanted)
        wrong = f"a reader's answers differ: {difference}" if difference else None
        verify_index(folder, quick=False)
    except PressciteError as error:
        refused = True
        wrong = None if len(str(error).splitlines()) == 1 else f"not one line: {error!r}"
    except Exception as error:
        wrong = f"a reader got a raw {type(error).__name__}: {error}"
    wrong = wrong or _one_line(folder)
    return Try(row, row, "" if wrong else "old", refused=refused, wrong=wrong)


def _one_line(folder: Path) -> str | None:
    """Return what is wrong with how a write to a folder is refused."""
    try:
        with opened(folder, create=True) as index:
            index.add(made([50]))
    except PressciteError as error:
        text = str(error)
        return None if len(text.splitlines()) == 1 and str(folder) in text else f"unclear: {text!r}"
    except Exception as error:
        return f"a writer got a raw {type(error).__name__}: {error}"
    return "a write to a read-only folder went through"


def _mount(place: Path, options: str) -> None:
    if shutil.which("mount") is None or os.geteuid() != 0:
        raise MissingToolError("needs root and mount(8), for a file system of its own")
    remount = options.startswith("remount")
    kind = [] if remount else ["-t", "tmpfs", "tmpfs"]
    done = subprocess.run(
        ["mount", "-o", options, *kind, str(place)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise MissingToolError(f"may not mount: {' '.join(done.stderr.split())}")


def taken(folder: Path) -> int:
    """Return the bytes that are taken on the file system of a folder."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize
