"""What a person points at (files, folders, globs, ``-``) to articles, one at a time."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from rag.errors import PressciteError, SourceError
from rag.ingest.article import MAX_CHARACTERS
from rag.ingest.documents import Document
from rag.ingest.failures import failure
from rag.ingest.formats import format_of, read_jsonl, read_plain
from rag.ingest.isolated import Workers
from rag.ingest.notes import OnNote
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.types import Article, Skipped

MAX_BYTES = MAX_CHARACTERS
_STDIN = "stdin"
# What browsers put behind a page's name for the folder of its parts: Chromium and Firefox in several
# languages, and Internet Explorer.
_PARTS = (
    "_files",
    "-Dateien",
    "_fichiers",
    "_archivos",
    "_file",
    "_arquivos",
    "_bestanden",
    ".files",
)


def read_sources(
    sources: Iterable[str],
    *,
    stdin: IO[bytes] | None = None,
    on_note: OnNote | None = None,
    options: ReadOptions = DEFAULTS,
) -> Generator[Article | Skipped, None, None]:
    """Yield every article the sources hold, or why one holds none; order is that of names.

    Parameters
    ----------
    sources
        Files, folders (walked), glob patterns, http(s) addresses of pages, feeds and site maps, or
        ``-``: standard input, read as JSONL where its first character is a brace and as text otherwise.
    on_note
        Called with what was dropped or assumed in an article that was kept; `options.on_note` else.
    """
    if on_note is not None:
        options = replace(options, on_note=on_note)
    with Workers() as workers:
        options = replace(options, workers=workers)
        found = (item for source in sources for item in _read_source(source, stdin, options))
        for item in labelled(workers.in_order(found, options), options.collection):
            yield _readable(item) if isinstance(item, Skipped) else item


def labelled(
    items: Iterable[Article | Skipped], collection: str | None
) -> Iterator[Article | Skipped]:
    """Yield items, the articles among them in a collection; None: as they are."""
    for item in items:
        if collection is not None and isinstance(item, Article):
            item = replace(item, collection=collection)
        yield item


def expected_articles(sources: Iterable[str]) -> int | None:
    """Return about how many articles sources hold, to tell how long reading them takes; None for ``-``.

    A file counts as one, a JSONL file as many as it has lines, estimated where it is huge.
    """
    total = 0
    for source in sources:
        if source == "-":
            return None
        try:
            for path in _files(Path(source).expanduser(), source):
                form = format_of(path.name)
                total += form.count(path) if form and form.count and path.is_file() else 1
        except (OSError, ValueError, RuntimeError):
            continue
    return total


def _files(path: Path, source: str) -> Iterator[Path]:
    if path.is_dir():
        for place, folders, names in os.walk(path):
            folders[:] = _own_folders(folders, names)
            yield from (Path(place) / name for name in names if not name.startswith("."))
    elif path.exists():
        yield path
    elif glob.has_magic(source):
        for match in glob.iglob(str(path), recursive=True):
            yield Path(match)


def _own_folders(folders: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the folders to walk, in order: no hidden ones, none of a saved page's images and scripts.

    Browsers save "NAME.html" beside "NAME_files", in the browser's language.
    """
    pages = {Path(name).stem for name in files if name.lower().endswith((".html", ".htm"))}
    return sorted(
        name
        for name in folders
        if not name.startswith(".")
        and not any(name.removesuffix(end) in pages for end in _PARTS if name.endswith(end))
    )


def _read_source(
    source: str, stdin: IO[bytes] | None, options: ReadOptions
) -> Iterator[Article | Skipped | Document | None]:
    if source == "-":
        yield from _read_stdin(stdin or sys.stdin.buffer, options)
    elif source[:8].lower().startswith(("http://", "https://")):
        from rag.ingest.web.pages import read_address

        yield from read_address(source, options)
    else:
        yield from _read_path(source, options)


def _read_path(source: str, options: ReadOptions) -> Iterator[Article | Skipped | Document | None]:
    for found in found_files(source):
        if isinstance(found, Skipped):
            yield found
        else:
            yield from read_unparsed(found, options)


def found_files(source: str) -> Iterator[Path | Skipped]:
    """Yield the files that a path, folder or pattern leads to, in order, and why something is none."""
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            yield from _walked(path)
            return
        if path.exists():
            yield path
            return
        matches = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(source) else []
    except (OSError, ValueError, RuntimeError) as error:
        yield Skipped(source[:200], f"not a path that can be read: {_reason(error)}")
        return
    if not matches:
        yield Skipped(source, "no such file or folder, and no file matches it as a pattern")
    walked: set[Path] = set()
    for match in matches:
        inner = Path(match)
        if not walked.isdisjoint(inner.parents):
            continue
        if inner.is_dir():
            walked.add(inner)
            yield from _walked(inner)
        else:
            yield inner


