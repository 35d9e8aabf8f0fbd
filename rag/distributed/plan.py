"""What all processes of one distributed `add` must agree on, and the pieces that files are read in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import xxhash

from embeddings import EncoderIdentity
from rag.errors import QueryError
from rag.index.chunking import ChunkBudget
from rag.ingest.isolated import Limits
from rag.ingest.sources import found_files, printable
from rag.text.dates import DateOrder
from rag.types import Position, Skipped

BLOCK_ITEMS = 64
"""Documents or records of a block: some seconds of a worker's time."""
_BLOCK_BYTES = 1_000_000
_GROUP_FILES = 64
_GROUP_BYTES = 250_000
"""Files that together are smaller are read as one block."""
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Plan:
    """How files are read, parsed, chunked and embedded, whoever does it."""

    model: str
    """A name or folder that `embeddings.load_encoder` takes on every node."""
    identity: EncoderIdentity
    budget: ChunkBudget = field(default_factory=ChunkBudget)
    date_order: DateOrder | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    collection: str | None = None
    """The label of all articles, which decides where broken-off reading may go on."""
    block_items: int = field(default_factory=lambda: BLOCK_ITEMS)
    block_bytes: int = _BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are read one after the other."""

    files: tuple[bytes, ...]
    """Absolute paths."""
    whole: bool
    """Whether all of it is one block; else it is cut into blocks of some items."""
    position: Position | None = None
    """Where to go on, of a single file."""


def check_sources(sources: Iterable[str]) -> None:
    """Check that a cluster can read sources.

    Raises
    ------
    QueryError
        Where one is no file, folder or pattern.
    """
    for source in sources:
        if source == "-" or source[: len(_SCHEMES[-1])].lower().startswith(_SCHEMES):
            raise QueryError(
                f"--ray reads files and folders, not {source!r}; add that without --ray"
            )


def units(sources: Iterable[str], positions: Mapping[str, Position]) -> Iterator[Unit | Skipped]:
    """Yield what sources lead to, in the order of `rag.ingest.read_sources`; small files in groups."""
    group: list[bytes] = []
    held = 0
    for source in sources:
        for found in found_files(source):
            size = 0 if isinstance(found, Skipped) else _size(found)
            if group and (
                isinstance(found, Skipped)
                or held + size > _GROUP_BYTES
                or len(group) >= _GROUP_FILES
            ):
                yield Unit(tuple(group), whole=True)
                group, held = [], 0
            if isinstance(found, Skipped):
                yield Skipped(printable(found.source), found.reason, found.unusable)
                continue
            path = os.path.abspath(found)  # noqa: PTH100  (resolve() would follow links)
            position = positions.get(printable(path))
            if size > _GROUP_BYTES or position is not None:
                if group:
                    yield Unit(tuple(group), whole=True)
                    group, held = [], 0
                yield Unit((os.fsencode(path),), whole=False, position=position)
            else:
                group.append(os.fsencode(path))
                held += size
    if group:
        yield Unit(tuple(group), whole=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def content_key(article_id: str, digest: str) -> int:
    """Return a 64-bit number that tells an article's id and content hash from others."""
    return xxhash.xxh3_64_intdigest(f"{article_id}\0{digest}")


def installed_version() -> str:
    """Return the version of presscite that this process runs; "" where it is not installed."""
    try:
        return metadata.version("presscite")
    except metadata.PackageNotFoundError:
        return ""
