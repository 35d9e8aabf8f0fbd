"""What a form brings to be added: files in a private folder under names of our own, and addresses."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
import unicodedata
from collections.abc import Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from rag.errors import QueryError
from rag.ingest import ReadOptions, expected_articles, read_sources
from rag.ingest.web.addresses import checked_address, without_credentials
from rag.ingest.web.errors import FetchError
from rag.types import Article, Skipped

MAX_UPLOAD_BYTES = 200_000_000
"""Largest form with its files."""
UPLOAD_SECONDS = 600.0
"""A form that takes longer to arrive is not waited for."""
MAX_FILES = 500
MAX_ADDRESSES = 100
_MAX_NAME = 200
_MAX_SHOWN = 200
_SUFFIXES = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,2}$")
_ROW = "#"
_PREFIX = "presscite-add-"
_STARTED = time.time()
_LEFT = re.compile(rf"{_PREFIX}([1-9][0-9]{{0,9}})-\w+")


@dataclass(frozen=True, slots=True)
class AddedSources:
    """Files and addresses that one form named."""

    folder: tempfile.TemporaryDirectory[str]
    """Holds the files; removed by `remove`, at the latest when the process ends."""
    files: dict[str, str]
    """What each file is called in the folder, and the name that the browser gave it."""
    addresses: tuple[str, ...]
    refused: tuple[Skipped, ...]
    """Lines that are no addresses that may be fetched."""

    @property
    def expected(self) -> int | None:
        """About how many articles there are; None where addresses may name any number."""
        if self.addresses:
            return None
        return (expected_articles(self._paths()) or 0) + len(self.refused)

    def read(self, options: ReadOptions) -> Generator[Article | Skipped, None, None]:
        """Yield the articles, or why there are none, each from the name that the user knows.

        An article is not replaced by another of a file of the same name: names such as ``article.html``
        come from anywhere.
        """
        yield from self.refused
        with closing(read_sources([*self._paths(), *self.addresses], options=options)) as items:
            for item in items:
                if isinstance(item, Skipped):
                    source = self.known_name(item.source)
                    yield replace(item, source=source, reason=self._without_folder(item.reason))
                else:
                    yield self._renamed(item)

    def known_name(self, source: str) -> str:
        """Return a source as the user knows it: a file by its own name, a row of it behind that."""
        file, row, number = self._without_folder(source).partition(_ROW)
        return f"{self.files[file]}{row}{number}" if file in self.files else source

    def remove(self) -> None:
        """Remove the files."""
        self.folder.cleanup()

    def _paths(self) -> list[str]:
        return [str(Path(self.folder.name, name)) for name in self.files]

    def _renamed(self, article: Article) -> Article:
        source = article.sources[0] if article.sources else ""
        file, row, _ = self._without_folder(source).partition(_ROW)
        if file not in self.files:
            return article
        known = self.known_name(source)
        return replace(article, sources=(f"upload:{known}{'' if row else _ROW + article.id}",))

    def _without_folder(self, text: str) -> str:
        return text.replace(f"{self.folder.name}{os.sep}", "")


def receive_sources(files: Iterable[tuple[str, BinaryIO]], lines: str) -> AddedSources:
    """Return what a form brought, its files copied into a folder that only this user can read.

    Parameters
    ----------
    files
        Name and content of each; a name says only which format it is in.
    lines
        An address a line.

    Raises
    ------
    QueryError
        Where there is nothing, or too much.
    OSError
        Where the files cannot be kept.
    """
    addresses, refused = read_addresses(lines)
    folder = tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True
    )
    kept: dict[str, str] = {}
    try:
        for number, (name, content) in enumerate(files, start=1):
            if number > MAX_FILES:
                raise QueryError(f"more than {MAX_FILES} files; send them in parts")
            known = shown_name(name)
            stored = f"{number}{suffix_of(known).lower()}"
            with Path(folder.name, stored).open("xb") as stream:
                shutil.copyfileobj(content, stream)
            kept[stored] = known
        if not (kept or addresses or refused):
            raise QueryError("nothing to add; choose files or give an address")
    except BaseException:
        folder.cleanup()
        raise
    return AddedSources(folder, kept, addresses, refused)


def remove_left_behind() -> None:
    """Remove the folders of processes that were killed before they could; those of running ones stay.

    Only where the system tells which processes run without harm to them, and only folders of this user.
    """
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        named = _LEFT.fullmatch(folder.name)
        with suppress(OSError):
            about = folder.lstat()
            own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
            if named and own and not _holds(int(named[1]), about.st_mtime):
                shutil.rmtree(folder, ignore_errors=True)


def _holds(process: int, changed: float) -> bool:
    """Whether a process that runs may hold a folder that was changed then."""
    if process == os.getpid():
        # In a container each start has the same number.
        return changed >= _STARTED
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        # Somebody else's has the number now.
        return True
    return True


def read_addresses(lines: str) -> tuple[tuple[str, ...], tuple[Skipped, ...]]:
    """Return the addresses that may be asked for, each once, and of every other line why it may not.

    Raises
    ------
    QueryError
        Where there are too many.
    """
    addresses: dict[str, None] = {}
    refused: dict[str, Skipped] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        try:
            addresses[checked_address(line)] = None
        except FetchError as error:
            shown = without_credentials(line)[:_MAX_SHOWN]
            refused[shown] = Skipped(shown, str(error))
        if len(addresses) + len(refused) > MAX_ADDRESSES:
            raise QueryError(f"more than {MAX_ADDRESSES} addresses; send them in parts")
    return tuple(addresses), tuple(refused.values())


def shown_name(name: str) -> str:
    """Return a file's name as it is told and kept: without folders and characters that are not seen."""
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C").strip()
    suffix = suffix_of(seen)
    return f"{seen[: len(seen) - len(suffix)][:_MAX_NAME]}{suffix}" or "unnamed"


def suffix_of(name: str) -> str:
    """Return the end of a name that says which format it is in, such as ``.jsonl.gz``; empty without one."""
    found = _SUFFIXES.search(name)
    return found[0] if found else ""