def _walked(folder: Path) -> Iterator[Path | Skipped]:
    # realpath, unlike resolve(), takes a link that leads to itself.
    root = os.path.realpath(folder)
    failed: list[Skipped] = []
    found = False
    for place, folders, names in os.walk(
        folder, onerror=lambda e: failed.append(Skipped(str(e.filename), _reason(e)))
    ):
        folders[:] = _own_folders(folders, names)
        for name in folders:
            if (Path(place) / name).is_symlink():
                found = True
                yield Skipped(str(Path(place) / name), "a link to a folder; name its target")
        for name in sorted(names):
            if name.startswith("."):
                continue
            found = True
            path = Path(place) / name
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                yield Skipped(str(path), "a link that leads out of the folder; name its target")
            else:
                yield path
    yield from failed
    if not found and not failed:
        yield Skipped(str(folder), "the folder is empty")


def read_file(path: Path, options: ReadOptions = DEFAULTS) -> Iterator[Article | Skipped]:
    """Yield the article or articles of one file, or why it holds none."""
    with Workers() as workers:
        options = replace(options, workers=workers)
        yield from workers.in_order(read_unparsed(path, options), options)


def read_unparsed(
    path: Path, options: ReadOptions
) -> Iterator[Article | Skipped | Document | None]:
    """Yield what a file holds; as a document where a worker is to parse it."""
    source = printable(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)
    try:
        form = format_of(path.name)
        if form is None:
            raise SourceError(
                f"{path.suffix[:20] or 'no suffix'} is not a format that is read; "
                f"see: presscite add --help"
            )
        if not path.is_file():
            raise SourceError("not a regular file")
        size = path.stat().st_size
        if size > MAX_BYTES and not form.streamed:
            raise SourceError(f"too large: {size:,} bytes; the limit is {MAX_BYTES:,}")
        with path.open("rb") as stream:
            if form.isolated:
                yield Document(path.name, stream.read(MAX_BYTES), source)
            else:
                # A reader notes how far it has come: nothing before it may still be on its way.
                yield None
                yield from form.read(stream, source, options)
    except SourceError as error:
        yield Skipped(source, str(error))
    except (OSError, ValueError) as error:
        yield Skipped(source, _reason(error))
    except (PressciteError, MemoryError):
        raise
    except Exception as error:
        yield Skipped(source, failure(error))


def _read_stdin(stream: IO[bytes], options: ReadOptions) -> Iterator[Article | Skipped]:
    data = stream.read(MAX_BYTES + 1)
    try:
        if _begins_with_brace(data):
            whole = io.BufferedReader(_Chained(io.BytesIO(data), stream))
            for item in read_jsonl(whole, _STDIN, options):
                yield _from_stdin(item) if isinstance(item, Article) else item
            return
        if len(data) > MAX_BYTES:
            raise SourceError(f"too large: more than {MAX_BYTES:,} bytes")
        for item in read_plain(io.BytesIO(data), _STDIN, options):
            yield _from_stdin(item) if isinstance(item, Article) else item
    except SourceError as error:
        yield Skipped(_STDIN, str(error))
    except (PressciteError, MemoryError, OSError):
        raise
    except Exception as error:
        yield Skipped(_STDIN, failure(error))


class _Chained(io.RawIOBase):
    """What was read ahead, then the rest of the stream, which may be longer than memory."""

    def __init__(self, *streams: IO[bytes]) -> None:
        super().__init__()
        self._streams = list(streams)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        while self._streams:
            data = self._streams[0].read(len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
            self._streams.pop(0)
        return 0


def _begins_with_brace(data: bytes) -> bool:
    """Whether bytes begin with a JSON object, or with an array of them."""
    # Marks, zero bytes and white space stand before the brace in either byte order.
    head = data[:200].lstrip(b"\x00\xef\xbb\xbf\xfe\xff \t\r\n").replace(b"\x00", b"")
    return head.removeprefix(b"[").lstrip().startswith(b"{")


def _from_stdin(article: Article) -> Article:
    # Named by its content: what is piped in today does not replace what was piped in yesterday.
    return replace(article, sources=(f"{_STDIN}#{article.id}",))


def printable(name: str) -> str:
    """Return a file's name as text that can be stored and printed, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _readable(item: Skipped) -> Skipped:
    return replace(item, source=printable(item.source))


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
