"""Files compressed with gzip: read as the file inside, which may be far larger than what is stored."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.options import ReadOptions
from rag.types import Article, Skipped

# News text shrinks to a third or a tenth; zeros to a thousandth. Small files may do as they like.
_MAX_RATIO = 200
_FREE = 20_000_000

Reader = Callable[[IO[bytes], str, ReadOptions], Iterator[Article | Skipped]]


def gunzipped(read: Reader) -> Reader:
    """Return the reader of a format's files compressed with gzip.

    What stands before a damage or a cut is read; the damage is one more skipped source. A
    decompression bomb is refused by the ratio of its bytes.
    """

    def reader(stream: IO[bytes], source: str, options: ReadOptions) -> Iterator[Article | Skipped]:
        inflated = _Inflated(stream)
        try:
            for one in read(io.BufferedReader(inflated, 1 << 16), source, options):
                # "Empty" is no news of a file that is damaged.
                if not (inflated.problem and isinstance(one, Skipped) and one.source == source):
                    yield one
        except SourceError:
            if not inflated.problem:
                raise
        if inflated.problem:
            yield Skipped(source, inflated.problem)

    return reader


class _Inflated(io.RawIOBase):
    """The bytes in a gzip stream; it ends at the first problem, which it keeps."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._file = stream
        self._stored = _Counted(stream)
        self._inner = gzip.GzipFile(fileobj=self._stored, mode="rb")
        self._count = 0
        self.problem: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        if self.problem:
            return 0
        try:
            data = self._inner.read1(len(buffer))
        except EOFError:
            self.problem = self._told("cut off in the middle: what stands before was read")
            return 0
        except (OSError, zlib.error) as error:
            self.problem = self._told(f"damaged ({error}): what stands before was read")
            return 0
        self._count += len(data)
        if self._count > _FREE and self._count > _MAX_RATIO * self._stored.count:
            raise SourceError(
                f"a decompression bomb: {self._count:,} bytes of {self._stored.count:,}; not read"
            )
        buffer[: len(data)] = data
        return len(data)

    def fileno(self) -> int:
        """Return that of the compressed file: it tells whether the file is the same."""
        return self._file.fileno()

    def _told(self, problem: str) -> str:
        return problem if self._count else "not gzip, or cut off at its beginning"


class _Counted(io.RawIOBase):
    """A stream that counts what was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self.count += len(data)
        return data
