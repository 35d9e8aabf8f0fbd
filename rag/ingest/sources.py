"""What a person points at (files, folders, globs, ``-``) to articles, one at a time."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS
from rag.ingest.formats import read_jsonl, read_markdown, read_text
from rag.types import Article, Skipped

SUFFIXES = (".txt", ".md", ".markdown", ".jsonl")
MAX_BYTES = MAX_CHARACTERS


def read_sources(
    sources: Iterable[str], *, stdin: IO[bytes] | None = None
) -> Iterator[Article | Skipped]:
    """Yield every article the sources hold, or why one holds none; order is that of names.

    Parameters
    ----------
    sources
        Files, folders (walked), glob patterns, or ``-``: standard input, read as JSONL where its
        first character is a brace and as one text otherwise.
    """
    for source in sources:
        if source == "-":
            yield from _read_stdin(stdin or sys.stdin.buffer)
        elif source.startswith(("http://", "https://")):
            yield Skipped(source, "pages cannot be fetched yet; save the page's text and add that")
        else:
            yield from _read_path(source)


def _read_path(source: str) -> Iterator[Article | Skipped]:
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            yield from _read_folder(path)
            return
        if path.exists():
            yield from read_file(path)
            return
        matches = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(source) else []
    except (OSError, ValueError, RuntimeError) as error:
        yield Skipped(source[:200], f"not a path that can be read: {_reason(error)}")
        return
    if not matches:
        yield Skipped(source, "no such file or folder, and no file matches it as a pattern")
    for match in matches:
        inner = Path(match)
        yield from _read_folder(inner) if inner.is_dir() else read_file(inner)


def _read_folder(folder: Path) -> Iterator[Article | Skipped]:
    root = folder.resolve()
    failed: list[Skipped] = []
    found = False
    for place, folders, names in os.walk(
        folder, onerror=lambda e: failed.append(Skipped(str(e.filename), _reason(e)))
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            found = True
            path = Path(place) / name
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                yield Skipped(str(path), "a link that leads out of the folder; name its target")
            else:
                yield from read_file(path)
    yield from failed
    if not found and not failed:
        yield Skipped(str(folder), "the folder is empty")


def read_file(path: Path) -> Iterator[Article | Skipped]:
    """Yield the article or articles of one file, or why it holds none."""
    source = os.path.abspath(path)  # noqa: PTH100  (resolve() would follow links)
    suffix = path.suffix.lower()
    try:
        if suffix not in SUFFIXES:
            raise SourceError(f"not one of {', '.join(SUFFIXES)}")
        if not path.is_file():
            raise SourceError("not a regular file")
        if suffix == ".jsonl":
            with path.open("rb") as stream:
                yield from read_jsonl(stream, source)
            return
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SourceError(f"too large: {size:,} bytes; the limit is {MAX_BYTES:,}")
        data = path.read_bytes()
        yield read_text(data, source) if suffix == ".txt" else read_markdown(data, source)
    except SourceError as error:
        yield Skipped(source, str(error))
    except (OSError, ValueError) as error:
        yield Skipped(source, _reason(error))


def _read_stdin(stream: IO[bytes]) -> Iterator[Article | Skipped]:
    data = stream.read(MAX_BYTES + 1)
    if data.lstrip().startswith(b"{"):
        import io

        rest = io.BytesIO(data + stream.read())
        yield from read_jsonl(rest, "stdin")
        return
    try:
        if len(data) > MAX_BYTES:
            raise SourceError(f"too large: more than {MAX_BYTES:,} bytes")
        yield read_text(data, "stdin")
    except SourceError as error:
        yield Skipped("stdin", str(error))


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
